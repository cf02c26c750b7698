/**
 * Whether an answer is one that this service may give, whatever was asked (I17, I18; T34, T44, T48, T49). Each thing that is
 * wrong is one sentence; none is good.
 */
import { CANARY } from './bodies.ts';
import type { FuzzAnswer } from './world.ts';

/** 501 belongs to /Me alone, and 503 to a request that ran out of time, which none may. */
const STATUSES = new Set([200, 201, 204, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 501]);
const SCIM_TYPES = new Set([
  'invalidFilter',
  'tooMany',
  'uniqueness',
  'mutability',
  'invalidSyntax',
  'invalidPath',
  'noTarget',
  'invalidValue',
  'invalidVers',
  'sensitive',
  'invalidCursor',
  'expiredCursor',
  'invalidCount',
]);

/** Words from inside: stacks, files, names of errors, of the table and of what is in it. */
const INSIDE =
  /\bat (\S+ \()?[^ )]*:\d+|node:|node_modules|\.[cm]?[jt]s\b|lambdas|arn:aws|dynamo|\b(Type|Range|Syntax|Reference|Zod|Scim)Error|ConditionalCheck|ValidationException|\bpk\b|undefined|NaN|\[object|Cannot read|is not a function|#(UN|GN|X|E|POS)#/i;

export function faultsOf(path: string, answer: FuzzAnswer, token: string): readonly string[] {
  const { status, headers, body, thrown } = answer;
  if (thrown !== undefined) return [`crash: the handler threw ${String(thrown)}`];
  const faults: string[] = [];
  if (!STATUSES.has(status)) faults.push(`status ${status}`);
  if (headers['cache-control'] !== 'no-store') faults.push('no Cache-Control: no-store (T49)');
  if (headers['x-content-type-options'] !== 'nosniff') faults.push('no nosniff (T45)');
  if (status === 401 && headers['www-authenticate'] === undefined)
    faults.push('401 without WWW-Authenticate');
  if (status === 405 && headers['allow'] === undefined) faults.push('405 without Allow');
  if (Object.values(headers).some((value) => /[\r\n\0]/.test(value))) faults.push('a line break in a header');
  if (body?.includes(token)) faults.push('the token is in the body (T08)');
  if (status >= 400) faults.push(...faultsOfError(path, answer));
  else if (body !== undefined && parse(body) === undefined) faults.push('the body is not JSON');
  return faults;
}

function faultsOfError(path: string, { status, headers, body = '' }: FuzzAnswer): readonly string[] {
  const parsed = parse(body);
  if (typeof parsed !== 'object' || parsed === null) return ['an error without a JSON object as its body'];
  const all = `${body}\n${JSON.stringify(headers)}`;
  const faults: string[] = [];
  if (INSIDE.test(all)) faults.push(`the error speaks of what is inside: ${INSIDE.exec(all)?.[0]} (T48)`);
  if (all.includes(CANARY)) faults.push('the error repeats what was sent (T44)');
  // RFC 6749 section 5.2: the token endpoint has errors of its own.
  const isOAuth = path === '/oauth/token';
  if (isOAuth) {
    if (!('error' in parsed) || typeof parsed.error !== 'string') faults.push('no error code of RFC 6749');
    return faults;
  }
  const error: Readonly<Record<string, unknown>> = { ...parsed };
  if (headers['content-type'] !== 'application/scim+json') faults.push('not application/scim+json');
  if (JSON.stringify(error['schemas']) !== '["urn:ietf:params:scim:api:messages:2.0:Error"]')
    faults.push('not the schema of errors');
  if (error['status'] !== String(status)) faults.push('status in the body is not the status');
  if (typeof error['detail'] !== 'string' || error['detail'].length < 20) faults.push('no detail');
  if ('scimType' in error && !SCIM_TYPES.has(String(error['scimType']))) faults.push('an unknown scimType');
  return faults;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** T43, T44: each line is one JSON object, without what was sent; an error line means that something broke. */
export function faultsOfLines(lines: readonly string[], token: string): readonly string[] {
  return lines.flatMap((line) => {
    const faults: string[] = [];
    const parsed = parse(line);
    if (/[\r\n\u2028\u2029]/.test(line) || typeof parsed !== 'object' || parsed === null)
      faults.push('a log line is not one line of JSON (T43)');
    if (line.includes(token) || line.includes(CANARY))
      faults.push('a log line holds what was sent (T08, T44)');
    if (line.includes('"level":"error"')) faults.push(`an error was logged: ${line.slice(0, 600)}`);
    return faults;
  });
}

const WATCHED: readonly (readonly [string, object])[] = [
  ['Object', Object.prototype],
  ['Array', Array.prototype],
  ['Function', Function.prototype],
  ['String', String.prototype],
  ['Number', Number.prototype],
  ['Boolean', Boolean.prototype],
  ['Map', Map.prototype],
  ['Set', Set.prototype],
  ['Promise', Promise.prototype],
  ['RegExp', RegExp.prototype],
  ['Date', Date.prototype],
  ['Error', Error.prototype],
  ['Object itself', Object],
  ['JSON', JSON],
];

interface Shape {
  readonly counts: readonly (readonly [string, object, number, object | null])[];
  readonly values: readonly (readonly [string, object, PropertyKey, unknown])[];
}

/** What the prototypes look like: how many names they have, what stands behind each, and what they inherit from. */
export function shapeOfPrototypes(): Shape {
  return {
    counts: WATCHED.map(
      ([name, it]) => [name, it, Reflect.ownKeys(it).length, Object.getPrototypeOf(it)] as const,
    ),
    values: WATCHED.flatMap(([name, it]) =>
      Reflect.ownKeys(it).map((key) => [name, it, key, behind(it, key)] as const),
    ),
  };
}

/** Not the value of an accessor, which asks for a real instance, but the accessor itself. */
function behind(it: object, key: PropertyKey): unknown {
  const { value, get, set } = Object.getOwnPropertyDescriptor(it, key) ?? {};
  return value ?? get ?? set;
}

/** Names of those that are not as they were. */
export function changedPrototypes({ counts, values }: Shape): readonly string[] {
  const grown = counts.filter(
    ([, it, count, parent]) => Reflect.ownKeys(it).length !== count || Object.getPrototypeOf(it) !== parent,
  );
  const replaced = values.filter(([, it, key, value]) => behind(it, key) !== value);
  return [...new Set([...grown, ...replaced].map(([name]) => name))];
}
