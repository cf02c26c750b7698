/** Pauses, and what a restored table may do: nothing is sent before somebody said so (design.md section 6; V6, V10). */
import { describe, expect, test } from 'vitest';
import type { PauseScope } from '../../lambdas/directory/work.ts';
import { aside } from '../rights.ts';
import { copyOf, HOUR, MINUTE, openStage, type Stage, scenario, X } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const pause = (stage: Stage) => ({ at: stage.clock.now(), by: 'olga', reason: 'looks wrong' });
const scopes = (stage: Stage): Record<PauseScope['kind'], PauseScope> => ({
  connection: { kind: 'connection', id: stage.connection },
  org: { kind: 'org' },
  all: { kind: 'all' },
});

async function stop(stage: Stage, kind: PauseScope['kind']) {
  await stage.directory.setPause(scopes(stage)[kind], stage.orgKey, { pause: pause(stage), by: 'olga' });
}

async function goOn(stage: Stage, kind: PauseScope['kind']) {
  await stage.directory.setPause(scopes(stage)[kind], stage.orgKey, { pause: undefined, by: 'olga' });
}

describe('the kill switch (V10)', () => {
  for (const kind of ['connection', 'org', 'all'] as const) {
    scenario(`${kind}: nothing is sent, SCIM goes on, and everything is sent after it`, {}, async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      const calls = stage.actionCalls().length;
      await stop(stage, kind);
      const ben = await stage.user('ben@example.com');
      await stage.join(chat, ben);
      await stage.quit(chat, ada);
      await stage.settle();
      await stage.settle(2 * HOUR);
      expect(stage.actionCalls()).toHaveLength(calls);
      expect((await stage.account(ben)).status).toBe(kind === 'connection' ? 'held' : 'pending');
      await goOn(stage, kind);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ben@example.com']);
    });

    scenario(
      `${kind}: in the middle of a backlog no request follows the one on its way`,
      {},
      async (stage) => {
        const ids: string[] = [];
        for (let at = 0; at < 25; at++) ids.push(await stage.user(`p${at}@example.com`));
        await stage.group('Chat', ids);
        stage.whileInFlight(() => stop(stage, kind));
        await stage.settle();
        // The first request was on its way: ten people. None of the other fifteen follows.
        expect(stage.holders(X.name)).toHaveLength(10);
        await goOn(stage, kind);
        await stage.drain();
        expect(stage.holders(X.name)).toHaveLength(25);
      },
    );

    scenario(`${kind}: between the decision and the intents, and nothing is sent`, {}, async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      const { directory } = stage.drainDeps;
      const { changeBudget } = directory;
      let asked = 0;
      // The slot is taken, everything is read and decided, and the slot is stamped for the call.
      const slowly: typeof changeBudget = async (clientId, endpoint, change) => {
        if (endpoint === 'action') asked += 1;
        if (asked === 2 && endpoint === 'action') await aside(() => stop(stage, kind));
        return changeBudget(clientId, endpoint, change);
      };
      Object.assign(directory, { changeBudget: slowly });
      await stage.drainOnce();
      Object.assign(directory, { changeBudget });
      expect(asked).toBeGreaterThan(1);
      expect(stage.actionCalls()).toEqual([]);
      expect((await stage.account(ada)).intent).toBeUndefined();
      await goOn(stage, kind);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    });
  }

  scenario(
    'whoever is set aside while the index lags is found by the second look (R16)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stop(stage, 'connection');
      await goOn(stage, 'connection');
      // The sweep ran before the index showed the account as held.
      await stage.directory.runSweeps(stage.orgKey, stage.clock.now() + MINUTE);
      const account = await stage.account(ada);
      await stage.directory.changeLedger(stage.orgKey, account.id, {
        compute: ({ applied, unknown, watch }) => ({
          ledger: { applied, unknown, watch },
          clearIntent: true,
          standing: { place: { kind: 'held' }, status: 'held', reason: 'paused', attempts: 0 },
        }),
      });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      stage.clock.advance(MINUTE);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    },
  );
});

describe('a table that nobody confirmed (V6)', () => {
  test('restored to yesterday it only reports, and takes back nothing until the mode is set (F12)', async () => {
    const before = await openStage();
    try {
      const ada = await before.user('ada@example.com');
      const chat = await before.group('Chat', [ada]);
      await before.drain();
      await before.quit(chat, ada);
      const yesterday = await copyOf(before);
      // What happened since: she was assigned again, and somebody else came. The backup knows neither.
      await before.join(chat, ada);
      await before.join(chat, await before.user('ben@example.com'));
      await before.drain();
      const after = await openStage({
        state: before.org.state(),
        clock: before.clock,
        profiles: [],
        userGroups: [],
      });
      try {
        await yesterday.into(after);
        const calls = after.actionCalls().length;
        await after.settle();
        await after.settle(2 * HOUR);
        expect(after.actionCalls()).toHaveLength(calls);
        expect(after.holders(X.name)).toEqual(['ada@example.com', 'ben@example.com']);
        expect(await after.account(ada)).toMatchObject({ status: 'held', reason: 'restored' });
        const { rev } = await after.directory.getConnection(after.connection);
        expect(await after.directory.setMode(after.connection, { mode: 'full', rev, by: 'olga' })).toBe(true);
        await after.drain();
        expect(after.holders(X.name)).toEqual(['ben@example.com']);
      } finally {
        await after.close();
      }
    } finally {
      await before.close();
    }
  });
});
