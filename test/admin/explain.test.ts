/** `explain`: why somebody has something, or has not, and when. */
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import type { TestBridgeOptions } from '../build.ts';
import { testClock } from '../open.ts';
import { type Desk, openDesk } from './desk.ts';

const opened: Desk[] = [];
afterEach(async () => {
  for (const desk of opened.splice(0)) await desk.bridge.close();
});

async function openSmall(settings?: TestBridgeOptions['settings']): Promise<Desk> {
  const clock = testClock();
  const state = seedSmallOrg({ random: seededRandom(3), at: clock.now() });
  const desk = await openDesk({ clock, state, ...(settings === undefined ? {} : { settings }) });
  opened.push(desk);
  await desk.bridge.drain();
  return desk;
}

const CHAT = 'Chat agents EU';
const AGENTS = { group: 'Agents', grants: [{ userGroup: CHAT }] };
const LEADS = { group: 'Leads', grants: [{ userGroup: CHAT }, { profile: 'Marketo Standard' }] };

interface Explained {
  readonly people: readonly {
    readonly entitlements: readonly {
      name: string;
      state: string;
      adopted?: boolean;
      reason?: string;
      because: readonly { rule: string; membership?: { request?: string } }[];
    }[];
    readonly eta?: { at?: number; ahead: number };
  }[];
}

async function explained(desk: Desk, email: string) {
  const { text, data } = await desk.run('explain', { email });
  const [person] = (data as Explained).people;
  const of = (name: string) => person?.entitlements.find((one) => one.name === name);
  return { text: text.join('\n'), of, eta: person?.eta };
}

test('granted by two groups: both groups are named, each with the request that put the person in', async () => {
  const desk = await openSmall();
  const jane = await desk.addUser('jane@example.com');
  await desk.addGroup('Agents', [jane]);
  await desk.addGroup('Leads', [jane]);
  await desk.apply([AGENTS, LEADS]);
  await desk.bridge.drain();
  const { text, of } = await explained(desk, 'jane@example.com');
  expect(of(CHAT)).toMatchObject({
    state: 'has',
    because: [
      { rule: 'group "Agents"', membership: { request: expect.any(String) } },
      { rule: 'group "Leads"', membership: { request: expect.any(String) } },
    ],
  });
  expect(text).toMatch(/because of group "Agents": a member since .* by request /);
});

test('held: says by what, and what to do', async () => {
  const desk = await openSmall({ mode: 'report-only' });
  const jane = await desk.addUser('jane@example.com');
  await desk.addGroup('Agents', [jane]);
  await desk.apply([AGENTS]);
  await desk.bridge.drain();
  const { text, of } = await explained(desk, 'jane@example.com');
  expect(of(CHAT)).toMatchObject({ state: 'stopped', reason: 'report-only' });
  expect(text).toMatch(/what to do: The mode is report-only.*Change the mode/);
});

test('failed with a config fault: Adobe’s words and the remedy, for everybody of that entitlement', async () => {
  const desk = await openSmall();
  const ids = [await desk.addUser('jane@example.com'), await desk.addUser('joe@example.com')];
  await desk.addGroup('Agents', ids);
  await desk.apply([AGENTS]);
  desk.bridge.org.byHand({ action: 'deleteGroup', group: CHAT });
  await desk.bridge.drain();
  for (const email of ['jane@example.com', 'joe@example.com']) {
    const { text, of } = await explained(desk, email);
    expect(of(CHAT)).toMatchObject({ state: 'stopped', reason: expect.stringMatching(/group\.not_found/) });
    expect(text).toMatch(/what to do: /);
  }
});

test('throttled: when Adobe takes calls again, who is before, and about when it is done', async () => {
  const desk = await openSmall();
  const jane = await desk.addUser('jane@example.com');
  await desk.addGroup('Agents', [jane]);
  await desk.apply([AGENTS]);
  const until = desk.bridge.clock.now() + 30 * 60_000;
  const org = await desk.bridge.directory.getOrg(desk.bridge.orgKey);
  await desk.bridge.directory.changeBudget(org?.clientId ?? '', 'action', () => ({
    next: { slots: [], blockedUntil: until },
    result: undefined,
  }));
  const { text, of, eta } = await explained(desk, 'jane@example.com');
  expect(of(CHAT)).toMatchObject({ state: 'pending' });
  expect(eta).toMatchObject({ ahead: 0 });
  expect(eta?.at ?? 0).toBeGreaterThanOrEqual(until);
  expect(text).toMatch(
    /not there yet, Adobe takes no call before .*; nobody is before this person, done about /,
  );
});

test('adopted: it was there before the bridge', async () => {
  const desk = await openSmall();
  const { org } = desk.bridge;
  org.byHand({ action: 'addUser', email: 'old@example.com', type: 'federatedID', technical: false });
  for (const group of [CHAT, 'All staff']) org.byHand({ action: 'grant', email: 'old@example.com', group });
  // What the listing said is too old for a first contact by then.
  desk.bridge.clock.advance(20 * 60_000);
  const old = await desk.addUser('old@example.com');
  await desk.addGroup('Agents', [old]);
  await desk.apply([AGENTS]);
  await desk.bridge.drain();
  const { text, of } = await explained(desk, 'old@example.com');
  expect(of(CHAT)).toMatchObject({ state: 'has', adopted: true });
  expect(of('All staff')).toMatchObject({ state: 'by-hand' });
  expect(text).toMatch(/it was there before the bridge and is managed since/);
});

test('unknown to us: what Adobe shows was given by hand; nobody anywhere is refused with where to look', async () => {
  const desk = await openSmall();
  await desk.addGroup('Leads');
  await desk.apply([LEADS]);
  const { text, data } = await desk.run('explain', { email: 'hanna.made@example.com' });
  expect(text.join('\n')).toMatch(/sends nobody with the e-mail .*given by hand or by another tool/s);
  expect(text.join('\n')).toContain(
    '"Marketo Standard" is what group "Leads" gives: assign the person there',
  );
  expect(data).toMatchObject({
    people: [],
    unknown: 'hanna.made@example.com',
    named: [{ name: 'Marketo Standard', rules: ['group "Leads"'] }],
  });
  const olga = (await desk.run('explain', { email: 'olga.admin@example.com' })).text.join('\n');
  expect(olga).toMatch(/unknown to us\.\nAdobe showed at .*: no profile or user group\./);
  expect(await desk.refusal('explain', { email: 'ghost@example.com' })).toMatch(
    /Look in the identity provider/,
  );
});

test('leaving: what is being taken away, and because of which rule it was there', async () => {
  const desk = await openSmall();
  const jane = await desk.addUser('jane@example.com');
  const group = await desk.addGroup('Agents', [jane]);
  await desk.apply([AGENTS]);
  await desk.bridge.drain();
  await desk.patchMembers(group, 'remove', [jane]);
  const { text, of } = await explained(desk, 'jane@example.com');
  expect(of(CHAT)).toMatchObject({
    state: 'leaving',
    because: [{ rule: expect.stringMatching(/until the person left/) }],
  });
  expect(text).toMatch(/being taken away, nobody is before this person/);
  await desk.bridge.drain();
  expect((await explained(desk, 'jane@example.com')).of(CHAT)).toBeUndefined();
});
