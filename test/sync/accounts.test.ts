/** Twins by policy, people taken out of the org, addresses that Adobe cannot rename (design.md section 5; T14, T17). */
import { describe, expect } from 'vitest';
import type { DomainSettings } from '../../lambdas/directory/records.ts';
import { DAY, HOUR, type Stage, scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const com: DomainSettings = { type: 'federatedID', country: 'US', username: 'email' };
const domains = (more: Partial<DomainSettings>) => ({ 'example.com': { ...com, ...more } });

async function twinIs(stage: Stage, type: 'adobeID' | 'enterpriseID' = 'adobeID'): Promise<string> {
  stage.org.byHand({
    action: 'addUser',
    email: 'twin@example.com',
    type,
    technical: false,
    firstname: 'Tom',
  });
  const id = await stage.user('twin@example.com');
  await stage.group('Chat', [id]);
  return id;
}

const twins = (stage: Stage) =>
  stage.org
    .people()
    .filter(({ email }) => email === 'twin@example.com')
    .map(({ type, groups, firstname }) => ({ type, groups, firstname }));

describe('twins: use-existing', () => {
  const settings = { domains: domains({ twins: 'use-existing' as const }) };

  for (const type of ['adobeID', 'enterpriseID'] as const) {
    scenario(
      `the ${type} gets what is wanted and loses it again, and nobody else is made`,
      { settings },
      async (stage) => {
        const id = await twinIs(stage, type);
        await stage.settle();
        expect(twins(stage)).toEqual([{ type, groups: [X.name], firstname: 'Tom' }]);
        const account = await stage.account(id);
        expect(account).toMatchObject({
          status: 'idle',
          origin: 'found',
          applied: { identity: { as: type } },
        });
        await stage.leave(id);
        await stage.settle();
        expect(twins(stage)).toEqual([{ type, groups: [], firstname: 'Tom' }]);
      },
    );
  }

  scenario(
    'a later change of name or address never rewrites the user that was there (T14)',
    { settings },
    async (stage) => {
      const id = await twinIs(stage);
      await stage.settle();
      await stage.change(id, { name: { givenName: 'Other', familyName: 'Name' } });
      await stage.settle();
      expect(twins(stage)).toEqual([{ type: 'adobeID', groups: [X.name], firstname: 'Tom' }]);
      await stage.email(id, 'moved@example.com');
      await stage.settle();
      expect(stage.person('moved@example.com')).toBeUndefined();
      expect(await stage.account(id)).toMatchObject({ status: 'parked', reason: 'adopted-rename' });
    },
  );

  scenario('an administrator among the twins is still never touched (V8)', { settings }, async (stage) => {
    stage.org.byHand({ action: 'addUser', email: 'twin@example.com', type: 'adobeID', technical: false });
    stage.org.byHand({ action: 'makeAdmin', email: 'twin@example.com', role: 'org' });
    const id = await stage.user('twin@example.com');
    await stage.group('Chat', [id]);
    await stage.settle();
    expect(stage.actionCalls()).toEqual([]);
    expect(await stage.account(id)).toMatchObject({ status: 'held', reason: 'protected' });
  });
});

describe('twins: create-beside', () => {
  const settings = { domains: domains({ twins: 'create-beside' as const }) };

  scenario(
    'where Adobe makes the managed user, it and only it gets what is wanted',
    { settings },
    async (stage) => {
      stage.org.turnKnobs({ twinCreate: 'creates beside' });
      const id = await twinIs(stage);
      await stage.settle();
      expect(twins(stage)).toEqual(
        expect.arrayContaining([
          { type: 'adobeID', groups: [], firstname: 'Tom' },
          { type: 'federatedID', groups: [X.name], firstname: 'twin' },
        ]),
      );
      expect(await stage.account(id)).toMatchObject({ status: 'idle', origin: 'made' });
    },
  );

  scenario(
    'where Adobe only says so, nothing is ever granted to the Adobe ID, and one create is all',
    { settings },
    async (stage) => {
      const id = await twinIs(stage);
      await stage.settle();
      await stage.settle(2 * HOUR);
      await stage.settle(DAY);
      expect(twins(stage)).toEqual([{ type: 'adobeID', groups: [], firstname: 'Tom' }]);
      expect(stage.actionCalls()).toHaveLength(1);
      const account = await stage.account(id);
      expect(account).toMatchObject({ status: 'parked', reason: 'twin-not-created' });
      expect(account.error?.hint).toMatch(/use-existing/);
    },
  );

  scenario('a lost answer to the create is settled by a read as well', { settings }, async (stage) => {
    stage.org.turnKnobs({ twinCreate: 'creates beside' });
    await stage.drain();
    stage.loseNextAnswer();
    await twinIs(stage);
    await stage.settle(HOUR);
    await stage.settle(HOUR);
    expect(twins(stage)).toContainEqual({ type: 'federatedID', groups: [X.name], firstname: 'twin' });
    expect(twins(stage)).toContainEqual({ type: 'adobeID', groups: [], firstname: 'Tom' });
  });

  scenario('beside an Enterprise ID nobody can be: parked as a twin', { settings }, async (stage) => {
    const id = await twinIs(stage, 'enterpriseID');
    await stage.settle();
    expect(stage.actionCalls()).toEqual([]);
    expect(await stage.account(id)).toMatchObject({ status: 'parked', reason: 'twin' });
  });
});

describe('twins and modes', () => {
  const settings = { domains: domains({ twins: 'create-beside' as const }) };
  const rules = [{ group: 'Chat', grants: [X], mode: 'report-only' as const }];
  scenario(
    'beside a twin nobody is created whom only a report-only rule wants',
    { settings, rules },
    async (stage) => {
      const id = await twinIs(stage);
      await stage.settle();
      expect(stage.actionCalls()).toEqual([]);
      expect(await stage.account(id)).toMatchObject({ status: 'held', reason: 'report-only' });
    },
  );
});

describe('removeFromOrg', () => {
  const settings = { onDelete: 'removeFromOrg', onDeactivate: 'removeFromOrg', removeAfterDays: 7 } as const;
  const options = { settings, removesFromOrg: true } as const;

  async function inOrg(stage: Stage): Promise<string> {
    const id = await stage.user('ada@example.com');
    await stage.group('Chat', [id]);
    await stage.drain();
    expect(stage.person('ada@example.com')?.groups).toEqual([X.name]);
    return id;
  }

  async function days(stage: Stage, count: number): Promise<void> {
    for (let day = 0; day < count; day++) {
      stage.clock.advance(DAY);
      await stage.drain();
    }
  }

  for (const how of ['deactivated', 'deleted'] as const) {
    scenario(
      `somebody ${how} is revoked at once and leaves the org after the days, softly`,
      options,
      async (stage) => {
        const id = await inOrg(stage);
        const { accountId } =
          (await stage.items()).find((item) => item['accountId'] !== undefined && item['sk'] === id) ?? {};
        if (how === 'deleted') await stage.remove('Users', id);
        else await stage.leave(id);
        await stage.drain();
        expect(stage.person('ada@example.com')?.groups).toEqual([]);
        await days(stage, 6);
        expect(stage.person('ada@example.com')).toBeDefined();
        await days(stage, 2);
        expect(stage.person('ada@example.com')).toBeUndefined();
        const text = JSON.stringify(stage.actionCalls().map(({ body }) => body));
        expect(text).toContain('{"removeFromOrg":{}}');
        if (how === 'deleted') expect(await stage.accountById(String(accountId))).toBeUndefined();
        else expect((await stage.account(id)).applied).toEqual({ entitlements: {} });
      },
    );
  }

  scenario('a refused call on the day does not forget the person (I07)', options, async (stage) => {
    const id = await inOrg(stage);
    await stage.remove('Users', id);
    await days(stage, 6);
    stage.faults({ kind: 'throttle', endpoint: 'action', retryAfterSeconds: 60, blocks: true });
    await days(stage, 3);
    expect(stage.person('ada@example.com')).toBeUndefined();
  });

  scenario(
    'who returns while the call is on its way is found missing and made again (R26, R27)',
    options,
    async (stage) => {
      const id = await inOrg(stage);
      await stage.leave(id);
      await days(stage, 6);
      stage.clock.advance(DAY);
      stage.loseNextAnswer();
      await stage.drainOnce();
      await stage.change(id, { active: true });
      await stage.settle(HOUR);
      await stage.settle(HOUR);
      expect(stage.person('ada@example.com')?.groups).toEqual([X.name]);
    },
  );

  scenario('who returns in time stays, and gets everything back', options, async (stage) => {
    const id = await inOrg(stage);
    await stage.leave(id);
    await days(stage, 5);
    await stage.change(id, { active: true });
    await days(stage, 5);
    expect(stage.person('ada@example.com')?.groups).toEqual([X.name]);
  });

  scenario('who returns after it is made anew', options, async (stage) => {
    const id = await inOrg(stage);
    await stage.leave(id);
    await days(stage, 9);
    expect(stage.person('ada@example.com')).toBeUndefined();
    await stage.change(id, { active: true });
    await stage.settle();
    expect(stage.person('ada@example.com')?.groups).toEqual([X.name]);
  });

  scenario(
    'whoever has something that we did not give stays, and is looked at again',
    options,
    async (stage) => {
      const id = await inOrg(stage);
      stage.org.byHand({ action: 'grant', email: 'ada@example.com', group: Y.name });
      await stage.leave(id);
      await days(stage, 9);
      expect(stage.person('ada@example.com')?.groups).toEqual([Y.name]);
      expect(await stage.account(id)).toMatchObject({ status: 'waiting', reason: 'holds-more' });
      stage.org.byHand({ action: 'revoke', email: 'ada@example.com', group: Y.name });
      await days(stage, 3);
      expect(stage.person('ada@example.com')).toBeUndefined();
    },
  );

  scenario('whoever was there before us is only revoked (T14)', options, async (stage) => {
    stage.org.byHand({ action: 'addUser', email: 'ada@example.com', type: 'federatedID', technical: false });
    const id = await inOrg(stage);
    await stage.remove('Users', id);
    await days(stage, 9);
    expect(stage.person('ada@example.com')?.groups).toEqual([]);
  });

  scenario(
    'in mode additive nobody leaves the org',
    { settings: { ...settings, mode: 'additive' } },
    async (stage) => {
      const id = await inOrg(stage);
      await stage.leave(id);
      await days(stage, 9);
      expect(stage.person('ada@example.com')?.groups).toEqual([X.name]);
    },
  );

  scenario(
    'a new user with the address of somebody who waits to be removed takes the account over (R5)',
    options,
    async (stage) => {
      const id = await inOrg(stage);
      await stage.remove('Users', id);
      await days(stage, 5);
      const again = await stage.user('ada@example.com');
      await stage.group('Market', [again]);
      await days(stage, 5);
      expect(stage.person('ada@example.com')?.groups).toEqual([Y.name]);
    },
  );

  scenario('it is off unless the settings say so (V1)', {}, async (stage) => {
    const id = await inOrg(stage);
    await stage.remove('Users', id);
    await days(stage, 9);
    expect(stage.person('ada@example.com')?.groups).toEqual([]);
  });
});

describe('an Adobe ID whose address changes', () => {
  const adobeID = { type: 'adobeID' } as const;

  scenario(
    'keeps its entitlements under the old address, visibly',
    { settings: { domains: { 'outside.test': adobeID } } },
    async (stage) => {
      const id = await stage.user('ada@outside.test');
      await stage.group('Chat', [id]);
      await stage.drain();
      await stage.email(id, 'ada.new@outside.test');
      await stage.settle();
      expect(stage.person('ada@outside.test')?.groups).toEqual([X.name]);
      expect(await stage.account(id)).toMatchObject({ status: 'parked', reason: 'adobe-id-rename' });
    },
  );

  const replace = { settings: { domains: { 'outside.test': { ...adobeID, onRename: 'replace' as const } } } };
  scenario('with onRename: replace it loses them there and a new one gets them', replace, async (stage) => {
    const id = await stage.user('ada@outside.test');
    await stage.group('Chat', [id]);
    await stage.drain();
    await stage.email(id, 'ada.new@outside.test');
    await stage.settle();
    expect(stage.person('ada@outside.test')?.groups).toEqual([]);
    expect(stage.person('ada.new@outside.test')?.groups).toEqual([X.name]);
    expect(await stage.account(id)).toMatchObject({ status: 'idle', origin: 'made' });
  });

  scenario(
    'is not taken from the old address while somebody else has the new one',
    replace,
    async (stage) => {
      const taken = await stage.user('ada.new@outside.test');
      const id = await stage.user('ada@outside.test');
      await stage.group('Chat', [id, taken]);
      await stage.drain();
      await stage.change(id, { emails: [{ value: 'ada.new@outside.test', type: 'work', primary: true }] });
      await stage.settle();
      expect(stage.person('ada@outside.test')?.groups).toEqual([X.name]);
      expect(await stage.account(id)).toMatchObject({ reason: 'identity-taken' });
    },
  );
});
