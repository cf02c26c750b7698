/**
 * Four clients, a day each: people join, move, marry, leave, return, are deleted and hired anew; answers are lost and
 * requests repeated. Whatever the wire saw, Adobe has to end with exactly the members that plain maps say.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../local/adobe-org/random.ts';
import { dissolvedGroup, groupNames, planDay, renamedGroup } from '../local/idp/day.ts';
import { type DialectName, dialectNames, type Send, USER } from '../local/idp/dialect.ts';
import { createDialect } from '../local/idp/dialects.ts';
import { expectedAssignments, type GroupGrants } from '../local/idp/expected.ts';
import { playDay } from '../local/idp/play.ts';
import { overBadLine } from '../local/idp/send.ts';
import { openTestBridge, type TestBridge, type TestRule } from './build.ts';

// About what is decided in the end, over 4,000 requests (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

/** Real milliseconds: a day takes about ten seconds, on a busy machine many more. */
const slowMs = 300_000;

/** Profiles, user groups, both, one entitlement from two groups; two groups give nothing at Adobe. */
const profiles = ['Marketing User EU', 'Marketo Standard', 'Calendar Agent', 'Sales Insight'];
const userGroups = ['Chat EU', 'Chat US', 'Marketing', 'Hosts', 'Helpers', 'Launch'];
const mapping: GroupGrants = {
  'Chat agents EU': ['Chat EU'],
  'Chat agents US': ['Chat US'],
  'Marketing EU': ['Marketing User EU'],
  Marketing: ['Marketing', 'Marketo Standard'],
  Sales: ['Sales Insight'],
  [renamedGroup.from]: ['Hosts', 'Calendar Agent'],
  'Support desk': ['Helpers', 'Chat EU'],
  'Design & Brand': ['Marketing'],
  'Field team – Nordics': ['Sales Insight', 'Helpers'],
  [dissolvedGroup]: ['Launch'],
};

function rulesOf(grantsByGroup: GroupGrants): TestRule[] {
  return Object.entries(grantsByGroup).map(([group, names]) => ({
    group,
    grants: names.map((name) => ({ name, kind: profiles.includes(name) ? 'profile' : 'userGroup' })),
  }));
}

function openBridge(): Promise<TestBridge> {
  return openTestBridge({
    profiles: profiles.map((name) => ({ name, product: 'Dynamic Chat' })),
    userGroups: [...userGroups],
  });
}

function sendTo(bridge: TestBridge): Send {
  return ({ method, path, query, headers, body }) =>
    bridge.scim(method, `/scim/v2${path}${query === undefined ? '' : `?${query}`}`, body, { ...headers });
}

function connect(name: DialectName, bridge: TestBridge, send: Send) {
  let lookUps = 0;
  return createDialect(name, {
    send,
    token: bridge.token,
    wait: bridge.clock.sleep,
    newId: () => {
      lookUps += 1;
      return `nobody-${lookUps}`;
    },
  });
}

describe('a day of 200 people and 12 groups', () => {
  test.each(dialectNames)(
    '%s: Adobe ends with exactly the expected members of every profile and user group',
    async (name) => {
      const bridge = await openBridge();
      await bridge.map(rulesOf(mapping));
      const line = { random: seededRandom(23), lostAnswers: 0.03, lostRequests: 0.02, repeated: 0.03 };
      const dialect = connect(name, bridge, overBadLine(sendTo(bridge), line));
      const random = seededRandom(dialectNames.indexOf(name) + 41);
      const day = planDay({ people: 200, random, tag: '', deletesUsers: dialect.deletesUsers });
      expect(day.groups).toHaveLength(groupNames.length);
      await playDay(day.steps, {
        dialect,
        pass: async ({ ms }) => {
          await bridge.drain();
          bridge.clock.advance(ms);
        },
      });
      await bridge.drain();
      const expected = expectedAssignments(day, mapping);
      const shown = [...expected.keys()].map((entitlement) => [entitlement, holdersOf(bridge, entitlement)]);
      const wanted = [...expected].map(([entitlement, emails]) => [entitlement, [...emails].sort()]);
      expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(wanted));
      await bridge.close();
    },
    slowMs,
  );
});

function holdersOf(bridge: TestBridge, entitlement: string): string[] {
  return bridge
    .holders(entitlement)
    .map((email) => email.toLowerCase())
    .sort();
}

describe('one person out of a group of 1,000 (T41)', () => {
  const emails = Array.from({ length: 1003 }, (_, index) => `agent${index}@example.com`);
  const people = new Map<string, string>();
  let bridge: TestBridge;

  // One group for all four: it still has 1,000 members when the last client takes somebody out.
  beforeAll(async () => {
    bridge = await openBridge();
    await bridge.map([{ group: 'Everybody', grants: [{ kind: 'userGroup', name: 'Helpers' }] }]);
    const dialect = connect('entra', bridge, sendTo(bridge));
    for (const email of emails) people.set(email, await makeUser(bridge, email));
    await dialect.addMembers(await dialect.ensureGroup({ key: 'e', name: 'Everybody' }), [
      ...people.values(),
    ]);
    await bridge.drain();
    expect(holdersOf(bridge, 'Helpers')).toEqual([...emails].sort());
  }, slowMs);

  afterAll(() => bridge.close());

  test.each(dialectNames)('%s takes exactly that one out, in the directory and at Adobe', async (name) => {
    const dialect = connect(name, bridge, sendTo(bridge));
    const group = await dialect.ensureGroup({ key: 'e', name: 'Everybody' });
    await dialect.addMembers(group, [...people.values()]);
    const [email, id] = [...people][617] ?? [];
    if (email === undefined || id === undefined) throw new Error('nobody there');

    await dialect.removeMembers(group, [id]);
    people.delete(email);
    const { json } = await bridge.scim('GET', `/scim/v2/Groups/${group}`);
    const left: { value: string }[] = json.members;
    expect(left.map(({ value }) => value).sort()).toEqual([...people.values()].sort());
    await bridge.drain();
    expect(holdersOf(bridge, 'Helpers')).toEqual([...people.keys()].sort());
  });
});

async function makeUser(bridge: TestBridge, email: string): Promise<string> {
  const name = { givenName: 'Agent', familyName: 'Smith' };
  const { json } = await bridge.scim('POST', '/scim/v2/Users', { schemas: [USER], userName: email, name });
  return json.id;
}
