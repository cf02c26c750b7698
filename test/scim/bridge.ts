/** The SCIM routes over the real directory on the embedded engine: what a request to the bridge answers, without a socket. */
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import type { TokenScope } from '../../lambdas/directory/records.ts';
import { createLog } from '../../lambdas/log.ts';
import type { ScimRequest } from '../../lambdas/scim/request.ts';
import { createScimRoutes } from '../../lambdas/scim/routes.ts';
import { guardPasswords, guardToken, hear } from '../leaks.ts';
import { CONNECTION, hearStore, openTestDirectory, type TestClock, type TestDirectory } from '../open.ts';
import { as, underRights } from '../rights.ts';

export const base = 'https://bridge.example.net/scim/v2';
export const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
/** The form of an id that nobody has. */
export const nobody = '018f0000-0000-7000-8000-00000000dead';

// Answers are read freely here; each assertion names what it expects.
type Json = Record<string, unknown>;
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Json;
  readonly text: string | undefined;
}
export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TestScim extends TestDirectory {
  /** A path below `/scim/v2`; `body` is sent as JSON unless it is a text. */
  scim(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  /** The request exactly as given, over a complete default. */
  send(request: Partial<ScimRequest>): Promise<Answered>;
  readonly token: string;
  newToken(scopes: TokenScope[]): Promise<string>;
  /** What the routes take for real time; a test moves it. */
  readonly reading: { realMs: number };
  readonly log: LogEntry[];
  /** Creates and gives the id. */
  newUser(userName: string, more?: Json): Promise<string>;
  newGroup(displayName: string, members?: readonly string[]): Promise<string>;
  membersOf(groupId: string): Promise<string[]>;
}

export interface TestScimOptions {
  readonly clock?: TestClock;
  readonly wrap?: (deps: DirectoryDeps) => DirectoryDeps;
}

export async function openTestScim(options: TestScimOptions = {}): Promise<TestScim> {
  const opened = await openTestDirectory({
    ...options,
    wrap: (deps) => {
      const held = { ...deps, client: underRights(deps.client) };
      return options.wrap?.(held) ?? held;
    },
  });
  const { directory, clock } = opened;
  const log: LogEntry[] = [];
  const reading = { realMs: 0 };
  const written = createLog({ level: 'debug', now: clock.now, write: (text) => hear('log', text) });
  const line =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      written.error(message, fields);
      log.push({ level, message, fields });
    };
  const routes = createScimRoutes({
    directory,
    now: clock.now,
    realNow: () => reading.realMs,
    cursorKey: 'test-cursor-key',
    log: { info: line('info'), warn: line('warn'), error: line('error') },
  });
  const newToken = async (scopes: TokenScope[]) =>
    (await directory.createToken(CONNECTION, { label: 'test', scopes })).secret;
  const token = await newToken(['read', 'write']);

  const send = async (request: Partial<ScimRequest>): Promise<Answered> => {
    const { status, headers, body } = await as('scim', () =>
      routes({
        method: 'GET',
        rawPath: '/scim/v2/Users',
        rawQuery: '',
        headers: { authorization: `Bearer ${token}` },
        baseUrl: 'https://bridge.example.net',
        requestId: 'req-1',
        ...request,
      }),
    );
    const json = body === undefined ? {} : JSON.parse(body);
    guardPasswords(request.body);
    if (status >= 400) hear('answer', JSON.stringify([headers, body]));
    else if (json['access_token'] !== undefined) guardToken('an access token', json['access_token']);
    return { status, headers, text: body, json };
  };
  const scim: TestScim['scim'] = (method, path, body, headers = {}) => {
    const [rawPath = '', rawQuery = ''] = path.split('?');
    return send({
      method,
      rawPath: `/scim/v2${rawPath}`,
      rawQuery,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json', ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
  };
  const created = async (path: string, body: Json) => {
    const answer = await scim('POST', path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`);
    return String(answer.json['id']);
  };
  return {
    ...opened,
    close: async () => {
      await hearStore(opened.database);
      await opened.close();
    },
    send,
    scim,
    token,
    newToken,
    reading,
    log,
    newUser: (userName, more = {}) => created('/Users', { userName, ...more }),
    newGroup: (displayName, members = []) =>
      created('/Groups', { displayName, members: members.map((value) => ({ value })) }),
    membersOf: async (groupId) => {
      const { json } = await scim('GET', `/Groups/${groupId}`);
      const members = Array.isArray(json['members']) ? json['members'] : [];
      return members.map((member: Json) => String(member['value'])).sort();
    },
  };
}

/** What an error says, for comparison: status, keyword, and that it carries a sentence. */
export function errorOf({ status, json }: Answered): [number, unknown] {
  const isError =
    JSON.stringify(json['schemas']) === '["urn:ietf:params:scim:api:messages:2.0:Error"]' &&
    json['status'] === String(status) &&
    typeof json['detail'] === 'string' &&
    /^\S.{20,}\.$/.test(json['detail']);
  if (!isError) throw new Error(`not a SCIM error with a sentence: ${status} ${JSON.stringify(json)}`);
  return [status, json['scimType']];
}

/** The resources of a ListResponse. */
export function resourcesOf({ json }: Answered): readonly Json[] {
  return Array.isArray(json['Resources']) ? json['Resources'] : [];
}

export const filterBy = (path: string, filter: string) => `${path}?filter=${encodeURIComponent(filter)}`;
