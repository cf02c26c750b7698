import { describe, expect, test } from 'vitest';
import { aBench, add, federated, held, problems, remove } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';
const NEW = 'new@example.com';
describe('umapi.md 20 semantics: steps', () => {
  test('steps run in order; a failed one takes nothing back and stops nothing', async () => {
    const bench = aBench();
    const answer = await bench.post([
      { user: ADA, do: [add('Readers'), add('Nowhere'), remove('Readers'), add('Chat Viewer')] },
    ]);
    expect(problems(answer)).toEqual(['0.1 error.group.not_found']);
    expect(held(bench, ADA)).toEqual(['Chat Viewer']);
  });

  test('behind a failed create the steps still run and fail with error.user.not_found', async () => {
    const bench = aBench();
    const answer = await bench.post([
      { user: NEW, do: [federated(NEW, { country: 'XX' }), add('Readers'), { update: { lastname: 'X' } }] },
    ]);
    expect(problems(answer)).toEqual([
      '0.0 error.country.invalid',
      '0.1 error.user.not_found',
      '0.2 error.user.not_found',
    ]);
    expect(answer.body.errors?.[1]?.message).toBe('No valid users were found in the request');
  });

  test('with the knob a failed step ends its command', async () => {
    const bench = aBench({ stepsAfterFailure: 'skip' });
    const answer = await bench.post([{ user: ADA, do: [add('Nowhere'), add('Readers')] }]);
    expect(problems(answer)).toEqual(['0.0 error.group.not_found']);
    expect(held(bench, ADA)).toEqual([]);
  });

  test('a list with an unknown name applies its known ones, or by knob none', async () => {
    const commands = [{ user: ADA, do: [add('Readers', 'Nowhere', 'Agents', 'Gone')] }];
    const known = aBench();
    expect(problems(await known.post(commands))).toEqual([
      '0.0 error.group.not_found',
      '0.0 error.group.not_found',
    ]);
    expect(held(known, ADA)).toEqual(['Agents', 'Readers']);
    const none = aBench({ listWithUnknownGroup: 'apply none' });
    await none.post(commands);
    expect(held(none, ADA)).toEqual([]);
  });

  test('two commands for one person race: their order is shuffled, and repeats with the seed', async () => {
    const endings = async (seed: number, shuffleCommands: boolean): Promise<string> => {
      const bench = aBench({ shuffleCommands }, { seed });
      await bench.post([
        { user: ADA, do: [add('Readers')] },
        { user: ADA, do: [remove('Readers')] },
      ]);
      return (held(bench, ADA) ?? []).join();
    };
    const seeds = Array.from({ length: 12 }, (_, n) => n);
    const shuffled = await Promise.all(seeds.map((seed) => endings(seed, true)));
    expect(new Set(shuffled)).toEqual(new Set(['', 'Readers']));
    expect(await Promise.all(seeds.map((seed) => endings(seed, true)))).toEqual(shuffled);
    expect(new Set(await Promise.all(seeds.map((seed) => endings(seed, false))))).toEqual(new Set(['']));
  });
});

describe('umapi.md 20 semantics: groups of a person', () => {
  test('names are matched trimmed and in any letter case', async () => {
    const bench = aBench();
    expect((await bench.post([{ user: ADA, do: [add(' READERS ', 'chat viewer')] }])).body.result).toBe(
      'success',
    );
    expect(held(bench, ADA)).toEqual(['Chat Viewer', 'Readers']);
  });

  test('adding a member and removing a non-member are successes', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Readers' });
    const answer = await bench.post([{ user: ADA, do: [add('Readers'), remove('Agents')] }]);
    expect(answer.body.result).toBe('success');
    expect(held(bench, ADA)).toEqual(['Readers']);
  });

  test.each([
    ['an unknown name', add('Nowhere'), 'error.group.not_found', 'Group Nowhere was not found'],
    ['_org_admin', add('_org_admin'), 'error.group.not_found', 'Group _org_admin was not found'],
    ['_compartment_admin', remove('_compartment_admin'), 'error.group.not_found', undefined],
    [
      '_admin_ without admins',
      add('_admin_Readers'),
      'error.internal.add',
      'Failed to add users to user group',
    ],
    ['_admin_ of nothing', add('_admin_Nowhere'), 'error.group.not_found', undefined],
    ['a read-only group', add('Shared'), 'error.usergroup.readonly.add_user_not_allowed', undefined],
    [
      'removal from a read-only group',
      remove('Shared'),
      'error.usergroup.readonly.remove_user_not_allowed',
      undefined,
    ],
  ])('%s is refused', async (_, step, code, message) => {
    const bench = aBench();
    const answer = await bench.post([{ user: ADA, do: [step] }]);
    expect(problems(answer)).toEqual([`0.0 ${code}`]);
    if (message !== undefined) expect(answer.body.errors?.[0]?.message).toBe(message);
    expect(held(bench, ADA)).toEqual([]);
  });

  test('the code for reserved admin groups is a knob', async () => {
    const answer = await aBench({ reservedGroupCode: 'error.made.up' }).post([
      { user: ADA, do: [add('_org_admin')] },
    ]);
    expect(problems(answer)).toEqual(['0.0 error.made.up']);
  });

  test('an admin group with an admin can be joined and left', async () => {
    const bench = aBench();
    bench.hand({ action: 'makeAdmin', email: 'ben@example.com', role: roleOf(bench, 'Readers') });
    await bench.post([{ user: ADA, do: [add('_admin_readers', '_support_admin')] }]);
    expect(held(bench, ADA)).toEqual(['_admin_Readers', '_support_admin']);
    await bench.post([{ user: ADA, do: [remove('_admin_Readers')] }]);
    expect(held(bench, ADA)).toEqual(['_support_admin']);
  });

  test('remove "all" keeps System Administrator only', async () => {
    const bench = aBench();
    await bench.post([{ user: 'root@example.com', do: [add('Readers', 'Chat Viewer', '_support_admin')] }]);
    expect(held(bench, 'root@example.com')).toHaveLength(4);
    await bench.post([{ user: 'root@example.com', do: [{ remove: 'all' }] }]);
    expect(held(bench, 'root@example.com')).toEqual(['_org_admin']);
  });

  test('remove takes direct membership only: access through a user group stays', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [add('Agents', 'Chat Agent')] }]);
    await bench.post([{ user: ADA, do: [remove('Chat Agent')] }]);
    expect(bench.org.people()[0]).toMatchObject({ groups: ['Agents'], access: ['Chat: Chat Agent'] });
  });

  test('a name that two profiles share hits an arbitrary one of them', async () => {
    const hit = async (seed: number, duplicateNamePick: 'random' | 'first'): Promise<string> => {
      const bench = aBench({ duplicateNamePick }, { seed });
      await bench.post([{ user: ADA, do: [add('Twice')] }]);
      return bench.org.people()[0]?.access.join() ?? '';
    };
    const seeds = Array.from({ length: 12 }, (_, n) => n);
    expect(new Set(await Promise.all(seeds.map((seed) => hit(seed, 'random'))))).toEqual(
      new Set(['Chat: Twice', 'Insight: Twice']),
    );
    expect(new Set(await Promise.all(seeds.map((seed) => hit(seed, 'first'))))).toEqual(
      new Set(['Chat: Twice']),
    );
  });

  test('beyond the quota a grant succeeds and the member has no seat; a freed seat goes to who waits longest', async () => {
    const bench = aBench();
    const seatless = (): string[] =>
      bench.org
        .people()
        .filter((one) => one.unlicensed.length > 0)
        .map((one) => one.email);
    for (const user of [ADA, 'ben@example.com', 'cleo@example.com']) {
      expect((await bench.post([{ user, do: [add('One Seat')] }])).body.result).toBe('success');
    }
    expect(seatless()).toEqual(['ben@example.com', 'cleo@example.com']);
    await bench.post([{ user: ADA, do: [remove('One Seat')] }]);
    expect(seatless()).toEqual(['cleo@example.com']);
  });

  test.each([
    ['attached before the direct grant', ['attach', 'grant'], [ADA]],
    ['attached after the direct grant', ['grant', 'attach'], ['cleo@example.com']],
  ])('seats go by the time of access, also through a user group: %s', (_, order, seatless) => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: 'cleo@example.com', group: 'Readers' });
    for (const what of order) {
      if (what === 'attach') bench.hand({ action: 'attach', group: 'Readers', profile: 'One Seat' });
      else bench.hand({ action: 'grant', email: ADA, group: 'One Seat' });
    }
    const without = bench.org.people().filter((one) => one.unlicensed.length > 0);
    expect(without.map(({ email }) => email)).toEqual(seatless);
  });
});

function roleOf(bench: ReturnType<typeof aBench>, name: string): string {
  return `group:${bench.org.state().groups.find((group) => group.name === name)?.groupId}`;
}

describe('umapi.md 20 semantics: removeFromOrg', () => {
  const removal = (deleteAccount: boolean) => ({ removeFromOrg: { deleteAccount } });

  test.each(['nobody@example.com', 'nobody@nowhere.example'])(
    '%s, who is not there, is removed with success',
    async (user) => {
      expect((await aBench().post([{ user, do: [removal(false)] }])).body).toMatchObject({
        result: 'success',
        completed: 1,
      });
    },
  );

  test('a soft removal empties all memberships; a create attaches the same account again, names unchanged', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [add('Readers')] }]);
    const idOf = () => bench.org.state().users.find(({ email }) => email === ADA)?.id;
    const id = idOf();
    await bench.post([{ user: ADA, do: [removal(false)] }]);
    expect(held(bench, ADA)).toBeUndefined();
    expect(problems(await bench.post([{ user: ADA, do: [add('Readers')] }]))).toEqual([
      '0.0 error.user.not_in_org',
    ]);
    expect((await bench.post([{ user: ADA, do: [federated(ADA)] }])).body.result).toBe('success');
    expect(idOf()).toBe(id);
    expect(bench.org.people()[0]).toMatchObject({ email: ADA, firstname: 'ada', groups: [] });
  });

  test('names of a re-attached account change with the knob', async () => {
    const bench = aBench({ reattachAppliesNames: true });
    await bench.post([{ user: ADA, do: [removal(false)] }]);
    await bench.post([{ user: ADA, do: [federated(ADA)] }]);
    expect(bench.org.people()[0]?.firstname).toBe('New');
  });

  test.each([
    ['an owned managed account', ADA, false],
    ['an Adobe ID', 'twin@example.com', true],
    ["another org's account", 'guest@trusted.example', true],
  ])('deleteAccount for %s', async (_, user, accountStays) => {
    const bench = aBench();
    expect((await bench.post([{ user, do: [removal(true)] }])).body.result).toBe('success');
    expect(held(bench, user)).toBeUndefined();
    expect(bench.org.state().users.some(({ email }) => email === user)).toBe(accountStays);
  });

  test('a synced directory lets nobody be removed', async () => {
    const bench = aBench();
    const answer = await bench.post([{ user: 'sync@synced.example', do: [add('Readers'), removal(false)] }]);
    expect(problems(answer)).toEqual(['0.1 error.internal.removefromorg']);
    expect(held(bench, 'sync@synced.example')).toEqual(['Readers']);
  });
});

describe('umapi.md 20 semantics: testOnly', () => {
  test('nothing changes, nobody gets mail; completed is 0, completedInTestMode counts', async () => {
    const bench = aBench();
    const { users, groups, mails } = bench.org.state();
    const { body } = await bench.post(
      [
        { user: NEW, do: [federated(NEW), add('Chat Agent')] },
        { user: NEW, do: [federated(NEW)] },
        { user: ADA, do: [add('Chat Viewer'), { removeFromOrg: { deleteAccount: true } }] },
        { user: 'absent@example.com', do: [add('Readers')] },
        { usergroup: 'Fresh', do: [{ createUserGroup: {} }, { add: { user: [ADA] } }] },
        { user: ADA, do: [add('Nowhere')] },
      ],
      { testOnly: true },
    );
    expect(body).toMatchObject({ result: 'partial', completed: 0, notCompleted: 1, completedInTestMode: 5 });
    expect(body.errors?.map(({ index, errorCode }) => [index, errorCode])).toEqual([
      [5, 'error.group.not_found'],
    ]);
    const after = bench.org.state();
    expect(after.users.sort(byId)).toEqual(users.sort(byId));
    expect([after.groups, after.mails]).toEqual([groups, mails]);
    expect(bench.org.calls().at(-1)).toMatchObject({ testOnly: true, applied: false });
  });
});

function byId(left: { id: string }, right: { id: string }): number {
  return left.id < right.id ? -1 : 1;
}
