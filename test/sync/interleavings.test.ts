/**
 * What the identity provider and administrators do while the drain is at work: each interleaving ends where the last
 * word of the identity provider says, with one mail per grant (`rules.md` R4-R7, R24, R26, R27).
 */
import { describe, expect } from 'vitest';
import { HOUR, MINUTE, scenario, X, Y, Z } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

describe('while a request is open', () => {
  scenario('a removal during a grant in flight ends without the entitlement (R24)', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    const chat = await stage.group('Chat', [ada]);
    stage.whileInFlight(() => stage.quit(chat, ada));
    await stage.drain();
    expect(stage.holders(X.name)).toEqual([]);
    expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
    expect((await stage.account(ada)).applied.entitlements).toEqual({});
    expect((await stage.account(ada)).status).toBe('idle');
  });

  scenario(
    'a removal and a re-add during a grant in flight end with one grant and one mail (R24)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      stage.whileInFlight(async () => {
        await stage.quit(chat, ada);
        await stage.join(chat, ada);
      });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      expect(stage.actionCalls()).toHaveLength(1);
    },
  );

  scenario(
    'a user deleted and made again during a revoke in flight holds what the new one is given (R5, R24)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      const market = await stage.group('Market', [ada]);
      await stage.drain();
      await stage.quit(chat, ada);
      let again = '';
      stage.whileInFlight(async () => {
        await stage.remove('Users', ada);
        again = await stage.user('ada@example.com');
        await stage.join(market, again);
      });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      expect(stage.holders(Y.name)).toEqual(['ada@example.com']);
      // Market was never taken away, so nobody is mailed twice about it.
      expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU', 'ada@example.com: Standard']);
      expect((await stage.account(again)).origin).toBe('made');
    },
  );

  scenario(
    'a user deleted and made again during the revoke of the same entitlement gets it back (R24)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.quit(chat, ada);
      stage.whileInFlight(async () => {
        await stage.remove('Users', ada);
        await stage.join(chat, await stage.user('ada@example.com'));
      });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    },
  );

  scenario(
    'a mapping that changes during a grant in flight decides the end (R13, R24)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      stage.whileInFlight(() => stage.map([{ group: 'Chat', grants: [Y] }]));
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([[], ['ada@example.com']]);
    },
  );

  scenario(
    'a mapping that changes in the middle of a drain of 25 people decides the end for all (R13)',
    {},
    async (stage) => {
      const ids = await Promise.all(Array.from({ length: 25 }, (_, at) => stage.user(`p${at}@example.com`)));
      await stage.group('Chat', ids);
      let calls = 0;
      stage.hooks.after = async ({ isAction }) => {
        if (isAction && ++calls === 2) await stage.map([{ group: 'Chat', grants: [Z] }]);
        return undefined;
      };
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      expect(stage.holders(Z.name)).toHaveLength(25);
    },
  );
});

describe('identities that come, move and are shared', () => {
  scenario('a person without e-mail joins a group and gets an e-mail later (R2)', {}, async (stage) => {
    const ada = await stage.user('ada', { userName: 'ada', emails: [] });
    await stage.group('Chat', [ada]);
    await stage.drain();
    expect(stage.actionCalls()).toEqual([]);
    expect(await stage.account(ada)).toMatchObject({ status: 'parked', reason: 'email-missing' });
    await stage.change(ada, { emails: [{ value: 'ada@example.com', type: 'work', primary: true }] });
    await stage.drain();
    expect(stage.holders(X.name)).toEqual(['ada@example.com']);
  });

  scenario(
    'a person who loses the e-mail gets nothing more and loses what is revoked, visibly (R2, R17)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      const market = await stage.group('Market');
      await stage.drain();
      await stage.change(ada, { userName: 'ada', emails: [] });
      await stage.join(market, ada);
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual([]);
      expect(await stage.account(ada)).toMatchObject({ status: 'parked', reason: 'email-missing' });
      await stage.quit(chat, ada);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
    },
  );

  for (const landed of [true, false]) {
    const how = landed ? 'landed' : 'never landed';
    scenario(
      `a lost rename that ${how}, the user deleted, the new address taken by another (R5, R26)`,
      {},
      async (stage) => {
        const ada = await stage.user('ada@example.com');
        const chat = await stage.group('Chat', [ada]);
        await stage.drain();
        await stage.email(ada, 'ada.new@example.com');
        stage.faults({ kind: 'reset', applied: landed, endpoint: 'action' });
        await stage.drainOnce(5_000);
        expect((await stage.account(ada)).intent).toBeDefined();
        await stage.remove('Users', ada);
        const other = await stage.user('ada.new@example.com', {
          name: { givenName: 'Other', familyName: 'Person' },
        });
        await stage.join(chat, other);
        await stage.settle();
        expect(stage.holders(X.name)).toEqual(['ada.new@example.com']);
        expect((await stage.account(other)).applied.identity?.email).toBe('ada.new@example.com');
        expect(stage.person('ada.new@example.com')?.firstname).toBe('Other');
        expect(stage.person('ada@example.com')?.groups ?? []).toEqual([]);
      },
    );
  }

  for (const how of ['deactivated', 'deleted'] as const) {
    scenario(
      `two people share an e-mail; when the owner is ${how}, the other one takes it (R4)`,
      {},
      async (stage) => {
        const owner = await stage.user('shared@example.com', { userName: 'first' });
        const other = await stage.user('shared@example.com', { userName: 'second' });
        await stage.group('Chat', [owner]);
        await stage.group('Market', [other]);
        await stage.drain();
        expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['shared@example.com'], []]);
        expect(await stage.account(other)).toMatchObject({ status: 'waiting', reason: 'identity-taken' });
        if (how === 'deleted') await stage.remove('Users', owner);
        else await stage.leave(owner);
        await stage.drain();
        expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([[], ['shared@example.com']]);
        expect((await stage.account(other)).origin).toBe('made');
      },
    );
  }

  scenario(
    'a rename at Adobe is one command that names the old address and sends both new ones',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.email(ada, 'ada.l@example.com');
      await stage.drain();
      expect(stage.person('ada.l@example.com')).toMatchObject({
        username: 'ada.l@example.com',
        groups: [X.name],
      });
      expect(stage.person('ada@example.com')).toBeUndefined();
      expect(stage.actionCalls()).toHaveLength(2);
      expect((await stage.account(ada)).claims.map((claim) => claim.email)).toEqual(['ada.l@example.com']);
    },
  );

  scenario('a change of letter case is no rename (R2)', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    await stage.email(ada, 'Ada@Example.com');
    await stage.drain();
    expect(stage.actionCalls()).toHaveLength(1);
    expect((await stage.account(ada)).status).toBe('idle');
  });
});

describe('removed by hand in the console (R27)', () => {
  scenario('absence counts only after 30 minutes, then it is a first contact again', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    const chat = await stage.group('Chat', [ada]);
    await stage.drain();
    stage.clock.advance(HOUR);
    stage.org.byHand({ action: 'removeUser', email: 'ada@example.com', deleteAccount: true });
    const market = await stage.group('Market', [ada]);
    await stage.drain();
    stage.clock.advance(MINUTE);
    await stage.drain();
    const tried = stage.actionCalls().length;
    expect(await stage.account(ada)).toMatchObject({ status: 'waiting', reason: 'gone-check' });
    stage.clock.advance(20 * MINUTE);
    await stage.drain();
    expect(stage.actionCalls()).toHaveLength(tried);
    stage.clock.advance(11 * MINUTE);
    await stage.drain();
    expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([
      ['ada@example.com'],
      ['ada@example.com'],
    ]);
    const facts = (await stage.items()).flatMap((item) => (item['fact'] === undefined ? [] : [item['fact']]));
    expect(facts).toContain('goneFromAdobe');
    await stage.quit(chat, ada);
    await stage.quit(market, ada);
    await stage.drain();
    expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([[], []]);
  });

  scenario('a leaver who is gone already ends clean', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    stage.org.byHand({ action: 'removeUser', email: 'ada@example.com', deleteAccount: true });
    const { id } = await stage.account(ada);
    await stage.remove('Users', ada);
    await stage.settle();
    await stage.settle();
    expect(await stage.accountById(id)).toBeUndefined();
  });

  scenario(
    'a person whom reads show and commands do not find is refused after three tries, not for ever',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      const notFound = {
        kind: 'command',
        code: 'error.user.not_found',
        message: 'No valid users were found in the request',
        index: 0,
      } as const;
      stage.faults(...Array.from({ length: 20 }, () => notFound));
      await stage.group('Market', [ada]);
      await stage.settle();
      await stage.settle();
      expect(await stage.account(ada)).toMatchObject({
        status: 'parked',
        error: { code: 'error.user.not_found' },
      });
      expect(stage.actionCalls()).toHaveLength(4);
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      expect(chat).not.toBe('');
    },
  );
});
