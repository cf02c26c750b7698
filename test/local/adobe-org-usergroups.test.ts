import { describe, expect, test } from 'vitest';
import { aBench, federated, problems } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';
const BEN = 'ben@example.com';
const members = (kind: 'add' | 'remove', ...user: string[]) => ({ [kind]: { user } });
const profiles = (kind: 'add' | 'remove', ...productConfiguration: string[]) => ({
  [kind]: { productConfiguration },
});
const group = (usergroup: string, ...steps: unknown[]) => ({ usergroup, do: steps });

describe('umapi.md 20 usergroup commands: members', () => {
  test('users are named by e-mail in any letter case, and join', async () => {
    const bench = aBench();
    const answer = await bench.post([group('readers', members('add', 'ADA@example.com', BEN))]);
    expect(answer.body.result).toBe('success');
    expect(bench.org.members('Readers')).toEqual([ADA, BEN]);
    await bench.post([group('Readers', members('remove', ADA))]);
    expect(bench.org.members('Readers')).toEqual([BEN]);
  });

  test('a mix of valid and invalid users applies the valid ones without error, or fails by knob', async () => {
    const commands = [group('Readers', members('add', 'no@example.com', ADA))];
    const partial = aBench();
    expect((await partial.post(commands)).body.result).toBe('success');
    expect(partial.org.members('Readers')).toEqual([ADA]);
    const strict = aBench({ usergroupMixedUsers: 'error' });
    expect(problems(await strict.post(commands))).toEqual(['0.0 error.user.not_found']);
    expect(strict.org.members('Readers')).toEqual([]);
  });

  test('no valid user at all is error.user.not_found', async () => {
    const answer = await aBench().post([
      group('Readers', members('add', 'no@example.com', 'never@example.com')),
    ]);
    expect(problems(answer)).toEqual(['0.0 error.user.not_found']);
    expect(answer.body.errors?.[0]).toMatchObject({
      user: 'Readers',
      message: 'No valid users were found in the request',
    });
  });

  test('a list that changes nothing is a success, or by knob error.usergroup.user_list.invalid', async () => {
    const commands = [group('Readers', members('remove', ADA))];
    expect((await aBench().post(commands)).body.result).toBe('success');
    const strict = aBench({ usergroupUnchanged: 'error' });
    expect(problems(await strict.post(commands))).toEqual(['0.0 error.usergroup.user_list.invalid']);
  });

  test('an e-mail of two identities means the managed one', async () => {
    const bench = aBench({ twinCreate: 'creates beside' });
    await bench.post([{ user: 'twin@example.com', do: [federated('twin@example.com')] }]);
    await bench.post([group('Readers', members('add', 'twin@example.com'))]);
    const holders = bench.org.people().filter(({ groups }) => groups.includes('Readers'));
    expect(holders.map(({ type }) => type)).toEqual(['federatedID']);
  });

  test('the size limit refuses members, attaching profiles, and user commands beyond it', async () => {
    const bench = aBench({ maxGroupMembers: 1 });
    expect(problems(await bench.post([group('Readers', members('add', ADA, BEN))]))).toEqual([
      '0.0 error.usergroup.exceeds_maximum_member_count',
    ]);
    await bench.post([group('Readers', members('add', ADA))]);
    expect(problems(await bench.post([{ user: BEN, do: [{ add: { group: ['Readers'] } }] }]))).toEqual([
      '0.0 error.usergroup.exceeds_maximum_member_count',
    ]);
    bench.hand({ action: 'grant', email: BEN, group: 'Readers' });
    expect(problems(await bench.post([group('Readers', profiles('add', 'Chat Viewer'))]))).toEqual([
      '0.0 error.usergroup.exceeds_maximum_member_count',
    ]);
  });
});

describe('umapi.md 20 usergroup commands: names', () => {
  test.each([
    ['an unknown group', 'Nowhere'],
    ['a profile', 'Chat Viewer'],
  ])('%s answers error.usergroup.not_found', async (_, name) => {
    const answer = await aBench().post([group(name, members('add', ADA))]);
    expect(problems(answer)).toEqual(['0.0 error.usergroup.not_found']);
    expect(answer.body.errors?.[0]?.message).toBe('UserGroup not found');
  });

  test.each<[string, unknown[], string[], string[]]>([
    ['create, then fill', [group('Fresh', { createUserGroup: {} }, members('add', ADA))], [], ['Fresh']],
    ['create under a given name', [group('Fresh', { createUserGroup: { name: 'Other' } })], [], ['Other']],
    [
      'create what exists',
      [group('readers', { createUserGroup: {} })],
      ['0.0 error.usergroup.already_exists'],
      [],
    ],
    [
      'create what exists, ignored',
      [group('Readers', { createUserGroup: { option: 'ignoreIfAlreadyExists' } })],
      [],
      [],
    ],
    [
      'create under the name of a profile',
      [group('Chat Viewer', { createUserGroup: { option: 'ignoreIfAlreadyExists' } })],
      ['0.0 error.usergroup.already_exists'],
      [],
    ],
    [
      'create with a leading underscore',
      [group('_mine', { createUserGroup: {} })],
      ['0.0 error.usergroup.update.failed'],
      [],
    ],
    [
      'rename onto another',
      [group('Readers', { updateUserGroup: { name: 'AGENTS' } })],
      ['0.0 error.usergroup.already_exists'],
      [],
    ],
  ])('%s', async (_, commands, expected, made) => {
    const bench = aBench();
    const before = names(bench);
    expect(problems(await bench.post(commands))).toEqual(expected);
    expect(names(bench)).toEqual([...before, ...made]);
  });

  test('updateIfAlreadyExists changes the description only; a rename moves the steps behind it', async () => {
    const bench = aBench();
    await bench.post([
      group('Readers', { createUserGroup: { option: 'updateIfAlreadyExists', description: 'new' } }),
    ]);
    expect(bench.org.state().groups.find(({ name }) => name === 'Readers')).toMatchObject({
      description: 'new',
    });
    await bench.post([group('Readers', { updateUserGroup: { name: 'Writers' } }, members('add', ADA))]);
    expect(bench.org.members('Writers')).toEqual([ADA]);
    expect(names(bench)).not.toContain('Readers');
  });

  test('after deleteUserGroup nothing runs, members are out and lose what it gave', async () => {
    const bench = aBench();
    await bench.post([group('Agents', members('add', ADA))]);
    expect(bench.org.people()[0]?.access).toEqual(['Chat: Chat Agent']);
    const answer = await bench.post([group('Agents', { deleteUserGroup: {} }, members('add', BEN))]);
    expect(answer.body.result).toBe('success');
    expect(names(bench)).not.toContain('Agents');
    expect(bench.org.people()[0]).toMatchObject({ groups: [], access: [] });
  });
});

function names(bench: ReturnType<typeof aBench>): string[] {
  return bench.org.state().groups.map(({ name }) => name);
}

describe('umapi.md 20 usergroup commands: profiles', () => {
  test('attaching gives every member the product; detaching takes it where no other path is', async () => {
    const bench = aBench();
    await bench.post([group('Readers', members('add', ADA, BEN))]);
    bench.hand({ action: 'grant', email: BEN, group: 'Chat Viewer' });
    await bench.post([group('Readers', profiles('add', 'Chat Viewer'))]);
    const access = () =>
      bench.org
        .people()
        .slice(0, 2)
        .map((one) => one.access);
    expect(access()).toEqual([['Chat: Chat Viewer'], ['Chat: Chat Viewer']]);
    await bench.post([group('Readers', profiles('remove', 'chat viewer'))]);
    expect(access()).toEqual([[], ['Chat: Chat Viewer']]);
  });

  test('an unknown profile is error.group.not_found', async () => {
    expect(problems(await aBench().post([group('Readers', profiles('add', 'Nowhere'))]))).toEqual([
      '0.0 error.group.not_found',
    ]);
  });

  test('detaching what is not attached is a success', async () => {
    expect((await aBench().post([group('Readers', profiles('remove', 'Chat Viewer'))])).body.result).toBe(
      'success',
    );
  });
});

describe('umapi.md 20 read-only groups', () => {
  test.each([
    ['rename', { updateUserGroup: { name: 'Mine' } }, 'error.usergroup.readonly.update_not_allowed'],
    ['add a user', members('add', ADA), 'error.usergroup.readonly.add_user_not_allowed'],
    ['remove a user', members('remove', ADA), 'error.usergroup.readonly.remove_user_not_allowed'],
    ['delete', { deleteUserGroup: {} }, 'error.usergroup.readonly.remove_not_allowed'],
  ])('%s is refused', async (_, step, code) => {
    const bench = aBench();
    const before = bench.org.state().groups;
    expect(problems(await bench.post([group('Shared', step)]))).toEqual([`0.0 ${code}`]);
    expect(bench.org.state().groups).toEqual(before);
  });

  test('a profile may be attached', async () => {
    expect((await aBench().post([group('Shared', profiles('add', 'Chat Viewer'))])).body.result).toBe(
      'success',
    );
  });
});
