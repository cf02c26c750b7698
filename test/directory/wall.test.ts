/** I05, T24, T25, T30: to one connection, the ids of another are ids of nobody, in the same Adobe org as elsewhere. */
import { describe, expect, test } from 'vitest';
import type { Directory } from '../../lambdas/directory/dynamo.ts';
import {
  ConnectionId,
  type GroupId,
  type GroupRecord,
  type UserRecord,
} from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, settings, type TestDirectory } from '../open.ts';
import {
  accountOf,
  addGroup,
  addUser,
  applyRules,
  dump,
  groupId,
  open,
  openAgain,
  person,
  personAt,
  rule,
  settle,
} from './fixture.ts';
import { interceptSend } from './intercept.ts';
import { findBroken } from './invariants.ts';

const entra = ConnectionId.parse('entra');
const nobody = '0190a0a0-0000-7000-8000-000000000000';

interface Neighbours {
  readonly t: TestDirectory;
  /** Of the first connection. */
  readonly user: UserRecord;
  readonly group: GroupRecord;
  readonly tokenId: string;
  /** Of the second one. */
  readonly own: UserRecord;
  readonly ownGroup: GroupRecord;
}

async function neighbours(): Promise<Neighbours> {
  const t = await open();
  await t.directory.setUp({
    org: { key: ORG, adobeOrgId: 'x@AdobeOrg', clientId: 'client-1' },
    connection: { id: entra, settings },
  });
  const user = await addUser(t, person('ada', { externalId: 'x1' }));
  const group = await addGroup(t, 'Chat', { externalId: 'g1', members: [user.id] });
  const { token } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
  await applyRules(t, [rule('Chat', 'Chat')]);
  const own = await addUser(t, person('bo'), entra);
  const ownGroup = await addGroup(t, 'Own', { members: [own.id] }, entra);
  return { t, user, group, tokenId: token.id, own, ownGroup };
}

/** What belongs to the first connection, as it lies in the table. */
async function ofFirst({ t, user }: Neighbours): Promise<unknown[]> {
  const mine = (pk: string) => /^(okta|T#|J#okta)(#|$)?/.test(pk) || pk.includes(user.accountId);
  return (await dump(t)).filter((item) => mine(String(item['pk'])));
}

interface Ids {
  readonly user: string;
  readonly group: GroupId;
  readonly token: string;
}

/** Each function of the identity provider's side and of the tokens, asked by the second connection. */
const asks: [string, (directory: Directory, ids: Ids, n: Neighbours) => Promise<unknown>][] = [
  ['getUser', (d, ids) => d.getUser(entra, ids.user)],
  [
    'updateUser',
    (d, ids) => d.updateUser(entra, ids.user, ({ resource }) => ({ ...resource, active: false })),
  ],
  [
    'updateUser under a version',
    (d, ids) => d.updateUser(entra, ids.user, ({ resource }) => resource, { ifVersion: 1 }),
  ],
  ['deleteUser', (d, ids) => d.deleteUser(entra, ids.user)],
  ['findUsers by id', (d, ids) => d.findUsers(entra, { by: 'id', value: ids.user })],
  ['getGroup', (d, ids) => d.getGroup(entra, ids.group)],
  ['changeGroup', (d, ids) => d.changeGroup(entra, ids.group, { displayName: 'Mine' })],
  [
    'changeGroup with members',
    (d, ids, n) =>
      d.changeGroup(entra, ids.group, { members: { kind: 'delta', add: [n.own.id], remove: [] } }),
  ],
  ['deleteGroup', (d, ids) => d.deleteGroup(entra, ids.group)],
  ['findGroups by id', (d, ids) => d.findGroups(entra, { by: 'id', value: ids.group })],
  ['findGroups by member', (d, ids) => d.findGroups(entra, { by: 'member', value: ids.user })],
  ['listMembers', (d, ids) => d.listMembers(entra, ids.group)],
  ['isMember, foreign group', (d, ids, n) => d.isMember(entra, ids.group, n.own.id)],
  ['isMember, foreign user', (d, ids, n) => d.isMember(entra, n.ownGroup.id, ids.user)],
  ['isMember, both foreign', (d, ids) => d.isMember(entra, ids.group, ids.user)],
  [
    'add a member',
    (d, ids, n) =>
      d.changeGroup(entra, n.ownGroup.id, {
        members: { kind: 'delta', add: [ids.user, n.own.id], remove: [] },
      }),
  ],
  [
    'remove a member',
    (d, ids, n) =>
      d.changeGroup(entra, n.ownGroup.id, { members: { kind: 'delta', add: [], remove: [ids.user] } }),
  ],
  [
    'replace members',
    (d, ids, n) =>
      d.changeGroup(entra, n.ownGroup.id, { members: { kind: 'replace', members: [ids.user, n.own.id] } }),
  ],
  ['revokeToken', (d, ids) => d.revokeToken(entra, ids.token)],
];

describe('an id of another connection', () => {
  test.each(asks)(
    '%s answers and works as for an id of nobody, and touches nothing there',
    async (_, ask) => {
      const n = await neighbours();
      const before = await ofFirst(n);
      const reads: string[] = [];
      const directory = openAgain(n.t, (deps) => ({
        ...deps,
        client: interceptSend(deps.client, (command, send) => {
          reads.push(command.constructor.name);
          return send();
        }),
      }));
      await directory.findUsers(entra, { by: 'userName', value: 'warm' });
      await directory.createGroup(entra, { displayName: 'Own', members: [] });
      reads.length = 0;
      const unknown = await ask(
        directory,
        { user: nobody, group: groupId(nobody), token: '0'.repeat(32) },
        n,
      );
      const forUnknown = reads.splice(0);
      const foreign = await ask(directory, { user: n.user.id, group: n.group.id, token: n.tokenId }, n);
      const text = JSON.stringify(foreign ?? null)
        .replaceAll(n.user.id, nobody)
        .replaceAll(n.group.id, nobody);
      expect(text).toBe(JSON.stringify(unknown ?? null));
      // The same calls in the same order: time tells no more than the answer (T30).
      expect(reads).toEqual(forUnknown);
      expect(await ofFirst(n)).toEqual(before);
    },
  );

  test('a mixed list of own, foreign and unknown members: the own join, the others are reported alike (T25)', async () => {
    const n = await neighbours();
    const before = await ofFirst(n);
    const made = await n.t.directory.createGroup(entra, {
      displayName: 'Mixed',
      members: [n.user.id, n.own.id, nobody],
    });
    expect(made).toMatchObject({ ok: true, unknownMembers: [n.user.id, nobody] });
    if (made.ok) expect(await n.t.directory.listMembers(entra, made.group.id)).toEqual([n.own.id]);
    expect(await ofFirst(n)).toEqual(before);
  });

  test('names, e-mails and externalIds are looked up, and taken, in each connection for itself', async () => {
    const n = await neighbours();
    const { directory } = n.t;
    const value = 'ada@example.com';
    for (const by of ['userName', 'email'] as const)
      expect(await directory.findUsers(entra, { by, value })).toEqual([]);
    expect(await directory.findUsers(entra, { by: 'externalId', value: 'x1' })).toEqual([]);
    expect(await directory.findGroups(entra, { by: 'displayName', value: 'Chat' })).toEqual([]);
    expect(await directory.findGroups(entra, { by: 'externalId', value: 'g1' })).toEqual([]);
    expect(await directory.createUser(entra, person('ada', { externalId: 'x1' }))).toMatchObject({
      ok: true,
    });
    expect(
      await directory.createGroup(entra, { displayName: 'Chat', externalId: 'g1', members: [] }),
    ).toMatchObject({ ok: true });
    expect(await directory.findUsers(CONNECTION, { by: 'userName', value })).toEqual([n.user]);
    for (const c of ['okta', 'entra']) expect(findBroken(await dump(n.t), c)).toEqual([]);
  });

  test('lists and totals show the own connection only', async () => {
    const n = await neighbours();
    const page = { startIndex: 1, count: 10 };
    const users = await n.t.directory.listUsers(entra, page);
    expect([users.resources.map((user) => user.id), users.totalResults]).toEqual([[n.own.id], 1]);
    const groups = await n.t.directory.listGroups(entra, page);
    expect([groups.resources.map((group) => group.id), groups.totalResults]).toEqual([[n.ownGroup.id], 1]);
    expect(await n.t.directory.listTokens(entra)).toEqual([]);
  });

  test('a mapping of one connection binds no group of the other, not even by externalId', async () => {
    const n = await neighbours();
    await n.t.directory.deleteGroup(CONNECTION, n.group.id);
    await addGroup(n.t, 'Chat', { externalId: 'g1' }, entra);
    const [bound] = await n.t.directory.rulesOf(await n.t.directory.getConnection(CONNECTION));
    expect(bound?.binding).toMatchObject({ state: 'orphaned', groupId: n.group.id });
    expect(await n.t.directory.rulesOf(await n.t.directory.getConnection(entra))).toEqual([]);
  });

  test('the one thing two connections of an org share is who is at Adobe: the second person waits (I03)', async () => {
    const n = await neighbours();
    const other = await addUser(n.t, personAt('someone', 'ada@example.com'), entra);
    expect(await n.t.directory.claimWanted(ORG, other.accountId)).toEqual({
      kind: 'taken',
      by: n.user.accountId,
    });
    await settle(n.t, other.accountId);
    expect((await accountOf(n.t, other.accountId)).claims).toEqual([]);
    for (const c of ['okta', 'entra']) expect(findBroken(await dump(n.t), c)).toEqual([]);
  });
});
