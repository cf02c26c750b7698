/**
 * Canaries (T07, T08, T22, T48, I18): every secret that the bridge meets in a life cycle, with failures on all sides, and
 * then none of them in its log, its store, its refusals or what the process wrote. `leaks.ts` listens in every test; here
 * is one in which all of them sing at once.
 */
import { randomBytes } from 'node:crypto';
import { PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestBridge, type TestBridge } from './build.ts';
import { interceptSend } from './directory/intercept.ts';
import { guard, guardToken, takeLeaks } from './leaks.ts';

const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const userUrn = 'urn:ietf:params:scim:schemas:core:2.0:User';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Guarded from the start, and of a shape that no mask of the log knows. */
function canary(name: string): string {
  const text = `Canary ${randomBytes(5).toString('hex')}/${name}+ö"x%`;
  guard(name, text);
  return text;
}

let bridge: TestBridge;
/** What the next calls of the store and of Adobe throw. */
let storeFails: ((command: object) => Error) | undefined;
let adobeFails: ((init: RequestInit | undefined) => Error) | undefined;

beforeAll(async () => {
  bridge = await openTestBridge({
    userGroups: ['Chat agents'],
    wrap: (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        const isWrite = command instanceof TransactWriteItemsCommand || command instanceof PutItemCommand;
        if (isWrite && storeFails !== undefined) throw storeFails(command);
        return send();
      }),
    }),
    wrapFetch: (fetch) => async (url, init) => {
      if (adobeFails !== undefined) throw adobeFails(init);
      return fetch(url, init);
    },
  });
  await bridge.map([{ group: 'Chat', grants: [{ name: 'Chat agents', kind: 'userGroup' }] }]);
});
afterAll(() => bridge.close());

/** A person with a secret in every place where one was ever put by mistake. */
function person(userName: string) {
  return {
    schemas: [userUrn, 'urn:example:params:scim:schemas:extension:secrets:2.0:User'],
    userName,
    name: { givenName: 'Ada', familyName: 'Okafor', password: canary('a password in a name') },
    emails: [{ value: userName, primary: true, password: canary('a password in an e-mail') }],
    password: canary('a password'),
    PassPhrase: canary('an unknown attribute'),
    credentials: { secret: [canary('a list in an unknown attribute')] },
    'urn:example:params:scim:schemas:extension:secrets:2.0:User': { apiKey: canary('an unknown extension') },
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
      department: 'Chat',
      password: canary('a password in the enterprise extension'),
    },
  };
}

const patch = (...Operations: object[]) => ({ schemas: [patchOp], Operations });

/** A whole life, each step with secrets where clients put them. */
async function live(headers: Record<string, string>, userName: string): Promise<number[]> {
  const statuses: number[] = [];
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await bridge.scim(method, path, body, headers);
    statuses.push(answer.status);
    return answer;
  };
  const made = await ask('POST', '/scim/v2/Users?attributes=password,userName', person(userName));
  const id = String(made.json?.id ?? '019cad8f-ac00-7000-8000-000000000000');
  const group = await ask('POST', '/scim/v2/Groups', {
    displayName: 'Chat',
    members: [{ value: id }],
    secret: canary('a secret of a group'),
  });
  await ask('GET', `/scim/v2/Users/${id}?attributes=password`);
  await ask(
    'GET',
    `/scim/v2/Users?filter=${encodeURIComponent(`password eq "${canary('a password in a filter')}"`)}`,
  );
  await ask('GET', `/scim/v2/Users?access_token=${encodeURIComponent(canary('a token in the URL'))}`);
  await ask('GET', `/scim/v2/Users/${encodeURIComponent(canary('a secret as an id'))}`);
  await ask('POST', '/scim/v2/Users/.search', {
    filter: `password co "${canary('a password in a search')}"`,
  });
  await ask('PUT', `/scim/v2/Users/${id}`, person(userName));
  for (const operation of [
    { op: 'replace', path: 'password', value: canary('a password by path') },
    { op: 'replace', value: { password: canary('a password by value') } },
    { op: 'add', path: `${userUrn}:password`, value: canary('a password by URN') },
    { op: 'add', path: 'nickName.password', value: canary('a password at a wrong path') },
    { op: 'replace', path: `emails[password eq "x"].value`, value: canary('a secret for nobody') },
    { op: canary('a secret as an operation'), path: 'title', value: 'x' },
  ]) {
    await ask('PATCH', `/scim/v2/Users/${id}`, patch(operation));
  }
  await ask(
    'POST',
    '/scim/v2/Users',
    `{"userName": "x", "password": "${canary('a password in broken JSON').replaceAll('"', '')}"`,
  );
  await ask('POST', '/scim/v2/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: [
      { method: 'POST', path: '/Users', bulkId: 'b', data: person(`bulk-${userName}`) },
      {
        method: 'PATCH',
        path: `/Users/${id}`,
        data: patch({ op: 'add', path: 'password', value: canary('a password in bulk') }),
      },
      {
        method: 'POST',
        path: '/Users',
        bulkId: canary('a secret as a bulkId'),
        data: { password: canary('a password in a refused operation') },
      },
    ],
  });
  await ask(
    'PATCH',
    `/scim/v2/Groups/${group.json?.id ?? id}`,
    patch({ op: 'remove', path: 'members', value: [{ value: id }] }),
  );
  return statuses;
}

async function wrongCredentials(): Promise<number[]> {
  const { token } = bridge;
  const mistyped = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
  const pasted = canary('a password as a bearer value');
  guardToken('a mistyped token', mistyped);
  const asked = [
    `Bearer ${mistyped}`,
    `Bearer ${pasted}`,
    `Basic ${Buffer.from(`me:${pasted}`).toString('base64')}`,
    `bearer  ${mistyped}`,
    mistyped,
    `Token ${token}`,
  ].map((authorization) => bridge.scim('GET', `/scim/v2/Users?token=${token}`, undefined, { authorization }));
  const inPath = bridge.scim('GET', `/scim/v2/${token}/Users`, undefined, {});
  const inHost = bridge.scim('GET', '/scim/v2/Users', undefined, {
    host: `${token}.example.com`,
    'x-api-key': token,
  });
  return (await Promise.all([...asked, inPath, inHost])).map(({ status }) => status);
}

/** Errors that quote all they know, as careless libraries do. */
const quoting = {
  store: (command: object) =>
    new Error(`cannot write ${JSON.stringify((command as { input?: unknown }).input)}`),
  adobe: (init: RequestInit | undefined) =>
    new Error(`request failed: ${JSON.stringify(init)} ${String(init?.body)}`),
};

describe('0 hits, in four encodings', () => {
  test('through a life with a bearer token, provisioned to Adobe', async () => {
    const statuses = await live({}, 'ada@example.com');
    expect(new Set(statuses)).toEqual(new Set([200, 201, 204, 400, 404]));
    await bridge.drain();
    expect(bridge.org.members('Chat agents')).toBeDefined();
    expect(takeLeaks()).toEqual([]);
  });

  test('through a life with an OAuth client', async () => {
    const { token, secret } = await bridge.directory.createToken(bridge.connection, {
      label: 'Ping',
      kind: 'client',
    });
    const form = `grant_type=client_credentials&client_id=${token.id}&client_secret=${secret}`;
    const granted = await bridge.scim('POST', '/oauth/token', form, { ...FORM, authorization: '' });
    expect(granted.status).toBe(200);
    await live({ authorization: `Bearer ${granted.json.access_token}` }, 'bo@example.com');
    for (const wrong of [
      form.replace('client_credentials', 'password'),
      `${form}&client_secret=${secret}`,
      form.replace(token.id, 'me'),
      `${form}x`,
      `${form}&scope=${secret}`,
    ]) {
      expect(
        (await bridge.scim('POST', '/oauth/token', wrong, { ...FORM, authorization: '' })).status,
      ).toBeGreaterThanOrEqual(400);
    }
    const basic = Buffer.from(`${token.id}:${secret}`).toString('base64');
    const twice = await bridge.scim('POST', `/oauth/token?client_secret=${secret}`, form, {
      ...FORM,
      authorization: `Basic ${basic}`,
    });
    expect(twice.status).toBe(400);
    expect(takeLeaks()).toEqual([]);
  });

  test('with wrong credentials in every place', async () => {
    const statuses = await wrongCredentials();
    expect(statuses.slice(0, 6)).toEqual([401, 401, 401, 401, 401, 401]);
    expect(takeLeaks()).toEqual([]);
  });

  test('while the store fails with errors that quote what was written', async () => {
    storeFails = quoting.store;
    const statuses = await live({}, 'cy@example.com');
    storeFails = undefined;
    expect(statuses).toContain(500);
    expect(bridge.lines.some(({ message }) => message === 'a SCIM request failed')).toBe(true);
    expect(takeLeaks()).toEqual([]);
  });

  test('while Adobe fails with errors that quote the whole request', async () => {
    await live({}, 'dan@example.com');
    adobeFails = quoting.adobe;
    await bridge.drainOnce();
    adobeFails = undefined;
    bridge.clock.advance(24 * 3600 * 1000);
    adobeFails = quoting.adobe;
    await bridge.drainOnce();
    adobeFails = undefined;
    await bridge.drain();
    expect(takeLeaks()).toEqual([]);
  });

  test('something was written that could have held them', () => {
    expect(bridge.lines.length).toBeGreaterThan(60);
    expect(bridge.lines.some(({ level }) => level === 'debug')).toBe(true);
  });
});
