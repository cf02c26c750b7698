/**
 * Whole HTTP requests as an attacker or a broken client writes them: methods, spellings of paths, queries, headers, bodies.
 * A request is plain data, so that one that did harm can be printed and sent again. `{token}` stands for a live token.
 */
import * as fc from 'fast-check';
import { groupFilter, hand, userFilter, write } from '../scim/filter-arbitraries.ts';
import { core } from '../scim/patching.ts';
import { bent, CANARY, type Known, meantBodies, rawBody } from './bodies.ts';
import { pathOf } from './paths.ts';

export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** As the platform hands it over: a text, or base64 of bytes. */
  readonly text?: string;
  readonly base64?: string;
  readonly source: string;
}

const method = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HEAD',
      'OPTIONS',
      'TRACE',
      'get',
      'constructor',
      '__proto__',
      '',
      'P\u00D6ST',
      'GET\r\nX: y',
    ),
  },
);

const soup = fc
  .array(
    fc.constantFrom(
      'userName',
      ' eq ',
      '"',
      '\\',
      '(',
      ')',
      '[',
      ']',
      ' and ',
      ' or ',
      'not ',
      '.',
      ':',
      'pr',
      'null',
      '\u0000',
      '\uD800',
      '1e999',
      CANARY,
      'emails',
      'urn:',
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));
const deep = fc
  .tuple(
    fc.constantFrom('(', '[', 'not (', 'emails[', '"', '\\', ' ', 'a.'),
    fc.constantFrom(5, 11, 700, 2100),
  )
  .map(([piece, times]) => piece.repeat(times));
const filter = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.oneof(userFilter, groupFilter), hand).map(([wanted, by]) => write(wanted, by)),
  },
  { weight: 2, arbitrary: soup },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.tuple(filterOf(), fc.nat(200)).map(([whole, end]) => whole.slice(0, end)) },
);
function filterOf(): fc.Arbitrary<string> {
  return fc.tuple(userFilter, hand).map(([wanted, by]) => write(wanted, by));
}
const numberText = fc.constantFrom(
  '0',
  '1',
  '-1',
  '5',
  '200',
  '201',
  '2147483648',
  '9'.repeat(300),
  '1e3',
  'NaN',
  '0x10',
  ' 7 ',
  '1.5',
  '',
  '\u0661',
  CANARY,
);
const names = fc
  .array(
    fc.constantFrom(
      'userName',
      'emails',
      'emails.value',
      'name.givenName',
      'members',
      'groups',
      'id',
      'password',
      'x',
      '__proto__',
      core,
      `${core}:userName`,
      '',
      'a.b.c',
      'urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User',
    ),
    { maxLength: 5 },
  )
  .map((list) => list.join(','));
const parameter = fc.oneof(
  fc.tuple(fc.constantFrom('filter', 'FILTER'), filter),
  fc.tuple(fc.constantFrom('count', 'startIndex', 'startindex'), numberText),
  fc.tuple(fc.constantFrom('attributes', 'excludedAttributes'), names),
  fc.tuple(
    fc.constantFrom('sortBy', 'sortOrder'),
    fc.constantFrom('userName', 'emails', 'name', 'descending', 'x.y', '__proto__', ''),
  ),
  fc.tuple(
    fc.constant('cursor'),
    fc.constantFrom('', 'x', 'a.b', 'WzAsbnVsbCwwLG51bGwsMV0.AAAA', '.'.repeat(600)),
  ),
  fc.tuple(
    fc.constantFrom('', 'x', '__proto__', 'constructor', 'access_token'),
    fc.constantFrom('', CANARY, '%', '%E0%A4%A'),
  ),
);
const query = fc
  .tuple(
    fc.array(parameter, { maxLength: 4 }),
    fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  )
  .map(([list, encoded]) =>
    list
      .map(([key, value]) => `${key}=${encoded ? encodeURIComponent(value.toWellFormed()) : value}`)
      .join('&'),
  );

const authorization = fc.oneof(
  { weight: 30, arbitrary: fc.constant<string | undefined>('Bearer {token}') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'bearer {token}',
      'Basic {token}',
      'Bearer {token}x',
      '{token}',
      'Bearer scimb__',
      `Bearer ${'a'.repeat(5000)}`,
      'Bearer \u0000',
      'Bearer __proto__',
      'Bearer a.b.c',
    ),
  },
);
const contentType = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.constantFrom<string | undefined>(
      'application/scim+json',
      'application/json',
      'application/scim+json; charset=utf-8',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      undefined,
      '',
      'text/plain',
      'application/xml',
      'application/json; charset=utf-16',
      'application/json;charset="',
      ';;;=',
      'application/x-www-form-urlencoded',
      `application/json; ${'a=b;'.repeat(1000)}`,
    ),
  },
);
const more = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constantFrom('if-match', 'if-none-match'),
      fc.constantFrom(
        '*',
        'W/"1"',
        '"1"',
        'W/"2-00000000"',
        '',
        ',',
        'W/"'.repeat(300),
        '"1", "2"',
        'W/"999999999999999999"',
        '__proto__',
      ),
    ),
    fc.tuple(fc.constant('content-encoding'), fc.constantFrom('gzip', 'identity', '', 'br, gzip')),
    fc.tuple(
      fc.constantFrom('accept', 'accept-encoding'),
      fc.constantFrom(
        'gzip',
        '*',
        'text/html',
        'gzip;q=0',
        'gzip;q=x',
        ';;',
        'q='.repeat(500),
        `${' '.repeat(3000)}q`,
      ),
    ),
    fc.tuple(
      fc.constantFrom(
        'x-forwarded-for',
        'host',
        'cookie',
        '__proto__',
        'constructor',
        'content-length',
        'transfer-encoding',
        'x-http-method-override',
      ),
      fc.constantFrom('1', 'DELETE', CANARY, 'x'.repeat(4000)),
    ),
  ),
  { maxLength: 2 },
);
const source = fc.constantFrom(
  '127.0.0.1',
  '203.0.113.7',
  '198.51.100.250',
  '2001:db8::1',
  '::ffff:10.0.0.1',
  '',
  'unknown',
);

interface Intent {
  readonly method: string;
  readonly path: fc.Arbitrary<string>;
  readonly body?: fc.Arbitrary<unknown>;
  readonly weight: number;
}

/** What clients do, with what belongs together. Only a few may be deleted, so that the rest is there for the others. */
function intents(known: Known): readonly Intent[] {
  const meant = meantBodies(known);
  const one = (type: string, ids: readonly string[]) =>
    fc.constantFrom(...ids, ...known.strangers).map((id) => `/scim/v2/${type}/${id}`);
  const at = (...paths: string[]) => fc.constantFrom(...paths);
  const [users, groups] = [known.users.slice(0, 9), known.groups.slice(0, 3)];
  return [
    { weight: 6, method: 'GET', path: at('/scim/v2/Users', '/scim/v2/Groups', '/scim/v2', '/scim/v2/Users') },
    { weight: 3, method: 'GET', path: fc.oneof(one('Users', users), one('Groups', groups)) },
    {
      weight: 1,
      method: 'GET',
      path: at(
        '/scim/v2/Schemas',
        `/scim/v2/Schemas/${core}`,
        '/scim/v2/ResourceTypes',
        '/scim/v2/ServiceProviderConfig',
        '/scim/v2/Me',
      ),
    },
    { weight: 3, method: 'POST', path: at('/scim/v2/Users'), body: meant.user },
    { weight: 1, method: 'POST', path: at('/scim/v2/Groups'), body: meant.group },
    { weight: 2, method: 'PUT', path: one('Users', users), body: meant.user },
    { weight: 1, method: 'PUT', path: one('Groups', groups), body: meant.group },
    { weight: 6, method: 'PATCH', path: one('Users', users), body: meant.userPatch },
    { weight: 4, method: 'PATCH', path: one('Groups', groups), body: meant.groupPatch },
    {
      weight: 1,
      method: 'DELETE',
      path: fc.oneof(one('Users', known.users.slice(9)), one('Groups', known.groups.slice(3))),
    },
    {
      weight: 2,
      method: 'POST',
      path: at('/scim/v2/.search', '/scim/v2/Users/.search', '/scim/v2/Groups/.search'),
      body: meant.search,
    },
    { weight: 1, method: 'POST', path: at('/scim/v2/Bulk'), body: meant.bulk },
  ];
}

/** Requests with bodies of text, or none; nearly all carry a live token, and two of three are what some client would send. */
export function requests(known: Known): fc.Arbitrary<FuzzRequest> {
  const sensible = fc.oneof(
    ...intents(known).map(({ weight, method: verb, path, body }) => ({
      weight,
      arbitrary: fc.record({
        method: fc.constant(verb),
        path,
        body: body === undefined ? fc.constant(undefined) : bent(body),
      }),
    })),
  );
  const wild = fc.record({
    method,
    path: pathOf(known),
    body: fc.option(bent(fc.oneof(...Object.values(meantBodies(known)))), { nil: undefined }),
  });
  const asked = fc.oneof({ weight: 2, arbitrary: sensible }, { weight: 1, arbitrary: wild });
  return fc
    .record({
      asked,
      query: fc.oneof(fc.constant(''), query),
      authorization,
      contentType,
      more,
      source,
      asText: fc.boolean(),
    })
    .map(
      ({
        asked: { method: verb, path, body: text },
        asText,
        authorization: bearer,
        contentType: type,
        more: others,
        ...rest
      }) => ({
        method: verb,
        path,
        ...rest,
        headers: headersOf(bearer, type, others),
        ...(text === undefined ? {} : asText ? { text } : { base64: Buffer.from(text).toString('base64') }),
      }),
    );
}

/** A body of any bytes, sent where bodies are read. */
export function rawRequests(known: Known): fc.Arbitrary<FuzzRequest> {
  const [user, group] = [known.users[3], known.groups[2]];
  const target = fc.constantFrom(
    ['POST', '/scim/v2/Users'],
    ['POST', '/scim/v2/Groups'],
    ['PUT', `/scim/v2/Users/${user}`],
    ['PATCH', `/scim/v2/Users/${user}`],
    ['PATCH', `/scim/v2/Groups/${group}`],
    ['PUT', `/scim/v2/Groups/${group}`],
    ['POST', '/scim/v2/Bulk'],
    ['POST', '/scim/v2/.search'],
    ['POST', '/scim/v2/Users/.search'],
    ['POST', '/oauth/token'],
  );
  return fc
    .tuple(target, rawBody(known), contentType, source)
    .map(([[verb = '', path = ''], bytes, type, from]) => ({
      method: verb,
      path,
      query: '',
      headers: headersOf('Bearer {token}', type, []),
      base64: Buffer.from(bytes).toString('base64'),
      source: from,
    }));
}

function headersOf(
  bearer: string | undefined,
  type: string | undefined,
  others: FuzzRequest['headers'],
): FuzzRequest['headers'] {
  const all: (readonly [string, string])[] = [...others];
  if (bearer !== undefined) all.push(['authorization', bearer]);
  if (type !== undefined) all.push(['content-type', type]);
  return all;
}
