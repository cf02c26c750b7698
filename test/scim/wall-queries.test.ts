/**
 * The wall between two connections, query by query (I05, T24, T30): what one connection is answered is the same byte for
 * byte with a neighbour and without one, whatever it filters, sorts, counts, pages or searches by, and so are the calls of
 * the store. Attributes come from the attribute table, operators from the grammar; values are the neighbour's own.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Attribute, COMMON, GROUP, type ResourceKind, USER } from '../../lambdas/scim/attributes.ts';
import { errorOf } from './bridge.ts';
import { bytesOf, type Neighbours, openNeighbours } from './neighbours.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const VALUE_OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'];

/** A person with something in every attribute that a client may write, nothing of which occurs elsewhere. */
function fullPerson(mark: string): Record<string, unknown> {
  const texts = (attributes: ReadonlyMap<string, Attribute>): Record<string, unknown> =>
    Object.fromEntries(
      [...attributes.values()]
        .filter(({ mutability }) => mutability === 'readWrite')
        .map((attribute) => [attribute.name, valueFor(attribute)]),
    );
  const valueFor = (attribute: Attribute): unknown => {
    if (attribute.type === 'complex')
      return attribute.multiValued ? [texts(attribute.sub)] : texts(attribute.sub);
    if (attribute.type === 'boolean') return true;
    if (attribute.type === 'binary') return Buffer.from(mark).toString('base64');
    if (attribute.name === 'country') return 'NL';
    return attribute.type === 'reference' ? `https://${mark}.example.com/x` : `${mark}@example.com`;
  };
  const [, enterprise] = [USER.core, ...USER.extensions];
  return {
    ...texts(USER.core.attributes),
    externalId: `${mark}-external`,
    [ENTERPRISE]: texts(enterprise?.attributes ?? new Map()),
  };
}

interface Path {
  readonly path: string;
  readonly attribute: Attribute;
}

/** Every path that a filter can name: attributes, sub-attributes, with the URN of an extension. */
function pathsOf(kind: ResourceKind): readonly Path[] {
  const within = (attributes: ReadonlyMap<string, Attribute>, prefix = '') =>
    [...attributes.values()].flatMap((attribute) => [
      { path: `${prefix}${attribute.name}`, attribute },
      ...[...attribute.sub.values()].map((sub) => ({
        path: `${prefix}${attribute.name}.${sub.name}`,
        attribute: sub,
      })),
    ]);
  return [
    ...within(COMMON),
    ...within(kind.core.attributes),
    ...kind.extensions.flatMap(({ urn, attributes }) => within(attributes, `${urn}:`)),
  ];
}

/** What stands at a path of a resource as it is shown; the first of several. */
function valueAt(resource: unknown, path: string): unknown {
  const urn = [...USER.extensions]
    .map((extension) => extension.urn)
    .find((name) => path.startsWith(`${name}:`));
  const names = urn === undefined ? path.split('.') : [urn, ...path.slice(urn.length + 1).split('.')];
  return names.reduce<unknown>((value, name) => {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    // Only objects of JSON come here; what is none has no such name.
    return typeof one === 'object' && one !== null ? (one as Record<string, unknown>)[name] : undefined;
  }, resource);
}

/** Two worlds of one seed and one history, but for the neighbour. */
let beside: Neighbours;
let alone: Neighbours;
/** The neighbour's first person and first group, as the neighbour sees them. */
let theirs: { readonly user: unknown; readonly group: unknown };

beforeAll(async () => {
  beside = await openNeighbours();
  alone = await openNeighbours();
  for (const { make, own } of [beside, alone]) {
    const me = await make(own, '/Users', {
      userName: 'bo@example.org',
      title: 'Baker',
      emails: [{ value: 'bo@example.org' }],
    });
    await make(own, '/Users', { userName: 'cy@example.org', active: false });
    await make(own, '/Groups', { displayName: 'Own', members: [{ value: me }] });
  }
  const { make, theirs: ask } = beside;
  const user = await make(ask, '/Users', fullPerson('canary'));
  for (const name of ['a1', 'z1']) await make(ask, '/Users', fullPerson(name));
  const group = await make(ask, '/Groups', {
    displayName: 'Canaries',
    externalId: 'canary-group',
    members: [{ value: user }],
  });
  const attributes = pathsOf(USER)
    .map(({ path }) => path)
    .join();
  theirs = {
    user: (await ask('GET', `/Users/${user}?attributes=${encodeURIComponent(attributes)}`)).json,
    group: (await ask('GET', `/Groups/${group}`)).json,
  };
  for (const { commands } of [beside, alone]) commands();
});
afterAll(() => Promise.all([beside.close(), alone.close()]));

/** Asks in both worlds and gives the answer, which must be the same. */
async function askBoth(method: string, path: string, body?: unknown) {
  const answer = await beside.own(method, path, body);
  const label = `${method} ${decodeURIComponent(path)} ${JSON.stringify(body ?? '')}`;
  const other = await alone.own(method, path, body);
  expect([label, bytesOf(answer, [])]).toEqual([label, bytesOf(other, [])]);
  expect([label, beside.commands()]).toEqual([label, alone.commands()]);
  expect(answer.status, label).not.toBe(500);
  return answer;
}

const literal = (value: unknown) =>
  typeof value === 'boolean' ? String(value) : JSON.stringify(String(value));

/** Paths that an index answers have code of their own for each operator. */
const INDEXED = /^(id|externalId|userName|displayName|active|emails|groups|members)\b/;

/**
 * All filters about one path with the neighbour's value: `eq` alone, every other operator, what has a value and what has
 * none. Where everybody is walked and every operator has a meaning, they share a request: whoever was seen at all would
 * match one of them.
 */
function filtersOf(kind: ResourceKind, { path, attribute }: Path, value: unknown): string[] {
  const [eq = '', ...others] = VALUE_OPERATORS.map((operator) => `${path} ${operator} ${literal(value)}`);
  const all = [...others, `${path} pr or not (${path} pr)`];
  const isText = attribute.type === 'string' || attribute.type === 'reference';
  const [head = '', tail] = path.split(/\.(?=[^.:]*$)/);
  const inBrackets = tail !== undefined && kind.core.attributes.get(head.toLowerCase())?.multiValued === true;
  return [
    eq,
    ...(isText && !INDEXED.test(path) ? [all.join(' or ')] : all),
    ...(inBrackets ? [`${head}[${tail} eq ${literal(value)}]`] : []),
  ];
}

describe.each([
  ['/Users', USER, 'user'],
  ['/Groups', GROUP, 'group'],
] as const)('%s with a neighbour and without one', (endpoint, kind, which) => {
  test('filters: every attribute, every operator', { timeout: 180_000 }, async () => {
    let accepted = 0;
    let found = 0;
    for (const { path, attribute } of pathsOf(kind)) {
      const value =
        attribute.type === 'complex' ? 'x' : (valueAt(theirs[which], path) ?? 'canary@example.com');
      for (const filter of filtersOf(kind, { path, attribute }, value)) {
        const query = `${endpoint}?count=1&filter=${encodeURIComponent(filter)}`;
        const answer = await askBoth('GET', query);
        if (answer.status === 200) accepted += 1;
        else expect([filter, errorOf(answer)[0]]).toEqual([filter, 400]);
        // A refusal proves nothing of a text: every operator has a meaning there.
        if (attribute.type === 'string') expect([filter, answer.status]).toEqual([filter, 200]);
        expect(answer.text).not.toMatch(/canary/i);
      }
      // The same question finds the neighbour's own, or it would prove nothing.
      if (attribute.type === 'complex') continue;
      const self = encodeURIComponent(`${path} eq ${literal(value)}`);
      const { json } = await beside.theirs('GET', `${endpoint}?count=0&filter=${self}`);
      found += Number(json['totalResults'] ?? 0) > 0 ? 1 : 0;
      beside.commands();
    }
    expect(accepted).toBeGreaterThan(which === 'user' ? 250 : 40);
    expect(found).toBeGreaterThan(which === 'user' ? 50 : 8);
  });

  test('sorting: every attribute, one way with an index, the other with cursors', {
    timeout: 180_000,
  }, async () => {
    for (const { path } of pathsOf(kind)) {
      const sort = `sortBy=${encodeURIComponent(path)}`;
      await askBoth('GET', `${endpoint}?${sort}`);
      await askBoth('GET', `${endpoint}?${sort}&sortOrder=descending&cursor&count=1`);
    }
  });

  test('counts, pages and searches', async () => {
    for (const page of [
      '',
      'count=0',
      'count=1',
      'startIndex=2&count=1',
      'startIndex=99',
      'count=1000',
      'cursor',
      'cursor&count=0',
    ]) {
      await askBoth('GET', `${endpoint}?${page}`);
      await askBoth('GET', `?${page}`);
    }
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'];
    for (const body of [
      { count: 0 },
      { filter: 'id pr' },
      { sortBy: 'id', sortOrder: 'descending' },
      { cursor: '', count: 1 },
    ]) {
      await askBoth('POST', `${endpoint}/.search`, { schemas, ...body });
      await askBoth('POST', '/.search', { schemas, ...body });
    }
  });
});

describe('cursors (row 266)', () => {
  const invalid = [400, 'invalidCursor'];
  const pages: [string, string][] = [
    ['/Users', 'count=1'],
    ['/Users', 'count=1&sortBy=userName'],
    ['/Users', `count=1&filter=${encodeURIComponent('active eq true')}`],
    ['/Groups', 'count=1'],
    ['', 'count=1'],
  ];
  test.each(pages)('of the neighbour for %s?%s is a forged one, byte for byte', async (endpoint, query) => {
    const { json } = await beside.theirs('GET', `${endpoint}?cursor&${query}`);
    const cursor = String(json['nextCursor'] ?? json['previousCursor'] ?? '');
    if (endpoint !== '/Groups') expect(cursor).not.toBe('');
    beside.commands();
    const foreign = await beside.own('GET', `${endpoint}?${query}&cursor=${cursor || 'x.y'}`);
    const cost = beside.commands();
    const forged = await beside.own(
      'GET',
      `${endpoint}?${query}&cursor=${cursor.split('').reverse().join('') || 'y.x'}`,
    );
    expect(errorOf(foreign)).toEqual(invalid);
    expect(bytesOf(foreign, [])).toBe(bytesOf(forged, []));
    expect(cost).toEqual(beside.commands());
  });

  test('of one’s own walk shows one’s own people only, whoever lives next door', async () => {
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const { json } = await askBoth('GET', `?count=1&cursor=${cursor}`);
      seen.push(
        ...(json['Resources'] as Record<string, unknown>[]).map(
          (one) => one['userName'] ?? one['displayName'],
        ),
      );
      cursor = String(json['nextCursor'] ?? '');
    } while (cursor !== '');
    expect(seen).toEqual(['bo@example.org', 'cy@example.org', 'Own']);
  });
});

test('groups of a person and members of a group name nobody of next door', async () => {
  const { user, group } = theirs as { user: { id: string }; group: { id: string } };
  for (const filter of [
    `groups.value eq "${group.id}"`,
    `groups.display eq "Canaries"`,
    `members.value eq "${user.id}"`,
    `members[value eq "${user.id}"]`,
  ]) {
    const endpoint = filter.startsWith('groups') ? '/Users' : '/Groups';
    const { json } = await askBoth('GET', `${endpoint}?filter=${encodeURIComponent(filter)}`);
    expect(json['totalResults']).toBe(0);
    const { json: seen } = await beside.theirs('GET', `${endpoint}?filter=${encodeURIComponent(filter)}`);
    expect([filter, seen['totalResults']]).toEqual([filter, 1]);
    beside.commands();
  }
});
