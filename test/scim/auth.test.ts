/** Rows T01 to T11 as a caller of the SCIM routes meets them; what is stored about tokens is in `test/directory`. */
import { setTimeout } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectionId } from '../../lambdas/directory/records.ts';
import { listRoutes } from '../../lambdas/scim/routes.ts';
import { interceptSend } from '../directory/intercept.ts';
import { CONNECTION, ORG, settings } from '../open.ts';
import { errorOf, nobody, openTestScim, patchOp, type TestScim } from './bridge.ts';

async function open(): Promise<TestScim> {
  const bridge = await openTestScim();
  onTestFinished(() => bridge.close());
  return bridge;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];
const addresses = listRoutes()
  .map(({ path }) => path.replace('{id}', nobody))
  .filter((path) => path !== '/oauth/token');

/** Credentials that must not open anything, made on a bridge. */
async function deadCredentials(bridge: TestScim): Promise<ReadonlyMap<string, string | undefined>> {
  const { directory, clock } = bridge;
  const ended = await directory.createToken(CONNECTION, { label: 'ended', expiresAt: clock.now() });
  const revoked = await directory.createToken(CONNECTION, { label: 'revoked' });
  await directory.revokeToken(CONNECTION, revoked.token.id);
  const elsewhere = await directory.createToken(CONNECTION, { label: 'x', networks: ['198.51.100.0/24'] });
  const client = await directory.createToken(CONNECTION, { label: 'client', kind: 'client' });
  return new Map([
    ['ended', ended.secret],
    ['revoked', revoked.secret],
    ['of another network', elsewhere.secret],
    ['unknown', `scimb_${'0'.repeat(32)}_${'A'.repeat(43)}`],
    ['with a wrong secret', `${bridge.token.slice(0, -43)}${'A'.repeat(43)}`],
    ['a client secret (T04)', client.secret],
    ['an access token that nobody sealed', `scima_${client.token.id}_rw_9999999999999_${'A'.repeat(43)}`],
    ['a JSON web token (T04)', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'],
  ]);
}

describe('no route without a live token (T01)', () => {
  test('each address of the route table, in each method, is 401 to each dead credential, and the body is the same byte for byte (T05, T30)', async () => {
    const bridge = await open();
    const dead = await deadCredentials(bridge);
    expect(addresses.length).toBeGreaterThan(12);
    const bodies = new Set<string>();
    for (const rawPath of addresses) {
      for (const method of METHODS) {
        for (const [label, token] of dead) {
          const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
          const answer = await bridge.send({ method, rawPath, headers, body: '{"userName": "x"}' });
          expect([label, method, rawPath, answer.status]).toEqual([label, method, rawPath, 401]);
          bodies.add(JSON.stringify([answer.headers, answer.text]));
        }
      }
    }
    expect(bodies.size).toBe(1);
    const users = await bridge.scim('GET', '/Users');
    expect(users.json['totalResults']).toBe(0);
  });

  test('without a credential, or with what has no shape of ours, not even the store is asked', async () => {
    let calls = 0;
    let isWatching = false;
    const bridge = await openTestScim({
      wrap: (deps) => ({
        ...deps,
        client: interceptSend(deps.client, (_command, send) => {
          calls += isWatching ? 1 : 0;
          return send();
        }),
      }),
    });
    onTestFinished(() => bridge.close());
    isWatching = true;
    const presented = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer \t',
      'Bearer x',
      'Basic eDp5',
      bridge.token,
      'Digest x',
    ];
    for (const rawPath of addresses) {
      for (const authorization of presented) {
        const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
        const request = { rawPath, headers, source: '192.0.2.7' };
        expect(errorOf(await bridge.send(request))).toEqual([401, undefined]);
      }
    }
    expect(calls).toBe(0);
    await bridge.send({ headers: { authorization: `Bearer ${bridge.token}` } });
    expect(calls).toBeGreaterThan(0);
  });
});

describe('an empty secret is no secret (T02)', () => {
  test.each(['', ' ', '\t', '\u00a0', 'undefined', 'null', '""', '0', 'scimb__', `scimb_${'0'.repeat(32)}_`])(
    'Bearer %j is 401, also on a bridge without any token',
    async (value) => {
      const bridge = await open();
      for (const { id } of await bridge.directory.listTokens(CONNECTION)) {
        await bridge.directory.revokeToken(CONNECTION, id);
      }
      for (const authorization of [`Bearer ${value}`, `Bearer${value}`, value]) {
        expect((await bridge.send({ headers: { authorization } })).status).toBe(401);
      }
    },
  );
});

describe('a token in use', () => {
  test('rotation under load: two live tokens, then one, and no request in between fails (T07)', async () => {
    const bridge = await open();
    const id = await bridge.newUser('busy@example.com');
    const statuses = new Map<number, number>();
    let current = bridge.token;
    let isOver = false;
    const answered = [0, 0, 0, 0];
    const use = async (client: number) => {
      while (!isOver) {
        const headers = { authorization: `Bearer ${current}` };
        const Operations = [{ op: 'replace', path: 'title', value: `${client}-${answered[client]}` }];
        const { status } =
          client % 2 === 0
            ? await bridge.scim('PATCH', `/Users/${id}`, { schemas: [patchOp], Operations }, headers)
            : await bridge.scim('GET', '/Users?count=5', undefined, headers);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        answered[client] = (answered[client] ?? 0) + 1;
      }
    };
    const load = Promise.all(answered.map((_, client) => use(client)));
    for (let turn = 0; turn < 6; turn++) {
      const old = current;
      current = await bridge.newToken(['read', 'write']);
      // As an operator does: the old one is revoked once every client is seen to use the new one.
      const before = [...answered];
      while (answered.some((count, client) => count < (before[client] ?? 0) + 2)) await setTimeout(2);
      expect(await bridge.directory.revokeToken(CONNECTION, old.split('_')[1] ?? '')).toBe(true);
    }
    isOver = true;
    await load;
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThanOrEqual(48);
  });
});

describe('the connection comes from the token alone (T09)', () => {
  test('whatever a caller says in header, query, path or body, it reads and writes its own connection', async () => {
    const bridge = await open();
    const entra = ConnectionId.parse('entra');
    await bridge.directory.setUp({
      org: { key: ORG, adobeOrgId: 'x@AdobeOrg', clientId: 'client-1' },
      connection: { id: entra, settings },
    });
    await bridge.directory.createUser(entra, { userName: 'theirs@example.com', active: true });
    const names = [
      'connection',
      'connectionId',
      'tenant',
      'tenantId',
      'x-tenant-id',
      'x-connection',
      'x-forwarded-host',
      'host',
      'org',
      'c',
    ];
    const values = ['entra', 'entra#U', 'okta', 'acme', '../entra', 'entra/CONFIG', '*'];
    let made = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.constantFrom(...values), async (name, value) => {
        const query = `${name}=${encodeURIComponent(value)}`;
        const headers = { [name]: value };
        const listed = await bridge.scim('GET', `/Users?${query}`, undefined, headers);
        expect([listed.status, listed.text?.includes('theirs')]).toEqual([200, false]);
        const body = { userName: `mine-${made}@example.com`, [name]: value, meta: { [name]: value } };
        const created = await bridge.scim('POST', `/Users?${query}`, body, headers);
        expect(created.status).toBe(201);
        made += 1;
      }),
      { numRuns: 40 },
    );
    const count = async (c: ConnectionId) =>
      (await bridge.directory.listUsers(c, { startIndex: 1, count: 0 })).totalResults;
    expect([await count(CONNECTION), await count(entra)]).toEqual([made, 1]);
  });

  test('a connection cannot be called like something else in the table', () => {
    for (const name of [
      'T#x',
      'okta#U',
      'J',
      'B#client',
      'F#0',
      '',
      'a/b',
      'Okta',
      'x'.repeat(33),
      '__proto__',
    ]) {
      expect([name, ConnectionId.safeParse(name).success]).toEqual([name, false]);
    }
  });
});

describe('guessing at speed (T10)', () => {
  const guess = (bridge: TestScim, source: string) =>
    bridge.send({ headers: { authorization: `Bearer scimb_${'0'.repeat(32)}_${'A'.repeat(43)}` }, source });

  test('is 429 with Retry-After from the 31st of a minute on, while a right token from the same address is served', async () => {
    const bridge = await open();
    const source = '203.0.113.7';
    const right = () => bridge.send({ headers: { authorization: `Bearer ${bridge.token}` }, source });
    for (let i = 0; i < 30; i++) expect((await guess(bridge, source)).status).toBe(401);
    for (let i = 0; i < 50; i++) {
      const answer = await guess(bridge, source);
      expect(errorOf(answer)).toEqual([429, undefined]);
      expect(answer.headers['retry-after']).toBe('60');
      expect((await right()).status).toBe(200);
    }
    bridge.clock.advance(60_000);
    expect((await guess(bridge, source)).status).toBe(401);
    const told = bridge.log.filter(({ message }) => message === 'many wrong tokens come from one network');
    expect(told.map(({ level, fields }) => [level, fields['network']])).toEqual([['warn', '203.0.113.0/24']]);
  });

  test('of strangers everywhere stands in nobody’s way', async () => {
    const bridge = await open();
    for (let i = 0; i < 200; i++) await guess(bridge, `203.0.${i % 5}.${i % 250}`);
    for (const source of ['203.0.1.1', '192.0.2.7', undefined]) {
      expect(
        (await bridge.send({ headers: { authorization: `Bearer ${bridge.token}` }, source })).status,
      ).toBe(200);
    }
  });
});

describe('a stolen token used elsewhere (T11)', () => {
  test('outside its networks is 401 like a wrong one, and the operator is told which token and from where', async () => {
    const bridge = await open();
    const { token, secret } = await bridge.directory.createToken(CONNECTION, {
      label: 'x',
      networks: ['192.0.2.0/24'],
    });
    const ask = (source: string | undefined, more: Record<string, string> = {}) =>
      bridge.send({ headers: { authorization: `Bearer ${secret}`, ...more }, source });
    expect((await ask('192.0.2.7')).status).toBe(200);
    expect((await ask('::ffff:192.0.2.7')).status).toBe(200);
    const spoofed = {
      'x-forwarded-for': '192.0.2.7',
      forwarded: 'for=192.0.2.7',
      'x-real-ip': '192.0.2.7',
      'true-client-ip': '192.0.2.7',
    };
    const refused = await ask('198.51.100.7', spoofed);
    expect(errorOf(refused)).toEqual([401, undefined]);
    const wrong = await bridge.send({
      headers: { authorization: `Bearer ${'x'.repeat(40)}` },
      source: '198.51.100.7',
    });
    expect([refused.text, refused.headers]).toEqual([wrong.text, wrong.headers]);
    expect((await ask(undefined)).status).toBe(401);
    const told = bridge.log.filter(({ message }) => message.startsWith('a token was refused'));
    expect(told[0]).toMatchObject({ level: 'warn', fields: { tokenId: token.id, source: '198.51.100.7' } });
    expect(told).toHaveLength(2);
  });

  test('from a network where it was never used: the operator is told, once', async () => {
    const bridge = await open();
    const headers = { authorization: `Bearer ${bridge.token}` };
    for (const source of ['192.0.2.7', '192.0.2.8', '198.51.100.7', '198.51.100.7']) {
      expect((await bridge.send({ headers, source })).status).toBe(200);
    }
    const told = bridge.log.filter(({ message }) => message === 'a token is used from a new network');
    expect(told).toMatchObject([
      { level: 'warn', fields: { network: '198.51.100.0/24', tokenId: bridge.token.split('_')[1] } },
    ]);
  });

  test('when it has ended or was revoked is refused by the very next request, not within 60 seconds', async () => {
    const bridge = await open();
    const { secret } = await bridge.directory.createToken(CONNECTION, {
      label: 'x',
      expiresAt: bridge.clock.now() + 5_000,
    });
    const ask = async (token: string) =>
      (await bridge.send({ headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask(secret)).toBe(200);
    bridge.clock.advance(5_000);
    expect(await ask(secret)).toBe(401);
    expect(await ask(bridge.token)).toBe(200);
    await bridge.directory.revokeToken(CONNECTION, bridge.token.split('_')[1] ?? '');
    expect(await ask(bridge.token)).toBe(401);
  });
});

test('a token that may only read says so as RFC 6750 section 3.1 asks', async () => {
  const bridge = await open();
  const authorization = `Bearer ${await bridge.newToken(['read'])}`;
  const answer = await bridge.scim('DELETE', `/Users/${nobody}`, undefined, { authorization });
  expect(errorOf(answer)).toEqual([403, undefined]);
  expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
});
