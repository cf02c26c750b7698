/**
 * Credentials of identity providers (T01-T11): bearer tokens, and clients of OAuth with the access tokens that they fetch.
 * Looked up by the id inside the presented value, stored only as a keyed hash, compared in constant time, several live at
 * once per connection. Revoking deletes the record.
 *
 * Invariant: whoever presents a right, live credential is admitted with one read. Only a wrong guess is counted, so no
 * stranger's failures ever stand in the way of a good one (T10).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isShapedAsAccess, openAccessToken, sealAccessToken } from './access-token.ts';
import type { Admission, NewToken, Presented, TokenGrant } from './directory.ts';
import { type Context, journalWrite } from './dynamo-context.ts';
import { countRefusal, type RefusalContext } from './dynamo-refusals.ts';
import type { Item } from './dynamo-store.ts';
import { tokenIndexKey, tokenKey } from './keys.ts';
import { isWithin, networkOf } from './networks.ts';
import { type ConnectionId, LONGEST_TOKEN_MS, type TokenScope } from './records.ts';
import { TokenRecord } from './token-records.ts';

/** `scimb_<token id>_<secret>`: the prefix lets scanners find a leaked token and us refuse other kinds (T04). */
const BEARER = /^scimb_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;
const CLIENT_ID = /^[0-9a-f]{32}$/;
const CLIENT_SECRET = /^scimc_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const SHORTEST_PEPPER = 32;
const LAST_USED_EVERY_MS = 3600 * 1000;
const ACCESS_TOKEN_MS = 3600 * 1000;
/** Identity providers send from a few networks; with more, nobody would look at each new one. */
const MOST_NETWORKS_SEEN = 30;

export interface TokenContext extends RefusalContext {
  /** Keys the hashes; a table or backup without it reveals nothing (T07). */
  readonly pepper: string;
  readonly randomBytes: (length: number) => Uint8Array;
}

/** @throws Error where no pepper was given: an empty key would be known to everybody (T02) */
function keyed(ctx: TokenContext, text: string): string {
  if (ctx.pepper.length < SHORTEST_PEPPER) {
    throw new Error(`the pepper has less than ${SHORTEST_PEPPER} characters: tokens cannot be used here`);
  }
  return createHmac('sha256', ctx.pepper).update(text).digest('base64url');
}

/** Of no use for anything else that the pepper keys. */
const accessTokenKey = (ctx: TokenContext): string => keyed(ctx, 'access tokens');

/** A credential taken apart: whose record it claims to be, and how to see that it is. */
interface Claimed {
  readonly id: string;
  readonly kind: TokenRecord['kind'];
  readonly isProved: (hash: string) => boolean;
  /** Of an access token: what is left of the client's rights, and until when. */
  readonly scopes?: readonly TokenScope[];
  readonly expiresAt?: number;
}

export async function admit(ctx: TokenContext, presented: Presented): Promise<Admission> {
  const claimed = takeApart(ctx, presented);
  // No shape of ours: nobody can have been given it, so neither a read nor a count is worth it (T01).
  if (claimed === 'malformed') return { ok: false, reason: 'unknown' };
  const token = claimed === 'forged' ? undefined : await readToken(ctx, claimed.id);
  // The same work for an unknown id and a wrong secret (T05).
  const isRight = claimed !== 'forged' && claimed.isProved(token?.hash ?? keyed(ctx, ''));
  if (claimed === 'forged' || token === undefined || !isRight || token.kind !== claimed.kind) {
    return (await countRefusal(ctx, presented.source)) ?? { ok: false, reason: 'unknown' };
  }
  const expiresAt = Math.min(token.expiresAt, claimed.expiresAt ?? token.expiresAt);
  const refusal = reasonAgainst(token, { source: presented.source, isOver: expiresAt <= ctx.now() });
  if (refusal !== undefined) return { ok: false, reason: refusal, tokenId: token.id };
  const newNetwork = await noteUse(ctx, token, presented.source);
  const scopes = token.scopes.filter((scope) => claimed.scopes?.includes(scope) ?? true);
  const { id: tokenId, connection, label } = token;
  const grant = { tokenId, connection, label, scopes, expiresAt };
  return { ok: true, grant, ...(newNetwork === undefined ? {} : { newNetwork }) };
}

/** `forged`: of our shape, and wrong without looking. */
function takeApart(ctx: TokenContext, presented: Presented): Claimed | 'malformed' | 'forged' {
  if ('clientId' in presented) {
    const [, secret] = CLIENT_SECRET.exec(presented.clientSecret) ?? [];
    if (secret === undefined || !CLIENT_ID.test(presented.clientId)) return 'malformed';
    return { id: presented.clientId, kind: 'client', isProved: (hash) => isHashOf(ctx, hash, secret) };
  }
  if (presented.bearer.startsWith('scima_')) {
    if (!isShapedAsAccess(presented.bearer)) return 'malformed';
    const token = openAccessToken(accessTokenKey(ctx), presented.bearer);
    if (token === undefined) return 'forged';
    const { clientId, scopes, expiresAt } = token;
    // The seal is the proof: only an admitted client was ever given one.
    return { id: clientId, kind: 'client', isProved: () => true, scopes, expiresAt };
  }
  const [, id, secret] = BEARER.exec(presented.bearer) ?? [];
  if (id === undefined || secret === undefined) return 'malformed';
  return { id, kind: 'bearer', isProved: (hash) => isHashOf(ctx, hash, secret) };
}

function isHashOf(ctx: TokenContext, hash: string, secret: string): boolean {
  return timingSafeEqual(Buffer.from(hash), Buffer.from(keyed(ctx, secret)));
}

/** What speaks against a credential that is right. */
function reasonAgainst(
  { networks }: TokenRecord,
  { source, isOver }: { readonly source: string | undefined; readonly isOver: boolean },
): 'expired' | 'foreignNetwork' | undefined {
  if (isOver) return 'expired';
  if (networks === undefined || (source !== undefined && isWithin(networks, source))) return undefined;
  return 'foreignNetwork';
}

/** Notes an hour's first use, and each network once; gives the network where it is one more than the first (T11). */
async function noteUse(
  ctx: TokenContext,
  { id, lastUsed, seenFrom = new Set() }: TokenRecord,
  source: string | undefined,
): Promise<string | undefined> {
  const network = source === undefined ? undefined : networkOf(source);
  const isNew = network !== undefined && !seenFrom.has(network) && seenFrom.size < MOST_NETWORKS_SEEN;
  const isDue = lastUsed === undefined || ctx.now() - lastUsed >= LAST_USED_EVERY_MS;
  if (!isNew && !isDue) return undefined;
  const noted = await ctx.store.update({
    key: tokenKey(id),
    expression: `SET lastUsed = :now${isNew ? ' ADD seenFrom :networks' : ''}`,
    // One that is revoked meanwhile does not come back; of several requests at once, one is the first.
    condition: `attribute_exists(pk)${isNew ? ' AND NOT contains(seenFrom, :network)' : ''}`,
    values: {
      ':now': ctx.now(),
      ...(isNew ? { ':networks': new Set([network]), ':network': network } : {}),
    },
  });
  return isNew && noted !== undefined && seenFrom.size > 0 ? network : undefined;
}

export function sealAccess(
  ctx: TokenContext,
  { tokenId: clientId, expiresAt }: TokenGrant,
  scopes: readonly TokenScope[],
): { accessToken: string; lifeSeconds: number } {
  const lifeSeconds = Math.floor(Math.min(ACCESS_TOKEN_MS, expiresAt - ctx.now()) / 1000);
  const token = { clientId, scopes, expiresAt: ctx.now() + lifeSeconds * 1000 };
  return { accessToken: sealAccessToken(accessTokenKey(ctx), token), lifeSeconds };
}

/** 256 bits from the machine, each character uniform (T06). Exported for tests. */
export function newSecret(randomBytes: (length: number) => Uint8Array): string {
  return Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
}

/** @throws RangeError for a token that would live longer than any may */
export async function createToken(
  ctx: TokenContext,
  c: ConnectionId,
  draft: NewToken,
): Promise<{ token: TokenRecord; secret: string }> {
  const id = ctx.newId().replaceAll('-', '');
  const secret = newSecret(ctx.randomBytes);
  const latest = ctx.now() + LONGEST_TOKEN_MS;
  const {
    label,
    kind = 'bearer',
    scopes = ['read', 'write'],
    expiresAt = latest,
    networks,
    createdBy,
  } = draft;
  if (expiresAt > latest) throw new RangeError('a token lives for 365 days at most');
  const attributes: Omit<TokenRecord, 'id'> = {
    kind,
    connection: c,
    hash: keyed(ctx, secret),
    label,
    scopes: [...scopes],
    created: ctx.now(),
    expiresAt,
    ...(createdBy === undefined ? {} : { createdBy }),
    ...(networks === undefined ? {} : { networks: [...networks] }),
  };
  await ctx.store.transact([
    { kind: 'put', key: tokenKey(id), item: { ...attributes, v: 1 }, condition: 'attribute_not_exists(pk)' },
    { kind: 'put', key: tokenIndexKey(c, id), item: { expiresAt, v: 1 } },
    journalWrite(ctx, c, {
      fact: 'tokenCreated',
      token: id,
      kind,
      label,
      ...(createdBy === undefined ? {} : { by: createdBy }),
    }),
  ]);
  const token = TokenRecord.parse({ ...attributes, id });
  return { token, secret: kind === 'client' ? `scimc_${secret}` : `scimb_${id}_${secret}` };
}

async function readToken(ctx: Context, id: string): Promise<TokenRecord | undefined> {
  const item = await ctx.store.get(tokenKey(id));
  return item === undefined ? undefined : recordOf(item);
}

/** Tokens that were made before they all had an end and a kind get both. */
function recordOf(item: Item): TokenRecord {
  const before = { kind: 'bearer', expiresAt: Number(item['created']) + LONGEST_TOKEN_MS };
  return TokenRecord.parse({ ...before, ...item, id: String(item['pk']).slice('T#'.length) });
}

export async function tokenEnds(ctx: Context, c: ConnectionId): Promise<number[]> {
  const { items } = await ctx.store.query({ pk: c, begins: 'TOKEN#' });
  return items.flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [Number(expiresAt)]));
}

export async function listTokens(ctx: TokenContext, c: ConnectionId): Promise<TokenRecord[]> {
  const { items } = await ctx.store.query({ pk: c, begins: 'TOKEN#' });
  const ids = items.map((item) => String(item['sk']).slice('TOKEN#'.length));
  const tokens = await ctx.store.batchGet(ids.map(tokenKey));
  return [...tokens.values()].map(recordOf);
}

export async function revokeToken(
  ctx: TokenContext,
  c: ConnectionId,
  id: string,
  by?: string,
): Promise<boolean> {
  const token = await readToken(ctx, id);
  if (token?.connection !== c) return false;
  await ctx.store.transact([
    { kind: 'delete', key: tokenKey(id) },
    { kind: 'delete', key: tokenIndexKey(c, id) },
    journalWrite(ctx, c, { fact: 'tokenRevoked', token: id, ...(by === undefined ? {} : { by }) }),
  ]);
  return true;
}
