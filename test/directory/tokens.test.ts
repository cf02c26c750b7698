import { BatchGetItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { openDirectory } from '../../lambdas/directory/dynamo.ts';
import { ConnectionId } from '../../lambdas/directory/records.ts';
import { CONNECTION, type TestDirectory } from '../open.ts';
import { dump, open, openAgain } from './fixture.ts';
import { interceptSend } from './intercept.ts';

const entra = ConnectionId.parse('entra');

async function mint(t: TestDirectory, label = 'Okta', over: { expires?: number } = {}) {
  return t.directory.createToken(CONNECTION, { label, ...over });
}

describe('a token', () => {
  test('opens its connection with its scopes, as often as it is presented', async () => {
    const t = await open();
    const { token, secret } = await t.directory.createToken(CONNECTION, { label: 'Okta', scopes: ['read'] });
    const grant = { tokenId: token.id, connection: CONNECTION, scopes: ['read'], label: 'Okta' };
    expect(await t.directory.findToken(secret)).toEqual(grant);
    expect(await t.directory.findToken(secret)).toEqual(grant);
    expect(await t.directory.listTokens(CONNECTION)).toMatchObject([
      { id: token.id, lastUsed: t.clock.now() },
    ]);
  });

  test('reads and writes when nobody says otherwise', async () => {
    const t = await open();
    const { secret } = await mint(t);
    expect((await t.directory.findToken(secret))?.scopes).toEqual(['read', 'write']);
  });

  test('leaves no byte of its secret in the table, only a keyed hash (T07)', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    await t.directory.findToken(secret);
    const text = JSON.stringify(await dump(t), (_, value) => (value instanceof Set ? [...value] : value));
    const bare = secret.slice(-43);
    for (let at = 0; at + 12 <= bare.length; at += 1) expect(text).not.toContain(bare.slice(at, at + 12));
    expect(text).not.toContain(Buffer.from(bare, 'base64url').toString('hex'));
    expect(text).toContain(token.hash);
    const otherPepper = openDirectory({ ...t.deps, pepper: 'another-pepper-of-thirty-two-chars' });
    expect(await otherPepper.findToken(secret)).toBeUndefined();
  });

  test('holds 256 random bits, and 200 of them differ (T06)', async () => {
    const t = await open();
    const secrets = await Promise.all(Array.from({ length: 200 }, async () => (await mint(t)).secret));
    for (const secret of secrets) expect(secret).toMatch(/^scimb_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
    const bare = secrets.map((secret) => secret.slice(-43));
    expect(new Set(bare).size).toBe(200);
    const bits = bare.flatMap((text) => [...Buffer.from(text, 'base64url')]);
    const ones = bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    expect(ones / (bits.length * 8)).toBeCloseTo(0.5, 1);
  });

  const wrong: [string, (secret: string) => string][] = [
    [
      'another secret of the same length',
      (secret) => secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A'),
    ],
    ['an unknown id', (secret) => secret.replace(/_[0-9a-f]{32}_/, `_${'0'.repeat(32)}_`)],
    ['a shorter secret', (secret) => secret.slice(0, -1)],
    ['a longer secret', (secret) => `${secret}A`],
    ['no prefix', (secret) => secret.slice('scimb_'.length)],
    ['another prefix', (secret) => secret.replace('scimb', 'token')],
    ['upper case', (secret) => secret.toUpperCase()],
    ['a blank behind', (secret) => `${secret} `],
    ['a line break behind', (secret) => `${secret}\n`],
    ['nothing', () => ''],
    ['a key of another kind', () => 'scimb_okta#U_x'],
    ['a megabyte', () => 'x'.repeat(1_000_000)],
  ];
  test.each(wrong)('%s opens nothing and is no error (T05)', async (_, spoil) => {
    const t = await open();
    const { secret } = await mint(t);
    expect(await t.directory.findToken(spoil(secret))).toBeUndefined();
    expect(await t.directory.findToken(secret)).toBeDefined();
  });

  test('an unknown id costs the same reads as a wrong secret (T05)', async () => {
    const t = await open();
    const { secret } = await mint(t);
    const reads: string[] = [];
    const watched = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, (command, send) => {
        reads.push(
          command instanceof GetItemCommand || command instanceof BatchGetItemCommand ? 'read' : 'other',
        );
        return send();
      }),
    }));
    await watched.findToken(secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A'));
    const forWrongSecret = reads.splice(0);
    await watched.findToken(secret.replace(/_[0-9a-f]{32}_/, `_${'0'.repeat(32)}_`));
    expect(reads).toEqual(forWrongSecret);
    expect(reads).toEqual(['read']);
  });

  test('is dead from its expiry on, though the item is still there (F13)', async () => {
    const t = await open();
    const { secret } = await mint(t, 'Okta', { expires: t.clock.now() + 1000 });
    t.clock.advance(999);
    expect(await t.directory.findToken(secret)).toBeDefined();
    t.clock.advance(1);
    expect(await t.directory.findToken(secret)).toBeUndefined();
    expect(await t.directory.listTokens(CONNECTION)).toHaveLength(1);
  });

  test('is dead at once when revoked, and the others of the connection live on (T07)', async () => {
    const t = await open();
    const [old, next] = [await mint(t, 'old'), await mint(t, 'next')];
    expect((await t.directory.listTokens(CONNECTION)).map((token) => token.label).sort()).toEqual([
      'next',
      'old',
    ]);
    expect(await t.directory.revokeToken(CONNECTION, old.token.id)).toBe(true);
    expect(await t.directory.findToken(old.secret)).toBeUndefined();
    expect(await t.directory.findToken(next.secret)).toMatchObject({ label: 'next' });
    expect(await t.directory.revokeToken(CONNECTION, old.token.id)).toBe(false);
    expect((await t.directory.listTokens(CONNECTION)).map((token) => token.label)).toEqual(['next']);
  });

  test('can be rotated while it is in use: no request in between is refused (T07)', async () => {
    const t = await open();
    let current = await mint(t);
    const refused: unknown[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const next = await mint(t);
      const uses = Array.from({ length: 10 }, (_, at) =>
        t.directory.findToken(at % 2 ? next.secret : current.secret),
      );
      for (const grant of await Promise.all(uses)) if (grant === undefined) refused.push(turn);
      await t.directory.revokeToken(CONNECTION, current.token.id);
      current = next;
    }
    expect(refused).toEqual([]);
  });

  test('its use is noted once an hour', async () => {
    const t = await open();
    const { secret } = await mint(t);
    const noted = async () => (await t.directory.listTokens(CONNECTION))[0]?.lastUsed;
    await t.directory.findToken(secret);
    const first = t.clock.now();
    t.clock.advance(3599 * 1000);
    await t.directory.findToken(secret);
    expect(await noted()).toBe(first);
    t.clock.advance(1000);
    await t.directory.findToken(secret);
    expect(await noted()).toBe(first + 3600 * 1000);
  });

  test('of another connection is neither listed nor revoked (I05, T24)', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    expect(await t.directory.listTokens(entra)).toEqual([]);
    expect(await t.directory.revokeToken(entra, token.id)).toBe(false);
    expect(await t.directory.findToken(secret)).toMatchObject({ connection: CONNECTION });
  });
});
