/**
 * The service that a fuzzer talks to: the real handler over the real directory on the embedded engine, with some people and
 * groups in it. Ids, token and clock come from the seed, so the same requests meet the same world.
 */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { openIds } from '../../lambdas/directory/ids.ts';
import { createLog } from '../../lambdas/log.ts';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { makeScimHandler } from '../../lambdas/scim.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { CONNECTION, openTestDirectory, type TestDirectory, testClock } from '../open.ts';
import { CANARY, type Known } from './bodies.ts';
import type { FuzzRequest } from './requests.ts';

export interface FuzzAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined where there is none. */
  readonly body: string | undefined;
  /** What the handler threw; it never should. */
  readonly thrown?: unknown;
  /** Microseconds of CPU of this process while the request was answered. */
  readonly cpuUs: number;
}

export interface World {
  readonly known: Known;
  readonly token: string;
  /** Lines that the log wrote since the last look. */
  takeLines(): readonly string[];
  send(request: FuzzRequest): Promise<FuzzAnswer>;
  /** Everything stored but the journal, and what a refused request may leave behind: counts of guesses, last use of a token. */
  stored(): Promise<string>;
  close(): Promise<void>;
}

/** The request that figures are compared with. */
export const plainGet = ({ known }: World): FuzzRequest => ({
  method: 'GET',
  path: `/scim/v2/Users/${known.users[0]}`,
  query: '',
  headers: [['authorization', 'Bearer {token}']],
  source: '127.0.0.1',
});

const STEP_MS = 50;

export async function openWorld(seed: number): Promise<World> {
  const clock = testClock();
  const randomBytes = seededBytes(seed);
  const opened = await openTestDirectory({
    clock,
    wrap: (deps) => ({ ...deps, randomBytes, newId: openIds(clock.now, randomBytes) }),
  });
  const { directory } = opened;
  const lines: string[] = [];
  const log = createLog({ level: 'info', now: clock.now, write: (line) => lines.push(line) });
  const { secret } = await directory.createToken(CONNECTION, { label: 'fuzz' });
  const handler = makeScimHandler({
    handle: createScimRoutes({
      directory,
      now: clock.now,
      realNow: () => performance.now(),
      cursorKey: 'test-cursor-key',
      log,
    }),
    log,
    baseUrl: 'https://bridge.example.test',
  });
  const send: World['send'] = async (request) => {
    clock.advance(STEP_MS);
    const event = eventOf(request, secret);
    const context = lambdaContext({ functionName: 'scim', requestId: 'fuzz', remainingMs: () => 29_000 });
    const before = process.cpuUsage();
    try {
      const result = await handler(event, context);
      const cpuUs = spent(before);
      const { statusCode = 0, headers = {}, body = '', isBase64Encoded = false } = result;
      const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
      const isPacked = headers['content-encoding'] === 'gzip';
      const text = (isPacked ? gunzipSync(bytes) : bytes).toString('utf8');
      const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
      return {
        status: statusCode,
        headers: Object.fromEntries(named),
        body: text === '' ? undefined : text,
        cpuUs,
      };
    } catch (thrown) {
      return { status: 0, headers: {}, body: undefined, thrown, cpuUs: spent(before) };
    }
  };
  const known = await settle(send);
  return {
    known,
    token: secret,
    takeLines: () => lines.splice(0),
    send,
    stored: () => digestOf(opened),
    close: opened.close,
  };
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Bytes of SHA-256 over a counter: not secret, and the same for the same seed. */
function seededBytes(seed: number): (length: number) => Buffer {
  let count = 0;
  return (length) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < length; have += 32) {
      count += 1;
      blocks.push(createHash('sha256').update(`${seed} ${count}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, length);
  };
}

async function settle(send: World['send']): Promise<Known> {
  const create = async (path: string, body: unknown) => {
    const { body: text = '{}' } = await send({
      method: 'POST',
      path,
      query: '',
      headers: [
        ['authorization', 'Bearer {token}'],
        ['content-type', 'application/scim+json'],
      ],
      text: JSON.stringify(body),
      source: '127.0.0.1',
    });
    const { id }: { id?: unknown } = JSON.parse(text);
    if (typeof id !== 'string') throw new Error(`the world could not be made: ${text}`);
    return id;
  };
  const users: string[] = [];
  for (let number = 0; number < 12; number += 1) {
    const address = `${CANARY}-person-${number}@example.com`;
    const emails = [{ value: address, type: 'work', primary: true }];
    const name = { givenName: CANARY, familyName: String(number) };
    users.push(
      await create('/scim/v2/Users', { userName: address, externalId: `e-${number}`, emails, name }),
    );
  }
  const groups: string[] = [];
  for (let number = 0; number < 4; number += 1) {
    const members = users.filter((_, at) => at % 4 <= number).map((value) => ({ value }));
    groups.push(await create('/scim/v2/Groups', { displayName: `${CANARY} group ${number}`, members }));
  }
  return { users, groups, strangers: ['018f0000-0000-7000-8000-00000000dead', `c#U`] };
}

function eventOf(
  { method, path, query, headers, text, base64, source }: FuzzRequest,
  token: string,
): APIGatewayProxyEventV2 {
  const named = headers.map(([name, value]) => [name, value.replaceAll('{token}', token)] as const);
  const body = text ?? base64;
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: Object.fromEntries(named),
    requestContext: {
      accountId: '000000000000',
      apiId: 'fuzz',
      domainName: 'bridge.example.test',
      domainPrefix: 'bridge',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: source, userAgent: 'fuzz' },
      requestId: 'fuzz-request',
      routeKey: '$default',
      stage: '$default',
      time: '02/Mar/2026:08:00:00 +0000',
      timeEpoch: 0,
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: text === undefined && base64 !== undefined,
  };
}

/** What may change although a request was refused, beside the journal; anything else may not (I17). */
const MAY_CHANGE = /^(J#|T#|G#)|#POS#/;

async function digestOf({ database }: TestDirectory): Promise<string> {
  const items: string[] = [];
  let start: Record<string, AttributeValue> | undefined;
  do {
    const scan = new ScanCommand({
      TableName: database.table,
      ConsistentRead: true,
      ExclusiveStartKey: start,
    });
    const page = await database.client.send(scan);
    for (const item of page.Items ?? []) {
      if (!MAY_CHANGE.test(item['pk']?.S ?? '')) items.push(JSON.stringify(item, inOneOrder));
    }
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return createHash('sha256').update(items.sort().join('\n')).digest('hex');
}

/** The engine gives the names of an item and the values of a set in any order. */
function inOneOrder(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return name === 'L' ? value : value.map(String).sort();
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
