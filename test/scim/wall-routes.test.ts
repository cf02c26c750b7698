/**
 * The wall between two connections, address by address (I05, T24, T25, T30): asked about what belongs to the neighbour,
 * each route answers, works and costs as if asked about what nobody has. The rows are checked against the route table:
 * a route without a row fails.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listRoutes } from '../../lambdas/scim/routes.ts';
import { patchOp } from './bridge.ts';
import { type Ask, bytesOf, type Neighbours, openNeighbours } from './neighbours.ts';

/** What is asked about: ids of one form, the neighbour's in one world and nobody's in the other. */
interface Named {
  readonly user: string;
  readonly group: string;
}

interface World extends Neighbours {
  readonly named: Named;
  readonly me: string;
  readonly mine: string;
}

const nobody: Named = {
  user: '019cad8f-ac00-7abc-8def-00000000dead',
  group: '019cad8f-ac00-7abc-8def-00000000beef',
};

async function openWorld(about: 'theirs' | 'nobody'): Promise<World> {
  const at = await openNeighbours();
  const user = await at.make(at.theirs, '/Users', { userName: 'ada@example.com', externalId: 'x1' });
  const group = await at.make(at.theirs, '/Groups', {
    displayName: 'Chat',
    externalId: 'g1',
    members: [{ value: user }],
  });
  const me = await at.make(at.own, '/Users', { userName: 'bo@example.com' });
  const mine = await at.make(at.own, '/Groups', { displayName: 'Own', members: [{ value: me }] });
  const named = about === 'theirs' ? { user, group } : nobody;
  return { ...at, named, me, mine };
}

type Request = readonly [method: string, path: string, body?: unknown, headers?: Record<string, string>];
/** The requests of one route that name what is asked about. */
type Row = (world: World) => readonly Request[];

const patch = (...Operations: object[]) => ({ schemas: [patchOp], Operations });
const filters = ({ user, group }: Named): readonly string[] => [
  `id eq "${user}"`,
  `id eq "${group}"`,
  `id co "${user.slice(4, 30)}"`,
  `userName eq "ada@example.com"`,
  `externalId eq "x1"`,
  `externalId eq "g1"`,
  `displayName eq "Chat"`,
  `groups.value eq "${group}"`,
  `groups[value eq "${group}"]`,
  `members.value eq "${user}"`,
  `members[value eq "${user}"]`,
  `members eq "${user}"`,
  `emails.value co "ada"`,
  `meta.location co "${user}"`,
  `not (id eq "${user}")`,
];
const queries =
  (path: string): Row =>
  ({ named }) => [
    ['GET', `${path}?count=0`],
    ['GET', `${path}?sortBy=meta.created`],
    ...filters(named).flatMap((filter): Request[] => [
      ['GET', `${path}?filter=${encodeURIComponent(filter)}`],
      ['GET', `${path}?filter=${encodeURIComponent(filter)}&count=0`],
      ['GET', `${path}?cursor&filter=${encodeURIComponent(filter)}`],
    ]),
  ];
const searches =
  (path: string): Row =>
  ({ named }) =>
    filters(named).map((filter) => [
      'POST',
      path,
      { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter },
    ]);
const headersOf = ['W/"1"', '"1"', '*', 'W/"1", W/"2"'].map((tag) => ({
  'if-match': tag,
  'if-none-match': tag,
}));

const memberLists = ({ user }: Named, me: string) => [
  [{ value: user }],
  [{ value: user }, { value: me }],
  [{ value: me }, { value: user, type: 'User', $ref: `../Users/${user}` }, { value: user }],
];

const rows: Readonly<Record<string, Row>> = {
  'GET /scim/v2': queries(''),
  'POST /scim/v2/.search': searches('/.search'),
  'GET /scim/v2/Users': queries('/Users'),
  'POST /scim/v2/Users/.search': searches('/Users/.search'),
  'POST /scim/v2/Users': ({ named, me }) => [
    ['POST', '/Users', { userName: 'new1@example.com', id: named.user, groups: [{ value: named.group }] }],
    [
      'POST',
      '/Users',
      {
        userName: 'new2@example.com',
        'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: named.user } },
      },
    ],
    // Names are each connection's own.
    [
      'POST',
      '/Users',
      { userName: 'ada@example.com', externalId: 'x1', emails: [{ value: `${me}@example.com` }] },
    ],
  ],
  'GET /scim/v2/Users/{id}': ({ named }) => [
    ['GET', `/Users/${named.user}`],
    ['GET', `/Users/${named.group}`],
    ['GET', `/Users/${named.user.toUpperCase()}`],
    ['GET', `/Users/${named.user}?attributes=id`],
    ...headersOf.map((headers): Request => ['GET', `/Users/${named.user}`, undefined, headers]),
  ],
  'PUT /scim/v2/Users/{id}': ({ named }) => [
    ['PUT', `/Users/${named.user}`, { userName: 'mine@example.com' }],
    ['PUT', `/Users/${named.user}`, { id: named.user, userName: 'ada@example.com' }],
    ...headersOf.map(
      (headers): Request => ['PUT', `/Users/${named.user}`, { userName: 'a@example.com' }, headers],
    ),
  ],
  'PATCH /scim/v2/Users/{id}': ({ named }) => [
    ['PATCH', `/Users/${named.user}`, patch({ op: 'replace', path: 'active', value: false })],
    ['PATCH', `/Users/${named.user}`, patch({ op: 'remove', path: 'emails[type eq "work"]' })],
    ...headersOf.map(
      (headers): Request => [
        'PATCH',
        `/Users/${named.user}`,
        patch({ op: 'replace', path: 'title', value: 'x' }),
        headers,
      ],
    ),
  ],
  'DELETE /scim/v2/Users/{id}': ({ named }) => [
    ['DELETE', `/Users/${named.user}`],
    ...headersOf.map((headers): Request => ['DELETE', `/Users/${named.user}`, undefined, headers]),
  ],
  'GET /scim/v2/Groups': queries('/Groups'),
  'POST /scim/v2/Groups/.search': searches('/Groups/.search'),
  'POST /scim/v2/Groups': ({ named, me }) => [
    ...memberLists(named, me).map(
      (members, at): Request => ['POST', '/Groups', { displayName: `New ${at}`, members }],
    ),
    ['POST', '/Groups', { displayName: 'Chat', externalId: 'g1', id: named.group }],
  ],
  'GET /scim/v2/Groups/{id}': ({ named }) => [
    ['GET', `/Groups/${named.group}`],
    ['GET', `/Groups/${named.user}`],
    ['GET', `/Groups/${named.group}?excludedAttributes=members`],
    ...headersOf.map((headers): Request => ['GET', `/Groups/${named.group}`, undefined, headers]),
  ],
  'PUT /scim/v2/Groups/{id}': ({ named, mine, me }) => [
    ['PUT', `/Groups/${named.group}`, { displayName: 'Mine', members: [{ value: me }] }],
    ['PUT', `/Groups/${named.group}`, { displayName: 'Chat', members: [] }],
    ...headersOf.map(
      (headers): Request => ['PUT', `/Groups/${named.group}`, { displayName: 'Mine' }, headers],
    ),
    // The neighbour's people in a group of one's own.
    ...memberLists(named, me).map(
      (members): Request => ['PUT', `/Groups/${mine}`, { displayName: 'Own', members }],
    ),
  ],
  'PATCH /scim/v2/Groups/{id}': ({ named, mine, me }) => [
    ['PATCH', `/Groups/${named.group}`, patch({ op: 'replace', path: 'displayName', value: 'Mine' })],
    ['PATCH', `/Groups/${named.group}`, patch({ op: 'add', path: 'members', value: [{ value: me }] })],
    ['PATCH', `/Groups/${named.group}`, patch({ op: 'remove', path: 'members' })],
    ...headersOf.map(
      (headers): Request => [
        'PATCH',
        `/Groups/${named.group}`,
        patch({ op: 'replace', path: 'displayName', value: 'x' }),
        headers,
      ],
    ),
    ...memberLists(named, me).flatMap((value): Request[] => [
      ['PATCH', `/Groups/${mine}`, patch({ op: 'add', path: 'members', value })],
      ['PATCH', `/Groups/${mine}`, patch({ op: 'replace', path: 'members', value })],
      ['PATCH', `/Groups/${mine}`, patch({ op: 'remove', path: 'members', value })],
    ]),
    ['PATCH', `/Groups/${mine}`, patch({ op: 'remove', path: `members[value eq "${named.user}"]` })],
    ['PATCH', `/Groups/${mine}`, patch({ op: 'add', value: { members: [{ value: named.user }] } })],
  ],
  'DELETE /scim/v2/Groups/{id}': ({ named }) => [
    ['DELETE', `/Groups/${named.group}`],
    ...headersOf.map((headers): Request => ['DELETE', `/Groups/${named.group}`, undefined, headers]),
  ],
  'POST /scim/v2/Bulk': ({ named, mine, me }) => {
    const bulk = (...Operations: object[]): Request => [
      'POST',
      '/Bulk',
      { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations },
    ];
    return [
      bulk(
        { method: 'DELETE', path: `/Users/${named.user}` },
        { method: 'DELETE', path: `/Groups/${named.group}` },
      ),
      bulk({ method: 'PUT', path: `/Users/${named.user}`, data: { userName: 'x@example.com' } }),
      bulk({
        method: 'PATCH',
        path: `/Groups/${named.group}`,
        data: patch({ op: 'remove', path: 'members' }),
        version: 'W/"1"',
      }),
      bulk({
        method: 'PATCH',
        path: `/Groups/${mine}`,
        data: patch({ op: 'add', path: 'members', value: [{ value: named.user }, { value: me }] }),
      }),
      bulk({
        method: 'POST',
        path: '/Groups',
        bulkId: 'g',
        data: { displayName: 'Bulk', members: [{ value: named.user }] },
      }),
      bulk({ method: 'GET', path: `/Users/${named.user}` }),
    ];
  },
  'GET /scim/v2/ServiceProviderConfig': ({ named }) => [['GET', `/ServiceProviderConfig?x=${named.user}`]],
  'GET /scim/v2/ResourceTypes': ({ named }) => [['GET', `/ResourceTypes?x=${named.user}`]],
  'GET /scim/v2/ResourceTypes/{id}': ({ named }) => [
    ['GET', '/ResourceTypes/User'],
    ['GET', `/ResourceTypes/${named.user}`],
  ],
  'GET /scim/v2/Schemas': ({ named }) => [['GET', `/Schemas?x=${named.user}`]],
  'GET /scim/v2/Schemas/{id}': ({ named }) => [['GET', `/Schemas/${named.user}`]],
  'GET /scim/v2/Me': () => [
    ['GET', '/Me'],
    ['PATCH', '/Me', {}],
  ],
  // No connection and no id can be named there; what a foreign client is, `test/directory/clients.test.ts` shows.
  'POST /oauth/token': () => [],
};

let theirs: World;
let unknown: World;
beforeAll(async () => {
  [theirs, unknown] = await Promise.all([openWorld('theirs'), openWorld('nobody')]);
});
afterAll(() => Promise.all([theirs.close(), unknown.close()]));

describe('a foreign id is an unknown id, byte for byte (I05, T24, T25, T30)', () => {
  test('every route has a row', () => {
    const routes = listRoutes().flatMap(({ path, methods }) => methods.map((method) => `${method} ${path}`));
    expect(Object.keys(rows).sort()).toEqual(routes.sort());
  });

  test('two worlds with one history are the same, or nothing below would mean anything', async () => {
    expect([theirs.me, theirs.mine]).toEqual([unknown.me, unknown.mine]);
    const look = (ask: Ask) => ask('GET', '/Users?sortBy=userName');
    expect(bytesOf(await look(theirs.own), [])).toBe(bytesOf(await look(unknown.own), []));
    expect(await theirs.itemsOfTheirs()).toEqual(await unknown.itemsOfTheirs());
    expect((await theirs.theirs('GET', `/Users/${theirs.named.user}`)).status).toBe(200);
  });

  test.each(Object.keys(rows))('%s', async (route) => {
    const before = await theirs.itemsOfTheirs();
    const [asked = [], askedOfNobody = []] = [theirs, unknown].map((world) => rows[route]?.(world));
    for (const [at, [method, path, body, headers]] of asked.entries()) {
      const [, otherPath = '', otherBody] = askedOfNobody[at] ?? [];
      for (const world of [theirs, unknown]) world.commands();
      const foreign = await theirs.own(method, path, body, headers);
      const none = await unknown.own(method, otherPath, otherBody, headers);
      const ids = [...Object.values(theirs.named), ...Object.values(nobody)];
      const label = `${method} ${path} ${JSON.stringify(body ?? '')}`;
      expect([label, bytesOf(foreign, ids)]).toEqual([label, bytesOf(none, ids)]);
      expect(foreign.status, label).not.toBe(500);
      // The same calls of the store in the same order: time tells no more than the answer (T30).
      expect([label, theirs.commands()]).toEqual([label, unknown.commands()]);
    }
    expect(await theirs.itemsOfTheirs()).toEqual(before);
  });

  test('the neighbour sees what was always there, and nothing else', async () => {
    const seen = (await theirs.theirs('GET', '')).json['totalResults'];
    expect(seen).toBe(2);
    const { json } = await theirs.theirs('GET', `/Groups/${theirs.named.group}`);
    expect(json['members']).toMatchObject([{ value: theirs.named.user }]);
  });
});
