/**
 * Adobe says no: throttling and blocks (F32, I16), the credential (F42, F43), and errors of a command by class
 * (`umapi.md` 10, 18.3; F37, F39, F45, F49).
 */
import { describe, expect } from 'vitest';
import { DAY, HOUR, MINUTE, scenario, type Stage, X, Y, Z } from './stage.ts';

async function crew(stage: Stage, count: number, group = 'Chat'): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) ids.push(await stage.user(`p${String(at).padStart(2, '0')}@example.com`));
  await stage.group(group, ids);
  return ids;
}

function naming(stage: Stage, name: string): number {
  return stage.actionCalls().filter(({ body }) => JSON.stringify(body).includes(`"${name}"`)).length;
}

/** Every call that reached Adobe from an instant on, tokens excepted. */
function callsSince(stage: Stage, from: number): number {
  return stage.org.calls().filter(({ at, endpoint }) => at >= from && endpoint !== 'token').length;
}

describe('throttling (F32, I16)', () => {
  for (const [what, seconds] of [['38 s', 38], ['3,244 s', 3244]] as const) {
    scenario(`a Retry-After of ${what} is obeyed to the second, then everything arrives`, {}, async (stage) => {
      await crew(stage, 12);
      stage.faults({ kind: 'throttle', retryAfterSeconds: seconds, blocks: false, endpoint: 'action' });
      const report = await stage.drainOnce(20_000);
      expect(report.outcome).toBe('paced');
      const refusedAt = stage.actionCalls()[0]?.at ?? 0;
      const opens = refusedAt + seconds * 1000;
      expect(report.next).toBeGreaterThanOrEqual(opens);
      for (let at = stage.clock.now(); at < opens - 6_000; at += (opens - at) / 3 + 1_000) {
        stage.clock.advance(at - stage.clock.now());
        await stage.drainOnce(1_000);
      }
      expect(stage.actionCalls()).toHaveLength(1);
      await stage.drain();
      expect(stage.actionCalls()[1]?.at).toBeGreaterThanOrEqual(opens);
      expect(stage.holders(X.name)).toHaveLength(12);
    });
  }

  scenario('a long block of the action endpoint stops reads and listings too', {}, async (stage) => {
    await crew(stage, 2);
    stage.faults({ kind: 'throttle', retryAfterSeconds: 3244, blocks: true, endpoint: 'action' });
    await stage.drainOnce(20_000);
    stage.clock.advance(1);
    const from = stage.clock.now();
    const late = await stage.user('late@example.com');
    await stage.group('Market', [late]);
    stage.clock.advance(30 * MINUTE);
    await stage.drainOnce();
    expect(callsSince(stage, from)).toBe(0);
    stage.clock.advance(30 * MINUTE);
    await stage.drain();
    expect([stage.holders(X.name).length, stage.holders(Y.name)]).toEqual([2, ['late@example.com']]);
  });

  scenario('a long block met by a read stops the actions too', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    stage.clock.advance(HOUR);
    const market = await stage.group('Market', [ada]);
    const ben = await stage.user('ben@example.com');
    stage.faults({ kind: 'throttle', retryAfterSeconds: 3244, blocks: true, endpoint: 'user' });
    await stage.join(market, ben);
    const from = stage.clock.now();
    await stage.drainOnce();
    stage.clock.advance(20 * MINUTE);
    await stage.drainOnce();
    expect(callsSince(stage, from)).toBe(1);
    stage.clock.advance(HOUR);
    await stage.drain();
    expect(stage.holders(Y.name)).toEqual(['ada@example.com', 'ben@example.com']);
  });

  scenario('a 429 without Retry-After waits a minute', {}, async (stage) => {
    stage.org.turnKnobs({ retryAfterForm: 'absent' });
    await crew(stage, 2);
    stage.faults({ kind: 'throttle', retryAfterSeconds: 5, blocks: false, endpoint: 'action' });
    await stage.drain();
    const [first, second] = stage.actionCalls();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(MINUTE);
    expect(stage.holders(X.name)).toHaveLength(2);
  });
});

describe('the credential and the org (F42, F43)', () => {
  scenario('a token that Adobe no longer accepts is renewed once, and the work goes on', {}, async (stage) => {
    await crew(stage, 2);
    await stage.drain();
    stage.org.byHand({ action: 'expireTokens' });
    stage.clock.advance(MINUTE);
    await stage.group('Market', [await stage.user('late@example.com')]);
    await stage.drain();
    expect(stage.holders(Y.name)).toEqual(['late@example.com']);
    expect(stage.org.calls().filter(({ status }) => status === 401)).toHaveLength(1);
  });

  for (const at of ['action', 'single-user read', 'listing'] as const) {
    scenario(`401 again after one renewal, met by the ${at}: the org stops visibly, and resumes by itself`, {}, async (stage) => {
      const part = { action: '/action/', 'single-user read': '/organizations/', listing: '/groups/' }[at];
      if (at !== 'listing') await stage.drain();
      if (at === 'single-user read') stage.clock.advance(HOUR);
      let broken = true;
      let refusals = 0;
      stage.hooks.before = async ({ url }) => {
        if (!broken || !url.includes(part)) return undefined;
        refusals += 1;
        return new Response(null, { status: 401 });
      };
      await crew(stage, 3);
      const report = await stage.drainOnce();
      expect(report.outcome).toBe('stopped');
      expect(refusals).toBe(2);
      const org = await stage.directory.getOrg(stage.orgKey);
      expect(org?.authFault?.hint).toMatch(/credential|client id|organisation/i);
      stage.clock.advance(5 * MINUTE);
      await stage.drainOnce();
      expect(refusals).toBe(2);
      broken = false;
      stage.clock.advance(6 * MINUTE);
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(3);
      expect((await stage.directory.getOrg(stage.orgKey))?.authFault).toBeUndefined();
    });
  }

  scenario('an org that Adobe is moving is asked once an hour, and nobody is blamed', {}, async (stage) => {
    const ids = await crew(stage, 12);
    stage.org.byHand({ action: 'setMigrating', migrating: true });
    for (let minute = 0; minute < 180; minute += 10) {
      await stage.drainOnce();
      stage.clock.advance(10 * MINUTE);
    }
    const asked = stage.org.calls().filter(({ status }) => status === 403);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect((await stage.directory.getOrg(stage.orgKey))?.authFault?.code).toBe('error.organization.migrating');
    for (const id of ids) expect((await stage.account(id)).error).toBeUndefined();
    stage.org.byHand({ action: 'setMigrating', migrating: false });
    stage.clock.advance(HOUR);
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(12);
  });

  scenario('a wrong client secret stops the org before anything is sent', {}, async (stage) => {
    await crew(stage, 2);
    let broken = true;
    stage.hooks.before = async ({ url }) =>
      broken && url.includes('/ims/') ? Response.json({ error: 'invalid_client' }, { status: 400 }) : undefined;
    expect((await stage.drainOnce()).outcome).toBe('stopped');
    expect(stage.org.calls()).toEqual([]);
    broken = false;
    stage.clock.advance(11 * MINUTE);
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(2);
  });
});

describe('faults of configuration trip once (18.3, F45)', () => {
  const gone = { rules: [{ group: 'Chat', grants: [X, { kind: 'userGroup' as const, name: 'Renamed away' }] }] };

  scenario('a group that Adobe does not know: 50 people, two requests name it, the rest proceeds; back when it exists', gone, async (stage) => {
    const ids = await crew(stage, 50);
    await stage.drain();
    expect(naming(stage, 'Renamed away')).toBeLessThanOrEqual(2);
    expect(stage.holders(X.name)).toHaveLength(50);
    expect(await stage.account(ids[49] ?? '')).toMatchObject({ status: 'parked', reason: 'error.group.not_found' });
    expect((await stage.account(ids[49] ?? '')).error?.hint).toMatch(/mapping/);
    // Two hours without it: one more request asks each hour.
    for (let hour = 0; hour < 2; hour++) {
      stage.clock.advance(HOUR + 1);
      await stage.drain();
    }
    expect(naming(stage, 'Renamed away')).toBeLessThanOrEqual(4);
    stage.org.byHand({ action: 'addUserGroup', name: 'Renamed away' });
    stage.clock.advance(HOUR + 1);
    await stage.drain();
    expect(stage.holders('Renamed away')).toHaveLength(50);
    expect(stage.welcomes()).toHaveLength(50);
  });

  scenario('a leaver’s other entitlements go although one of the groups is unknown (R17)', gone, async (stage) => {
    stage.org.byHand({ action: 'addUserGroup', name: 'Renamed away' });
    const [ada = ''] = await crew(stage, 1);
    await stage.drain();
    stage.org.byHand({ action: 'deleteGroup', group: 'Renamed away' });
    await stage.leave(ada);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual([]);
    expect(naming(stage, 'Renamed away')).toBeLessThanOrEqual(3);
  });

  scenario('a user group that is full stops grants, never revokes (R17)', { rules: [{ group: 'Chat', grants: [Z] }] }, async (stage) => {
    const [ada = '', ben = ''] = await crew(stage, 2);
    await stage.drain();
    stage.org.turnKnobs({ maxGroupMembers: 2 });
    const more = await stage.user('more@example.com');
    await stage.group('More', []);
    await stage.map([{ group: 'Chat', grants: [Z] }, { group: 'More', grants: [Z] }]);
    await stage.group('Extra', [more]);
    await stage.map([{ group: 'Chat', grants: [Z] }, { group: 'Extra', grants: [Z] }]);
    await stage.drain();
    expect(await stage.account(more)).toMatchObject({ status: 'parked', reason: 'error.usergroup.exceeds_maximum_member_count' });
    await stage.leave(ada);
    await stage.drain();
    expect(stage.holders(Z.name)).toEqual(['p01@example.com']);
    stage.clock.advance(HOUR + 1);
    await stage.drain();
    expect(stage.holders(Z.name)).toEqual(['more@example.com', 'p01@example.com']);
    expect(ben).not.toBe('');
  });

  scenario('a domain that is not claimed: parked by domain after one request, the others proceed, back when it is', { settings: { domains: { 'example.com': { type: 'federatedID', country: 'US', username: 'email' }, 'unclaimed.example': { type: 'federatedID', country: 'US', username: 'email' } } } }, async (stage) => {
    const ids: string[] = [];
    for (let at = 0; at < 30; at++) ids.push(await stage.user(at % 3 === 0 ? `p${at}@example.com` : `p${at}@unclaimed.example`));
    await stage.group('Chat', ids);
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(10);
    const sent = stage.actionCalls().filter(({ body }) => JSON.stringify(body).includes('unclaimed.example'));
    expect(sent.length).toBeLessThanOrEqual(2);
    expect(await stage.account(ids[1] ?? '')).toMatchObject({ status: 'parked', reason: 'error.domain.trust.nonexistent' });
    const state = stage.org.state();
    state.meta.directories[0]?.domains.push('unclaimed.example');
    stage.org.seed({ state });
    stage.clock.advance(HOUR + 1);
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(30);
  });
});

describe('errors of one person (F49)', () => {
  scenario('a permanent one parks with Adobe’s message and our hint, once, and the next change tries again', {}, async (stage) => {
    const [ada = '', ben = ''] = await crew(stage, 2);
    stage.faults({ kind: 'command', code: 'error.user.email.invalid', message: 'Email is not valid', index: 0, endpoint: 'action' });
    await stage.settle();
    const accounts = [await stage.account(ada), await stage.account(ben)];
    const parked = accounts.find(({ status }) => status === 'parked');
    expect(parked?.error).toMatchObject({ code: 'error.user.email.invalid', message: 'Email is not valid' });
    expect(parked?.error?.hint).toMatch(/identity provider/);
    expect(stage.holders(X.name)).toHaveLength(1);
    const calls = stage.actionCalls().length;
    stage.clock.advance(DAY);
    await stage.drain();
    expect(stage.actionCalls()).toHaveLength(calls);
    await stage.change(parked?.owner?.userId ?? '', { name: { givenName: 'New', familyName: 'Name' } });
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(2);
  });

  scenario('a refused rename stays visible while the rest goes on under the old address', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    const market = await stage.group('Market');
    await stage.drain();
    await stage.email(ada, 'ada.l@example.com');
    stage.faults({ kind: 'command', code: 'error.user.email.name_in_use', message: 'Email in use', index: 0, endpoint: 'action' });
    await stage.settle();
    expect(await stage.account(ada)).toMatchObject({ status: 'parked', error: { code: 'error.user.email.name_in_use', message: 'Email in use' } });
    await stage.join(market, ada);
    await stage.drain();
    // The join is news, so the rename was tried once more, and worked.
    expect(stage.holders(Y.name)).toEqual(['ada.l@example.com']);
  });

  for (const code of ['error.throttled_by_external_service', 'error.brand.new'] as const) {
    scenario(`${code} is repeated with growing pauses, three times in all, then parked`, {}, async (stage) => {
      const [ada = ''] = await crew(stage, 1);
      const fault = { kind: 'command', code, message: 'Try later', index: 0, endpoint: 'action' } as const;
      stage.faults(fault, fault, fault, fault, fault);
      for (let round = 0; round < 5; round++) await stage.settle();
      const times = stage.actionCalls().map(({ at }) => at);
      expect(times).toHaveLength(3);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(15_000);
      expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(30_000);
      expect(await stage.account(ada)).toMatchObject({ status: 'parked', error: { code, message: 'Try later' } });
    });
  }

  scenario('twice and then it works: granted, and the tries are forgotten', {}, async (stage) => {
    const [ada = ''] = await crew(stage, 1);
    const fault = { kind: 'command', code: 'error.internal.exceptionflys', message: 'Oops', index: 0, endpoint: 'action' } as const;
    stage.faults(fault, fault);
    for (let round = 0; round < 3; round++) await stage.settle();
    expect(await stage.account(ada)).toMatchObject({ status: 'idle', attempts: 0 });
    expect((await stage.account(ada)).error).toBeUndefined();
  });

  scenario('an unknown code is logged loudly', {}, async (stage) => {
    await crew(stage, 1);
    stage.faults({ kind: 'command', code: 'error.brand.new', message: 'What?', index: 0, endpoint: 'action' });
    await stage.drain();
    expect(stage.lines).toContainEqual(expect.objectContaining({ message: 'unknown-code', code: 'error.brand.new' }));
  });

  scenario('a request refused as a whole is taken apart until one command is left, and that one is parked', {}, async (stage) => {
    const ids = await crew(stage, 10);
    stage.hooks.before = async ({ isAction, body }) =>
      isAction && body.includes('p07@example.com')
        ? Response.json({ result: 'error.command.malformed', message: 'Bad' }, { status: 400 })
        : undefined;
    for (let round = 0; round < 8; round++) await stage.settle(20 * MINUTE);
    expect(stage.holders(X.name)).toHaveLength(9);
    expect(await stage.account(ids[7] ?? '')).toMatchObject({ status: 'parked', error: { code: 'error.command.malformed' } });
  });
});
