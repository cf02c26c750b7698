/**
 * A bridge of a given size: the real handler over the real directory and the embedded engine. Every user is made by the
 * directory's own `createUser` and every membership by `changeGroup`, one transaction each, as requests make them. The
 * handler reads through a meter; who seeds or writes meanwhile does not count.
 */
import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ScimDirectory } from '../../lambdas/directory/directory.ts';
import { type Directory, openDirectory } from '../../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import type { UserResource } from '../../lambdas/directory/records.ts';
import type { HttpHandler } from '../../lambdas/edge.ts';
import { createLog } from '../../lambdas/log.ts';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { makeScimHandler } from '../../lambdas/scim.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { CONNECTION, openTestDirectory, type TestClock } from '../open.ts';
import { type Cost, openMeter } from './meter.ts';

/** As long as API Gateway's own: it stands in every membership and journal entry. */
const REQUEST_ID = 'JKJaXmPLvHcESHA=';
/** As long as API Gateway's own addresses, because it stands in every member. */
const baseUrl = 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com';

type Json = Record<string, unknown>;
export interface Answered {
  readonly status: number;
  readonly json: Json;
  /** What the function hands to the platform: a JSON document with the body in it as a string. */
  readonly payloadBytes: number;
  readonly isCompressed: boolean;
  readonly cost: Cost;
  /** In the handler. */
  readonly ms: number;
}
export interface Asking {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stage {
  /** Not metered. */
  readonly directory: Directory;
  readonly clock: TestClock;
  readonly deps: DirectoryDeps;
  readonly secret: string;
  /** Writes as requests do: their id and token stand on memberships and in the journal. Not metered. */
  readonly asRequest: ScimDirectory;
  ask(method: string, path: string, asking?: Asking): Promise<Answered>;
  /** Makes the clock by which walks are bounded run faster than the machine's. */
  hurry(times: number): void;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Between the handler and the database. */
  readonly wrap?: (client: DynamoDBClient) => DynamoDBClient;
  /** For measurements of time: no meter, and the log lines of a deployed function, written nowhere. */
  readonly timed?: true;
}

export async function openStage({ wrap = (client) => client, timed }: StageOptions = {}): Promise<Stage> {
  const opened = await openTestDirectory();
  const { deps, clock, directory } = opened;
  const meter = openMeter(deps.client);
  const client = wrap(timed ? deps.client : meter.client);
  let pace = 1;
  const log = timed
    ? createLog({ level: 'info', now: clock.now, write: () => undefined })
    : createLog({ level: 'error', now: clock.now, write: (line) => process.stderr.write(`${line}\n`) });
  const handler = makeScimHandler({
    handle: createScimRoutes({
      directory: openDirectory({ ...deps, client }),
      now: clock.now,
      realNow: () => performance.now() * pace,
      cursorKey: randomBytes(32).toString('base64url'),
      log,
    }),
    log,
    baseUrl,
  });
  const { secret, token } = await directory.createToken(CONNECTION, { label: 'size' });
  // The first use of a token is noted on it.
  await directory.admit({ bearer: secret });
  return {
    directory,
    clock,
    deps,
    secret,
    asRequest: directory.onBehalfOf({ request: REQUEST_ID, token: token.id }),
    ask: async (method, path, { body, headers = {} } = {}) => {
      meter.take();
      const event = eventOf(method, path, {
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await answered(handler, event);
      return { ...answer, cost: meter.take() };
    },
    hurry: (times) => {
      pace = times;
    },
    close: opened.close,
  };
}

async function answered(handler: HttpHandler, event: APIGatewayProxyEventV2) {
  const context = lambdaContext({ functionName: 'scim', requestId: 'size', remainingMs: () => 29_000 });
  const began = performance.now();
  const result: APIGatewayProxyStructuredResultV2 = await handler(event, context);
  const ms = performance.now() - began;
  const { body = '', isBase64Encoded: isCompressed = false } = result;
  const text = isCompressed ? gunzipSync(Buffer.from(body, 'base64')).toString() : body;
  return {
    status: result.statusCode ?? 200,
    // SCIM answers are objects.
    json: (text === '' ? {} : JSON.parse(text)) as Json,
    payloadBytes: Buffer.byteLength(JSON.stringify(result)),
    isCompressed,
    ms,
  };
}

function eventOf(
  method: string,
  path: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body?: string },
): APIGatewayProxyEventV2 {
  const [rawPath = '', rawQueryString = ''] = `/scim/v2${path}`.split(/\?(.*)/s);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      accountId: '000000000000',
      apiId: 'size',
      domainName: 'size.example.test',
      domainPrefix: 'size',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'size' },
      requestId: REQUEST_ID,
      routeKey: '$default',
      stage: '$default',
      time: '02/Mar/2026:08:00:00 +0000',
      timeEpoch: 0,
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  };
}

const titles = ['Engineer', 'Account Manager', 'Designer', 'Buyer'];
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** A person as identity providers send them: about 700 bytes as an item. */
export function personNumber(n: number): UserResource {
  const email = `person.${String(n).padStart(6, '0')}@example.com`;
  const [givenName, familyName] = [`Given${n % 700}`, `Family${n % 9_001}`];
  return {
    userName: email,
    externalId: `00u${String(n).padStart(17, '0')}`,
    active: n % 5 !== 0,
    displayName: `${givenName} ${familyName}`,
    name: { givenName, familyName, formatted: `${givenName} ${familyName}` },
    title: titles[n % titles.length] ?? '',
    emails: [{ value: email, type: 'work', primary: true }],
    locale: 'en-US',
    [enterprise]: { department: `Department ${n % 40}`, employeeNumber: String(100_000 + n) },
  };
}

/** Two dozen at a time; ids in the order of the numbers, as far as they were made one after the other. */
export async function addPeople(
  { directory, clock }: Stage,
  count: number,
  onProgress: (made: number) => void = () => undefined,
): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += 24) {
    const some = Array.from({ length: Math.min(24, count - from) }, (_, at) => personNumber(from + at));
    const made = await Promise.all(some.map((person) => directory.createUser(CONNECTION, person)));
    for (const one of made) if (one.ok) ids.push(one.user.id);
    clock.advance(20);
    onProgress(ids.length);
  }
  return ids;
}

export async function addGroup(
  { directory }: { readonly directory: Pick<ScimDirectory, 'createGroup' | 'changeGroup'> },
  displayName: string,
  members: readonly string[],
): Promise<string> {
  const made = await directory.createGroup(CONNECTION, { displayName, members: [] });
  if (!made.ok) throw new Error(`no group: ${made.reason}`);
  // A thousand at a time, as requests may.
  for (let at = 0; at < members.length; at += 1_000) {
    const add = members.slice(at, at + 1_000);
    await directory.changeGroup(CONNECTION, made.group.id, { members: { kind: 'delta', add, remove: [] } });
  }
  return made.group.id;
}
