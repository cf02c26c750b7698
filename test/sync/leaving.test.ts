/** Leaving and coming back: grace, deletion, take-over, re-hire, groups that go (R5, R12, R21, R22). */
import { describe, expect } from 'vitest';
import { DAY, HOUR, MINUTE, scenario, X, Y } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

describe('leaving and coming back', () => {
  const grace = { settings: { graceSeconds: { active: 300, gone: 0 } } };

  scenario(
    'a move between groups within the grace that re-adds makes no call (R22)',
    grace,
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.quit(chat, ada);
      await stage.drain();
      stage.clock.advance(4 * MINUTE);
      await stage.drain();
      expect(await stage.account(ada)).toMatchObject({ status: 'waiting', reason: 'grace' });
      await stage.join(chat, ada);
      await stage.drain();
      stage.clock.advance(HOUR);
      await stage.drain();
      expect(stage.actionCalls()).toHaveLength(1);
      expect((await stage.account(ada)).applied.entitlements['agent eu']?.unwantedSince).toBeUndefined();
    },
  );

  scenario(
    'after the grace the entitlement goes, counted from the first plan that missed it (R22)',
    grace,
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      const market = await stage.group('Market');
      await stage.drain();
      await stage.quit(chat, ada);
      await stage.drain();
      stage.clock.advance(4 * MINUTE);
      await stage.join(market, ada);
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([
        ['ada@example.com'],
        ['ada@example.com'],
      ]);
      stage.clock.advance(MINUTE + 1);
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([[], ['ada@example.com']]);
    },
  );

  for (const how of ['deactivated', 'deleted'] as const) {
    scenario(`somebody ${how} loses everything at once, whatever the grace (R22)`, grace, async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.drain();
      if (how === 'deleted') await stage.remove('Users', ada);
      else await stage.leave(ada);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      // Out of the entitlements, never out of the org.
      expect(stage.person('ada@example.com')).toBeDefined();
    });
  }

  scenario(
    'deleted and made again before the drain, with the same groups: no call (R5)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      const before = await stage.account(ada);
      await stage.remove('Users', ada);
      const again = await stage.user('ada@example.com');
      await stage.join(chat, again);
      await stage.drain();
      expect(stage.actionCalls()).toHaveLength(1);
      expect((await stage.account(again)).id).toBe(before.id);
    },
  );

  scenario(
    'deleted and made again with a group less: the difference and nothing else (R5)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.group('Market', [ada]);
      await stage.drain();
      await stage.remove('Users', ada);
      await stage.join(chat, await stage.user('ada@example.com'));
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['ada@example.com'], []]);
      expect(stage.welcomes()).toHaveLength(2);
    },
  );

  scenario(
    'hired again after 31 days: old groups come back only when the provider repeats them (R21)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.group('Market', [ada]);
      await stage.drain();
      await stage.leave(ada);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      stage.clock.advance(31 * DAY);
      await stage.change(ada, { active: true });
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([[], []]);
      await stage.join(chat, ada);
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['ada@example.com'], []]);
    },
  );

  scenario('back after 29 days: the groups still count (R21)', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    await stage.leave(ada);
    await stage.drain();
    stage.clock.advance(29 * DAY);
    await stage.change(ada, { active: true });
    await stage.drain();
    expect(stage.holders(X.name)).toEqual(['ada@example.com']);
  });

  scenario(
    'deleting a group revokes, and making it again with the same externalId grants again (R12)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada], 'ext-chat');
      await stage.drain();
      await stage.remove('Groups', chat);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      await stage.group('Chat', [ada], 'ext-chat');
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    },
  );

  scenario(
    'a new group under the name of a deleted one, without its externalId, grants nothing (R12, T27)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada], 'ext-chat');
      await stage.drain();
      await stage.remove('Groups', chat);
      await stage.drain();
      await stage.group('Chat', [ada], 'another');
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
    },
  );
});
