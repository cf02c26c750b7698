import { randomBytes } from 'node:crypto';
import { BatchGetItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { TokenGrant } from '../../lambdas/directory/directory.ts';
import { type Directory, openDirectory } from '../../lambdas/directory/dynamo.ts';
import { newSecret } from '../../lambdas/directory/dynamo-tokens.ts';
import { ConnectionId, LONGEST_TOKEN_MS } from '../../lambdas/directory/records.ts';
import { CONNECTION, type TestDirectory } from '../open.ts';
import { dump, open, openAgain } from './fixture.ts';
import { interceptSend, meanwhile } from './intercept.ts';

const entra = ConnectionId.parse('entra');

async function mint(t: TestDirectory, label = 'Okta', over: { expiresAt?: number } = {}) {
  return t.directory.createToken(CONNECTION, { label, ...over });
}

/** What a bearer value is good for; undefined for one that is refused. */
async function grantOf(directory: Pick<Directory, 'admit'>, bearer: string): Promise<TokenGrant | undefined> {
  const admission = await directory.admit({ bearer });
  return admission.ok ? admission.grant : undefined;
}

describe('without a pepper (T02)', () => {
  test.each([[''], ['        '], ['8 chars.'], ['x'.repeat(31)]])(
    '%j: nothing is made and nothing admitted',
    async (pepper) => {
      const t = await open();
      const { secret } = await mint(t);
      const directory = openDirectory({ ...t.deps, pepper });
      await expect(directory.admit({ bearer: secret })).rejects.toThrow(
        'the pepper has less than 32 characters',
      );
      await expect(directory.createToken(CONNECTION, { label: 'x' })).rejects.toThrow('the pepper');
      for (const bearer of ['', ' ', '\t', 'scimb__', 'undefined', 'null']) {
        expect(await directory.admit({ bearer })).toEqual({ ok: false, reason: 'unknown' });
      }
    },
  );
});

describe('a token', () => {
  test('opens its connection with its scopes, as often as it is presented', async () => {
    const t = await open();
    const { token, secret } = await t.directory.createToken(CONNECTION, { label: 'Okta', scopes: ['read'] });
    const grant = {
      tokenId: token.id,
      connection: CONNECTION,
      scopes: ['read'],
      label: 'Okta',
      expiresAt: token.expiresAt,
    };
    expect(await grantOf(t.directory, secret)).toEqual(grant);
    expect(await grantOf(t.directory, secret)).toEqual(grant);
    expect(await t.directory.listTokens(CONNECTION)).toMatchObject([
      { id: token.id, lastUsed: t.clock.now() },
    ]);
  });

  test('reads and writes when nobody says otherwise', async () => {
    const t = await open();
    const { secret } = await mint(t);
    expect((await grantOf(t.directory, secret))?.scopes).toEqual(['read', 'write']);
  });

  test('leaves no byte of its secret in the table, only a keyed hash (T07)', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    await grantOf(t.directory, secret);
    const text = JSON.stringify(await dump(t), (_, value) => (value instanceof Set ? [...value] : value));
    const bare = secret.slice(-43);
    for (let at = 0; at + 12 <= bare.length; at += 1) expect(text).not.toContain(bare.slice(at, at + 12));
    expect(text).not.toContain(Buffer.from(bare, 'base64url').toString('hex'));
    expect(text).toContain(token.hash);
    const otherPepper = openDirectory({ ...t.deps, pepper: 'another-pepper-of-thirty-two-chars' });
    expect(await grantOf(otherPepper, secret)).toBeUndefined();
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

  test('of 100,000 made, none is like another and no character is preferred at any place (T06)', () => {
    const secrets = Array.from({ length: 100_000 }, () => newSecret((length) => randomBytes(length)));
    expect(new Set(secrets).size).toBe(100_000);
    expect(secrets.every((secret) => /^[A-Za-z0-9_-]{43}$/.test(secret))).toBe(true);
    // The last character carries 4 bits, each other one 6; a count is off by 6 standard deviations about never.
    for (const place of [0, 1, 20, 41, 42]) {
      const counts = new Map<string, number>();
      for (const secret of secrets)
        counts.set(secret[place] ?? '', (counts.get(secret[place] ?? '') ?? 0) + 1);
      const kinds = place === 42 ? 16 : 64;
      const expected = secrets.length / kinds;
      expect([place, counts.size]).toEqual([place, kinds]);
      const worst = Math.max(...[...counts.values()].map((count) => Math.abs(count - expected)));
      expect(worst / Math.sqrt(expected)).toBeLessThan(6);
    }
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
    expect(await grantOf(t.directory, spoil(secret))).toBeUndefined();
    expect(await grantOf(t.directory, secret)).toBeDefined();
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
    await grantOf(watched, secret.slice(0, -1) + (secret.endsWith('A') ? 'B' : 'A'));
    const forWrongSecret = reads.splice(0);
    await grantOf(watched, secret.replace(/_[0-9a-f]{32}_/, `_${'0'.repeat(32)}_`));
    expect(reads).toEqual(forWrongSecret);
    expect(reads).toEqual(['read']);
  });

  test('is dead from its expiry on, though the item is still there (F13)', async () => {
    const t = await open();
    const { secret } = await mint(t, 'Okta', { expiresAt: t.clock.now() + 1000 });
    t.clock.advance(999);
    expect(await grantOf(t.directory, secret)).toBeDefined();
    t.clock.advance(1);
    expect(await grantOf(t.directory, secret)).toBeUndefined();
    expect(await t.directory.listTokens(CONNECTION)).toHaveLength(1);
  });

  test('lives for 365 days when nobody says otherwise, and never longer (T11)', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    expect(token.expiresAt - t.clock.now()).toBe(365 * 24 * 3600 * 1000);
    const longer = { expiresAt: t.clock.now() + LONGEST_TOKEN_MS + 1 };
    await expect(mint(t, 'too long', longer)).rejects.toThrow(RangeError);
    expect(await t.directory.listTokens(CONNECTION)).toHaveLength(1);
    t.clock.advance(LONGEST_TOKEN_MS - 1);
    expect(await grantOf(t.directory, secret)).toBeDefined();
    t.clock.advance(1);
    expect(await t.directory.admit({ bearer: secret })).toEqual({
      ok: false,
      reason: 'expired',
      tokenId: token.id,
    });
  });

  test('that was made before tokens had an end ends 365 days after it was made', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    await t.deps.client.send(
      new UpdateItemCommand({
        TableName: t.deps.table,
        Key: { pk: { S: `T#${token.id}` }, sk: { S: '-' } },
        UpdateExpression: 'REMOVE expiresAt, kind',
      }),
    );
    expect(await t.directory.listTokens(CONNECTION)).toMatchObject([token]);
    expect(await grantOf(t.directory, secret)).toMatchObject({ expiresAt: t.clock.now() + LONGEST_TOKEN_MS });
  });

  test('says who made it, and the journal who made and who revoked it (T07)', async () => {
    const t = await open();
    const { token } = await t.directory.createToken(CONNECTION, { label: 'Okta', createdBy: 'ada' });
    expect(await t.directory.listTokens(CONNECTION)).toMatchObject([{ createdBy: 'ada' }]);
    await t.directory.revokeToken(CONNECTION, token.id, 'bo');
    const facts = (await dump(t)).filter((item) => item['token'] === token.id);
    expect(facts).toHaveLength(2);
    expect(facts).toContainEqual(
      expect.objectContaining({ fact: 'tokenCreated', kind: 'bearer', label: 'Okta', by: 'ada' }),
    );
    expect(facts).toContainEqual(expect.objectContaining({ fact: 'tokenRevoked', by: 'bo' }));
  });

  test('that is revoked in another process is refused by the very next request: nothing is cached (T07)', async () => {
    const t = await open();
    const [first, second] = [openAgain(t), openAgain(t)];
    const { token, secret } = await mint(t);
    for (const directory of [first, second]) expect(await grantOf(directory, secret)).toBeDefined();
    await first.revokeToken(CONNECTION, token.id);
    for (const directory of [first, second]) expect(await grantOf(directory, secret)).toBeUndefined();
  });

  test('that is revoked while it is used does not come back', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    const racing = openAgain(t, (deps) =>
      meanwhile(
        deps,
        (command) => command instanceof UpdateItemCommand,
        () => t.directory.revokeToken(CONNECTION, token.id),
      ),
    );
    await racing.admit({ bearer: secret, source: '192.0.2.7' });
    expect((await dump(t)).filter(({ pk }) => pk === `T#${token.id}`)).toEqual([]);
  });

  test('is dead at once when revoked, and the others of the connection live on (T07)', async () => {
    const t = await open();
    const [old, next] = [await mint(t, 'old'), await mint(t, 'next')];
    expect((await t.directory.listTokens(CONNECTION)).map((token) => token.label).sort()).toEqual([
      'next',
      'old',
    ]);
    expect(await t.directory.revokeToken(CONNECTION, old.token.id)).toBe(true);
    expect(await grantOf(t.directory, old.secret)).toBeUndefined();
    expect(await grantOf(t.directory, next.secret)).toMatchObject({ label: 'next' });
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
        grantOf(t.directory, at % 2 ? next.secret : current.secret),
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
    await grantOf(t.directory, secret);
    const first = t.clock.now();
    t.clock.advance(3599 * 1000);
    await grantOf(t.directory, secret);
    expect(await noted()).toBe(first);
    t.clock.advance(1000);
    await grantOf(t.directory, secret);
    expect(await noted()).toBe(first + 3600 * 1000);
  });

  test('of another connection is neither listed nor revoked (I05, T24)', async () => {
    const t = await open();
    const { token, secret } = await mint(t);
    expect(await t.directory.listTokens(entra)).toEqual([]);
    expect(await t.directory.revokeToken(entra, token.id)).toBe(false);
    expect(await grantOf(t.directory, secret)).toMatchObject({ connection: CONNECTION });
  });
});
