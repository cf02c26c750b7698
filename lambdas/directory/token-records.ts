/** What is stored of bearer tokens: a keyed hash and what it allows, never the token (T07). */
import * as z from 'zod';
import { ConnectionId, EpochMs, TokenScope } from './records.ts';

/** `T#<tokenId>`: a bearer token, or an OAuth client with its secret, as a keyed hash only (T07). */
export const TokenRecord = z.looseObject({
  /** 32 hexadecimal digits; of a client its client id. */
  id: z.string(),
  /** What it may be presented as; one kind never passes for the other (T04). */
  kind: z.enum(['bearer', 'client']),
  connection: ConnectionId,
  hash: z.string(),
  label: z.string(),
  scopes: z.array(TokenScope),
  created: EpochMs,
  /** Who made it, as the operator's program said. */
  createdBy: z.string().optional(),
  /** Not the table's own `expires`: what has ended stays, so that it can be told. */
  expiresAt: EpochMs,
  /** Noted once an hour. */
  lastUsed: EpochMs.optional(),
  /** From where alone it is accepted; absent = from everywhere. */
  networks: z.array(z.string()).optional(),
  /** From where it was used, the first networks of them (T11). */
  seenFrom: z.set(z.string()).optional(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;
