/** `drift`, `drift EMAIL`, `reconcile`, and what else a comparison tells an operator (F45, F46, F47). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADOBE_URN } from '../../lambdas/scim/schema.ts';
import { type Desk, openDesk } from './desk.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let desk: Desk;
const hand = (action: 'grant' | 'revoke', email: string, group: string): void =>
  desk.bridge.org.byHand({ action, email, group });
const lines = async (command: string, args?: unknown): Promise<string> =>
  (await desk.run(command, args)).text.join('\n');

const names = ['ann', 'ben', 'cid', 'dot', 'eve', 'fay', 'gus'].map((name) => `${name}@example.com`);

beforeAll(async () => {
  desk = await openDesk({
    profiles: [{ name: 'Agent', product: 'Dynamic Chat' }],
    userGroups: ['Staff'],
  });
  desk.bridge.org.byHand({ action: 'setQuota', group: 'Agent', quota: 6 });
  const ids = [];
  for (const name of names) ids.push(await desk.addUser(name));
  await desk.addGroup('Chat', ids);
  await desk.addGroup('Sales');
  await desk.bridge.drain();
  await desk.apply([
    { group: 'Chat', grants: [{ profile: 'Agent' }] },
    { group: 'Sales', grants: [{ userGroup: 'Staff' }], drift: 'revert' },
  ]);
  await desk.bridge.drain();
}, 60_000);
afterAll(() => desk.bridge.close());

describe('drift', () => {
  test('before the first comparison says so, and who was never compared is told', async () => {
    expect(await lines('drift')).toBe(
      'Nothing was compared yet. It happens at night; to do it now say reconcile.',
    );
    expect(await lines('drift.person', { email: 'ann@example.com' })).toContain(
      'no list of Adobe confirmed it yet',
    );
    expect(await desk.refusal('drift.person', { email: 'nobody@example.com' })).toMatch(/sent nobody/);
  });

  test('reconcile lists, compares and shows who has no licence; asked again within two hours it says when', async () => {
    desk.bridge.clock.advance(DAY);
    const text = await lines('reconcile');
    expect(text).toMatch(/^Read 7 people and \d profiles and groups from Adobe\.$/m);
    expect(text).toContain('7 people, 1 different.');
    expect(text).toContain('1 are members without a licence');
    expect(text).toContain('1 person in group "Chat"');
    desk.bridge.clock.advance(HOUR);
    expect(await lines('reconcile')).toContain('may be listed again at 2026-03-03 10:');
  });

  test('the person without a licence is named by drift and status, and shown to the identity provider (F46)', async () => {
    const [person] = /^(\w+@example.com)$/m.exec(await lines('drift')) ?? [];
    const email = person ?? '';
    expect(names).toContain(email);
    for (const command of ['drift.person', 'status.person'])
      expect(await lines(command, { email })).toContain('has no licence in "Agent"');
    const answer = await desk.bridge.scim(
      'GET',
      `/scim/v2/Users?attributes=userName,${encodeURIComponent(ADOBE_URN)}`,
    );
    const states = answer.json.Resources.map((user: Record<string, never>) => [
      user['userName'],
      user[ADOBE_URN]?.['entitlements']?.[0]?.['status'],
    ]);
    expect(Object.fromEntries(states)).toEqual(
      Object.fromEntries(names.map((name) => [name, name === email ? 'unlicensed' : 'confirmed'])),
    );
  });

  test('what was changed by hand is shown by person, with what follows from it', async () => {
    hand('revoke', 'ann@example.com', 'Agent');
    hand('grant', 'ben@example.com', 'Staff');
    desk.bridge.clock.advance(DAY);
    await desk.run('reconcile');
    const text = await lines('drift');
    expect(text).toMatch(/ann@example.com\n {2}lost "Agent" at Adobe: somebody took it away \(left so/);
    expect(text).toMatch(
      /ben@example.com\n {2}has "Staff", which no group gives.*taken away, "drift: revert"/,
    );
    const { data } = await desk.run('drift');
    expect(data).toMatchObject({ state: { byKind: { missing: 1, extra: 1 }, drifted: 2 } });
    await desk.bridge.drain();
    expect(desk.bridge.holders('Staff')).toEqual([]);
    expect(await lines('drift.person', { email: 'ben@example.com' })).toContain('as the bridge left it');
  });
});

describe('a policy that changes', () => {
  const rules = (drift: string, group = 'Chat') => [
    { group, grants: [{ profile: 'Agent' }], drift },
    { group: 'Sales', grants: [{ userGroup: 'Staff' }], drift },
  ];

  test('to ignore takes what it passes over off every list at once, not with the next night (F47)', async () => {
    hand('grant', 'ann@example.com', 'Staff');
    desk.bridge.clock.advance(DAY);
    await desk.apply(rules('report'));
    await desk.run('reconcile');
    const of = async (email: string) => [
      await lines('drift'),
      await lines('drift.person', { email }),
      await lines('status.person', { email }),
    ];
    for (const text of await of('ann@example.com')) expect(text).toMatch(/lost "Agent".*has "Staff"/s);
    await desk.apply(rules('ignore'));
    const [all, person, status] = await of('ann@example.com');
    expect(all).not.toContain('ann@example.com');
    expect(person).toContain('ann@example.com: as the bridge left it');
    expect(status).not.toMatch(/lost "Agent"|has "Staff"/);
    const { data } = await desk.run('drift');
    expect(JSON.stringify(data)).not.toContain('ann@example.com');
    // Back again, it is there as it was.
    await desk.apply(rules('report'));
    expect(await lines('drift')).toMatch(/ann@example.com\n {2}lost "Agent"/);
    hand('revoke', 'ann@example.com', 'Staff');
  });

  test('from ignore to report shows the old changes, and is no other tool at work', async () => {
    await desk.apply(rules('ignore'));
    for (const email of names.slice(0, 5)) hand('grant', email, 'Staff');
    for (const email of names.slice(5)) desk.bridge.org.byHand({ action: 'removeUser', email });
    desk.bridge.clock.advance(DAY);
    await desk.run('reconcile');
    desk.bridge.clock.advance(DAY);
    await desk.apply(rules('report'));
    const { text: said, data } = await desk.run('reconcile');
    const text = said.join('\n');
    expect(data).toMatchObject({ state: { drifted: 7, undone: 0 } });
    expect(text).toContain('5 have one of a rule that no group gives them');
    expect(text).toContain('2 are not in the Adobe org any more');
    expect(text).not.toContain('another tool');
    for (const email of names.slice(5)) {
      desk.bridge.org.byHand({ action: 'addUser', email, type: 'federatedID' });
      hand('grant', email, 'Agent');
    }
    for (const email of names.slice(0, 5)) hand('revoke', email, 'Staff');
    desk.bridge.clock.advance(DAY);
    await desk.run('reconcile');
    await desk.apply([rules('report')[0], { ...rules('revert')[1] }]);
  });
});

describe('people unknown to us', () => {
  test('who holds what a rule names is listed by drift and who, and told of by name (F47)', async () => {
    for (const email of ['zoe@example.com', 'zed@example.com']) {
      desk.bridge.org.byHand({ action: 'addUser', email, type: 'federatedID' });
      hand('grant', email, 'Agent');
    }
    desk.bridge.clock.advance(DAY);
    const told =
      /^Unknown to us: 2 people whom .*\n {2}zed@example.com has "Agent"\n {2}zoe@example.com has "Agent"$/m;
    expect(await lines('reconcile')).toMatch(told);
    expect(await lines('drift')).toMatch(told);
    expect(await lines('drift.person', { email: 'zoe@example.com' })).toMatch(
      /unknown to us.*"Agent" is what group "Chat" gives/s,
    );
    expect(await lines('who', { entitlement: 'Agent' })).toContain(
      'zed@example.com: has it by hand, not through the bridge',
    );
    expect(await lines('who', { entitlement: 'Agent' })).not.toContain('not known to the bridge');
    expect(await lines('who', { entitlement: 'Staff' })).not.toContain('zed@example.com');
  });

  test('leaves the list with the rule, at once', async () => {
    const staff = { group: 'Sales', grants: [{ userGroup: 'Staff' }], drift: 'revert' };
    const agent = { group: 'Chat', grants: [{ profile: 'Agent' }] };
    await desk.apply([{ ...agent, drift: 'ignore' }, staff]);
    expect(await lines('drift')).not.toContain('Unknown to us');
    expect((await desk.run('drift')).data).toMatchObject({ strangers: { people: 0, shown: [] } });
    await desk.apply([agent, staff]);
    expect(await lines('drift')).toContain('Unknown to us: 2 people');
    for (const email of ['zoe@example.com', 'zed@example.com'])
      desk.bridge.org.byHand({ action: 'removeUser', email });
  });
});

describe('what else a comparison tells', () => {
  test('many people undone at once: another tool is at work', async () => {
    for (const email of names.slice(1, 7)) hand('revoke', email, 'Agent');
    desk.bridge.clock.advance(DAY);
    const text = await lines('reconcile');
    expect(text).toMatch(/! Since the comparison before, 6 of 7 people were changed/);
    expect(text).toContain('another tool');
    // The night after it is old news.
    desk.bridge.clock.advance(DAY);
    expect(await lines('reconcile')).not.toContain('another tool');
  });

  test('a domain whose directory is under sync: the fault of one create tells (F49)', async () => {
    desk.bridge.org.byHand({ action: 'setSynced', domain: 'example.org', synced: true });
    const id = await desk.addUser('new@example.org');
    await desk.addGroup('Late', [id]);
    await desk.apply(
      [
        { group: 'Chat', grants: [{ profile: 'Agent' }] },
        { group: 'Late', grants: [{ userGroup: 'Staff' }] },
      ],
      'revoke',
    );
    await desk.bridge.drain();
    const { data } = await desk.run('drift');
    expect(data).toMatchObject({ signs: [{ code: 'directory-synced', about: 'example.org' }] });
  });

  test('a profile that will not have seats for everybody, and a name that went (F45, F46)', async () => {
    desk.bridge.org.byHand({ action: 'setQuota', group: 'Agent', quota: 1 });
    desk.bridge.org.byHand({ action: 'deleteGroup', group: 'Staff' });
    const ids = [await desk.addUser('hal@example.com'), await desk.addUser('ida@example.com')];
    const chat = await desk.bridge.directory.groupNamed(desk.bridge.connection, 'Chat');
    await desk.patchMembers(chat?.id ?? '', 'add', ids);
    desk.bridge.clock.advance(DAY);
    const { data } = await desk.run('reconcile');
    const signs = (data as { signs: { code: string; message: string }[] }).signs;
    expect(signs.map(({ code }) => code).sort()).toEqual(['directory-synced', 'missing', 'seats']);
    expect(signs.find(({ code }) => code === 'seats')?.message).toContain(
      '1 seats and 0 members; with everybody the rules want, 2',
    );
  });
});
