/**
 * The front door of the SCIM service: who asks, what for, and the only catch that makes SCIM errors.
 *
 * The order is fixed: token, path, method, scope, then the operation. No path is exempt from the token, discovery included
 * (T01, T12), and nothing of a request is looked at before it; only the token endpoint of OAuth, at exactly its own path,
 * judges a client itself. What an operation throws as `ScimError` is shown to the client; `DirectoryBusy` is 429, because
 * repeating is safe; everything else is a bare 500 whose cause goes to the log (T48): an unknown failure never looks like
 * "not found".
 */
import { DirectoryBusy, type ScimDirectory, type TokenGrant } from '../directory/directory.ts';
import { authenticate, type Seen } from './authenticate.ts';
import { performBulk } from './bulk.ts';
import {
  getResourceType,
  getSchema,
  getServiceProviderConfig,
  listResourceTypes,
  listSchemas,
} from './discovery.ts';
import { errorBody, ScimError } from './errors.ts';
import {
  changeGroup,
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  openGroups,
  replaceGroup,
} from './groups.ts';
import { answerTokenRequest, TOKEN_PATH } from './oauth.ts';
import { answerQuery } from './query.ts';
import {
  type Answer,
  BASE_PATH,
  type Call,
  readBody,
  readPath,
  readQuery,
  type ScimLog,
  type ScimRequest,
  type ScimResponse,
} from './request.ts';
import { readSearch } from './search.ts';
import { changeUser, createUser, deleteUser, getUser, listUsers, openUsers, replaceUser } from './users.ts';

export type { ScimLog, ScimRequest, ScimResponse } from './request.ts';

export interface ScimRoutesDeps {
  readonly directory: ScimDirectory;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Real milliseconds from any origin, for what must end within a request; absent = `now`. */
  readonly realNow?: () => number;
  /** Seals cursors. Secret, the same in every process of one service, at least 16 characters. */
  readonly cursorKey: string;
  readonly log: ScimLog;
}

type Operation = (call: Call, id: string) => Answer | Promise<Answer>;
type Methods = Readonly<Record<string, Operation>>;

interface Route {
  /** For logs, without ids. */
  readonly name: string;
  readonly methods: Methods;
  readonly id: string;
  /** Methods that change nothing, beside GET. */
  readonly reads?: readonly string[];
}

const everyType = (call: Call) => answerQuery(call, [openUsers(call), openGroups(call)]);

/** The same query with its parameters from the body (row 113). */
function searching(answer: Operation): Operation {
  return (call, id) => answer({ ...call, query: readSearch(readBody(call.request)) }, id);
}

interface Collection {
  readonly all: Methods;
  readonly one?: Methods;
  readonly search?: Methods;
}

const collections: Readonly<Record<string, Collection>> = {
  // The base URL: all types together (row 111).
  '': { all: { GET: everyType } },
  '.search': { all: { POST: searching(everyType) } },
  Bulk: { all: { POST: (call) => performBulk(call, performAlone) } },
  Users: {
    all: { GET: listUsers, POST: createUser },
    one: { GET: getUser, PUT: replaceUser, PATCH: changeUser, DELETE: deleteUser },
    search: { POST: searching(listUsers) },
  },
  Groups: {
    all: { GET: listGroups, POST: createGroup },
    one: { GET: getGroup, PUT: replaceGroup, PATCH: changeGroup, DELETE: deleteGroup },
    search: { POST: searching(listGroups) },
  },
  ServiceProviderConfig: { all: { GET: getServiceProviderConfig } },
  ResourceTypes: { all: { GET: listResourceTypes }, one: { GET: getResourceType } },
  Schemas: { all: { GET: listSchemas }, one: { GET: getSchema } },
};

/** Row 252: a part of SCIM that this server does not have; row 238 gives it 501. */
const notOffered: Readonly<Record<string, string>> = {
  Me: '/Me is not offered: a token stands for an identity provider, not for a person. Use /Users.',
};

/** Every address that answers, with `{id}` for an id, and its methods: for proofs that go through all of them. */
export function listRoutes(): readonly { readonly path: string; readonly methods: readonly string[] }[] {
  const at = (path: string, methods: Methods) => ({ path, methods: Object.keys(methods) });
  const scim = Object.entries(collections).flatMap(([name, { all, one, search }]) => {
    const path = name === '' ? BASE_PATH : `${BASE_PATH}/${name}`;
    return [
      at(path, all),
      ...(one === undefined ? [] : [at(`${path}/{id}`, one)]),
      ...(search === undefined ? [] : [at(`${path}/.search`, search)]),
    ];
  });
  const absent = Object.keys(notOffered).map((name) => ({ path: `${BASE_PATH}/${name}`, methods: ['GET'] }));
  return [...scim, ...absent, { path: TOKEN_PATH, methods: ['POST'] }];
}

/** The SCIM service as a function of one request; it never throws. */
export function createScimRoutes(deps: ScimRoutesDeps): (request: ScimRequest) => Promise<ScimResponse> {
  return async (request) => {
    const startedAt = deps.now();
    const seen: Seen = { route: '-' };
    let answer: Answer;
    try {
      const isGrant = request.rawPath === TOKEN_PATH;
      answer = await (isGrant ? answerTokenRequest(deps, request, seen) : answerTo(deps, request, seen));
    } catch (error) {
      if (error instanceof ScimError) seen.detail = error.message;
      answer = answerToError(error, deps.log, request.requestId);
    }
    const fields = { ...seen, requestId: request.requestId, method: request.method, status: answer.status };
    deps.log.info('scim', { ...fields, ms: deps.now() - startedAt });
    return responseOf(answer);
  };
}

async function answerTo(deps: ScimRoutesDeps, request: ScimRequest, seen: Seen): Promise<Answer> {
  const grant = await authenticate(deps, request, seen);
  const baseUrl = baseUrlOf(request);
  const route = routeTo(readPath(request.rawPath), baseUrl);
  seen.route = route.name;
  const operation = operationOf(route, request.method);
  authorize(grant, request.method, route);
  const query = readQuery(request.rawQuery);
  const { realNow = deps.now } = deps;
  const directory = deps.directory.onBehalfOf({ request: request.requestId, token: grant.tokenId });
  const call = { ...deps, directory, realNow, connection: grant.connection, baseUrl, request, query };
  return operation(call, route.id);
}

/** One operation of a bulk request, with the answer that it would get alone. */
async function performAlone(call: Call, request: ScimRequest): Promise<Answer> {
  try {
    const route = routeTo(readPath(request.rawPath), call.baseUrl);
    const operation = operationOf(route, request.method);
    return await operation({ ...call, request, query: new Map() }, route.id);
  } catch (error) {
    return answerToError(error, call.log, request.requestId);
  }
}

function operationOf({ methods }: Route, method: string): Operation {
  const operation = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (operation === undefined) throw methodNotAllowed(methods);
  return operation;
}

function baseUrlOf({ baseUrl }: ScimRequest): string {
  return baseUrl.endsWith(BASE_PATH) ? baseUrl : `${baseUrl}${BASE_PATH}`;
}

function authorize({ scopes }: TokenGrant, method: string, { reads = [] }: Route): void {
  const isRead = method === 'GET' || reads.includes(method);
  // Whoever writes has to look up what is there: the scope write includes reading.
  const isAllowed = isRead ? scopes.length > 0 : scopes.includes('write');
  if (isAllowed) return;
  throw new ScimError(403, 'This token may only read. Use a token with the scope write.', {
    headers: { 'www-authenticate': 'Bearer realm="scim", error="insufficient_scope", scope="write"' },
  });
}

function routeTo(path: readonly string[] | undefined, baseUrl: string): Route {
  const [first = '', id, ...rest] = path ?? [];
  if (path === undefined || rest.length > 0) throw noSuchAddress(baseUrl);
  if (id === undefined && Object.hasOwn(notOffered, first)) throw new ScimError(501, notOffered[first] ?? '');
  const known = Object.hasOwn(collections, first) ? collections[first] : undefined;
  if (known === undefined) throw noSuchAddress(baseUrl);
  if (id === undefined)
    return { name: first, methods: known.all, id: '', reads: first === '.search' ? ['POST'] : [] };
  if (id === '.search' && known.search !== undefined) {
    return { name: `${first}/.search`, methods: known.search, id: '', reads: ['POST'] };
  }
  if (known.one === undefined || id === '') throw noSuchAddress(baseUrl);
  return { name: `${first}/{id}`, methods: known.one, id };
}

/** Says which address to configure, because that is what is wrong (row 9, 241). */
function noSuchAddress(baseUrl: string): ScimError {
  return new ScimError(
    404,
    `There is nothing at this address. The SCIM base URL of this service is ${baseUrl} without a slash at its end; behind it come /Users, /Groups, /ServiceProviderConfig, /ResourceTypes and /Schemas.`,
  );
}

function methodNotAllowed(methods: Methods): ScimError {
  const allow = Object.keys(methods).join(', ');
  return new ScimError(405, `This address only answers ${allow}. Use one of these methods.`, {
    headers: { allow },
  });
}

function answerToError(error: unknown, log: ScimLog, requestId: string): Answer {
  if (error instanceof ScimError) {
    return {
      status: error.status,
      body: errorBody(error.status, error.message, error.scimType),
      headers: error.headers,
    };
  }
  if (error instanceof DirectoryBusy) {
    // Whole seconds: a client waits five minutes for anything else (idp-traffic section 2).
    const retryAfter = String(Math.max(1, Math.ceil(error.retryAfterSeconds)));
    const detail = `The bridge is busy with other changes. Repeat the same request after ${retryAfter} seconds.`;
    log.warn('the directory was busy', { requestId, retryAfterSeconds: error.retryAfterSeconds });
    return { status: 429, body: errorBody(429, detail), headers: { 'retry-after': retryAfter } };
  }
  log.error('a SCIM request failed', { requestId, error });
  const detail = `The bridge failed on this request. Repeat it later; if it fails again, give the operator this request id: ${requestId}`;
  return { status: 500, body: errorBody(500, detail) };
}

/** Nothing is cached anywhere (T49), nothing is guessed to be HTML (T45). */
function responseOf({ status, body, headers }: Answer): ScimResponse {
  const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  if (body === undefined) return { status, headers: { ...always, ...headers } };
  return {
    status,
    headers: { 'content-type': 'application/scim+json', ...always, ...headers },
    body: JSON.stringify(body),
  };
}
