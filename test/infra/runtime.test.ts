/**
 * The real bundles under Amazon's runtime client, each seeing the table through the rights of its role: what esbuild made
 * starts, answers, and never needs a right that the stack does not give.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bundles, bundleFunctions, type FunctionName, functionNames } from '../../infra/bundle.ts';
import { variables } from '../../lambdas/config.ts';
import { type Directory, openDirectory } from '../../lambdas/directory/dynamo.ts';
import { ConnectionId, OrgKey } from '../../lambdas/directory/records.ts';
import { machineUnder } from '../../lambdas/runtime.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedEmptyOrg } from '../../local/adobe-org/seed.ts';
import { type AdobeOrg, createAdobeOrg } from '../../local/adobe-org.ts';
import { type Database, openDatabase } from '../../local/database.ts';
import { settings, tableIdOf } from '../open.ts';
import { type Runtime, startRuntime } from './runtime/host.ts';
import { adobeAt, type Service, secretsWith, silence, tableFor } from './runtime/surroundings.ts';

const names = { connection: 'default', org: 'main' };
const connection = ConnectionId.parse(names.connection);
const org = OrgKey.parse(names.org);
const pepper = randomBytes(32).toString('base64url');

let folder = '';
let bundles: Bundles;
let database: Database;
let directory: Directory;
let adobeOrg: AdobeOrg;
let adobe: Service;
let secrets: Service;
let token = '';
const closers: (() => Promise<void>)[] = [];
const tables = new Map<string, Service>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-runtime-'));
  bundles = await bundleFunctions(folder);
  database = await openDatabase();
  closers.push(() => database.close());
  const random = seededRandom(7);
  adobeOrg = createAdobeOrg({
    now: Date.now,
    random,
    sleep: async () => undefined,
    state: seedEmptyOrg({ random, at: Date.now() }),
  });
  adobeOrg.byHand({ action: 'addUserGroup', name: 'Chat agents' });
  adobe = await adobeAt(adobeOrg);
  const { orgId, credentials } = adobeOrg.state().meta;
  const credential = {
    orgId,
    clientId: credentials[0]?.clientId ?? '',
    clientSecret: credentials[0]?.clientSecrets[0],
  };
  secrets = await secretsWith({ pepper, credential: JSON.stringify(credential) });
  closers.push(adobe.close, secrets.close);
  const { client, table } = database;
  directory = openDirectory({ ...machineUnder(Date.now), client, table, pepper });
  await directory.setUp({
    org: { key: org, adobeOrgId: orgId, clientId: credential.clientId },
    connection: { id: connection, settings, tableId: await tableIdOf(database) },
  });
  token = (await directory.createToken(connection, { label: 'test' })).secret;
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: FunctionName, changes: Record<string, string> = {}): Promise<Runtime> {
  const table = await tableFor(name, database.endpoint, names);
  tables.set(name, table);
  const runtime = await startRuntime(name, join(bundles[name]), {
    [variables.table]: database.table,
    [variables.dynamodbEndpoint]: table.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    [variables.pepperSecret]: 'pepper',
    [variables.adobeSecret]: 'credential',
    [variables.orgKey]: names.org,
    [variables.connection]: names.connection,
    [variables.adobeUrl]: `${adobe.url}/v2/usermanagement`,
    [variables.imsUrl]: adobe.url,
    ...changes,
  });
  closers.push(table.close, runtime.close);
  return runtime;
}

/** As API Gateway hands over a body that is no text type: in base64. */
function http(method: string, path: string, body?: unknown) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return {
    version: '2.0',
    routeKey: 'ANY /scim/{proxy+}',
    rawPath: `/scim/v2${path}`,
    rawQueryString: '',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
    requestContext: {
      requestId: 'r',
      domainName: 'bridge.example.test',
      stage: '$default',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 't' },
    },
    ...(text === undefined ? {} : { body: Buffer.from(text).toString('base64') }),
    isBase64Encoded: text !== undefined,
  };
}

const user = (userName: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  name: { givenName: 'Ada', familyName: 'L' },
  emails: [{ value: userName, primary: true, type: 'work' }],
});

describe('the bundles under Amazon’s runtime client', () => {
  const ids: string[] = [];

  test('scim: a body in base64, a conflict, a group, a list', async () => {
    const scim = await start('scim');
    for (const name of ['ada@example.com', 'eve@unknown.example', 'bob@example.com']) {
      const { ok, body } = await scim.invoke(http('POST', '/Users', user(name)));
      expect([ok, body.statusCode], JSON.stringify(body)).toEqual([true, 201]);
      ids.push(JSON.parse(body.body).id);
    }
    // The condition of a transaction fails: the SDK's errors keep their names in the bundle.
    const again = await scim.invoke(http('POST', '/Users', user('ADA@example.com')));
    expect(again.body.statusCode).toBe(409);
    const group = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Chat',
      members: ids.map((value) => ({ value })),
    };
    expect((await scim.invoke(http('POST', '/Groups', group))).body.statusCode).toBe(201);
    const list = await scim.invoke(http('GET', '/Users'));
    expect(JSON.parse(list.body.body).totalResults).toBe(3);
    expect((await scim.invoke({ ...http('GET', '/Users'), headers: {} })).body.statusCode).toBe(401);
    expect(tables.get('scim')?.seen).toEqual([]);
    expect(secrets.seen).not.toContain('credential');
  });

  test('provision: the minute’s clock, and a deadline so near that nothing new is begun', async () => {
    const provision = await start('provision');
    const near = await provision.invoke({ wake: 'schedule' }, 5_400);
    expect(near.ok, String(tables.get('provision')?.seen)).toBe(true);
    // With half a second left the org is not listed: nothing is begun that could not be ended.
    expect(near.body).toMatchObject({ outcome: 'out-of-time', requests: 0, reads: 0 });
    expect((await provision.invoke({ wake: 'schedule' }, 20_000)).ok).toBe(true);
    expect(tables.get('provision')?.seen).toEqual([]);
  });

  test('admin: a command by its name, refusals as answers', async () => {
    const admin = await start('admin');
    const ask = async (command: string, args: unknown = {}) =>
      (await admin.invoke({ command, args, operator: 'ada' })).body;
    expect(await ask('nonsense')).toMatchObject({ ok: false });
    const applied = await ask('mapping.apply', {
      rules: [{ group: 'Chat', grants: [{ userGroup: 'Chat agents' }] }],
      yes: true,
    });
    expect(applied, JSON.stringify(applied)).toMatchObject({ ok: true });
    for (const command of ['status', 'mapping.show', 'token.list', 'holds.list', 'journal.verify', 'plan'])
      expect(await ask(command), command).toMatchObject({ ok: true });
    expect(tables.get('admin')?.seen).toEqual([]);
  });

  test('provision: a batch of the stream with a poison record; one of three people cannot be sent, the others are', async () => {
    const provision = await start('provision');
    const marked = {
      eventName: 'MODIFY',
      dynamodb: { NewImage: { pk: { S: 'main#A#1' }, wake: { N: '1' } } },
    };
    const batch = { Records: [marked, { nonsense: ['\u0000'] }, null, marked] };
    const { ok, body } = await provision.invoke(batch, 900_000);
    expect([ok, body?.batchItemFailures], JSON.stringify(body)).toEqual([true, undefined]);
    expect(adobeOrg.members('Chat agents').sort()).toEqual(['ada@example.com', 'bob@example.com']);
    expect(tables.get('provision')?.seen).toEqual([]);
    expect(secrets.seen.filter((id) => id === 'credential').length).toBeGreaterThan(0);
  });

  test('reconcile: the night’s clock reads Adobe and compares', async () => {
    const reconcile = await start('reconcile');
    const { ok, body } = await reconcile.invoke({ wake: 'schedule' }, 60_000);
    expect(ok, JSON.stringify(body)).toBe(true);
    expect(tables.get('reconcile')?.seen).toEqual([]);
  });

  test('scim: near the deadline the caller gets an answer of ours that says to repeat', async () => {
    const silent = await silence();
    closers.push(silent.close);
    const table = await tableFor('scim', database.endpoint, names);
    closers.push(table.close);
    const scim = await start('scim', { [variables.dynamodbEndpoint]: table.url });
    expect((await scim.invoke(http('GET', '/Users'))).body.statusCode).toBe(200);
    await table.close();
    const { ok, body } = await scim.invoke(http('GET', '/Users'), 1_500);
    expect([ok, body.statusCode, body.headers['retry-after']], JSON.stringify(body)).toEqual([
      true,
      503,
      '5',
    ]);
  });

  for (const name of functionNames) {
    test(`${name}: without its table it says which variable is missing`, async () => {
      const runtime = await start(name, { [variables.table]: '' });
      const { ok, body } = await runtime.invoke(
        name === 'scim' ? http('GET', '/Users') : { wake: 'schedule' },
      );
      expect(ok).toBe(false);
      expect(body).toMatchObject({
        errorType: 'ConfigError',
        errorMessage: expect.stringContaining('BRIDGE_TABLE is not set'),
      });
    });
  }
});
