/**
 * The whole bridge in one process for tests: the real handlers over the real directory on the embedded engine, the
 * drain with the real Adobe client, and the simulated org as its `fetch`, all on one clock that only moves when
 * something waits for it.
 */
import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import type { AdobeClient } from '../lambdas/adobe/adobe.ts';
import { createAdobeClient } from '../lambdas/adobe/client.ts';
import { createTokenSource } from '../lambdas/adobe/token.ts';
import type { DriftPolicy } from '../lambdas/directory/drift-records.ts';
import type { Directory } from '../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../lambdas/directory/dynamo-scim.ts';
import { ruleIdOf } from '../lambdas/directory/keys.ts';
import type {
  ConnectionId,
  ConnectionSettings,
  Entitlement,
  Mode,
  OrgKey,
} from '../lambdas/directory/records.ts';
import type { HttpHandler } from '../lambdas/edge.ts';
import { createLog } from '../lambdas/log.ts';
import { createScimRoutes } from '../lambdas/scim/routes.ts';
import { makeScimHandler } from '../lambdas/scim.ts';
import { type DrainReport, drain } from '../lambdas/sync/drain.ts';
import { type ReconcileReport, reconcile } from '../lambdas/sync/reconcile.ts';
import type { DrainDeps } from '../lambdas/sync/run.ts';
import { seededRandom } from '../local/adobe-org/random.ts';
import { seedEmptyOrg } from '../local/adobe-org/seed.ts';
import type { OrgState } from '../local/adobe-org/state.ts';
import { type AdobeOrg, asFetch, createAdobeOrg } from '../local/adobe-org.ts';
import { lambdaContext } from '../local/lambda-context.ts';
import { guard, guardPasswords, guardToken, hear } from './leaks.ts';
import {
  CONNECTION,
  hearStore,
  ORG,
  openTestDirectory,
  settings,
  type TestClock,
  testClock,
} from './open.ts';
import { as, aside, underRights } from './rights.ts';

export interface ScimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // Bodies are judged by what a test names in them; their shape is the subject of the tests, not of the compiler.
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into the JSON it asserts
  readonly json: any;
}

export interface TestRule {
  readonly group?: string;
  readonly grants: readonly Entitlement[];
  readonly mode?: Mode;
  readonly drift?: DriftPolicy;
}

export interface TestBridge {
  readonly directory: Directory;
  readonly org: AdobeOrg;
  readonly clock: TestClock;
  readonly connection: ConnectionId;
  readonly orgKey: OrgKey;
  readonly token: string;
  readonly adobe: AdobeClient;
  readonly drainDeps: DrainDeps;
  /** Lines of the log, parsed. */
  readonly lines: Record<string, unknown>[];
  /** Through the real handler; `path` from `/scim/v2` on, with its query. */
  scim(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ScimAnswer>;
  /** Replaces the mapping. */
  map(rules: readonly TestRule[]): Promise<void>;
  /** One run of the drain, at most `ms` of the clock. */
  drainOnce(ms?: number): Promise<DrainReport>;
  /** One run of the comparison with Adobe, at most `ms` of the clock. */
  reconcile(wish?: {
    readonly ms?: number;
    readonly until?: number;
    readonly force?: boolean;
  }): Promise<ReconcileReport>;
  /** Runs until nothing is due: what is left waits for time or for a person. */
  drain(): Promise<void>;
  /** E-mails that hold a profile or user group directly. */
  holders(name: string): string[];
  close(): Promise<void>;
}

export interface TestBridgeOptions {
  readonly settings?: Partial<ConnectionSettings>;
  /** Absent: an org without people, with the profiles and user groups of `groups`. */
  readonly state?: OrgState;
  readonly profiles?: readonly { readonly name: string; readonly product: string }[];
  readonly userGroups?: readonly string[];
  readonly wrap?: (deps: DirectoryDeps) => DirectoryDeps;
  readonly clock?: TestClock;
  /** What the Adobe client uses instead of the org directly: to lose answers or to look into requests. */
  readonly wrapFetch?: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch;
}

const MINUTE_MS = 60_000;

export async function openTestBridge(options: TestBridgeOptions = {}): Promise<TestBridge> {
  const clock = options.clock ?? testClock();
  const opened = await openTestDirectory({
    clock,
    wrap: (deps) => {
      const held = { ...deps, client: underRights(deps.client) };
      return options.wrap?.(held) ?? held;
    },
  });
  const { directory } = opened;
  if (options.settings !== undefined) {
    await directory.changeSettings(CONNECTION, () => ({ ...settings, ...options.settings }));
  }
  const org = openOrg(options, clock);
  const adobe = openAdobe(options, { org, clock });
  await pointAt(directory, org);
  const { secret } = await directory.createToken(CONNECTION, { label: 'test' });
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => {
    hear('log', line);
    lines.push(JSON.parse(line));
  };
  const log = createLog({ level: 'debug', now: clock.now, write, measures: opened.deps.table });
  const handler = makeScimHandler({
    handle: createScimRoutes({ directory, now: clock.now, cursorKey: 'test-cursor-key', log }),
    log,
    baseUrl: 'https://bridge.example.test',
  });
  const drainDeps: DrainDeps = {
    directory,
    adobe,
    now: clock.now,
    sleep: clock.sleep,
    newId: opened.deps.newId,
    randomHex: (digits) => randomBytes(digits).toString('hex').slice(0, digits),
    log: (event, detail) => log.info(event, detail),
  };
  const drainOnce = (ms = 15 * MINUTE_MS) =>
    as('provision', () => drain(drainDeps, ORG, { until: clock.now() + ms }));
  return {
    directory,
    org,
    clock,
    connection: CONNECTION,
    orgKey: ORG,
    token: secret,
    adobe,
    drainDeps,
    lines,
    scim: (method, path, body, headers) =>
      as('scim', () => call(handler, { method, path, body, headers, token: secret })),
    map: (rules) => applyRules(directory, rules),
    drainOnce,
    drain: () => drainAll(drainOnce, clock),
    reconcile: ({ ms = 15 * MINUTE_MS, ...wish } = {}) =>
      as('reconcile', () => reconcile(drainDeps, ORG, { until: clock.now() + ms, ...wish })),
    holders: (name) => org.members(name),
    close: async () => {
      await hearStore(opened.database);
      await opened.close();
    },
  };
}

function openOrg(options: TestBridgeOptions, clock: TestClock): AdobeOrg {
  const random = seededRandom(7);
  const org = createAdobeOrg({
    now: clock.now,
    random,
    sleep: clock.sleep,
    state: options.state ?? seedEmptyOrg({ random, at: clock.now() }),
  });
  for (const profile of options.profiles ?? []) org.byHand({ action: 'addProfile', ...profile });
  for (const name of options.userGroups ?? []) org.byHand({ action: 'addUserGroup', name });
  return org;
}

function openAdobe(
  options: TestBridgeOptions,
  { org, clock }: { org: AdobeOrg; clock: TestClock },
): AdobeClient {
  const { orgId, credentials } = org.state().meta;
  const [first] = credentials;
  const credential = {
    orgId,
    clientId: first?.clientId ?? '',
    clientSecret: first?.clientSecrets[0] ?? '',
    imsUrl: 'https://ims.example.test',
    umapiUrl: 'https://umapi.example.test/v2/usermanagement',
  };
  const direct = listening(asFetch(org));
  guard('the secret of the credential', credential.clientSecret);
  const wrapped = options.wrapFetch?.(direct) ?? direct;
  const fetch = (url: string, init: RequestInit) => aside(() => wrapped(url, init));
  const timeoutSignal = () => new AbortController().signal;
  return createAdobeClient({
    credential,
    fetch,
    now: clock.now,
    token: createTokenSource({ credential, fetch, now: clock.now, timeoutMs: 10_000, timeoutSignal }),
    newRequestId: () => randomBytes(8).toString('hex'),
    userAgent: 'adobe-scim-bridge/test',
    timeoutSignal,
  });
}

const TokenAnswer = z.object({ access_token: z.string() });

/** Guards the access tokens that Adobe gives. */
function listening(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    if (String(url).includes('/ims/token') && response.ok) {
      const { access_token } = TokenAnswer.parse(await response.clone().json());
      guard('an access token of Adobe', access_token);
    }
    return response;
  };
}

/** The directory was set up before the org had a client id. */
async function pointAt(directory: Directory, org: AdobeOrg): Promise<void> {
  const { orgId, credentials } = org.state().meta;
  await directory.changeOrg(ORG, { adobeOrgId: orgId, clientId: credentials[0]?.clientId ?? '' } as object);
}

async function applyRules(directory: Directory, rules: readonly TestRule[]): Promise<void> {
  const { mappingVersion } = await directory.getConnection(CONNECTION);
  const applied = await directory.applyMapping(CONNECTION, {
    expectedVersion: mappingVersion,
    left: [],
    rules: rules.map(({ group, grants, mode, drift }) => ({
      id: ruleIdOf({ group }),
      everyone: group === undefined,
      grants: [...grants],
      ...(group === undefined ? {} : { group }),
      ...(mode === undefined ? {} : { mode }),
      ...(drift === undefined ? {} : { drift }),
    })),
  });
  if (!applied) throw new Error('the mapping changed meanwhile');
}

async function drainAll(drainOnce: () => Promise<DrainReport>, clock: TestClock): Promise<void> {
  for (let rounds = 0; rounds < 500; rounds++) {
    const report = await drainOnce();
    if (report.outcome === 'idle') return;
    if (report.outcome === 'stopped' || report.outcome === 'paused' || report.outcome === 'no-org') return;
    clock.advance(Math.max(1_000, (report.next ?? clock.now() + MINUTE_MS) - clock.now()));
  }
  throw new Error('the drain found no rest in 500 rounds');
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Record<string, string> | undefined;
  readonly token: string;
}

async function call(handler: HttpHandler, { method, path, body, headers, token }: Call): Promise<ScimAnswer> {
  const [rawPath = '', rawQueryString = ''] = path.split(/\?(.*)/s);
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const all: Record<string, string> = { authorization: `Bearer ${token}` };
  if (text !== undefined) all['content-type'] = 'application/scim+json';
  for (const [name, value] of Object.entries(headers ?? {})) all[name.toLowerCase()] = value;
  const isText = /^(application\/json|text\/)/.test(all['content-type'] ?? '');
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: all,
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'bridge.example.test',
      domainPrefix: 'bridge',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: randomBytes(8).toString('hex'),
      routeKey: '$default',
      stage: '$default',
      time: '02/Mar/2026:08:00:00 +0000',
      timeEpoch: 0,
    },
    // As API Gateway does: only text types come as text.
    ...(text === undefined ? {} : { body: isText ? text : Buffer.from(text).toString('base64') }),
    isBase64Encoded: text !== undefined && !isText,
  };
  const context = lambdaContext({ functionName: 'scim', requestId: 'test', remainingMs: () => 29_000 });
  const result = await handler(event, context);
  const answer = typeof result === 'string' ? { statusCode: 200, body: result } : result;
  const answered: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    answered[name.toLowerCase()] = String(value);
  const status = answer.statusCode ?? 200;
  const json = answer.body === undefined || answer.body === '' ? undefined : JSON.parse(answer.body);
  guardPasswords(text);
  if (status >= 400) hear('answer', JSON.stringify([answered, answer.body]));
  else if (json?.access_token !== undefined) guardToken('an access token', json.access_token);
  return { status, headers: answered, json };
}
