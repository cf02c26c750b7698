/** OAuth clients and their access tokens; kinds of credentials (T04); where tokens are used from (T11). */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { NewToken, Presented, TokenGrant } from '../../lambdas/directory/directory.ts';
import { ConnectionId } from '../../lambdas/directory/records.ts';
import { CONNECTION, ORG, settings, type TestDirectory } from '../open.ts';
import { dump, open, openAgain } from './fixture.ts';
import { interceptSend } from './intercept.ts';

const entra = ConnectionId.parse('entra');
const HOUR_MS = 3600 * 1000;

async function newClient(t: TestDirectory, draft: Partial<NewToken> = {}) {
  const { token, secret } = await t.directory.createToken(CONNECTION, {
    label: 'Ping',
    kind: 'client',
    ...draft,
  });
  return { id: token.id, secret, presented: { clientId: token.id, clientSecret: secret } };
}

async function admitted(t: TestDirectory, presented: Presented): Promise<TokenGrant> {
  const admission = await t.directory.admit(presented);
  if (!admission.ok) throw new Error(`refused: ${admission.reason}`);
  return admission.grant;
}

const refusal = async (t: TestDirectory, presented: Presented) => {
  const admission = await t.directory.admit(presented);
  return admission.ok ? 'admitted' : admission.reason;
};

describe('an OAuth client', () => {
  test('is admitted with its id and secret, and its access token is good for what it says, for an hour', async () => {
    const t = await open();
    const { id, presented } = await newClient(t);
    const client = await admitted(t, presented);
    expect(client).toMatchObject({
      tokenId: id,
      connection: CONNECTION,
      scopes: ['read', 'write'],
      label: 'Ping',
    });
    const { accessToken, lifeSeconds } = t.directory.sealAccessToken(client, ['read']);
    expect(lifeSeconds).toBe(3600);
    const grant = { ...client, scopes: ['read'], expiresAt: t.clock.now() + HOUR_MS };
    expect(await admitted(t, { bearer: accessToken })).toEqual(grant);
    t.clock.advance(HOUR_MS - 1);
    expect(await refusal(t, { bearer: accessToken })).toBe('admitted');
    t.clock.advance(1);
    expect(await refusal(t, { bearer: accessToken })).toBe('expired');
  });

  test('issuing an access token writes nothing, and using it reads one item', async () => {
    const t = await open();
    const { presented } = await newClient(t);
    await admitted(t, presented);
    const before = await dump(t);
    const calls: string[] = [];
    const watched = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, (command, send) => {
        calls.push(command.constructor.name);
        return send();
      }),
    }));
    const client = await watched.admit(presented);
    if (!client.ok) throw new Error(client.reason);
    const { accessToken } = watched.sealAccessToken(client.grant, ['read']);
    await watched.admit({ bearer: accessToken });
    expect(calls).toEqual(['GetItemCommand', 'GetItemCommand']);
    expect(await dump(t)).toEqual(before);
  });

  test('that is revoked ends its access tokens with the very next request, in every process (T07)', async () => {
    const t = await open();
    const { id, presented } = await newClient(t);
    const { accessToken } = t.directory.sealAccessToken(await admitted(t, presented), ['read', 'write']);
    const other = openAgain(t);
    expect((await other.admit({ bearer: accessToken })).ok).toBe(true);
    await t.directory.revokeToken(CONNECTION, id);
    expect(await other.admit({ bearer: accessToken })).toEqual({ ok: false, reason: 'unknown' });
    expect(await other.admit(presented)).toEqual({ ok: false, reason: 'unknown' });
  });

  test('that ends soon has access tokens that end with it', async () => {
    const t = await open();
    const { presented } = await newClient(t, { expiresAt: t.clock.now() + 90_500 });
    const { accessToken, lifeSeconds } = t.directory.sealAccessToken(await admitted(t, presented), ['read']);
    expect(lifeSeconds).toBe(90);
    t.clock.advance(89_999);
    expect(await refusal(t, { bearer: accessToken })).toBe('admitted');
    t.clock.advance(1);
    expect(await refusal(t, { bearer: accessToken })).toBe('expired');
    t.clock.advance(500);
    expect(await refusal(t, presented)).toBe('expired');
  });

  test('never gets more from an access token than it has itself', async () => {
    const t = await open();
    const { id, presented } = await newClient(t, { scopes: ['read'] });
    const client = { ...(await admitted(t, presented)), scopes: ['read', 'write'] as const };
    const { accessToken } = t.directory.sealAccessToken(client, ['read', 'write']);
    expect(await admitted(t, { bearer: accessToken })).toMatchObject({ tokenId: id, scopes: ['read'] });
  });

  test('an access token that is over is no guess: it is never counted (T10)', async () => {
    const t = await open();
    const { presented } = await newClient(t);
    const { accessToken } = t.directory.sealAccessToken(await admitted(t, presented), ['read']);
    t.clock.advance(HOUR_MS);
    for (let i = 0; i < 100; i++) {
      expect(await refusal(t, { bearer: accessToken, source: '192.0.2.7' })).toBe('expired');
    }
  });

  test('leaves no byte of its secret or of its access tokens in the table (T07)', async () => {
    const t = await open();
    const { secret, presented } = await newClient(t);
    const { accessToken } = t.directory.sealAccessToken(await admitted(t, presented), ['read', 'write']);
    await admitted(t, { bearer: accessToken });
    const text = JSON.stringify(await dump(t), (_, value) => (value instanceof Set ? [...value] : value));
    for (const bare of [secret.slice('scimc_'.length), accessToken.slice(-43)]) {
      for (let at = 0; at + 12 <= bare.length; at += 1) expect(text).not.toContain(bare.slice(at, at + 12));
    }
  });
});

describe('one kind of credential never passes for another (T04)', () => {
  test('each of ours in the place of each other, and what other systems call a token', async () => {
    const t = await open();
    const bearer = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    const client = await newClient(t);
    const { accessToken } = t.directory.sealAccessToken(await admitted(t, client.presented), ['read']);
    const bare = client.secret.slice('scimc_'.length);
    const wrong: [string, Presented][] = [
      ['a client secret as a token', { bearer: client.secret }],
      ['a client in the shape of a token', { bearer: `scimb_${client.id}_${bare}` }],
      [
        'a token in the shape of a client',
        { clientId: bearer.token.id, clientSecret: `scimc_${bearer.secret.slice(-43)}` },
      ],
      ['a token as a client secret', { clientId: bearer.token.id, clientSecret: bearer.secret }],
      ['an access token as a client secret', { clientId: client.id, clientSecret: accessToken }],
      ['an access token in the shape of a token', { bearer: accessToken.replace('scima_', 'scimb_') }],
      ['a hash from the table', { bearer: `scimb_${bearer.token.id}_${bearer.token.hash}` }],
      ['a JSON web token', { bearer: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.' }],
      ['a token of Adobe', { bearer: `eyJ${'a'.repeat(40)}.${'b'.repeat(80)}.${'c'.repeat(43)}` }],
      ['an access key of AWS', { bearer: 'AKIAIOSFODNN7EXAMPLE' }],
      ['a cursor', { bearer: `${'a'.repeat(60)}.${'b'.repeat(43)}` }],
    ];
    for (const [label, presented] of wrong)
      expect([label, await refusal(t, presented)]).toEqual([label, 'unknown']);
    expect(await refusal(t, { bearer: bearer.secret })).toBe('admitted');
    expect(await refusal(t, client.presented)).toBe('admitted');
  });

  test('an access token of another service with another pepper is nothing', async () => {
    const [t, other] = [await open(), await open({ wrap: (deps) => ({ ...deps, pepper: 'p'.repeat(40) }) })];
    const client = await newClient(other);
    const { accessToken } = other.directory.sealAccessToken(await admitted(other, client.presented), [
      'read',
    ]);
    expect(await refusal(t, { bearer: accessToken })).toBe('unknown');
  });
});

describe('the connection comes from the record (T09)', () => {
  test('an access token that names a client of the other connection was never sealed', async () => {
    const t = await open();
    await t.directory.setUp({
      org: { key: ORG, adobeOrgId: 'x@AdobeOrg', clientId: 'client-1' },
      connection: { id: entra, settings },
    });
    const own = await newClient(t);
    const { token: foreign } = await t.directory.createToken(entra, { label: 'Entra', kind: 'client' });
    const { accessToken } = t.directory.sealAccessToken(await admitted(t, own.presented), ['read']);
    expect((await admitted(t, { bearer: accessToken })).connection).toBe(CONNECTION);
    expect(await refusal(t, { bearer: accessToken.replace(own.id, foreign.id) })).toBe('unknown');
    expect(await refusal(t, { clientId: foreign.id, clientSecret: own.secret })).toBe('unknown');
  });
});

describe('a list of networks (T11)', () => {
  const networks = ['203.0.113.0/24', '2001:db8::/32'];
  const rows: [string | undefined, string][] = [
    ['203.0.113.7', 'admitted'],
    ['::ffff:203.0.113.7', 'admitted'],
    ['2001:db8:9::1', 'admitted'],
    ['203.0.114.7', 'foreignNetwork'],
    ['2001:db9::1', 'foreignNetwork'],
    ['', 'foreignNetwork'],
    ['203.0.113.7, 198.51.100.1', 'foreignNetwork'],
    [undefined, 'foreignNetwork'],
  ];
  test.each(rows)('from %s: %s', async (source, outcome) => {
    const t = await open();
    const { token, secret } = await t.directory.createToken(CONNECTION, { label: 'Okta', networks });
    const client = await newClient(t, { networks });
    expect(await refusal(t, { bearer: secret, source })).toBe(outcome);
    expect(await refusal(t, { ...client.presented, source })).toBe(outcome);
    const used = (await t.directory.listTokens(CONNECTION)).find(({ id }) => id === token.id)?.lastUsed;
    expect(used === undefined).toBe(outcome !== 'admitted');
  });

  test('holds for the access tokens of a client, too', async () => {
    const t = await open();
    const { presented } = await newClient(t, { networks });
    const client = await admitted(t, { ...presented, source: '203.0.113.7' });
    const { accessToken } = t.directory.sealAccessToken(client, ['read']);
    expect(await refusal(t, { bearer: accessToken, source: '203.0.113.8' })).toBe('admitted');
    expect(await refusal(t, { bearer: accessToken, source: '198.51.100.7' })).toBe('foreignNetwork');
  });

  test('a stolen token is refused for its network only where its secret is right', async () => {
    const t = await open();
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta', networks });
    const wrong = secret.slice(0, -43) + 'A'.repeat(43);
    expect(await refusal(t, { bearer: wrong, source: '198.51.100.7' })).toBe('unknown');
  });
});

describe('where a token is used from (T11)', () => {
  async function newNetworks(t: TestDirectory, secret: string, sources: readonly (string | undefined)[]) {
    const told: (string | undefined)[] = [];
    for (const source of sources) {
      const admission = await t.directory.admit({ bearer: secret, source });
      told.push(admission.ok ? admission.newNetwork : 'refused');
    }
    return told;
  }

  test('is told once for each network after the first, and listed', async () => {
    const t = await open();
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    const sources = [
      '192.0.2.7',
      '192.0.2.9',
      '::ffff:192.0.2.1',
      '198.51.100.7',
      '192.0.2.7',
      '198.51.100.8',
      undefined,
      '2001:db8::1',
    ];
    const told = [
      undefined,
      undefined,
      undefined,
      '198.51.100.0/24',
      undefined,
      undefined,
      undefined,
      '2001:db8::/48',
    ];
    expect(await newNetworks(t, secret, sources)).toEqual(told);
    const [token] = await t.directory.listTokens(CONNECTION);
    expect(token?.seenFrom).toEqual(new Set(['192.0.2.0/24', '198.51.100.0/24', '2001:db8::/48']));
  });

  test('is told by one of several requests that come at once', async () => {
    const t = await open();
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    await t.directory.admit({ bearer: secret, source: '192.0.2.7' });
    const at = Array.from({ length: 10 }, () =>
      t.directory.admit({ bearer: secret, source: '198.51.100.7' }),
    );
    const told = (await Promise.all(at)).flatMap((one) => (one.ok ? [one.newNetwork] : ['refused']));
    expect(told.filter(Boolean)).toEqual(['198.51.100.0/24']);
    expect(told).toHaveLength(10);
  });

  test('costs no write once it is known, and stops being told after 30 networks', async () => {
    const t = await open();
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    const sources = Array.from({ length: 40 }, (_, at) => `10.0.${at}.1`);
    expect((await newNetworks(t, secret, sources)).filter(Boolean)).toHaveLength(29);
    let writes = 0;
    const watched = openAgain(t, (deps) => ({
      ...deps,
      client: interceptSend(deps.client, (command, send) => {
        writes += command instanceof UpdateItemCommand ? 1 : 0;
        return send();
      }),
    }));
    for (const source of sources) await watched.admit({ bearer: secret, source });
    expect(writes).toBe(0);
  });
});
