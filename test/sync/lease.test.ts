/** One drain per org (R29, F18, F19): who comes second leaves, who loses the lease stops before the next call. */
import { describe, expect, test } from 'vitest';
import {
  drainAndDie,
  drainElsewhere,
  endless,
  expectLawful,
  HOUR,
  MINUTE,
  openMortal,
  scenario,
  X,
} from './stage.ts';

describe('two drains', () => {
  scenario(
    'at the same time: one works, the other says so and does nothing (F18, F31)',
    {},
    async (stage) => {
      const ids = await Promise.all(Array.from({ length: 15 }, (_, at) => stage.user(`p${at}@example.com`)));
      await stage.group('Chat', ids);
      const reports = await Promise.all([stage.drainOnce(), drainElsewhere(stage), drainElsewhere(stage)]);
      expect(reports.map(({ outcome }) => outcome).sort()).toEqual(['idle', 'leased', 'leased']);
      expect(stage.holders(X.name)).toHaveLength(15);
      expect(stage.actionCalls()).toHaveLength(2);
    },
  );

  scenario(
    'one that sleeps through its lease stops at the next look, and the other finishes the work',
    {},
    async (stage) => {
      const ids = await Promise.all(Array.from({ length: 25 }, (_, at) => stage.user(`p${at}@example.com`)));
      await stage.group('Chat', ids);
      let other: Awaited<ReturnType<typeof drainElsewhere>> | undefined;
      stage.hooks.after = async ({ isAction }) => {
        if (!isAction) return undefined;
        delete stage.hooks.after;
        // Its machine stood still while the request was open; another drain came and went.
        stage.clock.advance(10 * MINUTE);
        other = await drainElsewhere(stage);
        return undefined;
      };
      const first = await stage.drainOnce();
      expect([first.outcome, other?.outcome]).toEqual(['lease-lost', 'idle']);
      expect(stage.holders(X.name)).toHaveLength(25);
      expect(stage.welcomes()).toHaveLength(25);
      // The first request's ten were unknown to the other drain, and were sent once more by it.
      expect(first.requests).toBe(1);
      for (const id of ids) expect(await stage.account(id)).toMatchObject({ status: 'idle', origin: 'made' });
    },
  );

  scenario(
    'one that loses the lease between its intents and its call sends nothing (R29)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.drainOnce(1);
      const { directory } = stage.drainDeps;
      const stale = {
        ...stage.drainDeps,
        directory: {
          ...directory,
          writeIntents: async (...given: Parameters<typeof directory.writeIntents>) => {
            const written = await directory.writeIntents(...given);
            stage.clock.advance(HOUR);
            await drainElsewhere(stage);
            return written;
          },
        },
      };
      const report = await drainElsewhere({ ...stage, drainDeps: stale });
      expect(report).toMatchObject({ outcome: 'lease-lost', requests: 0 });
      // The other drain found the intent, took it as perhaps sent, and created once.
      expect(stage.actionCalls()).toHaveLength(1);
      expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
    },
  );

  test('one that dies keeps its lease until it runs out, and its slots until their calls cannot be open (R30)', async () => {
    const life = endless();
    const stage = await openMortal(life);
    try {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      for (let at = 1; stage.actionCalls().length === 0; at++) {
        await drainAndDie(stage, life, at);
        expect((await stage.drainOnce()).outcome).toBe('leased');
        stage.clock.advance(3 * MINUTE);
      }
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      expectLawful(stage);
    } finally {
      await stage.close();
    }
  });

  scenario(
    'one that breaks gives its lease back, and what it was at is settled by the next, at once (F15, R26)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      const { directory } = stage.drainDeps;
      const broken = {
        ...stage.drainDeps,
        directory: {
          ...directory,
          changeLedger: async (...given: Parameters<typeof directory.changeLedger>) => {
            if (stage.actionCalls().length > 0) throw new Error('the table does not answer');
            return directory.changeLedger(...given);
          },
        },
      };
      await expect(drainElsewhere({ ...stage, drainDeps: broken })).rejects.toThrow('does not answer');
      const next = await stage.drainOnce();
      expect([next.outcome, next.requests]).toEqual(['idle', 2]);
      expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
      expect(await stage.account(ada)).toMatchObject({ status: 'idle', origin: 'made' });
    },
  );

  scenario(
    'one that breaks after it lost its lease leaves the lease of the other alone (F18)',
    {},
    async (stage) => {
      await stage.user('ada@example.com');
      const { directory } = stage.drainDeps;
      const until = () => stage.clock.now() + 10 * MINUTE;
      const broken = {
        ...stage.drainDeps,
        directory: {
          ...directory,
          readDue: async () => {
            stage.clock.advance(HOUR);
            await directory.acquireLease(stage.orgKey, { holder: 'other', until: until() });
            throw new Error('the table does not answer');
          },
        },
      };
      await expect(drainElsewhere({ ...stage, drainDeps: broken })).rejects.toThrow('does not answer');
      expect((await stage.drainOnce()).outcome).toBe('leased');
    },
  );
});
