/**
 * Memberships by `usergroup` commands (`umapi.md` 7, 18.1): few requests, and nobody counts as a member before a
 * reading of the group shows it (I12, R27, R28).
 */
import { describe, expect } from 'vitest';
import { HOUR, MINUTE, type Stage, type StageOptions, scenario, X, Y, Z } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const staffed: StageOptions = { rules: [{ group: 'Staff', grants: [Z] }] };

function emailOf(at: number): string {
  return `p${String(at).padStart(4, '0')}@example.com`;
}

/** People whom the Adobe org holds already, and whom the identity provider tells us about. */
async function existing(stage: Stage, count: number, from = 0): Promise<string[]> {
  const ids: string[] = [];
  for (let at = from; at < from + count; at++) {
    const email = emailOf(at);
    stage.org.byHand({ action: 'addUser', email, firstname: 'Per', lastname: 'Son', country: 'US' });
    ids.push(await stage.user(email));
  }
  return ids;
}

function listRequests(stage: Stage): number {
  return stage.actionCalls().filter(({ body }) => JSON.stringify(body).includes('"usergroup"')).length;
}

function groupReads(stage: Stage): number {
  return stage.org.calls().filter(({ endpoint }) => endpoint === 'groupUsers').length;
}

async function statuses(stage: Stage, ids: readonly string[]): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const id of ids) {
    const { status, reason } = await stage.account(id);
    const word = [status, reason].filter(Boolean).join(' ');
    found[word] = (found[word] ?? 0) + 1;
  }
  return found;
}

describe('existing people into one mapped user group', () => {
  scenario(
    '45 of them: one request, and members only when a reading shows it (I12)',
    staffed,
    async (stage) => {
      const ids = await existing(stage, 45);
      await stage.group('Staff', ids);
      await stage.drain();
      expect(stage.holders(Z.name)).toEqual(ids.map((_, at) => emailOf(at)));
      expect([stage.actionCalls().length, groupReads(stage)]).toEqual([1, 0]);
      expect(await statuses(stage, ids)).toEqual({ 'waiting read-back': 45 });
      const sent = await stage.account(ids[0] ?? '');
      expect(sent.applied.entitlements).toEqual({});
      expect(sent.unknown).toMatchObject({ staff: { listed: 'grant' } });
      expect(sent.watch).toHaveProperty('staff');
      stage.clock.advance(5 * MINUTE);
      await stage.drain();
      expect(await statuses(stage, ids)).toEqual({ idle: 45 });
      const seen = await stage.account(ids[44] ?? '');
      expect(seen.applied.entitlements).toMatchObject({
        staff: { kind: 'userGroup', rule: expect.any(String) },
      });
      expect(seen.unknown).toEqual({});
      expect([stage.actionCalls().length, groupReads(stage)]).toEqual([1, 1]);
    },
  );

  scenario('10 of them or fewer: a command each, whose answer is about them', staffed, async (stage) => {
    const ids = await existing(stage, 10);
    await stage.group('Staff', ids);
    await stage.drain();
    expect(await statuses(stage, ids)).toEqual({ idle: 10 });
    expect([stage.actionCalls().length, listRequests(stage), groupReads(stage)]).toEqual([1, 0, 0]);
  });

  scenario(
    'and out of it again: one request, held until a reading shows nobody (R26)',
    staffed,
    async (stage) => {
      const ids = await existing(stage, 30);
      const staff = await stage.group('Staff', ids);
      await stage.settle();
      await stage.quit(staff, ...ids);
      await stage.drain();
      expect(stage.holders(Z.name)).toEqual([]);
      expect(listRequests(stage)).toBe(2);
      expect((await stage.account(ids[0] ?? '')).applied.entitlements).toHaveProperty('staff');
      await stage.settle();
      expect((await stage.account(ids[0] ?? '')).applied.entitlements).toEqual({});
      expect([await statuses(stage, ids), stage.actionCalls().length]).toEqual([{ idle: 30 }, 2]);
    },
  );

  scenario('wanted back before the reading: the last word holds', staffed, async (stage) => {
    const ids = await existing(stage, 25);
    const staff = await stage.group('Staff', ids);
    await stage.settle();
    await stage.quit(staff, ...ids);
    await stage.drain();
    await stage.join(staff, ...ids);
    await stage.settle();
    await stage.settle();
    expect(stage.holders(Z.name)).toHaveLength(25);
    expect(await statuses(stage, ids)).toEqual({ idle: 25 });
  });

  scenario(
    'beside new people and profiles: each person in one command, people who only join a group by list',
    {
      rules: [
        { group: 'Staff', grants: [Z] },
        { group: 'Chat', grants: [X] },
      ],
    },
    async (stage) => {
      const ids = await existing(stage, 40);
      const fresh = [await stage.user('new1@example.com'), await stage.user('new2@example.com')];
      await stage.group('Staff', [...ids, ...fresh]);
      await stage.group('Chat', [...ids.slice(0, 3), ...fresh]);
      await stage.settle();
      expect(stage.holders(Z.name)).toHaveLength(42);
      expect(stage.holders(X.name)).toHaveLength(5);
      expect(stage.actionCalls().length).toBeLessThanOrEqual(2);
      expect(await statuses(stage, [...ids, ...fresh])).toEqual({ idle: 42 });
    },
  );

  scenario(
    'into two user groups: an address in one list of a request only, the other follows (R31, F48)',
    {
      userGroups: ['Staff', 'Pilots'],
      rules: [{ group: 'Staff', grants: [Z, { kind: 'userGroup', name: 'Pilots' }] }],
    },
    async (stage) => {
      const ids = await existing(stage, 40);
      await stage.group('Staff', ids);
      await stage.settle();
      expect([stage.holders(Z.name).length, stage.holders('Pilots').length]).toEqual([40, 40]);
      expect(stage.actionCalls()).toHaveLength(2);
      expect(await statuses(stage, ids)).toEqual({ idle: 40 });
    },
  );

  scenario(
    'nobody whom a list may not name: Business IDs and directories with usernames of their own',
    {
      rules: staffed.rules ?? [],
      settings: {
        domains: {
          'example.com': { type: 'federatedID', country: 'US', username: 'email' },
          'example.net': { type: 'businessID', country: 'US' },
        },
      },
    },
    async (stage) => {
      const ids: string[] = [];
      for (let at = 0; at < 20; at++) ids.push(await stage.user(`b${at}@example.net`));
      await stage.group('Staff', ids);
      await stage.settle();
      expect([stage.holders(Z.name).length, listRequests(stage)]).toEqual([20, 0]);
    },
  );
});

describe('what a list does not tell', () => {
  scenario(
    'a name that Adobe skipped in silence is sent by name after 30 minutes, and is a first contact in the end (R27)',
    staffed,
    async (stage) => {
      const ids = await existing(stage, 30);
      await stage.drain();
      stage.org.byHand({ action: 'removeUser', email: emailOf(7), deleteAccount: false });
      await stage.group('Staff', ids);
      await stage.drain();
      expect(stage.holders(Z.name)).toHaveLength(29);
      stage.clock.advance(6 * MINUTE);
      await stage.drain();
      expect(await statuses(stage, ids)).toEqual({ idle: 29, 'waiting read-back': 1 });
      expect(stage.actionCalls()).toHaveLength(1);
      for (let round = 0; round < 4; round++) await stage.settle(31 * MINUTE);
      expect(stage.holders(Z.name)).toHaveLength(30);
      expect(await statuses(stage, ids)).toEqual({ idle: 30 });
      expect(listRequests(stage)).toBe(1);
    },
  );

  scenario(
    '“list changed nothing” is no failure: the reading decides (10.2, F39)',
    staffed,
    async (stage) => {
      stage.org.turnKnobs({ usergroupUnchanged: 'error' });
      const ids = await existing(stage, 20);
      await stage.drain();
      // After the listing: it spares no grant.
      for (const at of ids.keys()) stage.org.byHand({ action: 'grant', group: Z.name, email: emailOf(at) });
      await stage.group('Staff', ids);
      await stage.settle();
      expect(await statuses(stage, ids)).toEqual({ idle: 20 });
      expect(stage.holders(Z.name)).toHaveLength(20);
    },
  );

  scenario(
    'a step that fails for one of its ten: the ten travel by name, the others are not sent again (F27)',
    staffed,
    async (stage) => {
      stage.org.turnKnobs({ usergroupMixedUsers: 'error' });
      const ids = await existing(stage, 40);
      await stage.drain();
      stage.org.byHand({ action: 'removeUser', email: emailOf(7), deleteAccount: false });
      await stage.group('Staff', ids);
      await stage.settle(6 * MINUTE);
      expect(stage.holders(Z.name)).toHaveLength(39);
      expect(listRequests(stage)).toBeLessThanOrEqual(2);
      expect(stage.actionCalls().length).toBeLessThanOrEqual(4);
    },
  );

  scenario(
    'a lost answer: sent again, nobody twice welcomed, nobody missing (R26)',
    staffed,
    async (stage) => {
      const ids = await existing(stage, 30);
      await stage.group('Staff', ids);
      stage.loseNextAnswer();
      await stage.settle();
      await stage.settle();
      expect(stage.holders(Z.name)).toHaveLength(30);
      expect(await statuses(stage, ids)).toEqual({ idle: 30 });
    },
  );

  scenario('a reading that is cut short or refused settles nobody (I11)', staffed, async (stage) => {
    stage.org.turnKnobs({ usersPageSize: 10 });
    const ids = await existing(stage, 30);
    await stage.group('Staff', ids);
    await stage.drain();
    stage.clock.advance(6 * MINUTE);
    stage.hooks.before = async ({ url }) =>
      /\/users\/[^/]+\/2\//.test(url) ? new Response(null, { status: 504 }) : undefined;
    await stage.drainOnce();
    expect(await statuses(stage, ids)).toEqual(expect.not.objectContaining({ idle: expect.any(Number) }));
    delete stage.hooks.before;
    await stage.settle();
    expect(await statuses(stage, ids)).toEqual({ idle: 30 });
    expect(stage.actionCalls()).toHaveLength(1);
  });

  scenario('a user group that is gone trips once for everybody (18.3, F45)', staffed, async (stage) => {
    const ids = await existing(stage, 30);
    await stage.drain();
    stage.org.byHand({ action: 'deleteGroup', group: Z.name });
    await stage.group('Staff', ids);
    await stage.drain();
    expect(await statuses(stage, ids)).toEqual({ 'parked error.usergroup.not_found': 30 });
    expect(stage.actionCalls()).toHaveLength(1);
    const faults = stage.lines.filter(({ message }) => message === 'fault');
    expect(faults).toHaveLength(1);
    stage.org.byHand({ action: 'addUserGroup', name: Z.name });
    stage.clock.advance(HOUR + 1);
    await stage.settle();
    expect(stage.holders(Z.name)).toHaveLength(30);
  });

  scenario(
    'one name that breaks its whole request, among 60: 59 are members (F27)',
    staffed,
    async (stage) => {
      const ids = await existing(stage, 59);
      const poison = 'sim-500.poison@example.com';
      stage.org.byHand({ action: 'addUser', email: poison, firstname: 'P', lastname: 'S', country: 'US' });
      ids.push(await stage.user(poison));
      await stage.group('Staff', ids);
      for (let round = 0; round < 8; round++) await stage.settle(20 * MINUTE);
      expect(stage.holders(Z.name)).toHaveLength(59);
      expect(stage.actionCalls().length).toBeLessThanOrEqual(40);
      expect((await stage.account(ids[59] ?? '')).error?.message).toMatch(/HTTP 500/);
    },
  );

  scenario(
    'revokes go first, also by list (R16)',
    {
      rules: [
        { group: 'Staff', grants: [Z] },
        { group: 'Market', grants: [Y] },
      ],
    },
    async (stage) => {
      const ids = await existing(stage, 30);
      const staff = await stage.group('Staff', ids);
      await stage.settle();
      const late: string[] = [];
      for (let at = 0; at < 25; at++) late.push(await stage.user(`late${at}@example.com`));
      await stage.group('Market', late);
      await stage.quit(staff, ...ids);
      const before = stage.actionCalls().length;
      await stage.drain();
      const next = stage.actionCalls()[before];
      expect(JSON.stringify(next?.body)).toContain('"usergroup":"Staff"');
      expect(stage.holders(Z.name)).toEqual([]);
    },
  );
});
