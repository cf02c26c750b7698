import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Refused } from '../../lambdas/admin/command.ts';
import { createCommands } from '../../lambdas/admin/commands.ts';
import { DirectoryBusy } from '../../lambdas/directory/directory.ts';
import { type Desk, openDesk } from './desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk({ userGroups: ['Chat agents', 'Marketing'] });
  await desk.bridge.drain();
});
afterEach(() => desk.bridge.close());

const AGENTS = { group: 'Agents', grants: [{ userGroup: 'Chat agents' }] };

async function show(): Promise<string> {
  return (await desk.run('mapping.show')).text.join('\n');
}

async function rename(group: string, value: string): Promise<void> {
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
  const Operations = [{ op: 'replace', path: 'displayName', value }];
  await desk.bridge.scim('PATCH', `/scim/v2/Groups/${group}`, { schemas, Operations });
}

describe('mapping show', () => {
  test('before the first mapping says how to make one', async () => {
    expect(await show()).toContain('mapping apply FILE');
  });

  test('shows a rule with the group it follows, its mode and its grants', async () => {
    const group = await desk.addGroup('Agents');
    await desk.apply([
      { ...AGENTS, mode: 'additive' },
      { everyone: true, grants: [{ userGroup: 'Marketing' }] },
    ]);
    const text = await show();
    expect(text).toContain(`group "Agents" - bound to ${group}, additive\n  "Chat agents" (user group)`);
    expect(text).toContain('everyone - all active people, full\n  "Marketing" (user group)');
  });

  test('shows a rule whose group was never sent, and what to do', async () => {
    await desk.apply([AGENTS]);
    expect(await show()).toContain('group "Agents" - unbound, full');
    expect(await show()).toContain('assign or push that group there');
  });

  test('shows a group that was renamed: the rule follows it (T27)', async () => {
    const group = await desk.addGroup('Agents');
    await desk.apply([AGENTS]);
    await rename(group, 'Chat people');
    expect(await show()).toContain('the group is called "Chat people" now and the rule follows it');
  });

  test('shows that a group renamed onto a mapped name binds nothing, until the mapping is applied again (T27)', async () => {
    await desk.apply([AGENTS]);
    const group = await desk.addGroup('Others');
    await rename(group, 'Agents');
    expect(await show()).toContain('got the name by a rename; apply the mapping again to follow it');
    await desk.apply([AGENTS]);
    expect(await show()).toContain(`bound to ${group}`);
  });

  test('shows an orphaned rule, and doing what it says binds the new group (R12)', async () => {
    const group = await desk.addGroup('Agents');
    await desk.apply([AGENTS]);
    await desk.bridge.scim('DELETE', `/scim/v2/Groups/${group}`);
    expect(await show()).toContain(`orphaned, followed ${group}`);
    const next = await desk.addGroup('Agents');
    expect(await show()).toContain('a new group has this name, but nobody said that it is the same one');
    await desk.apply([], 'revoke');
    await desk.apply([AGENTS]);
    expect(await show()).toContain(`bound to ${next}`);
  });

  test('lists what was left to people (R13)', async () => {
    await desk.addGroup('Agents');
    await desk.apply([AGENTS]);
    await desk.apply([], 'leave');
    expect(await show()).toContain('never revoked until a rule names them again): "chat agents"');
  });

  test('says that the connection only reports while usernames are undecided', async () => {
    await desk.bridge.directory.changeSettings(desk.bridge.connection, (before) => ({
      ...before,
      domains: { 'example.com': { type: 'federatedID', country: 'US' } },
    }));
    await desk.apply([AGENTS]);
    await desk.addUser('ann', { emails: [{ value: 'ann@example.com', primary: true }] });
    expect(await show()).toContain('Mode of the connection: report-only.');
    expect(await show()).toContain('until "username" is set for the domain');
  });
});

test('a command that finds the directory busy is refused and may be repeated as it is', async () => {
  const { directory, adobe, connection, orgKey: org, clock, drainDeps } = desk.bridge;
  const busy = {
    ...directory,
    getConnection: async () => {
      throw new DirectoryBusy(2);
    },
  };
  const parts = {
    directory: busy,
    adobe,
    credential: { renew: async () => undefined },
    connection,
    org,
    now: clock.now,
    newId: drainDeps.newId,
    reconcile: desk.bridge.reconcile,
  };
  const show = createCommands(parts)['mapping.show'];
  await expect(show?.run({}, { operator: 'test' })).rejects.toThrow(
    new Refused('The directory is busy with other changes. Repeat the command in 2 seconds.'),
  );
});
