/**
 * Bearer tokens (T01-T07): looked up by the id inside the presented value, stored only as a keyed hash, compared in
 * constant time, several live at once per connection. Revoking deletes the record.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { NewToken, TokenGrant } from './directory.ts';
import { type Context, journalWrite } from './dynamo-context.ts';
import { tokenIndexKey, tokenKey } from './keys.ts';
import { type ConnectionId, TokenRecord } from './records.ts';

/** `scimb_<token id>_<secret>`: the prefix lets scanners find a leaked token and us refuse other kinds (T04). */
const PRESENTED = /^scimb_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;
const LAST_USED_EVERY_MS = 3600 * 1000;

export interface TokenContext extends Context {
  /** Keys the hashes; a table or backup without it reveals nothing (T07). */
  readonly pepper: string;
  readonly randomBytes: (length: number) => Uint8Array;
}

function hashOf(pepper: string, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('base64url');
}

export async function findToken(ctx: TokenContext, presented: string): Promise<TokenGrant | undefined> {
  const [, id, secret] = PRESENTED.exec(presented) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const item = await ctx.store.get(tokenKey(id));
  const token = item === undefined ? undefined : TokenRecord.parse({ ...item, id });
  const stored = Buffer.from(token?.hash ?? hashOf(ctx.pepper, ''));
  const matches = timingSafeEqual(stored, Buffer.from(hashOf(ctx.pepper, secret)));
  if (token === undefined || !matches) return undefined;
  if (token.expires !== undefined && token.expires <= ctx.now()) return undefined;
  await noteUse(ctx, token);
  return { tokenId: id, connection: token.connection, scopes: token.scopes, label: token.label };
}

async function noteUse(ctx: TokenContext, token: TokenRecord): Promise<void> {
  if (token.lastUsed !== undefined && ctx.now() - token.lastUsed < LAST_USED_EVERY_MS) return;
  await ctx.store.update({
    key: tokenKey(token.id),
    expression: 'SET lastUsed = :now',
    condition: 'attribute_exists(pk)',
    values: { ':now': ctx.now() },
  });
}

export async function createToken(
  ctx: TokenContext,
  c: ConnectionId,
  draft: NewToken,
): Promise<{ token: TokenRecord; secret: string }> {
  const id = ctx.newId().replaceAll('-', '');
  const secret = Buffer.from(ctx.randomBytes(SECRET_BYTES)).toString('base64url');
  const token: TokenRecord = {
    id,
    connection: c,
    hash: hashOf(ctx.pepper, secret),
    label: draft.label,
    scopes: [...(draft.scopes ?? ['read', 'write'])],
    created: ctx.now(),
    ...(draft.expires === undefined ? {} : { expires: draft.expires }),
  };
  const { id: _id, ...attributes } = token;
  await ctx.store.transact([
    { kind: 'put', key: tokenKey(id), item: { ...attributes, v: 1 }, condition: 'attribute_not_exists(pk)' },
    { kind: 'put', key: tokenIndexKey(c, id), item: { v: 1 } },
    journalWrite(ctx, c, { fact: 'tokenCreated', token: id, label: draft.label }),
  ]);
  return { token, secret: `scimb_${id}_${secret}` };
}

export async function listTokens(ctx: TokenContext, c: ConnectionId): Promise<TokenRecord[]> {
  const { items } = await ctx.store.query({ pk: c, begins: 'TOKEN#' });
  const ids = items.map((item) => String(item['sk']).slice('TOKEN#'.length));
  const tokens = await ctx.store.batchGet(ids.map(tokenKey));
  return [...tokens.values()].map((item) => TokenRecord.parse({ ...item, id: String(item['pk']).slice(2) }));
}

export async function revokeToken(ctx: TokenContext, c: ConnectionId, id: string): Promise<boolean> {
  const item = await ctx.store.get(tokenKey(id));
  if (item === undefined || item['connection'] !== c) return false;
  await ctx.store.transact([
    { kind: 'delete', key: tokenKey(id) },
    { kind: 'delete', key: tokenIndexKey(c, id) },
    journalWrite(ctx, c, { fact: 'tokenRevoked', token: id }),
  ]);
  return true;
}
