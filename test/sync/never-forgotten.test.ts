/** Whoever waits comes back when what is waited for changes, whatever else stands in the way (R16, R17, I07). */
import { describe, expect } from 'vitest';
import { HOUR, scenario, X, Y } from './stage.ts';

describe('nobody waits for ever', () => {
  scenario(
    'a held revoke does not hold up a rename (R31)',
    {
      settings: { mode: 'additive' },
      rules: [
        { group: 'Chat', grants: [X] },
        { group: 'Market', grants: [Y] },
      ],
    },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.group('Market', [ada]);
      await stage.drain();
      await stage.quit(chat, ada);
      await stage.drain();
      await stage.email(ada, 'ada.l@example.com');
      await stage.settle();
      expect(stage.person('ada.l@example.com')?.groups).toEqual([X.name, Y.name].sort());
      expect(stage.person('ada@example.com')).toBeUndefined();
    },
  );

  scenario(
    'a grant whose answer was lost is revoked although the next grant is only reported (R17, I06)',
    {
      rules: [
        { group: 'Chat', grants: [X] },
        { group: 'Market', grants: [Y], mode: 'report-only' },
      ],
    },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      stage.loseNextAnswer();
      await stage.drainOnce();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      await stage.quit(chat, ada);
      await stage.group('Market', [ada]);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual([]);
      expect(stage.holders(Y.name)).toEqual([]);
    },
  );

  scenario(
    'a group that two rules followed frees both when it goes, and comes back with its externalId (R11, R12)',
    { rules: [{ group: 'Chat', grants: [X] }] },
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const { json } = await stage.scim('POST', '/scim/v2/Groups', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName: 'Chat',
        externalId: 'g-1',
        members: [{ value: ada }],
      });
      await stage.scim('PATCH', `/scim/v2/Groups/${json.id}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'displayName', value: 'Talk' }],
      });
      await stage.map([{ group: 'Talk', grants: [X] }]);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      await stage.remove('Groups', json.id);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual([]);
      const bindings = await stage.directory.rulesOf(await stage.directory.getConnection(stage.connection));
      expect(bindings.map((rule) => rule.binding?.state)).toEqual(['orphaned']);
      await stage.scim('POST', '/scim/v2/Groups', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName: 'Talk',
        externalId: 'g-1',
        members: [{ value: ada }],
      });
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    },
  );

  scenario(
    'an entitlement called like a part of every object is granted once and revoked (T23, I09)',
    { rules: [{ group: 'Chat', grants: [{ kind: 'userGroup', name: 'constructor' }] }] },
    async (stage) => {
      stage.org.byHand({ action: 'addUserGroup', name: 'constructor' });
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      await stage.drain();
      expect(stage.holders('constructor')).toEqual(['ada@example.com']);
      expect(stage.actionCalls()).toHaveLength(1);
      await stage.quit(chat, ada);
      await stage.drain();
      expect(stage.holders('constructor')).toEqual([]);
    },
  );

  scenario(
    'who is no longer an administrator is let go by a listing of the next days (R16)',
    {},
    async (stage) => {
      const admin = { email: 'olga@example.com', role: 'org' } as const;
      const names = { firstname: 'Olga', lastname: 'Admin', country: 'DE' };
      stage.org.byHand({ action: 'addUser', email: admin.email, ...names });
      stage.org.byHand({ action: 'makeAdmin', ...admin });
      const olga = await stage.user(admin.email);
      await stage.group('Chat', [olga]);
      await stage.drain();
      expect(await stage.account(olga)).toMatchObject({ status: 'held', reason: 'protected' });
      stage.org.byHand({ action: 'dropAdmin', ...admin });
      for (const _day of [1, 2]) {
        stage.clock.advance(25 * HOUR);
        await stage.reconcile();
        await stage.drain();
      }
      expect(stage.holders(X.name)).toEqual([admin.email]);
    },
  );
});
