/** Calls without a parsed answer (I12, F35-F40): what was in them is unknown, and settled without a second mail. */
import { describe, expect } from 'vitest';
import type { Fault } from '../../local/adobe-org/state.ts';
import { HOUR, MINUTE, type Stage, scenario, X, Y } from './stage.ts';

async function firstCreateLost(stage: Stage): Promise<{ ada: string; chat: string }> {
  const ada = await stage.user('ada@example.com');
  const chat = await stage.group('Chat', [ada]);
  stage.loseNextAnswer();
  await stage.drainOnce(5_000);
  expect((await stage.account(ada)).intent?.absentBefore).toBe(true);
  return { ada, chat };
}

describe('a first create whose answer is lost (R26)', () => {
  scenario('still wanted: it is ours, held once, mailed once', {}, async (stage) => {
    const { ada } = await firstCreateLost(stage);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
    expect(await stage.account(ada)).toMatchObject({ origin: 'made', status: 'idle' });
    expect((await stage.account(ada)).intent).toBeUndefined();
    const [, again, last] = stage.actionCalls();
    expect(again?.codes).toContain('error.user.already_in_org');
    // Behind that error nothing is known, so the grant goes once more, without the create (R25).
    expect(JSON.stringify(last?.body)).not.toContain('create');
  });

  scenario('deactivated meanwhile: what landed is revoked, and the person is ours', {}, async (stage) => {
    const { ada } = await firstCreateLost(stage);
    await stage.leave(ada);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual([]);
    expect(stage.welcomes()).toHaveLength(1);
    const account = await stage.account(ada);
    expect(account).toMatchObject({ origin: 'made', status: 'idle' });
    expect([account.intent, account.maybe]).toEqual([undefined, undefined]);
  });

  scenario(
    'deleted meanwhile: what landed is revoked, and nothing of the account is left',
    {},
    async (stage) => {
      const { ada } = await firstCreateLost(stage);
      const { id } = await stage.account(ada);
      await stage.remove('Users', ada);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual([]);
      expect(await stage.accountById(id)).toBeUndefined();
    },
  );

  scenario('e-mail changed meanwhile: one person at Adobe, under the new address', {}, async (stage) => {
    const { ada } = await firstCreateLost(stage);
    await stage.email(ada, 'ada.l@example.com');
    await stage.settle();
    expect(stage.holders(X.name)).toEqual(['ada.l@example.com']);
    expect(stage.org.people().map(({ email }) => email)).toEqual(['ada.l@example.com']);
    expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
  });

  scenario('name changed meanwhile: Adobe shows the new one', {}, async (stage) => {
    const { ada } = await firstCreateLost(stage);
    await stage.change(ada, { name: { givenName: 'Augusta', familyName: 'King' } });
    await stage.settle();
    expect(stage.person('ada@example.com')).toMatchObject({ firstname: 'Augusta', lastname: 'King' });
  });

  scenario(
    'never landed and no longer wanted: nothing is created, the claim is free after 30 minutes',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      stage.faults({ kind: 'reset', applied: false, endpoint: 'action' });
      await stage.drainOnce(5_000);
      const { id } = await stage.account(ada);
      await stage.remove('Users', ada);
      await stage.settle();
      await stage.settle();
      expect(stage.org.people()).toEqual([]);
      expect(await stage.accountById(id)).toBeUndefined();
    },
  );

  scenario('lost twice in a row: still one mail', {}, async (stage) => {
    const { ada } = await firstCreateLost(stage);
    stage.loseNextAnswer();
    await stage.settle();
    await stage.settle();
    expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
    expect((await stage.account(ada)).origin).toBe('made');
  });

  scenario('its domain left the allow-list meanwhile: nobody is created again (T15)', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    stage.faults({ kind: 'reset', applied: false, endpoint: 'action' });
    await stage.drainOnce(5_000);
    await stage.directory.changeSettings(stage.connection, (before) => ({ ...before, domains: {} }));
    await stage.settle();
    expect(stage.org.people()).toEqual([]);
    expect((await stage.account(ada)).status).not.toBe('idle');
  });
});

describe('lost grants, revokes and updates (R26)', () => {
  scenario('a revoke is repeated, also when a lagging read shows that it is done', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    const chat = await stage.group('Chat', [ada]);
    await stage.drain();
    await stage.quit(chat, ada);
    stage.loseNextAnswer();
    await stage.settle();
    expect(stage.holders(X.name)).toEqual([]);
    expect(stage.actionCalls()).toHaveLength(3);
    expect((await stage.account(ada)).watch).toHaveProperty('agent eu');
  });

  scenario(
    'a grant in flight that is unwanted when the answer is lost is revoked without grace',
    { settings: { graceSeconds: { active: 3600, gone: 0 } } },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.drain();
      const market = await stage.group('Market', [ada]);
      stage.loseNextAnswer();
      await stage.drainOnce(5_000);
      await stage.quit(market, ada);
      stage.clock.advance(10 * MINUTE);
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual([]);
    },
  );

  scenario('names of a lost update are sent again, also when they changed back (R26)', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    await stage.change(ada, { name: { givenName: 'Augusta', familyName: 'Okafor' } });
    stage.loseNextAnswer();
    await stage.drainOnce(5_000);
    await stage.change(ada, { name: { givenName: 'ada', familyName: 'Okafor' } });
    await stage.settle();
    expect(stage.person('ada@example.com')).toMatchObject({ firstname: 'ada', lastname: 'Okafor' });
  });

  scenario('a lost rename, wanted back before it was settled: the old address stays', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    for (const applied of [true, false]) {
      await stage.email(ada, 'ada.l@example.com');
      stage.faults({ kind: 'reset', applied, endpoint: 'action' });
      await stage.drainOnce(5_000);
      await stage.email(ada, 'ada@example.com');
      await stage.settle();
      expect(stage.org.people().map(({ email }) => email)).toEqual(['ada@example.com']);
      const account = await stage.account(ada);
      expect(account.status).toBe('idle');
      expect(account.intent).toBeUndefined();
      stage.clock.advance(HOUR);
    }
  });

  scenario(
    'a lost rename that lands after it was looked for: the person is found under the new address (R26)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.email(ada, 'ada.l@example.com');
      stage.faults({ kind: 'reset', applied: false, endpoint: 'action' });
      await stage.drainOnce(5_000);
      const whole = stage.drainDeps.adobe.send;
      // Between the look, which shows the old address, and the second try.
      const late: typeof whole = (commands, deadline) => {
        stage.org.byHand({ action: 'renameUser', email: 'ada@example.com', to: 'ada.l@example.com' });
        Object.assign(stage.drainDeps.adobe, { send: whole });
        return whole(commands, deadline);
      };
      Object.assign(stage.drainDeps.adobe, { send: late });
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['ada.l@example.com']);
      await stage.quit(chat, ada);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual([]);
    },
  );

  scenario(
    'a lost rename of somebody who is then removed by hand is a first contact after 30 minutes (R27)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.email(ada, 'ada.l@example.com');
      stage.faults({ kind: 'reset', applied: false, endpoint: 'action' });
      await stage.drainOnce(5_000);
      stage.org.byHand({ action: 'removeUser', email: 'ada@example.com', deleteAccount: true });
      await stage.settle(20 * MINUTE);
      expect(stage.org.people()).toEqual([]);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['ada.l@example.com']);
    },
  );

  scenario(
    'somebody else under the new address after a lost rename: a collision for a person, nobody is touched',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.email(ada, 'ada.l@example.com');
      stage.faults({ kind: 'reset', applied: false, endpoint: 'action' });
      await stage.drainOnce(5_000);
      stage.org.byHand({
        action: 'addUser',
        email: 'ada.l@example.com',
        firstname: 'Ada',
        lastname: 'Lind',
        country: 'DE',
      });
      await stage.settle();
      expect(await stage.account(ada)).toMatchObject({ status: 'parked', reason: 'rename-collision' });
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      expect(stage.person('ada.l@example.com')?.groups).toEqual([]);
    },
  );
});

describe('answers that say nothing (F34-F40)', () => {
  const odd: [string, Fault][] = [
    [
      'a 200 that contradicts itself',
      { kind: 'merge', fields: { result: 'success', completed: 0, notCompleted: 1 } },
    ],
    ['a 200 without a body', { kind: 'empty', applied: true }],
    ['a page of HTML', { kind: 'html', status: 502, applied: true }],
    ['a 504 after the effect', { kind: 'status', status: 504, applied: true, headers: {} }],
    ['a 500 before the effect', { kind: 'status', status: 500, applied: false, headers: {} }],
    ['an effect that lands 30 s after its 504', { kind: 'late', ms: 30_000 }],
  ];
  for (const [what, fault] of odd) {
    scenario(`${what} is unknown, then settled: one grant, one mail`, {}, async (stage) => {
      const ada = await stage.user('ada@example.com');
      const ben = await stage.user('ben@example.com');
      await stage.group('Chat', [ada, ben]);
      stage.faults({ ...fault, endpoint: 'action' });
      await stage.drainOnce(5_000);
      expect(await stage.account(ada)).toMatchObject({ status: 'waiting', reason: 'unknown-outcome' });
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['ada@example.com', 'ben@example.com']);
      expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU', 'ben@example.com: Agent EU']);
      expect([(await stage.account(ada)).status, (await stage.account(ada)).origin]).toEqual([
        'idle',
        'made',
      ]);
    });
  }

  scenario('a 200 with half of it failed leaves only the failed to be done (F37)', {}, async (stage) => {
    const [ada, ben] = [await stage.user('ada@example.com'), await stage.user('ben@example.com')];
    await stage.group('Chat', [ada, ben]);
    stage.faults({
      kind: 'command',
      code: 'error.throttled_by_external_service',
      index: 0,
      endpoint: 'action',
    });
    await stage.drainOnce(5_000);
    const accounts = [await stage.account(ada), await stage.account(ben)];
    expect(accounts.map(({ status }) => status).sort()).toEqual(['idle', 'waiting']);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual(['ada@example.com', 'ben@example.com']);
    expect(stage.actionCalls()[1]?.commands).toBe(1);
  });

  scenario(
    'one command that always breaks its request does not keep nine others back (F27)',
    {},
    async (stage) => {
      const emails = [
        ...Array.from({ length: 9 }, (_, at) => `p${at}@example.com`),
        'sim-500.poison@example.com',
      ];
      const ids = [];
      for (const email of emails) ids.push(await stage.user(email));
      await stage.group('Chat', ids);
      for (let round = 0; round < 8; round++) await stage.settle(20 * MINUTE);
      expect(stage.holders(X.name)).toEqual(emails.slice(0, 9));
      expect(await stage.account(ids[9] ?? '')).toMatchObject({
        status: 'waiting',
        reason: 'unknown-outcome',
      });
      expect((await stage.account(ids[9] ?? '')).error?.message).toMatch(/HTTP 500/);
    },
  );
});
