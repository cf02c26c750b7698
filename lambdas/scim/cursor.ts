/**
 * Cursors (RFC 9865): a place in the answer to one query, sealed so that only this server can have made it or read it. The
 * seal covers the connection, the query and the expiry, so a cursor that was altered, that belongs to somebody else or to
 * another query is the same thing: invalid (row 164). It grants nothing: the token of each request is judged anew (row 163).
 *
 * In a sorted answer the place is the sort key itself, because whoever stood there may be renamed or deleted before the
 * next page. A key is a person's data and cursors travel in URLs (row 116), so they are encrypted. The nonce is a keyed
 * digest of all that is sealed: the same place gives the same cursor, and no two places share a nonce.
 */
import { badRequest } from './errors.ts';
import type { SortKey } from './sort.ts';

/** Where a page begins. */
export interface Place {
  /** Which resource type, in the order of the query. */
  readonly source: number;
  /** The id that the page begins after; absent = at the end that the walk comes from. */
  readonly after?: string | undefined;
  readonly backward?: boolean | undefined;
  /** In a sorted answer: what `after` was sorted by. */
  readonly key?: SortKey;
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
/** A sort key is a text of up to 1,024 characters, each of up to three bytes, and JSON may escape them. */
const LONGEST_CURSOR = 9_000;
const NONCE_BYTES = 12;

/** Unreserved characters only (row 156). */
export async function sealCursor(place: Place, parts: CursorParts): Promise<string> {
  const { source, after, backward, key } = place;
  const until = Math.floor(parts.now / 1000) + CURSOR_LIFE_SECONDS;
  const sealed = [source, after ?? null, backward === true ? 1 : 0, key ?? null, until];
  const message = new TextEncoder().encode(JSON.stringify(sealed));
  const nonce = await nonceOf(message, parts);
  const box = await crypto.subtle.encrypt(boxOf(nonce, parts), await boxKey(parts, 'encrypt'), message);
  return toBase64Url(new Uint8Array([...nonce, ...new Uint8Array(box)]));
}

/** @throws ScimError 400 invalidCursor, expiredCursor */
export async function openCursor(text: string, parts: CursorParts): Promise<Place> {
  const bytes = text.length > LONGEST_CURSOR ? undefined : fromBase64Url(text);
  if (bytes === undefined || bytes.length <= NONCE_BYTES) throw invalid();
  const { place, until } = readPlace(await unseal(bytes, parts));
  if (until * 1000 <= parts.now) {
    throw badRequest(
      'expiredCursor',
      `This cursor is older than ${CURSOR_LIFE_SECONDS} seconds. Start the query again without a cursor.`,
    );
  }
  return place;
}

async function unseal(bytes: Uint8Array<ArrayBuffer>, parts: CursorParts): Promise<string> {
  const [nonce, box] = [bytes.slice(0, NONCE_BYTES), bytes.slice(NONCE_BYTES)];
  const key = await boxKey(parts, 'decrypt');
  const message = await crypto.subtle.decrypt(boxOf(nonce, parts), key, box).catch(() => {
    // It throws for one reason only: this key and this context did not seal these bytes.
    throw invalid();
  });
  return new TextDecoder().decode(message);
}

function boxOf(nonce: Uint8Array<ArrayBuffer>, { context }: CursorParts) {
  return { name: 'AES-GCM', iv: nonce, additionalData: new TextEncoder().encode(context) };
}

async function boxKey({ key }: CursorParts, use: 'encrypt' | 'decrypt') {
  return crypto.subtle.importKey('raw', await keyFor('scim-cursor box', key), 'AES-GCM', false, [use]);
}

async function nonceOf(message: Uint8Array, { key, context }: CursorParts): Promise<Uint8Array<ArrayBuffer>> {
  const hash = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', await keyFor('scim-cursor nonce', key), hash, false, [
    'sign',
  ]);
  const all = new Uint8Array([...new TextEncoder().encode(`${context.length} ${context}`), ...message]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', secret, all)).slice(0, NONCE_BYTES);
}

/** The labels keep the two uses of one secret apart, and both from any other use of it. */
function keyFor(label: string, key: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${label}\n${key}`));
}

function readPlace(message: string): { place: Place; until: number } {
  const parsed: unknown = JSON.parse(message);
  if (!Array.isArray(parsed)) throw invalid();
  const [source, after, backward, key, until] = parsed;
  return {
    place: {
      source: Number(source),
      after: typeof after === 'string' ? after : undefined,
      backward: backward === 1,
      key: typeof key === 'string' || typeof key === 'number' ? key : undefined,
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
