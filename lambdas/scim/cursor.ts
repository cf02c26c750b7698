/**
 * Cursors (RFC 9865): a place in the answer to one query, sealed so that only this server can have made it. The seal covers
 * the connection, the query and the expiry, so a cursor that was altered, that belongs to somebody else or to another
 * query is the same thing: invalid (row 164). It grants nothing: the token of each request is judged anew (row 163), and
 * it names resources by id only, never by a value, because it travels in URLs.
 */
import { badRequest } from './errors.ts';

/** Where a page begins. */
export interface Place {
  /** Which resource type, in the order of the query. */
  readonly source: number;
  /** The id that the page begins after; absent = at the end of the type that the walk comes from. */
  readonly after?: string | undefined;
  readonly backward?: boolean | undefined;
  /** In a sorted answer: how many stood before, for when `after` is gone. */
  readonly offset?: number | undefined;
}

export interface CursorParts {
  /** Secret; at least one byte. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Everything that must be the same on every page: connection, path, filter, sort. */
  readonly context: string;
}

/** Announced as `cursorTimeout`. */
export const CURSOR_LIFE_SECONDS = 3600;
const LONGEST_CURSOR = 512;

/** Unreserved characters only (row 156). */
export async function sealCursor(place: Place, parts: CursorParts): Promise<string> {
  const { source, after, backward, offset } = place;
  const until = Math.floor(parts.now / 1000) + CURSOR_LIFE_SECONDS;
  const payload = toBase64Url(
    new TextEncoder().encode(
      JSON.stringify([source, after ?? null, backward === true ? 1 : 0, offset ?? null, until]),
    ),
  );
  return `${payload}.${toBase64Url(new Uint8Array(await sealOf(payload, parts)))}`;
}

/** @throws ScimError 400 invalidCursor, expiredCursor */
export async function openCursor(text: string, parts: CursorParts): Promise<Place> {
  const [payload = '', seal = '', ...rest] = text.length > LONGEST_CURSOR ? [] : text.split('.');
  const bytes = fromBase64Url(seal);
  if (bytes === undefined || rest.length > 0) throw invalid();
  const message = messageOf(payload, parts);
  // `verify` compares in constant time.
  if (!(await crypto.subtle.verify('HMAC', await importKey(parts.key), bytes, message))) throw invalid();
  const { place, until } = readPayload(payload);
  if (until * 1000 <= parts.now) {
    throw badRequest(
      'expiredCursor',
      `This cursor is older than ${CURSOR_LIFE_SECONDS} seconds. Start the query again without a cursor.`,
    );
  }
  return place;
}

async function sealOf(payload: string, parts: CursorParts): Promise<ArrayBuffer> {
  return crypto.subtle.sign('HMAC', await importKey(parts.key), messageOf(payload, parts));
}

function importKey(key: string) {
  const secret = new TextEncoder().encode(key);
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

/** The label keeps a seal from ever being a value of another use of the same key. */
function messageOf(payload: string, { context }: CursorParts): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`scim-cursor\n${payload}\n${context}`);
}

function readPayload(payload: string): { place: Place; until: number } {
  const bytes = fromBase64Url(payload);
  const parsed: unknown = bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes));
  if (!Array.isArray(parsed)) throw invalid();
  const [source, after, backward, offset, until] = parsed;
  return {
    place: {
      source: Number(source),
      after: typeof after === 'string' ? after : undefined,
      backward: backward === 1,
      offset: typeof offset === 'number' ? offset : undefined,
    },
    until: Number(until),
  };
}

function invalid(): Error {
  return badRequest(
    'invalidCursor',
    'This cursor does not belong to this query. Send cursors as they were given, with the same filter and order, or start again without one.',
  );
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  // The last character may have bits that no byte holds: one spelling is enough.
  return toBase64Url(bytes) === text ? bytes : undefined;
}
