/**
 * A session on a server: it sends, remembers what was created, finds out what the server offers, and cleans up.
 *
 * Everything that a request created is remembered from its answer. A create whose answer hides the id is remembered by
 * its name and looked up at the end, so that also a broken server is left clean.
 */
import { castDrafts, findCast } from './cast.ts';
import { expectEqual, expectStatus, expectThat } from './expect.ts';
import { isJson, type Json, parse, read, readList, readText } from './json.ts';
import type { Answer, Ask, Cast, Feature, Session } from './session.ts';
import type { Send } from './transport.ts';
import { GROUP, PATCH, SCIM_JSON, SEARCH, USER } from './words.ts';

export interface SessionOptions {
  readonly send: Send;
  readonly baseUrl: string;
  readonly token: string;
  /** Starts every name that the run makes. */
  readonly prefix: string;
  readonly domain: string;
}

export interface OpenSession extends Session {
  /** Reads the configuration; `features` is known from here on. */
  learn(): Promise<void>;
  /** Whether an optional endpoint is there, asked once. */
  offers(feature: Feature): Promise<boolean>;
  /** Deletes what the run made. Answers what could not be deleted. */
  cleanUp(): Promise<readonly string[]>;
}

export function openSession(options: SessionOptions): OpenSession {
  const seen: Answer[] = [];
  const made = new Set<string>();
  const ghosts: { readonly endpoint: string; readonly filter: string }[] = [];
  const features = new Set<Feature>();
  const probes = new Map<Feature, Promise<boolean>>();
  let config: unknown;
  let counter = 0;
  let cast: Promise<Cast> | undefined;

  const unique = (label: string) => {
    counter += 1;
    return `${options.prefix}-${counter}-${label}`;
  };
  const ask = async (request: Ask) => {
    const answer = await exchange(options, request);
    seen.push(answer);
    remember(answer, request, { made, ghosts });
    return answer;
  };
  const session: OpenSession = {
    baseUrl: options.baseUrl,
    token: options.token,
    get config() {
      return config;
    },
    features,
    seen,
    ask,
    get: (path, headers = {}) => ask({ method: 'GET', path, headers }),
    post: (path, body, headers = {}) => ask({ method: 'POST', path, body, headers }),
    put: (path, body, headers = {}) => ask({ method: 'PUT', path, body, headers }),
    patch: (path, operations, headers = {}) =>
      ask({ method: 'PATCH', path, body: { schemas: [PATCH], Operations: operations }, headers }),
    remove: (path, headers = {}) => ask({ method: 'DELETE', path, headers }),
    unique,
    address: (label) => `${unique(label)}@${options.domain}`,
    draftUser: (more = {}) => draftUser(session.address('user'), more),
    draftGroup: (more = {}) => ({ schemas: [GROUP], displayName: unique('group'), ...more }),
    makeUser: (more) => make(session, '/Users', session.draftUser(more)),
    makeGroup: (more) => make(session, '/Groups', session.draftGroup(more)),
    fetch: async (path) => {
      const answer = await session.get(path);
      expectStatus(answer, 200);
      expectThat(isJson(answer.json), `${answer.request} answered no JSON object`);
      return answer.json;
    },
    cast: () => {
      cast ??= openCast(session);
      return cast;
    },
    learn: async () => {
      const answer = await session.get('/ServiceProviderConfig');
      if (answer.status === 200) config = answer.json;
      for (const feature of announced(config, options.baseUrl)) features.add(feature);
    },
    offers: (feature) => {
      const known = probes.get(feature) ?? probe(session, feature);
      probes.set(feature, known);
      return known;
    },
    cleanUp: () => cleanUp(session, made, ghosts),
  };
  return session;
}

async function exchange({ send, baseUrl, token }: SessionOptions, request: Ask): Promise<Answer> {
  const { method, path, body, raw } = request;
  const headers: Record<string, string> = {};
  const wanted: Record<string, string | null> = {
    authorization: `Bearer ${token}`,
    accept: SCIM_JSON,
    ...(body === undefined && raw === undefined ? {} : { 'content-type': SCIM_JSON }),
    ...request.headers,
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== null) headers[name] = value;
  }
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const url = /^https?:/.test(path) ? path : `${baseUrl}${path}`;
  const received = await send({ method, url, headers, ...(content === undefined ? {} : { body: content }) });
  const shown = url.startsWith(baseUrl) ? url.slice(baseUrl.length) : url;
  const [bare = ''] = shown.split('?');
  return {
    ...received,
    json: parse(received.text),
    request: `${method} ${shown.slice(0, 120)}`,
    method,
    path: bare,
  };
}

interface Memory {
  readonly made: Set<string>;
  readonly ghosts: { readonly endpoint: string; readonly filter: string }[];
}

function remember(answer: Answer, { body }: Ask, { made, ghosts }: Memory): void {
  const { method, path, status, json } = answer;
  const isSuccess = status >= 200 && status < 300;
  const endpoint = /^\/(Users|Groups)/.exec(path)?.[0];
  if (method === 'POST' && path === '/Bulk') {
    for (const result of readList(json, 'Operations')) {
      const location = /\/(?:Users|Groups)\/[^/?]+$/.exec(readText(result, 'location'))?.[0];
      if (location !== undefined && read(result, 'method') === 'POST') made.add(location);
    }
  }
  if (endpoint === undefined || path.endsWith('/.search')) return;
  const isCreate = method === 'POST' || (method === 'PUT' && status === 201);
  const id = readText(json, 'id');
  if (isCreate && isSuccess && id !== '') made.add(`${endpoint}/${id}`);
  if (!isCreate || (isSuccess && id !== '') || (status >= 400 && status < 500)) return;
  const attribute = endpoint === '/Users' ? 'userName' : 'displayName';
  const name = readText(body, attribute);
  if (name !== '') ghosts.push({ endpoint, filter: `${attribute} eq ${JSON.stringify(name)}` });
}

function draftUser(address: string, more: Json): Json {
  return {
    schemas: [USER],
    userName: address,
    name: { givenName: 'Ada', familyName: 'Park' },
    displayName: 'Ada Park',
    emails: [{ value: address, type: 'work', primary: true }],
    active: true,
    ...more,
  };
}

async function make(session: Session, endpoint: string, draft: Json): Promise<Json> {
  const answer = await session.post(endpoint, draft);
  expectStatus(answer, 201);
  expectThat(isJson(answer.json), `${answer.request} answered no JSON object`);
  expectThat(readText(answer.json, 'id') !== '', `${answer.request} answered without an id`);
  return answer.json;
}

async function openCast(session: Session): Promise<Cast> {
  const drafts = castDrafts(session);
  const ids: Record<string, string> = {};
  for (const [name, draft] of Object.entries(drafts)) {
    ids[name] = readText(await make(session, '/Users', draft), 'id');
  }
  expectEqual(new Set(Object.values(ids)).size, Object.keys(drafts).length, 'the number of different ids');
  return { drafts, ids, find: (filter, more) => findCast(session, { drafts, ids }, { filter, ...more }) };
}

/** Without a configuration nothing optional is expected, and what everybody relies on is. */
function announced(config: unknown, baseUrl: string): readonly Feature[] {
  const flag = (name: string) => read(config, name, 'supported') === true;
  const features: Feature[] = [];
  if (config === undefined || flag('patch')) features.push('patch');
  if (config === undefined || flag('filter')) features.push('filter');
  for (const name of ['sort', 'etag', 'bulk', 'changePassword'] as const) if (flag(name)) features.push(name);
  if (read(config, 'pagination', 'cursor') === true) features.push('cursor');
  if (isJson(read(config, 'securityEvents'))) features.push('securityEvents');
  if (baseUrl.startsWith('https:')) features.push('https');
  return features;
}

const NOT_THERE: readonly number[] = [403, 404, 405, 501];

async function probe(session: Session, feature: Feature): Promise<boolean> {
  const search = { schemas: [SEARCH], count: 1 };
  switch (feature) {
    case 'search':
      return !NOT_THERE.includes((await session.post('/Users/.search', search)).status);
    case 'rootQuery':
      return !NOT_THERE.includes((await session.get('/?count=1')).status);
    case 'me':
      return !NOT_THERE.includes((await session.get('/Me')).status);
    default:
      return session.features.has(feature);
  }
}

/** Groups first, so that deleting a user has no group to leave. */
async function cleanUp(
  session: Session,
  made: Set<string>,
  ghosts: Memory['ghosts'],
): Promise<readonly string[]> {
  for (const { endpoint, filter } of ghosts.splice(0)) {
    const found = await session.get(`${endpoint}?filter=${encodeURIComponent(filter)}`);
    for (const resource of readList(found.json, 'Resources')) {
      const id = readText(resource, 'id');
      if (id !== '') made.add(`${endpoint}/${id}`);
    }
  }
  const left: string[] = [];
  const inOrder = [...made].sort();
  made.clear();
  for (const path of inOrder) {
    const { status } = await session.remove(path);
    if (status !== 404 && (status < 200 || status > 299)) left.push(`${path} (${status})`);
  }
  return left;
}
