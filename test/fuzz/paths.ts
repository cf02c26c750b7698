/** Addresses of the service, and the spellings with which exemptions have been tricked elsewhere (T12). */
import * as fc from 'fast-check';
import { core } from '../scim/patching.ts';
import type { Known } from './bodies.ts';

function plainPath({ users, groups, strangers }: Known): fc.Arbitrary<string> {
  const id = fc.constantFrom(
    ...users,
    ...groups,
    ...strangers,
    'x',
    '.search',
    'bulkId:a',
    users[0]?.toUpperCase() ?? '',
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('/scim/v2/Users', '/scim/v2/Groups') },
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom('Users', 'Groups'), id)
        .map(([type, one]) => `/scim/v2/${type}/${one}`),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '/scim/v2/.search',
        '/scim/v2/Users/.search',
        '/scim/v2/Groups/.search',
        '/scim/v2/Bulk',
        '/scim/v2/ServiceProviderConfig',
        '/scim/v2/ResourceTypes/User',
        `/scim/v2/Schemas/${core}`,
        '/scim/v2/Schemas',
        '/scim/v2/Me',
        '/scim/v2',
        '/oauth/token',
        '/',
        '',
      ),
    },
  );
}

type Respell = (path: string, place: number) => string;
const insert =
  (piece: string): Respell =>
  (path, place) =>
    path.slice(0, place) + piece + path.slice(place);
const RESPELLINGS: readonly Respell[] = [
  ...[
    '/',
    '//',
    '/./',
    '/../',
    ';x=1',
    ';',
    '%',
    '%2f',
    '%2F..%2f',
    '%5c',
    '\\',
    '%00',
    '%0a',
    '%c0%ae',
    '%e2%80%ae',
    '%252f',
    '?',
    '#',
    '\u00E4',
    '\uD800',
    '..',
    ' ',
    '+',
    '\t',
  ].map(insert),
  (path, place) =>
    `${path.slice(0, place)}%${path.charCodeAt(place % Math.max(1, path.length)).toString(16)}${path.slice(place + 1)}`,
  (path) => path.toUpperCase(),
  (path) => path.toLowerCase(),
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => path.replaceAll('/', '//'),
  (path) => path.replace('/scim/v2', ''),
  (path) => path.replace('/v2', ''),
  (path) => path.replace('/scim/v2', '/scim/v2/scim/v2'),
  (path) => path.replaceAll('s', '%73'),
  (path) => `${path}/${'x'.repeat(6000)}`,
  () => `/scim/v2/${'../'.repeat(200)}Users`,
];

/** Half of the paths are what a client sends. */
export function pathOf(known: Known): fc.Arbitrary<string> {
  const respell = fc.tuple(fc.constantFrom(...RESPELLINGS), fc.nat(60));
  return fc
    .tuple(
      plainPath(known),
      fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(respell, { maxLength: 3 }) },
      ),
    )
    .map(([path, acts]) => acts.reduce((bent, [act, place]) => act(bent, place % (bent.length + 1)), path));
}

/** Where no token is sent: every address with any spelling. */
export const anyPath: fc.Arbitrary<string> = pathOf({
  users: ['018f0000-0000-7000-8000-000000000001'],
  groups: ['018f0000-0000-7000-8000-000000000002'],
  strangers: [],
});
