/** The nightly run: beside the drain, resumable, and cheap when nothing changed (R34, R14, R30). */
import { BatchGetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { renewingAdobe } from '../../lambdas/adobe-credential.ts';
import { drain } from '../../lambdas/sync/drain.ts';
import { reconcile } from '../../lambdas/sync/reconcile.ts';
import { interceptSend } from '../directory/intercept.ts';
import { ada, byHand, night } from './nights.ts';
import { DAY, HOUR, MINUTE, openStage, scenario, X } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

describe('beside the drain', () => {
  scenario('a revoke is sent while the list is read', {}, async (stage) => {
    const id = await ada(stage);
    await night(stage);
    stage.clock.advance(DAY);
    stage.hooks.before = async ({ url }) => {
      if (!url.includes('/users/')) return undefined;
      delete stage.hooks.before;
      await stage.leave(id);
      expect((await stage.drainOnce()).outcome).toBe('idle');
      return undefined;
    };
    expect((await stage.reconcile()).outcome).toBe('compared');
    expect(stage.holders(X.name)).toEqual([]);
    expect((await stage.account(id)).drift).toBeUndefined();
  });

  scenario('two runs at once: one compares, the other stands back', {}, async (stage) => {
    await ada(stage);
    stage.clock.advance(DAY);
    stage.hooks.before = async ({ url }) => {
      if (!url.includes('/groups/')) return undefined;
      delete stage.hooks.before;
      expect((await stage.reconcile()).outcome).toBe('leased');
      return undefined;
    };
    expect((await stage.reconcile()).outcome).toBe('compared');
  });

  scenario(
    'page 0 costs its two hours only with a slot in hand, and both lists are a pair (R30)',
    {},
    async (stage) => {
      await ada(stage);
      stage.clock.advance(DAY);
      const clientId = (await stage.directory.getOrg(stage.orgKey))?.clientId ?? '';
      const blockedUntil = stage.clock.now() + HOUR;
      await stage.directory.changeBudget(clientId, 'users', () => ({
        next: { slots: [], blockedUntil },
        result: 0,
      }));
      expect((await stage.reconcile()).inventory).toMatchObject({ kind: 'no-slot' });
      stage.clock.advance(HOUR);
      expect((await stage.reconcile()).inventory).toMatchObject({ kind: 'complete' });
      expect((await stage.reconcile({ force: true })).inventory).toMatchObject({ kind: 'too-soon' });
    },
  );

  scenario('reads take at most half of the read budget', {}, async (stage) => {
    await ada(stage);
    stage.org.turnKnobs({ usersPageSize: 1 });
    for (let at = 0; at < 40; at++)
      stage.org.byHand({
        action: 'addUser',
        email: `h${at}@example.com`,
        firstname: 'H',
        lastname: 'H',
        country: 'DE',
      });
    stage.clock.advance(DAY);
    const from = stage.clock.now();
    await stage.reconcile();
    const times = stage.org
      .calls()
      .filter(({ endpoint, at }) => endpoint === 'users' && at >= from)
      .map(({ at }) => at);
    const busiest = Math.max(
      ...times.map((start) => times.filter((at) => at >= start && at < start + MINUTE).length),
    );
    expect(times).toHaveLength(41);
    expect(busiest).toBeLessThanOrEqual(12);
  });
});
describe('a credential that does not fit', () => {
  scenario(
    'is met by the nightly list: the org stops visibly though nobody is due (F42)',
    {},
    async (stage) => {
      await ada(stage);
      stage.clock.advance(DAY);
      stage.hooks.before = async () => new Response(null, { status: 401 });
      await stage.reconcile();
      delete stage.hooks.before;
      expect((await stage.directory.getOrg(stage.orgKey))?.authFault).toMatchObject({
        at: expect.any(Number),
      });
      expect((await stage.reconcile()).outcome).toBe('stopped');
    },
  );

  scenario(
    'that of another Adobe org stops drain and comparison, and not one call goes out',
    {},
    async (stage) => {
      const id = await ada(stage);
      const own = (await stage.directory.getOrg(stage.orgKey))?.adobeOrgId ?? '';
      const keptIn = { orgId: 'B@AdobeOrg', clientId: 'b', clientSecret: 'not-a-real-secret' };
      const { adobe } = renewingAdobe({
        secret: 'arn:secret',
        now: stage.clock.now,
        setUpFor: async () => own,
        read: async () => keptIn,
        open: () => stage.drainDeps.adobe,
      });
      const deps = { ...stage.drainDeps, adobe };
      const until = stage.clock.now() + 2 * DAY;
      const fault = async () => (await stage.directory.getOrg(stage.orgKey))?.authFault?.code;
      stage.clock.advance(DAY);
      const calls = stage.org.calls().length;
      await reconcile(deps, stage.orgKey, { until });
      expect(await fault()).toBe('credential.other-org');
      await stage.leave(id);
      stage.clock.advance(11 * MINUTE);
      expect((await drain(deps, stage.orgKey, { until })).outcome).toBe('stopped');
      expect(await fault()).toBe('credential.other-org');
      expect(stage.org.calls()).toHaveLength(calls);
      keptIn.orgId = own;
      stage.clock.advance(11 * MINUTE);
      expect((await drain(deps, stage.orgKey, { until })).outcome).toBe('idle');
      expect([stage.holders(X.name), await fault()]).toEqual([[], undefined]);
    },
  );
});

describe('the walk over the accounts', () => {
  scenario('a run that ends in the middle is continued by the next one', {}, async (stage) => {
    await stage.map([{ group: 'Chat', grants: [X] }]);
    const ids = [];
    for (let at = 0; at < 130; at++) ids.push(await stage.user(`m${at}@example.com`));
    await stage.group('Chat', ids);
    await stage.drain();
    stage.clock.advance(DAY);
    for (const at of [3, 99, 128]) byHand(stage, 'revoke', X.name, `m${at}@example.com`);
    // Each slice takes longer than the run has.
    const directory: typeof stage.directory = {
      ...stage.directory,
      accountsAfter: (c, page) => {
        stage.clock.advance(2);
        return stage.directory.accountsAfter(c, page);
      },
    };
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'nothing-due' && outcomes.length < 5) {
      const until = stage.clock.now() + 1;
      outcomes.push((await reconcile({ ...stage.drainDeps, directory }, stage.orgKey, { until })).outcome);
    }
    expect(outcomes).toEqual(['continues', 'compared', 'nothing-due']);
    const listedAt = (await stage.directory.getOrg(stage.orgKey))?.listing?.startedAt;
    const state = await stage.directory.readReconciliation(stage.orgKey);
    expect(state).toMatchObject({ listing: listedAt, compared: 130, drifted: 3, byKind: { missing: 3 } });
    expect(await stage.directory.readDrifted(stage.orgKey)).toHaveLength(3);
  });

  test('a night in which nothing changed reads every item and writes none of them', async () => {
    const writes: string[] = [];
    let reads = 0;
    const stage = await openStage({
      wrap: (deps) => ({
        ...deps,
        client: interceptSend(deps.client, async (command, send) => {
          if (command instanceof UpdateItemCommand || command instanceof PutItemCommand)
            writes.push(JSON.stringify(command.input));
          if (command instanceof BatchGetItemCommand)
            reads += Object.values(command.input.RequestItems ?? {})[0]?.Keys?.length ?? 0;
          return send();
        }),
      }),
    });
    await stage.map([{ group: 'Chat', grants: [X] }]);
    const ids = [];
    for (let at = 0; at < 120; at++) ids.push(await stage.user(`q${at}@example.com`));
    await stage.group('Chat', ids);
    await stage.drain();
    // The first night confirms what was sent; the second has nothing to say.
    await night(stage);
    stage.clock.advance(DAY);
    writes.length = 0;
    reads = 0;
    expect((await stage.reconcile()).inventory).toMatchObject({ unchanged: 120, written: 0, vanished: 0 });
    expect(writes.filter((write) => write.includes('#I#') || write.includes('#A#'))).toEqual([]);
    // Per person: the identity item twice (stored, then compared) and the account once.
    expect(reads).toBe(3 * 120);
    await stage.close();
  });

  scenario(
    'of whom the rules want more, only who does not have it at Adobe needs a seat to come (F46)',
    { settings: { mode: 'report-only' } },
    async (stage) => {
      const ids = [];
      for (const email of ['kim@example.com', 'lee@example.com', 'max@example.com']) {
        stage.org.byHand({ action: 'addUser', email, type: 'federatedID' });
        ids.push(await stage.user(email));
      }
      await stage.drain();
      stage.clock.advance(HOUR);
      await stage.group('Chat', ids);
      await stage.drain();
      for (const email of ['kim@example.com', 'lee@example.com']) byHand(stage, 'grant', X.name, email);
      stage.clock.advance(DAY);
      expect((await stage.reconcile()).state?.coming).toEqual({ 'agent eu': 1 });
    },
  );

  scenario(
    'who was made after one listing and removed before the next is known to be absent',
    {},
    async (stage) => {
      await ada(stage);
      stage.clock.advance(DAY);
      await stage.reconcile();
      await stage.join(
        (await stage.directory.groupNamed(stage.connection, 'Chat'))?.id ?? '',
        await stage.user('new@example.com'),
      );
      await stage.drain();
      stage.clock.advance(HOUR);
      stage.org.byHand({ action: 'removeUser', email: 'new@example.com' });
      stage.clock.advance(DAY);
      await stage.reconcile();
      expect((await stage.directory.readReconciliation(stage.orgKey))?.byKind).toEqual({ gone: 1 });
    },
  );
});
