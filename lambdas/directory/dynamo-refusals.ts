/**
 * Counts wrong credentials per network and minute, so that guessing at speed is seen and slowed (T10). Nothing but a wrong
 * credential ever touches a count, and a count is about where guesses come from, never about a token or a connection:
 * nobody can use it to lock others out.
 *
 * A wrong credential costs one write until its network has had its share of the minute, then none: this process remembers
 * that until the minute is over. What is remembered is how to answer strangers, so it may be lost at any time.
 */
import type { Admission } from './directory.ts';
import type { Context } from './dynamo-context.ts';
import { refusalsKey } from './keys.ts';
import { networkOf } from './networks.ts';
import { SCHEMA_VERSION } from './records.ts';

/** Somebody who mistyped a token needs a few, a busy identity provider with a revoked one some more. */
export const WRONG_PER_MINUTE = 30;
const MINUTE_MS = 60_000;
/** The counts of a minute are of no use after it; the table sweeps them when it comes to it. */
const KEPT_SECONDS = 600;
/** Networks remembered at once. */
const MOST_REMEMBERED = 1_000;

export interface RefusalContext extends Context {
  /** Networks that had their share, with the minute it was in. */
  readonly overdone: Map<string, number>;
}

/** Undefined as long as the network has not overdone it. */
export async function countRefusal(
  ctx: RefusalContext,
  source: string | undefined,
): Promise<Extract<Admission, { reason: 'tooMany' }> | undefined> {
  const network = source === undefined ? undefined : networkOf(source);
  if (network === undefined) return undefined;
  const minute = Math.floor(ctx.now() / MINUTE_MS);
  const tooMany = (isFirst: boolean) => {
    const retryAfterSeconds = Math.ceil(((minute + 1) * MINUTE_MS - ctx.now()) / 1000);
    return { ok: false, reason: 'tooMany', network, retryAfterSeconds, isFirst } as const;
  };
  if (ctx.overdone.get(network) === minute) return tooMany(false);
  const count = await countOne(ctx, network, minute);
  if (count <= WRONG_PER_MINUTE) return undefined;
  if (ctx.overdone.size >= MOST_REMEMBERED) ctx.overdone.clear();
  ctx.overdone.set(network, minute);
  return tooMany(count === WRONG_PER_MINUTE + 1);
}

async function countOne(ctx: RefusalContext, network: string, minute: number): Promise<number> {
  const counted = await ctx.store.update({
    key: refusalsKey(network, minute),
    expression: 'SET expires = :expires, v = :v ADD refused :one',
    values: { ':expires': (minute * MINUTE_MS) / 1000 + KEPT_SECONDS, ':v': SCHEMA_VERSION, ':one': 1 },
  });
  return Number(counted?.['refused'] ?? 0);
}
