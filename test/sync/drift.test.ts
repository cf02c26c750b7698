/** What somebody changed by hand, and what each drift policy makes of it (F47, R34, R28). */
import { describe, expect } from 'vitest';
import type { DriftPolicy } from '../../lambdas/directory/drift-records.ts';
import { ADA, ada, byHand, night } from './nights.ts';
import { DAY, HOUR, MINUTE, type Stage, scenario, X, Y, Z } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

describe('what each drift policy makes of a change by hand (F47)', () => {
  const table: [
    DriftPolicy | undefined,
    { held: boolean; drifted: boolean },
    { held: boolean; drifted: boolean },
  ][] = [
    [undefined, { held: false, drifted: true }, { held: true, drifted: true }],
    ['report', { held: false, drifted: true }, { held: true, drifted: true }],
    ['ignore', { held: false, drifted: false }, { held: true, drifted: false }],
    ['revert', { held: true, drifted: false }, { held: false, drifted: false }],
  ];
  for (const [policy, taken, given] of table) {
    const name = policy ?? 'no policy';
    scenario(`${name}: a product of ours that somebody took away`, {}, async (stage) => {
      const id = await ada(stage, policy);
      await night(stage);
      byHand(stage, 'revoke', X.name);
      await night(stage);
      const account = await stage.account(id);
      expect(stage.holders(X.name)).toEqual(taken.held ? [ADA] : []);
      expect(account.drift?.missing ?? []).toEqual(taken.drifted ? ['agent eu'] : []);
      // R34: the ledger is the drain's; the comparison never moves it.
      expect(Object.keys(account.applied.entitlements)).toEqual(['agent eu']);
      expect(account.status).toBe('idle');
    });

    scenario(`${name}: a product of a rule that somebody gave`, {}, async (stage) => {
      const id = await ada(stage, policy);
      await night(stage);
      byHand(stage, 'grant', Y.name);
      await night(stage);
      const account = await stage.account(id);
      expect(stage.holders(Y.name)).toEqual(given.held ? [ADA] : []);
      expect(account.drift?.extra ?? []).toEqual(given.drifted ? ['standard'] : []);
      expect(stage.holders(X.name)).toEqual([ADA]);
    });
  }

  scenario('what no rule names is never touched, also under revert', {}, async (stage) => {
    const id = await ada(stage, 'revert');
    byHand(stage, 'grant', Z.name);
    await night(stage);
    await night(stage);
    expect(stage.holders(Z.name)).toEqual([ADA]);
    expect((await stage.account(id)).drift).toBeUndefined();
  });

  scenario('who is not in the identity provider is never touched, whatever they hold', {}, async (stage) => {
    await ada(stage, 'revert');
    stage.org.byHand({
      action: 'addUser',
      email: 'hand@example.com',
      firstname: 'H',
      lastname: 'H',
      country: 'DE',
    });
    byHand(stage, 'grant', X.name, 'hand@example.com');
    await night(stage);
    await night(stage);
    expect(stage.holders(X.name)).toEqual([ADA, 'hand@example.com']);
  });

  for (const policy of [undefined, 'report', 'revert', 'ignore'] as const)
    scenario(
      `${policy ?? 'no policy'}: somebody unknown to us who has a product of a rule is told of, or passed over`,
      {},
      async (stage) => {
        const id = await ada(stage, policy);
        const strangers = ['kim@example.com', 'lee@example.com', 'max@example.com', 'pat@example.com'];
        for (const email of strangers) stage.org.byHand({ action: 'addUser', email, type: 'federatedID' });
        for (const email of strangers.slice(0, 3)) byHand(stage, 'grant', X.name, email);
        byHand(stage, 'grant', Z.name, 'pat@example.com');
        const told = async () => {
          const { people = 0, shown = [] } = (await stage.directory.readStrangers(stage.orgKey)) ?? {};
          return { people, shown: shown.map(({ email }) => email).sort() };
        };
        await night(stage);
        const shown = policy === 'ignore' ? [] : strangers.slice(0, 3);
        expect(await told()).toEqual({ people: shown.length, shown });
        // Somebody of ours from now on, with an identity or (no such domain here) without one.
        await stage.user('kim@example.com');
        await stage.user('someone@elsewhere.test', {
          emails: [
            { value: 'lee@example.com', type: 'other' },
            { value: 'someone@elsewhere.test', primary: true },
          ],
        });
        const left = policy === 'ignore' ? [] : ['max@example.com'];
        expect(await told()).toEqual({ people: left.length, shown: left });
        await night(stage);
        expect(await told()).toEqual({ people: left.length, shown: left });
        // What no group gives them stays as it is.
        expect(stage.holders(X.name)).toEqual([ADA, ...strangers.slice(0, 3)]);
        byHand(stage, 'revoke', X.name, 'max@example.com');
        await night(stage);
        expect(await told()).toEqual({ people: 0, shown: [] });
        expect((await stage.account(id)).drift).toBeUndefined();
      },
    );

  for (const [policy, mode, kept] of [
    ['report', 'full', true],
    ['revert', 'additive', true],
    ['revert', 'full', false],
  ] as const)
    scenario(
      `${policy}, ${mode}: somebody deleted whose account waits is compared like everybody`,
      {},
      async (stage) => {
        const id = await ada(stage, policy);
        await stage.map([
          { group: 'Chat', grants: [X], drift: policy, mode: 'additive' },
          { group: 'Market', grants: [Y], drift: policy, mode },
        ]);
        await stage.drain();
        const { id: account } = await stage.account(id);
        await night(stage);
        await stage.remove('Users', id);
        await stage.drain();
        expect(await stage.accountById(account)).toMatchObject({ status: 'held', reason: 'additive' });
        byHand(stage, 'grant', Y.name);
        await night(stage);
        expect((await stage.accountById(account))?.drift?.extra ?? []).toEqual(kept ? ['standard'] : []);
        expect(stage.holders(Y.name)).toEqual(kept ? [ADA] : []);
        // Held by the mode all the time, and taken away elsewhere meanwhile.
        byHand(stage, 'revoke', X.name);
        stage.org.byHand({ action: 'removeUser', email: ADA });
        await night(stage);
        expect((await stage.accountById(account))?.drift).toMatchObject({ gone: true, extra: [] });
        expect(await stage.directory.readDrifted(stage.orgKey)).toEqual([account]);
      },
    );

  scenario('revert takes away in the mode of the rule only: additive keeps it', {}, async (stage) => {
    const id = await ada(stage);
    await stage.map([
      { group: 'Chat', grants: [X] },
      { group: 'Market', grants: [Y], drift: 'revert', mode: 'additive' },
    ]);
    await night(stage);
    byHand(stage, 'grant', Y.name);
    await night(stage);
    expect(stage.holders(Y.name)).toEqual([ADA]);
    expect(await stage.account(id)).toMatchObject({ status: 'held', reason: 'additive' });
  });

  scenario(
    'two rules name it: to take away both must say revert, to give back one is enough',
    {},
    async (stage) => {
      await ada(stage);
      await stage.map([
        { group: 'Chat', grants: [X] },
        { group: 'Market', grants: [X, Y], drift: 'revert' },
        { group: 'Sales', grants: [Y] },
      ]);
      await night(stage);
      byHand(stage, 'grant', Y.name);
      byHand(stage, 'revoke', X.name);
      await night(stage);
      expect(stage.holders(Y.name)).toEqual([ADA]);
      expect(stage.holders(X.name)).toEqual([]);
      await stage.map([{ group: 'Chat', grants: [X], drift: 'revert' }]);
      await night(stage);
      expect(stage.holders(X.name)).toEqual([ADA]);
    },
  );

  scenario(
    'before something is taken away that the bridge did not give, the person is read again (V7)',
    {},
    async (stage) => {
      await ada(stage, 'revert');
      await night(stage);
      byHand(stage, 'grant', Y.name);
      stage.clock.advance(DAY);
      await stage.reconcile();
      // Whoever gave it took it back; the list is older than a quarter of an hour by now.
      byHand(stage, 'revoke', Y.name);
      stage.clock.advance(20 * MINUTE);
      const before = stage.actionCalls().length;
      await stage.drain();
      expect(stage.actionCalls()).toHaveLength(before);
    },
  );

  scenario(
    'somebody who was removed from the org is made again under revert, and only shown otherwise',
    {},
    async (stage) => {
      const id = await ada(stage);
      await night(stage);
      stage.org.byHand({ action: 'removeUser', email: ADA });
      await night(stage);
      expect((await stage.account(id)).drift?.gone).toBe(true);
      expect(stage.holders(X.name)).toEqual([]);
      await stage.map([{ group: 'Chat', grants: [X], drift: 'revert' }]);
      await stage.drain();
      await night(stage);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual([ADA]);
    },
  );

  scenario('names that somebody changed are shown and left', {}, async (stage) => {
    const id = await ada(stage, 'revert');
    await night(stage);
    stage.hooks.after = async ({ url }, response) => {
      if (!url.includes('/users/')) return undefined;
      const text = (await response.text()).replaceAll('Okafor', 'Owusu');
      return new Response(text, { status: response.status, headers: response.headers });
    };
    await night(stage);
    expect((await stage.account(id)).drift).toMatchObject({ names: true, missing: [], extra: [] });
    const bodies = stage.actionCalls().map(({ body }) => JSON.stringify(body));
    expect(bodies.join()).not.toContain('"update"');
  });
});

describe('a listing proves nothing about our own work of the last half hour (R34)', () => {
  for (const [minutes, reverted] of [
    [29, false],
    [31, true],
  ] as const) {
    scenario(`a listing ${minutes} minutes after the grant that does not show it`, {}, async (stage) => {
      const id = await ada(stage, 'revert');
      stage.clock.advance(DAY);
      byHand(stage, 'revoke', X.name);
      await stage.change(id, { name: { givenName: 'Augusta', familyName: 'King' } });
      await stage.drain();
      stage.clock.advance(minutes * MINUTE);
      await stage.reconcile({ force: true });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(reverted ? [ADA] : []);
      expect((await stage.account(id)).drift).toBeUndefined();
    });
  }

  scenario('what Adobe shows late is never taken for drift', {}, async (stage) => {
    const id = await ada(stage, 'revert');
    await night(stage);
    stage.clock.advance(DAY);
    // From now on reads lag 20 minutes behind.
    stage.org.turnKnobs({ replicationDelayMs: [20 * MINUTE, 20 * MINUTE] });
    const market = (await stage.directory.groupNamed(stage.connection, 'Market'))?.id ?? '';
    await stage.join(market, id);
    await stage.drain();
    stage.clock.advance(5 * MINUTE);
    const before = stage.actionCalls().length;
    await stage.reconcile();
    await stage.drain();
    expect(stage.actionCalls()).toHaveLength(before);
    expect((await stage.account(id)).drift).toBeUndefined();
    expect(stage.holders(Y.name)).toEqual([ADA]);
  });
});

describe('confirmation and the watch list', () => {
  scenario('what was sent is confirmed by the first listing that may tell, once', {}, async (stage) => {
    const id = await ada(stage);
    expect((await stage.account(id)).confirmedAt).toBeUndefined();
    await night(stage);
    const { confirmedAt, ledgerRev } = await stage.account(id);
    expect(confirmedAt).toBe((await stage.directory.getOrg(stage.orgKey))?.listing?.startedAt);
    await night(stage);
    expect(await stage.account(id)).toMatchObject({ confirmedAt, ledgerRev });
  });

  const late = async (stage: Stage): Promise<{ id: string; chat: string }> => {
    const id = await stage.user(ADA);
    await stage.group('Market', [id]);
    await stage.drain();
    stage.clock.advance(HOUR);
    stage.loseNextAnswer();
    const chat = await stage.group('Chat', [id]);
    await stage.settle();
    expect(Object.keys((await stage.account(id)).watch)).toEqual(['agent eu']);
    return { id, chat };
  };

  scenario(
    'an unwanted grant that lands late is found and revoked, whatever the drift policy (R28)',
    {},
    async (stage) => {
      await stage.map([
        { group: 'Chat', grants: [X], drift: 'ignore' },
        { group: 'Market', grants: [Y], drift: 'ignore' },
      ]);
      const { id, chat } = await late(stage);
      await stage.quit(chat, id);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      byHand(stage, 'grant', X.name);
      await night(stage);
      expect(stage.holders(X.name)).toEqual([]);
      expect((await stage.account(id)).watch).toEqual({});
    },
  );

  scenario('a wanted one that is there leaves the list, and nothing is sent (R28)', {}, async (stage) => {
    const { id } = await late(stage);
    const before = stage.actionCalls().length;
    await night(stage);
    expect(stage.actionCalls()).toHaveLength(before);
    expect((await stage.account(id)).watch).toEqual({});
    expect(Object.keys((await stage.account(id)).applied.entitlements)).toContain('agent eu');
  });

  scenario('a wanted one that is not there is granted again (R28)', {}, async (stage) => {
    await late(stage);
    byHand(stage, 'revoke', X.name);
    await night(stage);
    expect(stage.holders(X.name)).toEqual([ADA]);
  });

  scenario(
    'a deleted person is looked at once more, half an hour after the last lost answer (R28, I07)',
    {},
    async (stage) => {
      await stage.map([{ group: 'Chat', grants: [X] }]);
      const id = await stage.user(ADA);
      stage.loseNextAnswer();
      await stage.group('Chat', [id]);
      await stage.settle(MINUTE);
      const { id: account } = await stage.account(id);
      await stage.remove('Users', id);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      byHand(stage, 'grant', X.name);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual([]);
      await stage.settle();
      expect(await stage.accountById(account)).toBeUndefined();
    },
  );
});
