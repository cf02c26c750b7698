/** Adobe says no to a command: by class, and once per cause (`umapi.md` 10, 18.3; F27, F37, F39, F45, F49). */
import { describe, expect } from 'vitest';
import { DAY, HOUR, MINUTE, type Stage, scenario, X, Y, Z } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

async function crew(stage: Stage, count: number, group = 'Chat'): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++)
    ids.push(await stage.user(`p${String(at).padStart(2, '0')}@example.com`));
  await stage.group(group, ids);
  return ids;
}

function naming(stage: Stage, name: string): number {
  return stage.actionCalls().filter(({ body }) => JSON.stringify(body).includes(`"${name}"`)).length;
}

describe('faults of configuration trip once (18.3, F45)', () => {
  const gone = {
    rules: [{ group: 'Chat', grants: [X, { kind: 'userGroup' as const, name: 'Renamed away' }] }],
  };

  scenario(
    'a group that Adobe does not know: 50 people, two requests name it, the rest proceeds; back when it exists',
    gone,
    async (stage) => {
      const ids = await crew(stage, 50);
      await stage.drain();
      expect(naming(stage, 'Renamed away')).toBeLessThanOrEqual(2);
      expect(stage.holders(X.name)).toHaveLength(50);
      expect(await stage.account(ids[49] ?? '')).toMatchObject({
        status: 'parked',
        reason: 'error.group.not_found',
      });
      expect((await stage.account(ids[49] ?? '')).error?.hint).toMatch(/mapping/);
      // An hour without it: one more request asks.
      stage.clock.advance(HOUR + 1);
      await stage.drain();
      expect(naming(stage, 'Renamed away')).toBeLessThanOrEqual(3);
      stage.org.byHand({ action: 'addUserGroup', name: 'Renamed away' });
      stage.clock.advance(HOUR + 1);
      await stage.drain();
      expect(stage.holders('Renamed away')).toHaveLength(50);
      expect(stage.welcomes()).toHaveLength(50);
    },
  );

  scenario(
    'a leaver’s other entitlements go although one of the groups is unknown (R17)',
    gone,
    async (stage) => {
      stage.org.byHand({ action: 'addUserGroup', name: 'Renamed away' });
      const [ada = ''] = await crew(stage, 1);
      await stage.drain();
      stage.org.byHand({ action: 'deleteGroup', group: 'Renamed away' });
      await stage.leave(ada);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual([]);
      expect(naming(stage, 'Renamed away')).toBeLessThanOrEqual(3);
    },
  );

  scenario(
    'a user group that is full stops grants, never revokes (R17)',
    { rules: [{ group: 'Chat', grants: [Z] }] },
    async (stage) => {
      const [ada = '', ben = ''] = await crew(stage, 2);
      await stage.drain();
      stage.org.turnKnobs({ maxGroupMembers: 2 });
      const more = await stage.user('more@example.com');
      await stage.group('More', []);
      await stage.map([
        { group: 'Chat', grants: [Z] },
        { group: 'More', grants: [Z] },
      ]);
      await stage.group('Extra', [more]);
      await stage.map([
        { group: 'Chat', grants: [Z] },
        { group: 'Extra', grants: [Z] },
      ]);
      await stage.drain();
      expect(await stage.account(more)).toMatchObject({
        status: 'parked',
        reason: 'error.usergroup.exceeds_maximum_member_count',
      });
      await stage.leave(ada);
      await stage.drain();
      expect(stage.holders(Z.name)).toEqual(['p01@example.com']);
      stage.clock.advance(HOUR + 1);
      await stage.drain();
      expect(stage.holders(Z.name)).toEqual(['more@example.com', 'p01@example.com']);
      expect(ben).not.toBe('');
    },
  );

  scenario(
    'a domain that is not claimed: parked by domain after one request, the others proceed, back when it is',
    {
      settings: {
        domains: {
          'example.com': { type: 'federatedID', country: 'US', username: 'email' },
          'unclaimed.example': { type: 'federatedID', country: 'US', username: 'email' },
        },
      },
    },
    async (stage) => {
      const ids: string[] = [];
      for (let at = 0; at < 30; at++)
        ids.push(await stage.user(at % 3 === 0 ? `p${at}@example.com` : `p${at}@unclaimed.example`));
      await stage.group('Chat', ids);
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(10);
      const sent = stage
        .actionCalls()
        .filter(({ body }) => JSON.stringify(body).includes('unclaimed.example'));
      expect(sent.length).toBeLessThanOrEqual(2);
      expect(await stage.account(ids[1] ?? '')).toMatchObject({
        status: 'parked',
        reason: 'error.domain.trust.nonexistent',
      });
      const state = stage.org.state();
      state.meta.directories[0]?.domains.push('unclaimed.example');
      stage.org.seed({ state });
      stage.clock.advance(HOUR + 1);
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(30);
    },
  );
});

describe('errors of one person (F49)', () => {
  scenario(
    'a permanent one parks with Adobe’s message and our hint, once, and the next change tries again',
    {},
    async (stage) => {
      const [ada = '', ben = ''] = await crew(stage, 2);
      stage.faults({
        kind: 'command',
        code: 'error.user.email.invalid',
        message: 'Email is not valid',
        index: 0,
        endpoint: 'action',
      });
      await stage.settle();
      const accounts = [await stage.account(ada), await stage.account(ben)];
      const parked = accounts.find(({ status }) => status === 'parked');
      expect(parked?.error).toMatchObject({
        code: 'error.user.email.invalid',
        message: 'Email is not valid',
      });
      expect(parked?.error?.hint).toMatch(/identity provider/);
      expect(stage.holders(X.name)).toHaveLength(1);
      const calls = stage.actionCalls().length;
      stage.clock.advance(DAY);
      await stage.drain();
      expect(stage.actionCalls()).toHaveLength(calls);
      await stage.change(parked?.owner?.userId ?? '', { name: { givenName: 'New', familyName: 'Name' } });
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(2);
    },
  );

  scenario(
    'a refused rename stays visible while the rest goes on under the old address',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      const market = await stage.group('Market');
      await stage.drain();
      await stage.email(ada, 'ada.l@example.com');
      stage.faults({
        kind: 'command',
        code: 'error.user.email.name_in_use',
        message: 'Email in use',
        index: 0,
        endpoint: 'action',
      });
      await stage.settle();
      expect(await stage.account(ada)).toMatchObject({
        status: 'parked',
        error: { code: 'error.user.email.name_in_use', message: 'Email in use' },
      });
      await stage.join(market, ada);
      await stage.drain();
      // The join is news, so the rename was tried once more, and worked.
      expect(stage.holders(Y.name)).toEqual(['ada.l@example.com']);
    },
  );

  for (const code of ['error.internal.exceptionflys', 'error.brand.new'] as const) {
    scenario(
      `${code} is repeated with growing pauses, three times in all, then parked`,
      {},
      async (stage) => {
        const [ada = ''] = await crew(stage, 1);
        const fault = { kind: 'command', code, message: 'Try later', index: 0, endpoint: 'action' } as const;
        stage.faults(fault, fault, fault, fault, fault);
        for (let round = 0; round < 5; round++) await stage.settle();
        const times = stage.actionCalls().map(({ at }) => at);
        expect(times).toHaveLength(3);
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(15_000);
        expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(30_000);
        expect(await stage.account(ada)).toMatchObject({
          status: 'parked',
          error: { code, message: 'Try later' },
        });
      },
    );
  }

  scenario(
    'a back end that is busy for hours is asked again with growing pauses, and nobody is parked (10.4)',
    {},
    async (stage) => {
      const [ada = ''] = await crew(stage, 1);
      const code = 'error.throttled_by_external_service';
      const busy = { kind: 'command', code, message: 'Try later', index: 0, endpoint: 'action' } as const;
      stage.faults(busy, busy, busy, busy, busy, busy);
      for (let round = 0; round < 7; round++) await stage.settle();
      const times = stage.actionCalls().map(({ at }) => at);
      expect(times).toHaveLength(7);
      expect((times[6] ?? 0) - (times[5] ?? 0)).toBeGreaterThanOrEqual(4 * MINUTE);
      expect(await stage.account(ada)).toMatchObject({ status: 'idle', attempts: 0 });
    },
  );

  scenario('twice and then it works: granted, and the tries are forgotten', {}, async (stage) => {
    const [ada = ''] = await crew(stage, 1);
    const fault = {
      kind: 'command',
      code: 'error.internal.exceptionflys',
      message: 'Oops',
      index: 0,
      endpoint: 'action',
    } as const;
    stage.faults(fault, fault);
    for (let round = 0; round < 3; round++) await stage.settle();
    expect(await stage.account(ada)).toMatchObject({ status: 'idle', attempts: 0 });
    expect((await stage.account(ada)).error).toBeUndefined();
  });

  scenario('an unknown code is logged loudly', {}, async (stage) => {
    await crew(stage, 1);
    stage.faults({
      kind: 'command',
      code: 'error.brand.new',
      message: 'What?',
      index: 0,
      endpoint: 'action',
    });
    await stage.drain();
    expect(stage.lines).toContainEqual(
      expect.objectContaining({ message: 'unknown-code', code: 'error.brand.new' }),
    );
  });

  scenario(
    'a request refused as a whole is taken apart until one command is left, and that one is parked',
    {},
    async (stage) => {
      const ids = await crew(stage, 10);
      stage.hooks.before = async ({ isAction, body }) =>
        isAction && body.includes('p07@example.com')
          ? Response.json({ result: 'error.command.malformed', message: 'Bad' }, { status: 400 })
          : undefined;
      for (let round = 0; round < 8; round++) await stage.settle(20 * MINUTE);
      expect(stage.holders(X.name)).toHaveLength(9);
      expect(await stage.account(ids[7] ?? '')).toMatchObject({
        status: 'parked',
        error: { code: 'error.command.malformed' },
      });
    },
  );
});
