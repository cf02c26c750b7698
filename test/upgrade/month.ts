/**
 * A month in the life of a bridge, through its handlers, so that its table holds an item of every kind there is: people
 * who were granted, renamed, sent away, deleted, re-hired, parked and held; a request to Adobe whose answer was lost; a
 * comparison that found drift; and somebody for whom nothing was done yet.
 */
import type { TestBridge } from '../build.ts';

const DAY_MS = 24 * 3600 * 1000;
const X = { kind: 'profile', name: 'Agent EU' } as const;
const Y = { kind: 'profile', name: 'Standard' } as const;
const STAFF = { kind: 'userGroup', name: 'Staff' } as const;

export const TEAM = 6;

async function ask(bridge: TestBridge, method: string, path: string, body?: unknown): Promise<string> {
  const { status, json } = await bridge.scim(method, `/scim/v2${path}`, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
  return String(json?.id);
}

const newUser = (bridge: TestBridge, email: string, more: object = {}) =>
  ask(bridge, 'POST', '/Users', {
    userName: email,
    externalId: `x-${email}`,
    name: { givenName: 'Given', familyName: 'Okafor' },
    emails: [{ value: email, type: 'work', primary: true }],
    ...more,
  });

const patch = (bridge: TestBridge, path: string, Operations: object[]) =>
  ask(bridge, 'PATCH', path, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations,
  });

const values = (ids: readonly string[]) => ids.map((value) => ({ value }));

const newGroup = (bridge: TestBridge, displayName: string, ids: readonly string[]) =>
  ask(bridge, 'POST', '/Groups', { displayName, externalId: `g-${displayName}`, members: values(ids) });

export async function playMonth(bridge: TestBridge): Promise<void> {
  await bridge.directory.claimSchema();
  await bridge.map([
    { group: 'Chat', grants: [X] },
    { group: 'Market', grants: [Y, STAFF] },
    { group: 'Gone', grants: [STAFF] },
    { group: 'Lost', grants: [{ kind: 'profile', name: 'Nowhere' }] },
  ]);
  const seal = () => bridge.directory.sealJournal(bridge.orgKey);
  const ids = await arrive(bridge);
  await bridge.drain();
  await seal();
  await change(bridge, ids);
  await bridge.drain();
  await seal();
  await aMonthLater(bridge, ids);
  await seal();
  await unfinished(bridge, ids);
}

interface People {
  readonly one: Readonly<Record<'ada' | 'ben' | 'dan' | 'eve' | 'finn' | 'rita', string>>;
  readonly market: string;
  readonly gone: string;
}

async function arrive(bridge: TestBridge): Promise<People> {
  const one = {
    ada: await newUser(bridge, 'ada@example.com', { title: 'Dr', displayName: 'Ada' }),
    ben: await newUser(bridge, 'ben@example.com'),
    dan: await newUser(bridge, 'dan@example.com'),
    eve: await newUser(bridge, 'eve@example.com'),
    finn: await newUser(bridge, 'finn@example.com'),
    rita: await newUser(bridge, 'rita@example.org'),
  };
  const parked = await newUser(bridge, 'cleo@elsewhere.test');
  const lost = await newUser(bridge, 'lou@example.com');
  const team: string[] = [];
  for (let at = 0; at < TEAM; at++) team.push(await newUser(bridge, `team${at}@example.com`));
  await newGroup(bridge, 'Chat', [...Object.values(one), parked]);
  const market = await newGroup(bridge, 'Market', [...team, one.ada]);
  const gone = await newGroup(bridge, 'Gone', [one.ben]);
  await newGroup(bridge, 'Lost', [lost]);
  return { one, market, gone };
}

async function change(bridge: TestBridge, { one, gone }: People): Promise<void> {
  await patch(bridge, `/Users/${one.dan}`, [
    {
      op: 'replace',
      value: { userName: 'daniel@example.com', emails: [{ value: 'daniel@example.com', primary: true }] },
    },
  ]);
  await patch(bridge, `/Users/${one.eve}`, [{ op: 'replace', value: { active: false } }]);
  await patch(bridge, `/Users/${one.rita}`, [{ op: 'replace', value: { active: false } }]);
  await ask(bridge, 'DELETE', `/Users/${one.finn}`);
  await ask(bridge, 'DELETE', `/Groups/${gone}`);
  await bridge.directory.createToken(bridge.connection, { label: 'from Okta', networks: ['192.0.2.0/24'] });
  await bridge.directory.createToken(bridge.connection, { label: 'by OAuth', kind: 'client' });
  await bridge.scim('GET', '/scim/v2/Users', undefined, {
    authorization: `Bearer scimb_${'0'.repeat(32)}_${'a'.repeat(43)}`,
  });
}

async function aMonthLater(bridge: TestBridge, { one }: People): Promise<void> {
  bridge.clock.advance(DAY_MS);
  await bridge.reconcile();
  await bridge.directory.sealJournal(bridge.orgKey);
  bridge.org.byHand({ action: 'revoke', email: 'ada@example.com', group: Y.name });
  bridge.clock.advance(35 * DAY_MS);
  await bridge.reconcile();
  // Away for more than 30 days: what she was in waits for the identity provider to say it again (R21).
  await patch(bridge, `/Users/${one.rita}`, [{ op: 'replace', value: { active: true } }]);
  await bridge.drain();
}

async function unfinished(bridge: TestBridge, { one, market }: People): Promise<void> {
  await patch(bridge, `/Groups/${market}`, [{ op: 'remove', path: 'members' }]);
  await bridge.drainOnce(60_000);
  // The answer to the next request is lost, and the process with it: an intent stands.
  bridge.org.queueFaults([{ kind: 'reset', applied: true, endpoint: 'action' }]);
  await patch(bridge, `/Groups/${market}`, [{ op: 'add', path: 'members', value: values([one.ben]) }]);
  await bridge.drainOnce(30_000);
  await newUser(bridge, 'gus@example.com', { nickName: 'not seen by any drain' });
  await bridge.scim('GET', '/scim/v2/Users?startIndex=3&count=2');
}
