/** Filters as trees of the naive evaluator, ways to write one down, and resources that they have something to say about. */
import * as fc from 'fast-check';
import { core, enterprise, type Value, type Wanted } from './naive-filter.ts';
import { spelled } from './spellings.ts';

type Json = Record<string, unknown>;

const some = spelled(4).map(({ text }) => text);
const id = fc.constantFrom('u1', 'U1', 'u2', 'g1');
const day = fc.constantFrom(
  '2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T01:00:00+01:00',
  '2025-12-31T19:30:00-04:30',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00.5Z',
  '2025-12-31T23:59:59.999Z',
  '2026-01-02T00:00:00.123456Z',
);
const instant = fc
  .constantFrom(0, 1, 500, 86_400_000)
  .map((ms) => new Date(Date.parse('2026-01-01T00:00:00Z') + ms).toISOString());
const flag = fc.boolean();

/** Half of the attributes are absent. */
function partly(
  shape: Record<string, fc.Arbitrary<unknown>>,
  requiredKeys: string[] = [],
): fc.Arbitrary<Json> {
  return fc.record(shape, { requiredKeys }).map((made) => ({ ...made }));
}
const plural = partly({ value: some, type: fc.constantFrom('work', 'Home', 'other'), primary: flag }, [
  'value',
]);
const plurals = fc.array(plural, { minLength: 1, maxLength: 3 });

export const user: fc.Arbitrary<Json> = partly(
  {
    schemas: fc.constantFrom([core], [core, enterprise]),
    id,
    externalId: some,
    userName: some,
    name: partly({ givenName: some, familyName: some, formatted: some }),
    displayName: some,
    title: some,
    profileUrl: some,
    active: flag,
    emails: plurals,
    phoneNumbers: plurals,
    photos: plurals,
    addresses: fc.array(
      partly({ locality: some, country: fc.constantFrom('US', 'NL'), type: some, primary: flag }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    groups: fc.array(partly({ value: id, display: some }, ['value']), { minLength: 1, maxLength: 2 }),
    [enterprise]: partly({ department: some, manager: partly({ value: id }, ['value']) }),
    meta: partly({ created: instant, lastModified: instant, resourceType: fc.constant('User') }, ['created']),
  },
  ['schemas', 'id', 'userName', 'active', 'meta'],
);

export const group: fc.Arbitrary<Json> = partly(
  {
    id,
    externalId: some,
    displayName: fc.tuple(fc.constantFrom('', ' ', '\u00A0'), some).map((parts) => parts.join('')),
    members: fc.array(partly({ value: id, type: fc.constant('User') }, ['value']), {
      minLength: 1,
      maxLength: 3,
    }),
    meta: partly({ created: instant }, ['created']),
  },
  ['id', 'displayName', 'meta'],
);

const textOps = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
const op = fc.constantFrom(...textOps);
const equality = fc.constantFrom('eq', 'ne');
/** Also values that make no sense where they stand. */
const anything: fc.Arbitrary<Value> = fc.oneof(
  some,
  id,
  day,
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom(1, 12, 'True'),
);

interface Place {
  readonly path: string;
  readonly value: fc.Arbitrary<Value>;
  readonly op?: fc.Arbitrary<string>;
}
const texts = (...paths: string[]): Place[] => paths.map((path) => ({ path, value: some }));
const bool = fc.constantFrom<Value>(true, false, 'True', 'FALSE');

const userPlaces: readonly Place[] = [
  ...texts(
    'userName',
    'externalId',
    'name.givenName',
    'name.familyName',
    'displayName',
    'title',
    'profileUrl',
  ),
  ...texts(
    'emails',
    'emails.value',
    'phoneNumbers.value',
    'photos',
    'photos.value',
    'addresses.locality',
    'nothing',
  ),
  ...texts(
    'department',
    `${enterprise}:department`,
    `${core}:userName`,
    `${core}:name.givenName`,
    'emails.nothing',
  ),
  ...texts('groups.display', 'name', 'addresses', 'meta', 'nickName'),
  { path: 'id', value: id },
  { path: 'manager', value: id },
  { path: `${enterprise}:manager.value`, value: id },
  { path: 'groups', value: id },
  { path: 'active', value: bool, op: equality },
  { path: 'emails.primary', value: bool, op: equality },
  { path: 'emails.type', value: fc.constantFrom('work', 'WORK', 'home') },
  { path: 'meta.created', value: day },
  { path: 'meta.lastModified', value: day },
  { path: 'meta.resourceType', value: fc.constantFrom('User', 'user') },
  { path: 'schemas', value: fc.constantFrom(core, enterprise, core.toUpperCase()) },
];
const groupPlaces: readonly Place[] = [
  ...texts('externalId', 'nothing', 'emails.nothing'),
  { path: 'displayName', value: fc.tuple(some, fc.constantFrom('', ' ')).map((parts) => parts.join('')) },
  { path: 'id', value: id },
  { path: 'members', value: id },
  { path: 'members.value', value: id },
  { path: 'members.type', value: fc.constantFrom('User', 'user') },
  { path: 'meta.created', value: day },
];
const elementPlaces: readonly Place[] = [
  ...texts('value', 'nothing'),
  { path: 'type', value: fc.constantFrom('work', 'WORK', 'home', 'x') },
  { path: 'primary', value: bool, op: equality },
];
const addressPlaces: readonly Place[] = [
  ...texts('locality', 'type'),
  { path: 'country', value: fc.constant('nl') },
];
const namePlaces = texts('givenName', 'familyName');
const memberPlaces: readonly Place[] = [
  { path: 'value', value: id },
  { path: 'type', value: fc.constantFrom('User', 'user') },
];

function leafOf(places: readonly Place[]): fc.Arbitrary<Wanted> {
  const place = fc.constantFrom(...places);
  return fc.oneof(
    {
      weight: 8,
      arbitrary: place.chain((at) =>
        fc.record({ path: fc.constant(at.path), op: at.op ?? op, value: at.value }),
      ),
    },
    {
      weight: 1,
      arbitrary: place.chain(({ path }) => fc.record({ path: fc.constant(path), op, value: anything })),
    },
    { weight: 2, arbitrary: place.map(({ path }) => ({ has: path })) },
  );
}

function treeOf(leaf: fc.Arbitrary<Wanted>): fc.Arbitrary<Wanted> {
  return fc.letrec<{ tree: Wanted }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((any) => ({ any })),
      tie('tree').map((not) => ({ not })),
    ),
  })).tree;
}

function among(path: string, places: readonly Place[]): fc.Arbitrary<Wanted> {
  return treeOf(leafOf(places)).map((one) => ({ among: path, one }));
}

export const userFilter: fc.Arbitrary<Wanted> = treeOf(
  fc.oneof(
    { weight: 3, arbitrary: leafOf(userPlaces) },
    { weight: 1, arbitrary: fc.oneof(among('emails', elementPlaces), among('phoneNumbers', elementPlaces)) },
    {
      weight: 1,
      arbitrary: fc.oneof(
        among('addresses', addressPlaces),
        among('name', namePlaces),
        among('nothing', elementPlaces),
      ),
    },
  ),
);
export const groupFilter: fc.Arbitrary<Wanted> = treeOf(
  fc.oneof(
    { weight: 3, arbitrary: leafOf(groupPlaces) },
    { weight: 1, arbitrary: among('members', memberPlaces) },
  ),
);

/** How a client may write the same tree; each is a choice from 0 up. */
export interface Hand {
  next(choices: number): number;
}
export const hand: fc.Arbitrary<Hand> = fc.infiniteStream(fc.nat(11)).map((stream) => ({
  next: (choices) => Number(stream.next().value) % choices,
}));

/** Keywords and names in any case, blanks where the grammar allows them, parentheses that change nothing. */
export function write(wanted: Wanted, by: Hand): string {
  const blank = () => [' ', '  ', '\t'][by.next(3)] ?? ' ';
  const pad = () => ['', '', ' '][by.next(3)] ?? '';
  const inCase = (word: string) => [word, word.toUpperCase(), word.toLowerCase()][by.next(3)] ?? word;
  const joined = (parts: readonly Wanted[], word: string) =>
    parts
      .map((part) => (isJoin(part) ? `(${pad()}${write(part, by)}${pad()})` : write(part, by)))
      .join(`${blank()}${inCase(word)}${blank()}`);
  const text = (): string => {
    if ('all' in wanted) return joined(wanted.all, 'and');
    if ('any' in wanted) return joined(wanted.any, 'or');
    if ('not' in wanted) return `${inCase('not')}${pad()}(${pad()}${write(wanted.not, by)}${pad()})`;
    if ('has' in wanted) return `${inCase(wanted.has)}${blank()}${inCase('pr')}`;
    if ('among' in wanted) return `${inCase(wanted.among)}[${pad()}${write(wanted.one, by)}${pad()}]`;
    return `${inCase(wanted.path)}${blank()}${inCase(wanted.op)}${blank()}${literal(wanted.value, by)}`;
  };
  return by.next(6) === 0 ? `(${text()})` : text();
}

function isJoin(wanted: Wanted): boolean {
  return 'all' in wanted || 'any' in wanted;
}

/** Texts as JSON, now and then with every character escaped. */
function literal(value: Value, by: Hand): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  if (by.next(4) > 0) return JSON.stringify(value);
  const escaped = Array.from(
    { length: value.length },
    (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped.join('')}"`;
}
