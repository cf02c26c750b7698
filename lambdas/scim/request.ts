/**
 * A request as the edge hands it over, and what every operation needs to know of it: path, query, body, preconditions.
 * Everything here is text from outside; what leaves this file is decoded, bounded and known to be well-formed.
 */
import type { ScimDirectory } from '../directory/directory.ts';
import type { ConnectionId } from '../directory/records.ts';
import { badRequest, ScimError } from './errors.ts';
import { fold, parseJson } from './json.ts';
import type { Values } from './values.ts';

export interface ScimRequest {
  readonly method: string;
  /** The full path as it was sent, still encoded. */
  readonly rawPath: string;
  /** Without the question mark. */
  readonly rawQuery: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Set when there was a body that is no text. */
  readonly bodyProblem?: 'notUtf8' | undefined;
  /** The address of the service, with or without `/scim/v2` at its end. */
  readonly baseUrl: string;
  readonly requestId: string;
  /** The caller's address as the platform saw it, never as a header says it; absent = not known. */
  readonly source?: string | undefined;
}

export interface ScimResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;
/** Where lines go; fields hold ids and counts only. */
export interface ScimLog {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

/** What an operation answers; `routes.ts` makes the response of it. */
export interface Answer {
  readonly status: number;
  readonly body?: Values;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One authenticated request on its way to an operation. */
export interface Call {
  readonly directory: ScimDirectory;
  readonly connection: ConnectionId;
  /** Ends in `/scim/v2`. */
  readonly baseUrl: string;
  readonly request: ScimRequest;
  readonly query: Query;
  readonly log: ScimLog;
  /** Epoch milliseconds by the bridge's clock. */
  readonly now: () => number;
  /** Real milliseconds from any origin, for what must end within the request. */
  readonly realNow: () => number;
  /** Seals cursors; secret. */
  readonly cursorKey: string;
}

export const BASE_PATH = '/scim/v2';
/** T35. Announced as `maxPayloadSize` of bulk requests. */
export const LARGEST_BODY_BYTES = 1024 * 1024;

/** Decoded values by folded name. A parameter without a value, or that is not known, is no error (row 11, idp-traffic 1 row 26). */
export type Query = ReadonlyMap<string, string>;

/** Folded names of the parameters that mean something, in the query string and in a `/.search` body. */
export const PARAMETERS: ReadonlySet<string> = new Set([
  'attributes',
  'excludedattributes',
  'filter',
  'sortby',
  'sortorder',
  'startindex',
  'count',
  'cursor',
]);

/** @throws ScimError 400 invalidValue when a parameter that matters is not decodable */
export function readQuery(rawQuery: string): Query {
  const query = new Map<string, string>();
  for (const pair of rawQuery.split('&')) {
    const equals = pair.indexOf('=');
    const name = fold(equals < 0 ? pair : pair.slice(0, equals));
    // Without case, like attribute names: the RFC has no rule, and clients write startindex. The first of two wins.
    if (!PARAMETERS.has(name) || query.has(name)) continue;
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1).replaceAll('+', ' '));
    if (value === undefined) {
      throw badRequest(
        'invalidValue',
        `The query parameter ${name} is not percent-encoded UTF-8. Encode it again.`,
      );
    }
    query.set(name, value);
  }
  return query;
}

/** Without a version the newest one answers, and there is one (row 10). */
const BASES = [BASE_PATH, '/scim'];

/** Path segments behind the base, decoded; undefined for a path outside it or an odd encoding (T12). */
export function readPath(rawPath: string): readonly string[] | undefined {
  const base = BASES.find((path) => rawPath === path || rawPath.startsWith(`${path}/`));
  if (base === undefined) return undefined;
  const segments = rawPath
    .slice(base.length + 1)
    .split('/')
    .map(decode);
  const clean = segments.filter((segment) => segment !== undefined && isPlainSegment(segment));
  return clean.length === segments.length ? clean.filter((segment) => segment !== undefined) : undefined;
}

function isPlainSegment(segment: string): boolean {
  return segment !== '.' && segment !== '..' && !segment.includes('/') && !segment.includes('\\');
}

/** Percent-encoded UTF-8; undefined for what is none. */
export function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // URIError is the only one: a percent sign without two hex digits, or bytes that are not UTF-8.
    return undefined;
  }
}

/**
 * The JSON body of a POST, PUT or PATCH.
 * @throws ScimError 415, 413, 400 invalidSyntax
 */
export function readBody({ headers, body, bodyProblem }: ScimRequest): unknown {
  checkMediaType(headers['content-type'], headers['content-encoding']);
  if (bodyProblem === 'notUtf8')
    throw badRequest('invalidSyntax', 'The request body is not UTF-8. Send JSON in UTF-8.');
  if (body === undefined || body === '') {
    throw badRequest('invalidSyntax', 'The request has no body. Send one JSON object.');
  }
  // A character is one to three bytes of UTF-8, so most bodies need no counting.
  if (
    body.length > LARGEST_BODY_BYTES ||
    (body.length * 3 > LARGEST_BODY_BYTES && bytesOf(body) > LARGEST_BODY_BYTES)
  ) {
    throw new ScimError(
      413,
      `The request body is larger than ${LARGEST_BODY_BYTES} bytes (maxPayloadSize). Split the request into several.`,
    );
  }
  return parseJson(body);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Rows 2, 6 and T42: both JSON types, UTF-8, no compression. */
function checkMediaType(contentType: string | undefined, contentEncoding: string | undefined): void {
  if (contentEncoding !== undefined && fold(contentEncoding).trim() !== 'identity') {
    throw new ScimError(
      415,
      'Compressed request bodies are not accepted. Send the body without Content-Encoding.',
    );
  }
  const [type = '', ...parameters] = fold(contentType ?? '')
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  const isUtf8 = charset === undefined || charset.slice('charset='.length).replaceAll('"', '') === 'utf-8';
  if ((type !== 'application/scim+json' && type !== 'application/json') || !isUtf8) {
    throw new ScimError(415, 'Send the request body as Content-Type: application/scim+json, in UTF-8.');
  }
}

/** A resource as a precondition sees it. */
export interface Tagged {
  readonly version: number;
  /** Of every representation of the resource as it is now. */
  readonly tags: readonly string[];
}

/**
 * The version under which a write with `If-Match` may happen (row 232, I19): the current one where the header names one of
 * its tags, else none. Undefined without a condition, and where there is no resource, because then the write finds nothing.
 * Weak tags match: SCIM has no other use for them (RFC 7644 section 3.14).
 */
export async function readIfMatch(
  { headers }: ScimRequest,
  current: () => Promise<Tagged | undefined>,
): Promise<{ readonly ifVersion?: number }> {
  const header = headers['if-match'];
  if (header === undefined || header.trim() === '*') return {};
  const now = await current();
  if (now === undefined) return {};
  const named = tagsIn(header);
  return { ifVersion: now.tags.some((tag) => named.includes(opaque(tag))) ? now.version : NO_VERSION };
}

/** No resource ever has it: a tag that is not ours matches nothing. */
const NO_VERSION = -1;

/** Row 233: whether the client already holds the representation with this tag. */
export function isNotModified({ headers }: ScimRequest, tag: string): boolean {
  const header = headers['if-none-match'];
  if (header === undefined) return false;
  return header.trim() === '*' || tagsIn(header).includes(opaque(tag));
}

function tagsIn(header: string): readonly string[] {
  return header.split(',').map((tag) => opaque(tag.trim()));
}

/** `W/"3-a1"` and `"3-a1"` are both 3-a1. */
function opaque(tag: string): string {
  const strong = tag.startsWith('W/') ? tag.slice(2) : tag;
  return strong.replaceAll('"', '');
}
