import { describe, expect, test } from 'vitest';
import type { UserResource } from '../../lambdas/directory/records.ts';
import { CONNECTION } from '../open.ts';
import { type Struck, withTransactionFaults } from './conflicts.ts';
import {
  accountOf,
  addGroup,
  addUser,
  changeUser,
  dump,
  isDue,
  open,
  openAgain,
  person,
  personAt,
  settle,
  sweepAll,
  written,
} from './fixture.ts';
import { isTransaction, meanwhile, readsOf } from './intercept.ts';
import { findBroken } from './invariants.ts';

describe('create', () => {
  test('a created user has version 1, is found by id, and is read back as sent', async () => {
    const t = await open();
    const resource = person('ada', { externalId: '00u1', displayName: 'Ada O.' });
    const user = await addUser(t, resource);
    expect(user).toMatchObject({ version: 1, created: t.clock.now(), lastModified: t.clock.now(), resource });
    expect(await t.directory.getUser(CONNECTION, user.id)).toEqual(user);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a created user has an account that wants its identity, holds the claim and is due (R1, R3)', async () => {
    const t = await open();
    const user = await addUser(t, person('ada'));
    const account = await accountOf(t, user.accountId);
    expect(account.wanted.identity).toEqual({
      email: 'ada@example.com',
      username: 'ada@example.com',
      type: 'federatedID',
    });
    expect(account.claims).toEqual([{ email: 'ada@example.com', type: 'federatedID' }]);
    expect(account.owner).toEqual({ connection: CONNECTION, userId: user.id });
    expect(await isDue(t, user.accountId)).toBe(true);
  });

  test('a person without a usable identity is stored with an account that names the problem (R2)', async () => {
    const t = await open();
    const user = await addUser(t, person('ada', { userName: 'ada', emails: [] }));
    const account = await accountOf(t, user.accountId);
    expect(account.wanted.identity).toBeUndefined();
    expect(account.wanted.problem?.code).toBe('email-missing');
    expect(account.claims).toEqual([]);
  });

  test('a second user of a taken userName is refused and no item of the table changes (T21, I17)', async () => {
    const t = await open();
    await addUser(t, person('ada'));
    const before = await dump(t);
    const again = await t.directory.createUser(CONNECTION, person('ada', { externalId: 'x' }));
    expect(again).toEqual({ ok: false, reason: 'userNameTaken' });
    expect(await dump(t)).toEqual(before);
  });

  test('a refused user whose username would be in doubt does not stop the connection (T21, I17)', async () => {
    const t = await open();
    await t.directory.changeSettings(CONNECTION, (before) => ({
      ...before,
      domains: { 'example.com': { type: 'federatedID', country: 'US' } },
    }));
    await sweepAll(t);
    await addUser(t, personAt('ada', 'ada', { emails: [] }));
    const before = await dump(t);
    expect(await t.directory.createUser(CONNECTION, personAt('ADA', 'ada@example.com'))).toMatchObject({
      ok: false,
    });
    expect(await dump(t)).toEqual(before);
  });

  test('of 20 creates of one userName at the same time one wins and 19 are refused (I03, F51)', async () => {
    const t = await open();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        t.directory.createUser(CONNECTION, person('ada', { externalId: `${at}` })),
      ),
    );
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(results.filter((result) => !result.ok && result.reason === 'userNameTaken')).toHaveLength(19);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  const variants: [string, string, string][] = [
    ['letter case', 'Ada.Okafor', 'aDA.oKAFOR'],
    ['Kelvin sign', 'kim', '\u212Aim'],
    ['long s', 'sam', '\u017Fam'],
    ['dotless i', 'irma', '\u0131rma'],
    ['capital I with a dot', 'irma', '\u0130rma'],
    ['composed and combining', 'jos\u00e9', 'jose\u0301'],
    ['full width', 'ada', '\uFF41\uFF44\uFF41'],
    ['ligature', 'office', 'o\uFB03ce'],
    ['sharp s', 'strasse', 'STRA\u1E9EE'],
  ];
  test.each(variants)(
    'two spellings that differ by %s are one owner (T18, I03)',
    async (_, first, second) => {
      const t = await open();
      const user = await addUser(t, personAt(first, 'a@example.com'));
      const other = await t.directory.createUser(CONNECTION, personAt(second, 'b@example.com'));
      expect(other).toEqual({ ok: false, reason: 'userNameTaken' });
      expect(await t.directory.findUsers(CONNECTION, { by: 'userName', value: second })).toEqual([user]);
      expect(user.resource.userName).toBe(first);
    },
  );

  const externalIds = [
    '1',
    '0',
    '-1',
    'admin',
    'null',
    '',
    ' ',
    'a#b',
    '../x',
    'A',
    'a',
    '\u{1F600}',
    'x'.repeat(1024),
  ];
  test.each(externalIds)('the externalId %j is an opaque string of its own (T13)', async (externalId) => {
    const t = await open();
    const user = await addUser(t, person('ada', { externalId }));
    await addUser(t, person('bo', { externalId: `${externalId}.` }));
    expect(await t.directory.findUsers(CONNECTION, { by: 'externalId', value: externalId })).toEqual([user]);
    expect(user.id).not.toBe(externalId);
  });

  test('an externalId that equals an id of another user or group reaches neither (T13)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const group = await addGroup(t, 'Chat');
    const bo = await addUser(t, person('bo', { externalId: ada.id }));
    const cleo = await addUser(t, person('cleo', { externalId: group.id }));
    expect(await t.directory.findUsers(CONNECTION, { by: 'externalId', value: ada.id })).toEqual([bo]);
    expect(await t.directory.findUsers(CONNECTION, { by: 'id', value: ada.id })).toEqual([ada]);
    expect(await t.directory.findUsers(CONNECTION, { by: 'externalId', value: group.id })).toEqual([cleo]);
    expect(await t.directory.findGroups(CONNECTION, { by: 'externalId', value: ada.id })).toEqual([]);
  });
});

describe('look-up', () => {
  test('an e-mail finds everybody who has it, in any case and in any of his addresses', async () => {
    const t = await open();
    const both = [
      { value: 'Home@Example.com', type: 'home' },
      { value: 'ada@example.com', type: 'work', primary: true },
    ];
    const ada = await addUser(t, person('ada', { emails: both }));
    const bo = await addUser(t, person('bo', { emails: [{ value: 'home@example.com' }] }));
    const found = await t.directory.findUsers(CONNECTION, { by: 'email', value: ' HOME@EXAMPLE.COM ' });
    expect(found.map((user) => user.id).sort()).toEqual([ada.id, bo.id].sort());
    expect(await t.directory.findUsers(CONNECTION, { by: 'email', value: 'nobody@example.com' })).toEqual([]);
  });

  test('changing e-mail and externalId moves the look-ups with them', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada', { externalId: 'old' }));
    await changeUser(t, ada, {
      externalId: 'new',
      emails: [{ value: 'ada2@example.com', type: 'work', primary: true }],
    });
    const ids = async (by: 'externalId' | 'email', value: string) =>
      (await t.directory.findUsers(CONNECTION, { by, value })).map((user) => user.id);
    expect(await ids('externalId', 'old')).toEqual([]);
    expect(await ids('externalId', 'new')).toEqual([ada.id]);
    expect(await ids('email', 'ada@example.com')).toEqual([]);
    expect(await ids('email', 'ada2@example.com')).toEqual([ada.id]);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('a name that moves to another user while it is looked up is found there (I01)', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('kept', 'ada@example.com'));
    const bo = await addUser(t, personAt('bo', 'bo@example.com'));
    const reader = openAgain(t, (deps) =>
      meanwhile(deps, readsOf('okta#U'), async () => {
        await changeUser(t, ada, { userName: 'ada' });
        await changeUser(t, bo, { userName: 'kept' });
      }),
    );
    const found = await reader.findUsers(CONNECTION, { by: 'userName', value: 'kept' });
    expect(found.map((user) => user.id)).toEqual([bo.id]);
  });
});

describe('change', () => {
  test('a change moves version and lastModified by one step and keeps id and created (I19)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    t.clock.advance(5000);
    const changed = written(await changeUser(t, ada, { displayName: 'Ada' }));
    expect(changed).toMatchObject({
      id: ada.id,
      version: 2,
      created: ada.created,
      lastModified: ada.created + 5000,
    });
    expect(await t.directory.getUser(CONNECTION, ada.id)).toEqual(changed);
  });

  test('a change to what is stored already writes nothing at all (I09, I19)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId, ['Chat']);
    const before = await dump(t);
    t.clock.advance(5000);
    const same = await t.directory.updateUser(CONNECTION, ada.id, ({ resource }) =>
      structuredClone(resource),
    );
    expect(same).toEqual({ ok: true, user: ada });
    expect(await dump(t)).toEqual(before);
  });

  test('a change that Adobe cannot see is journalled and leaves the account alone (I14, I09)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await settle(t, ada.accountId);
    const before = await accountOf(t, ada.accountId);
    await changeUser(t, ada, { title: 'Engineer' });
    expect(await accountOf(t, ada.accountId)).toEqual(before);
    const facts = (await dump(t)).filter((item) => item['fact'] === 'userChanged');
    expect(facts.map((item) => item['account'])).toEqual([ada.accountId]);
  });

  const visible: [string, Partial<UserResource>, object][] = [
    ['the family name', { name: { givenName: 'ada', familyName: 'Vos' } }, { lastname: 'Vos' }],
    ['the country', { addresses: [{ country: 'de', primary: true }] }, { country: 'DE' }],
    ['active', { active: false }, { active: false }],
  ];
  test.each(visible)(
    'a change of %s marks the account and reaches its wanted inputs',
    async (_, change, wanted) => {
      const t = await open();
      const ada = await addUser(t, person('ada'));
      await settle(t, ada.accountId);
      expect(await isDue(t, ada.accountId)).toBe(false);
      const { wantedRev } = await accountOf(t, ada.accountId);
      await changeUser(t, ada, change);
      const account = await accountOf(t, ada.accountId);
      expect(account.wanted).toMatchObject(wanted);
      expect(account.wantedRev).toBe(wantedRev + 1);
      expect(await isDue(t, ada.accountId)).toBe(true);
    },
  );

  test('the time of the last change of active is kept through other changes (R1)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    t.clock.advance(1000);
    await changeUser(t, ada, { active: false });
    const since = t.clock.now();
    t.clock.advance(1000);
    await changeUser(t, ada, { name: { givenName: 'Ada', familyName: 'Vos' } });
    expect((await accountOf(t, ada.accountId)).wanted).toMatchObject({ active: false, since });
  });

  test('If-Match with the stored version writes, with another one it refuses and changes nothing (I19, F04)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const change = (title: string, ifVersion: number) =>
      t.directory.updateUser(CONNECTION, ada.id, ({ resource }) => ({ ...resource, title }), { ifVersion });
    expect(await change('a', 1)).toMatchObject({ ok: true, user: { version: 2 } });
    const before = await dump(t);
    expect(await change('b', 1)).toEqual({ ok: false, reason: 'versionMismatch' });
    expect(await t.directory.deleteUser(CONNECTION, ada.id, { ifVersion: 1 })).toBe('versionMismatch');
    expect(await dump(t)).toEqual(before);
  });

  test('what the change function throws passes through and nothing is written', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const before = await dump(t);
    const refused = t.directory.updateUser(CONNECTION, ada.id, () => {
      throw new RangeError('no such attribute');
    });
    await expect(refused).rejects.toThrow(new RangeError('no such attribute'));
    expect(await dump(t)).toEqual(before);
  });

  test('30 changes of one user at the same time are all kept, one version each (I01, F03, F51)', async () => {
    const struck: Struck = { conflicts: 0, lostAnswers: 0 };
    const t = await open({
      wrap: (deps) => withTransactionFaults(deps, { seed: 7, conflict: 0.3, lostAnswer: 0.1 }, struck),
    });
    const ada = await addUser(t, person('ada'));
    const add = (nickName: string) =>
      t.directory.updateUser(CONNECTION, ada.id, ({ resource }) => ({
        ...resource,
        nickNames: [...((resource['nickNames'] as string[] | undefined) ?? []), nickName],
      }));
    const names = Array.from({ length: 30 }, (_, at) => `n${at}`);
    await Promise.all(names.map(add));
    const user = await t.directory.getUser(CONNECTION, ada.id);
    expect([...((user?.resource['nickNames'] as string[]) ?? [])].sort()).toEqual([...names].sort());
    expect(user?.version).toBe(31);
    expect(struck.conflicts * struck.lostAnswers).toBeGreaterThan(0);
  });
});

describe('rename', () => {
  test('a new userName is found, the old one is free for somebody else', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await changeUser(t, ada, { userName: 'ada.vos@example.com' });
    const ids = async (value: string) =>
      (await t.directory.findUsers(CONNECTION, { by: 'userName', value })).map((user) => user.id);
    expect(await ids('ada@example.com')).toEqual([]);
    expect(await ids('ADA.VOS@example.com')).toEqual([ada.id]);
    const next = await addUser(t, personAt('ada@example.com', 'other@example.com'));
    expect(await ids('ada@example.com')).toEqual([next.id]);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('renaming onto a taken userName is refused and no item changes (T21)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    await addUser(t, person('bo'));
    const before = await dump(t);
    expect(await changeUser(t, ada, { userName: 'BO@example.com' })).toEqual({
      ok: false,
      reason: 'userNameTaken',
    });
    expect(await dump(t)).toEqual(before);
  });

  test('another spelling of the own userName is stored as sent and still found', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const changed = written(await changeUser(t, ada, { userName: 'ADA@example.com' }));
    expect(changed.resource.userName).toBe('ADA@example.com');
    expect(await t.directory.findUsers(CONNECTION, { by: 'userName', value: 'ada@example.com' })).toEqual([
      changed,
    ]);
  });

  test('two users swap their names by way of a third one', async () => {
    const t = await open();
    const ada = await addUser(t, personAt('ada', 'ada@example.com'));
    const bo = await addUser(t, personAt('bo', 'bo@example.com'));
    for (const [user, userName] of [
      [ada, 'tmp'],
      [bo, 'ada'],
      [ada, 'bo'],
    ] as const) {
      expect(await changeUser(t, user, { userName })).toMatchObject({ ok: true });
    }
    expect((await t.directory.findUsers(CONNECTION, { by: 'userName', value: 'ada' }))[0]?.id).toBe(bo.id);
    expect((await t.directory.findUsers(CONNECTION, { by: 'userName', value: 'bo' }))[0]?.id).toBe(ada.id);
    expect(findBroken(await dump(t))).toEqual([]);
  });

  test('the same rename sent twice at once succeeds twice: a clash of versions is no duplicate (F02, F53)', async () => {
    const t = await open();
    const ada = await addUser(t, person('ada'));
    const other = openAgain(t, (deps) =>
      meanwhile(deps, isTransaction, () => changeUser(t, ada, { userName: 'ada.vos' })),
    );
    const late = await other.updateUser(CONNECTION, ada.id, ({ resource }) => ({
      ...resource,
      userName: 'ada.vos',
    }));
    expect(late).toMatchObject({ ok: true, user: { version: 2 } });
  });
});
