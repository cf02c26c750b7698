/** What may run at all (design.md section 6): modes, protection, allow-list, and how what was held is let go (R16, R17). */
import { describe, expect } from 'vitest';
import type { ConnectionSettings } from '../../lambdas/directory/records.ts';
import { type Stage, scenario, X, Y, Z } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

async function set(stage: Stage, change: Partial<ConnectionSettings>): Promise<void> {
  await stage.directory.changeSettings(stage.connection, (before) => ({ ...before, ...change }));
}

describe('modes', () => {
  scenario(
    'report-only sends nothing and holds the account; full lets it go',
    { settings: { mode: 'report-only' } },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.settle();
      expect(stage.actionCalls()).toEqual([]);
      expect(await stage.account(ada)).toMatchObject({ status: 'held', reason: 'report-only' });
      await set(stage, { mode: 'full' });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    },
  );

  for (const how of ['out of the group', 'deactivated', 'deleted'] as const) {
    scenario(
      `additive grants, and holds the revoke of somebody ${how} until the mode changes`,
      { settings: { mode: 'additive' } },
      async (stage) => {
        const ada = await stage.user('ada@example.com');
        const chat = await stage.group('Chat', [ada]);
        await stage.drain();
        const { id } = await stage.account(ada);
        if (how === 'out of the group') await stage.quit(chat, ada);
        if (how === 'deactivated') await stage.leave(ada);
        if (how === 'deleted') await stage.remove('Users', ada);
        await stage.settle();
        expect(stage.holders(X.name)).toEqual(['ada@example.com']);
        expect(await stage.accountById(id)).toMatchObject({ status: 'held', reason: 'additive' });
        await set(stage, { mode: 'full' });
        await stage.drain();
        expect(stage.holders(X.name)).toEqual([]);
      },
    );
  }

  const strict = {
    rules: [
      { group: 'Chat', grants: [X] },
      { group: 'Market', grants: [Y], mode: 'report-only' as const },
    ],
  };

  scenario(
    'a rule stricter than the connection holds its own grants and nobody else’s',
    strict,
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const ben = await stage.user('ben@example.com');
      await stage.group('Chat', [ada]);
      await stage.group('Market', [ada, ben]);
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['ada@example.com'], []]);
      // Nobody is created for a rule that only reports.
      expect(stage.person('ben@example.com')).toBeUndefined();
      expect((await stage.account(ben)).status).toBe('held');
      await stage.map([
        { group: 'Chat', grants: [X] },
        { group: 'Market', grants: [Y] },
      ]);
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual(['ada@example.com', 'ben@example.com']);
    },
  );

  const mild = {
    rules: [
      { group: 'Chat', grants: [X], mode: 'additive' as const },
      { group: 'Market', grants: [Y] },
    ],
  };

  scenario(
    'the rule that granted decides about the revoke, also of a deleted user, until its mode changes',
    mild,
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.group('Market', [ada]);
      await stage.drain();
      await stage.remove('Users', ada);
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['ada@example.com'], []]);
      await stage.map([
        { group: 'Chat', grants: [X] },
        { group: 'Market', grants: [Y] },
      ]);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
    },
  );

  scenario(
    'a connection whose usernames are undecided only reports',
    { settings: { domains: { 'example.com': { type: 'federatedID', country: 'US' } } } },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const ben = await stage.user('ben.login@example.com', {
        emails: [{ value: 'ben@example.com', type: 'work', primary: true }],
      });
      await stage.group('Chat', [ada, ben]);
      await stage.drain();
      expect(stage.actionCalls()).toEqual([]);
      await set(stage, {
        domains: { 'example.com': { type: 'federatedID', country: 'US', username: 'userName' } },
      });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com', 'ben@example.com']);
      expect(stage.person('ben@example.com')?.username).toBe('ben.login@example.com');
    },
  );
});

describe('who is never touched', () => {
  scenario(
    'a protected identity is held, whatever the provider wants',
    { settings: { protected: ['Boss@Example.com'] } },
    async (stage) => {
      const boss = await stage.user('boss@example.com');
      await stage.group('Chat', [boss]);
      await stage.settle();
      await stage.remove('Users', boss);
      await stage.settle();
      expect(stage.actionCalls()).toEqual([]);
    },
  );

  scenario(
    'one protected after being granted keeps it when the provider takes it away',
    {},
    async (stage) => {
      const boss = await stage.user('boss@example.com');
      await stage.group('Chat', [boss]);
      await stage.drain();
      await set(stage, { protected: ['boss@example.com'] });
      await stage.leave(boss);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['boss@example.com']);
      expect(await stage.account(boss)).toMatchObject({ status: 'held', reason: 'protected' });
    },
  );

  scenario('an administrator of the org is held (V8)', {}, async (stage) => {
    stage.org.byHand({
      action: 'addUser',
      email: 'olga@example.com',
      firstname: 'Olga',
      lastname: 'Admin',
      country: 'DE',
    });
    stage.org.byHand({ action: 'makeAdmin', email: 'olga@example.com', role: 'org' });
    const olga = await stage.user('olga@example.com');
    await stage.group('Chat', [olga]);
    await stage.settle();
    expect(stage.actionCalls()).toEqual([]);
    expect(await stage.account(olga)).toMatchObject({ status: 'held', reason: 'protected' });
  });

  scenario(
    'a mapping that names an admin group is refused once more when it would be sent (T26)',
    { rules: [{ group: 'Chat', grants: [X, { kind: 'userGroup', name: '_org_admin' }] }] },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      expect(await stage.account(ada)).toMatchObject({ status: 'parked', reason: 'admin-group' });
    },
  );
});

describe('the allow-list of domains (T15)', () => {
  scenario(
    'outside it people are parked by domain and nothing is sent; added to it they proceed',
    {},
    async (stage) => {
      const ada = await stage.user('ada@elsewhere.example');
      await stage.group('Chat', [ada]);
      await stage.settle();
      expect(
        stage.org.calls().filter(({ endpoint }) => endpoint === 'action' || endpoint === 'user'),
      ).toEqual([]);
      expect(await stage.account(ada)).toMatchObject({ status: 'parked', reason: 'domain-not-allowed' });
      const { parked } = await stage.directory.readPlaces(stage.orgKey);
      expect(parked.map(({ scope, ids }) => [scope, ids.length])).toEqual([['elsewhere.example', 1]]);
      await stage.directory.changeSettings(stage.connection, (before) => ({
        ...before,
        domains: { ...before.domains, 'elsewhere.example': { type: 'businessID' } },
      }));
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@elsewhere.example']);
    },
  );

  scenario(
    'an address that moves outside stops what adds; what is revoked is revoked (R17)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      await stage.email(ada, 'ada@elsewhere.example');
      await stage.group('Market', [ada]);
      await stage.drain();
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['ada@example.com'], []]);
      expect(await stage.account(ada)).toMatchObject({ status: 'parked', reason: 'domain-not-allowed' });
      await stage.quit(chat, ada);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
    },
  );
});

describe('names that occur twice (umapi.md 12)', () => {
  const twice = {
    profiles: [
      { name: X.name, product: 'One' },
      { name: X.name, product: 'Two' },
      { name: Y.name, product: 'One' },
    ],
    rules: [{ group: 'Chat', grants: [X, Z] }],
  };

  scenario(
    'are never written to; after a rename in the console and the next listing they are',
    twice,
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      await stage.settle();
      expect([stage.holders(X.name), stage.holders(Z.name)]).toEqual([[], ['ada@example.com']]);
      const account = await stage.account(ada);
      expect(account).toMatchObject({ status: 'parked', reason: 'name-not-unique' });
      expect(account.error?.message).toMatch(/One.*Two|Two.*One/);
      stage.org.byHand({ action: 'renameGroup', group: X.name, product: 'Two', to: 'Agent US' });
      stage.clock.advance(25 * 3_600_000);
      await stage.reconcile();
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    },
  );
});
