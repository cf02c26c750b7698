/** Adobe is down, or asks for quiet in any form: nothing is sent early, nobody is blamed (F32-F35, F42, I16, R30). */
import { describe, expect } from 'vitest';
import { ConnectionId, OrgKey } from '../../lambdas/directory/records.ts';
import { drain } from '../../lambdas/sync/drain.ts';
import { settings } from '../open.ts';
import { HOUR, MINUTE, type Stage, scenario, X } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

async function crew(stage: Stage, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++)
    ids.push(await stage.user(`p${String(at).padStart(2, '0')}@example.com`));
  await stage.group('Chat', ids);
  return ids;
}

/** Fresh runs, each when the one before said that something may be done, or a minute later. */
async function runsUntil(stage: Stage, end: number): Promise<void> {
  while (stage.clock.now() < end) {
    const { next } = await stage.drainOnce(55_000);
    const now = stage.clock.now();
    stage.clock.advance(Math.max(1, Math.min(next ?? now + MINUTE, end) - now));
  }
}

async function minutes(stage: Stage, count: number): Promise<void> {
  await runsUntil(stage, stage.clock.now() + count * MINUTE);
}

describe('calls that fail in a row open the circuit (18.3)', () => {
  const outages: [string, (url: string) => Promise<Response> | undefined][] = [
    ['Adobe answers 502', async () => new Response(null, { status: 502 })],
    ['Adobe answers 429 without Retry-After', async () => new Response(null, { status: 429 })],
    [
      'nobody listens',
      () => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })),
    ],
  ];
  for (const [what, answer] of outages) {
    scenario(
      `${what} for three hours: one call per growing pause, at most every 15 minutes; then all at once`,
      {},
      async (stage) => {
        await stage.drain();
        const ids = await crew(stage, 12);
        const tried: number[] = [];
        stage.hooks.before = async ({ isAction, url }) => {
          if (!isAction) return undefined;
          tried.push(stage.clock.now());
          return answer(url);
        };
        await minutes(stage, 180);
        const gaps = tried.slice(1).map((at, index) => (at - (tried[index] ?? 0)) / MINUTE);
        expect(tried.length).toBeGreaterThan(8);
        expect(tried.length).toBeLessThanOrEqual(17);
        for (const [index, least] of [1, 2, 4, 8, 15, 15].entries())
          expect(gaps[index]).toBeGreaterThanOrEqual(least);
        delete stage.hooks.before;
        await minutes(stage, 40);
        expect(stage.holders(X.name)).toHaveLength(12);
        for (const id of ids) {
          const { status, error } = await stage.account(id);
          expect([status, error]).toEqual(['idle', undefined]);
        }
      },
    );
  }

  scenario('one answer closes it: the next failure counts from the beginning', {}, async (stage) => {
    await stage.drain();
    const tried: number[] = [];
    let broken = 0;
    stage.hooks.before = async ({ isAction }) => {
      if (!isAction) return undefined;
      tried.push(stage.clock.now());
      broken -= 1;
      return broken >= 0 ? new Response(null, { status: 504 }) : undefined;
    };
    const ids = await crew(stage, 2);
    for (const id of ids) {
      broken = 2;
      await stage.change(id, { name: { givenName: 'New', familyName: 'Name' } });
      await minutes(stage, 12);
    }
    const gaps = tried.slice(1).map((at, index) => Math.floor((at - (tried[index] ?? 0)) / MINUTE));
    // Two pauses of one and two minutes, each time.
    expect(gaps.filter((gap) => gap >= 4 && gap < 6)).toEqual([]);
    expect(stage.holders(X.name)).toHaveLength(2);
  });
});

describe('the identity service is down (F42)', () => {
  scenario(
    'for a quarter of an hour: nothing is sent, nobody blamed, then everything arrives',
    {},
    async (stage) => {
      await stage.drain();
      await crew(stage, 12);
      stage.org.byHand({ action: 'expireTokens' });
      stage.clock.advance(25 * HOUR);
      let asked = 0;
      stage.hooks.before = async ({ url }) => {
        if (!url.includes('/ims/')) return undefined;
        asked += 1;
        return new Response('busy', { status: 503 });
      };
      await minutes(stage, 15);
      expect(stage.actionCalls()).toHaveLength(0);
      expect(asked).toBeGreaterThan(0);
      delete stage.hooks.before;
      await minutes(stage, 30);
      expect(stage.holders(X.name)).toHaveLength(12);
    },
  );
});

describe('Retry-After in any form (F32, I16)', () => {
  const rows: { label: string; header: (now: number) => string; quietMs: number }[] = [
    { label: '0', header: () => '0', quietMs: 1_000 },
    { label: '86,400', header: () => '86400', quietMs: 24 * HOUR },
    { label: 'absurd: a year', header: () => '31536000', quietMs: 24 * HOUR },
    { label: 'a date', header: (now) => new Date(now + 40 * MINUTE).toUTCString(), quietMs: 40 * MINUTE },
    { label: 'a date in the past', header: () => 'Sun, 01 Mar 2020 12:00:41 GMT', quietMs: 1_000 },
    { label: 'garbage', header: () => 'soon', quietMs: MINUTE },
  ];
  for (const { label, header, quietMs } of rows) {
    scenario(
      `${label}: quiet for ${quietMs / 1000} s, across runs, then at work again`,
      {},
      async (stage) => {
        await stage.drain();
        await crew(stage, 3);
        let refusedAt: number | undefined;
        stage.hooks.before = async ({ isAction }) => {
          if (!isAction || refusedAt !== undefined) return undefined;
          refusedAt = stage.clock.now();
          return new Response(null, { status: 429, headers: { 'Retry-After': header(refusedAt) } });
        };
        await stage.drainOnce(1_000);
        const opens = (refusedAt ?? 0) + quietMs;
        for (const share of [0.3, 0.9]) {
          stage.clock.advance(Math.max(0, (refusedAt ?? 0) + share * quietMs - stage.clock.now()));
          await stage.drainOnce(1);
        }
        expect(stage.actionCalls().filter(({ at }) => at < opens)).toEqual([]);
        stage.clock.advance(Math.max(0, opens - stage.clock.now()));
        await stage.drain();
        expect(stage.actionCalls()[0]?.at).toBeGreaterThanOrEqual(opens);
        expect(stage.holders(X.name)).toHaveLength(3);
      },
    );
  }
});

describe('two orgs of ours with one credential (R30)', () => {
  const OTHER = OrgKey.parse('acme-2');

  async function second(stage: Stage) {
    const org = await stage.directory.getOrg(stage.orgKey);
    await stage.directory.setUp({
      org: { key: OTHER, adobeOrgId: org?.adobeOrgId ?? '', clientId: org?.clientId ?? '' },
      connection: {
        id: ConnectionId.parse('entra'),
        settings,
        tableId: await stage.directory.tableId(),
      },
    });
    const { secret } = await stage.directory.createToken(ConnectionId.parse('entra'), { label: 'test' });
    await stage.directory.applyMapping(ConnectionId.parse('entra'), {
      expectedVersion: 0,
      left: [],
      rules: [{ id: 'everyone', everyone: true, grants: [X] }],
    });
    const headers = { authorization: `Bearer ${secret}` };
    for (let at = 0; at < 30; at++) {
      const email = `e${at}@example.org`;
      const name = { givenName: 'Per', familyName: 'Son' };
      await stage.scim(
        'POST',
        '/scim/v2/Users',
        { userName: email, name, emails: [{ value: email }] },
        headers,
      );
    }
    return (ms: number) => drain(stage.drainDeps, OTHER, { until: stage.clock.now() + ms });
  }

  scenario(
    'share its budget: at most 10 calls in any minute, and both come to their end',
    {},
    async (stage) => {
      stage.org.turnKnobs({ frequencyThrottle: false });
      const state = stage.org.state();
      state.meta.directories[0]?.domains.push('example.org');
      stage.org.seed({ state });
      await crew(stage, 30);
      const drainOther = await second(stage);
      for (let turn = 0; turn < 60 && stage.holders(X.name).length < 60; turn++) {
        await Promise.all([stage.drainOnce(15_000), drainOther(15_000)]);
        stage.clock.advance(5_000);
      }
      expect(stage.holders(X.name).filter((email) => email.startsWith('p'))).toHaveLength(30);
      expect(stage.holders(X.name).filter((email) => email.startsWith('e'))).toHaveLength(30);
      expect(stage.actionCalls().filter(({ status }) => status !== 200)).toEqual([]);
    },
  );

  scenario('send one probe between them while the circuit is half open', {}, async (stage) => {
    stage.org.turnKnobs({ frequencyThrottle: false });
    await stage.drain();
    await crew(stage, 12);
    const drainOther = await second(stage);
    await drainOther(1);
    stage.clock.advance(2 * MINUTE);
    let under = 0;
    let most = 0;
    let tried = 0;
    stage.hooks.before = async ({ isAction }) => {
      if (!isAction) return undefined;
      tried += 1;
      under += 1;
      most = Math.max(most, under);
      // The other drain runs while this call is open.
      if (tried > 1 && under === 1) await drainOther(3_000);
      under -= 1;
      return new Response(null, { status: 502 });
    };
    await minutes(stage, 10);
    expect(tried).toBeGreaterThan(3);
    expect(most).toBe(1);
  });
});

describe('a run of the drain', () => {
  scenario('never waits past its own end (no sleeping in Lambda)', {}, async (stage) => {
    await crew(stage, 45);
    const late: number[] = [];
    for (const ms of [500, 1_500, 20_000, 59_000, 61_000]) {
      const until = stage.clock.now() + ms;
      const sleep = async (wait: number) => {
        if (stage.clock.now() + wait > until) late.push(wait);
        await stage.clock.sleep(wait);
      };
      await drain({ ...stage.drainDeps, sleep }, stage.orgKey, { until });
    }
    expect(late).toEqual([]);
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(45);
  });
});
