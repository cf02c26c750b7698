/**
 * A SCIM server that understands exactly the shapes which the simulated identity providers send and throws on any
 * other: enough to see where a played day ends without the bridge. It shares no code with the bridge.
 */
import type { ScimAnswer, ScimRequest, Send } from '../../../local/idp/dialect.ts';

type Json = Record<string, unknown>;

export interface TinyScim {
  readonly users: Map<string, Json>;
  readonly groups: Map<string, { displayName: string; members: Set<string> }>;
  readonly log: ScimRequest[];
  readonly send: Send;
}

export function createTinyScim(): TinyScim {
  const scim: TinyScim = {
    users: new Map(),
    groups: new Map(),
    log: [],
    // A body crosses the wire as text.
    send: async (request) => {
      scim.log.push(request);
      const body = request.body === undefined ? undefined : JSON.parse(JSON.stringify(request.body));
      const json = answerTo(scim, { ...request, body });
      return 'status' in json
        ? json
        : { status: 200, headers: {}, json: JSON.parse(JSON.stringify(json.ok)) };
    },
  };
  return scim;
}

type Reply = ScimAnswer | { readonly ok: unknown };
const status = (code: number, json?: unknown): ScimAnswer => ({ status: code, headers: {}, json });
const objectOf = (value: unknown): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return Object.fromEntries(Object.entries(value));
};
const listOf = (value: unknown): Json[] => {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value.map(objectOf);
};

function answerTo(scim: TinyScim, request: ScimRequest & { body?: unknown }): Reply {
  const [, kind, id] = request.path.split('/');
  if (kind !== 'Users' && kind !== 'Groups') throw new Error(`unknown path ${request.path}`);
  const store: Map<string, unknown> = scim[kind === 'Users' ? 'users' : 'groups'];
  if (request.method === 'POST') return create(scim, kind, objectOf(request.body));
  if (id === undefined) return list(scim, kind, request.query ?? '');
  if (!store.has(id)) return status(404, { detail: `no ${id}` });
  if (request.method === 'PUT') return put(scim, kind, id, objectOf(request.body));
  if (request.method === 'GET') return { ok: show(scim, kind, id) };
  if (request.method === 'DELETE') {
    store.delete(id);
    for (const group of scim.groups.values()) group.members.delete(id);
    return status(204);
  }
  for (const operation of listOf(objectOf(request.body).Operations)) {
    if (kind === 'Users') patchUser(scim, id, operation);
    else patchGroup(scim, id, operation);
  }
  return status(204);
}

function show(scim: TinyScim, kind: string, id: string): Json {
  if (kind === 'Users') return { ...scim.users.get(id), id, meta: { resourceType: 'User' } };
  return { id, displayName: scim.groups.get(id)?.displayName };
}

const nameIn = (scim: TinyScim, kind: string, id: string) =>
  String(kind === 'Users' ? scim.users.get(id)?.userName : scim.groups.get(id)?.displayName).toLowerCase();

function idByName(scim: TinyScim, kind: string, name: string): string | undefined {
  const ids = [...(kind === 'Users' ? scim.users : scim.groups).keys()];
  return ids.find((id) => nameIn(scim, kind, id) === name.toLowerCase());
}

function list(scim: TinyScim, kind: string, query: string): Reply {
  const filter = new URLSearchParams(query).get('filter');
  if (filter === null) return { ok: { totalResults: 0, Resources: [] } };
  const match = /^(userName|displayName) eq ("(?:[^"\\]|\\.)*")$/.exec(filter);
  if (!match) throw new Error(`unknown filter ${filter}`);
  const id = idByName(scim, kind, String(JSON.parse(match[2] ?? '')));
  return { ok: { totalResults: id ? 1 : 0, Resources: id ? [show(scim, kind, id)] : [] } };
}

function create(scim: TinyScim, kind: string, body: Json): Reply {
  const name = String(body[kind === 'Users' ? 'userName' : 'displayName']);
  if (idByName(scim, kind, name)) return status(409, { detail: 'taken' });
  const id = `${kind === 'Users' ? 'U' : 'G'}${scim.log.length}`;
  if (kind === 'Users') scim.users.set(id, body);
  else scim.groups.set(id, { displayName: name, members: new Set() });
  return status(201, show(scim, kind, id));
}

function put(scim: TinyScim, kind: string, id: string, body: Json): Reply {
  if (kind === 'Users') scim.users.set(id, body);
  else {
    const members = new Set(listOf(body.members).map((member) => String(member.value)));
    scim.groups.set(id, { displayName: String(body.displayName), members });
  }
  return { ok: show(scim, kind, id) };
}

function patchUser(scim: TinyScim, id: string, operation: Json): void {
  const user = scim.users.get(id) ?? {};
  const edits =
    'path' in operation ? { [String(operation.path)]: operation.value } : objectOf(operation.value);
  for (const [path, value] of Object.entries(edits)) {
    if (path === 'active') user.active = value === true || value === 'True';
    else if (path === 'emails[type eq "work"].value') user.emails = [{ type: 'work', value }];
    else if (path.startsWith('name.')) user.name = { ...objectOf(user.name), [path.slice(5)]: value };
    else user[path] = value;
  }
}

function patchGroup(scim: TinyScim, id: string, operation: Json): void {
  const group = scim.groups.get(id);
  if (!group) throw new Error(`no group ${id}`);
  const op = String(operation.op).toLowerCase();
  const path = operation.path;
  const one = typeof path === 'string' ? /^members\[value eq "([^"]*)"\]$/.exec(path)?.[1] : undefined;
  if (one !== undefined && op === 'remove') group.members.delete(one);
  else if (path === 'displayName') group.displayName = String(operation.value);
  else if (path === undefined) group.displayName = String(objectOf(operation.value).displayName);
  else if (path === 'members') {
    const ids = listOf(operation.value).map((member) => String(member.value));
    if (op === 'replace') group.members.clear();
    for (const member of ids) op === 'remove' ? group.members.delete(member) : group.members.add(member);
  } else throw new Error(`unknown operation ${JSON.stringify(operation)}`);
}
