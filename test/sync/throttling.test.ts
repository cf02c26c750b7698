/** Adobe says no to everything: throttling and blocks (F32, I16), the credential and the org (F42, F43). */
import { describe, expect } from 'vitest';
import { HOUR, MINUTE, type Stage, scenario, X, Y } from './stage.ts';

async function crew(stage: Stage, count: number, group = 'Chat'): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++)
    ids.push(await stage.user(`p${String(at).padStart(2, '0')}@example.com`));
  await stage.group(group, ids);
  return ids;
}

/** Every call that reached Adobe from an instant on, tokens excepted. */
function callsSince(stage: Stage, from: number): number {
  return stage.org.calls().filter(({ at, endpoint }) => at >= from && endpoint !== 'token').length;
}

describe('throttling (F32, I16)', () => {
  for (const [what, seconds] of [
    ['38 s', 38],
    ['3,244 s', 3244],
  ] as const) {
    scenario(
      `a Retry-After of ${what} is obeyed to the second, then everything arrives`,
      {},
      async (stage) => {
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
      },
    );
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
  scenario(
    'a token that Adobe no longer accepts is renewed once, and the work goes on',
    {},
    async (stage) => {
      await crew(stage, 2);
      await stage.drain();
      stage.org.byHand({ action: 'expireTokens' });
      stage.clock.advance(MINUTE);
      await stage.group('Market', [await stage.user('late@example.com')]);
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual(['late@example.com']);
      expect(stage.org.calls().filter(({ status }) => status === 401)).toHaveLength(1);
    },
  );

  for (const at of ['action', 'single-user read', 'listing'] as const) {
    scenario(
      `401 again after one renewal, met by the ${at}: the org stops visibly, and resumes by itself`,
      {},
      async (stage) => {
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
      },
    );
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
    expect((await stage.directory.getOrg(stage.orgKey))?.authFault?.code).toBe(
      'error.organization.migrating',
    );
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
      broken && url.includes('/ims/')
        ? Response.json({ error: 'invalid_client' }, { status: 400 })
        : undefined;
    expect((await stage.drainOnce()).outcome).toBe('stopped');
    expect(stage.org.calls()).toEqual([]);
    broken = false;
    stage.clock.advance(11 * MINUTE);
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(2);
  });
});
