/**
 * Removals that wait for an operator (design.md section 6). The drain puts them on the open hold of the org; an operator
 * approves or rejects what was seen of it, and what comes later goes into a new one (V3, V5).
 *
 * A pair is numbered, listed and marked on its account in one transaction: no crash leaves a pair that waits and stands
 * nowhere. The mark is what counts; the list says in which order the pairs came, and whom a decision has to wake.
 */
import { type Context, journalWrite } from './dynamo-context.ts';
import { ConditionFailed, type Item, keyText, type Write } from './dynamo-store.ts';
import { heldKey, heldPk, holdKey, sweepKey } from './keys.ts';
import { withMarks } from './marks.ts';
import { type Account, AccountId, type EntitlementKey, type OrgKey } from './records.ts';
import { Hold } from './safety.ts';
import type { HeldPairs, HoldDecision, Holding, Ledger } from './work.ts';

function holdOf(item: Item): Hold {
  return Hold.parse({ ...item, causes: [...(item['causes'] as Set<string>)].sort() });
}

export async function readHolds(
  ctx: Context,
  o: OrgKey,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Hold>> {
  const items = await ctx.store.batchGet(ids.map((id) => holdKey(o, id)));
  return new Map(
    ids.flatMap((id) => {
      const item = items.get(keyText(holdKey(o, id)));
      return item === undefined ? [] : [[id, holdOf(item)] as const];
    }),
  );
}

/** The newest first. */
export async function listHolds(ctx: Context, o: OrgKey, limit: number): Promise<Hold[]> {
  const { items } = await ctx.store.query({ pk: o, begins: 'HOLD#', backward: true, limit });
  return items.map(holdOf);
}

interface Held {
  readonly ledger: Ledger;
  readonly writes: readonly Write[];
}

/** The ledger with its pairs marked, and what else the transaction writes; a hold that moved meanwhile fails it. */
export async function holdPairs(
  ctx: Context,
  account: Account,
  { ledger, hold: { keys, causes } }: { readonly ledger: Ledger; readonly hold: Holding },
): Promise<Held> {
  const o = account.org;
  const [newest] = await listHolds(ctx, o, 1);
  const open = newest?.state === 'open' ? newest : undefined;
  const id = open?.id ?? (newest?.id ?? 0) + 1;
  const first = (open?.pairs ?? 0) + 1;
  const marks = new Map(keys.map((key, at) => [key, { id, seq: first + at }]));
  return {
    ledger: withMarks(ledger, marks),
    writes: [
      holdWrite(ctx, o, { id, open, adds: keys.length, causes }),
      {
        kind: 'put',
        key: heldKey(o, id, first),
        item: { accountId: account.id, keys: [...keys], v: 1 },
        condition: 'attribute_not_exists(pk)',
      },
      journalWrite(ctx, o, { fact: 'removalHeld', account: account.id, hold: id, entitlements: [...keys] }),
    ],
  };
}

interface Growth {
  readonly id: number;
  readonly open: Hold | undefined;
  readonly adds: number;
  readonly causes: readonly string[];
}

function holdWrite(ctx: Context, o: OrgKey, { id, open, adds, causes }: Growth): Write {
  const now = ctx.now();
  const key = holdKey(o, id);
  if (open === undefined) {
    const item = { id, state: 'open', opened: now, last: now, pairs: adds, causes: new Set(causes), v: 1 };
    return { kind: 'put', key, item, condition: 'attribute_not_exists(pk)' };
  }
  return {
    kind: 'update',
    key,
    expression: 'SET #last = :now ADD pairs :adds, causes :causes',
    condition: '#state = :open AND pairs = :pairs',
    names: { '#last': 'last', '#state': 'state' },
    values: {
      ':now': now,
      ':adds': adds,
      ':causes': new Set(causes),
      ':open': 'open',
      ':pairs': open.pairs,
    },
  };
}

/**
 * Writes an operator's decision with the sweep that wakes whom it concerns. False when the hold is gone, has less pairs
 * than were approved, or was decided in another way meanwhile.
 */
export async function decideHold(ctx: Context, o: OrgKey, decision: HoldDecision): Promise<boolean> {
  const { id, from, by, verdict } = decision;
  const approved = verdict.kind === 'approved';
  const upTo = approved ? verdict.upTo : 0;
  const about = approved
    ? 'SET approvedUpTo = :upTo, expiresAt = :expiresAt,'
    : 'REMOVE approvedUpTo, expiresAt SET';
  try {
    await ctx.store.transact([
      {
        kind: 'update',
        key: holdKey(o, id),
        expression: `${about} #state = :state, #by = :by, decidedAt = :now`,
        condition: '#state = :from AND pairs >= :upTo',
        names: { '#state': 'state', '#by': 'by' },
        values: {
          ':state': verdict.kind,
          ':by': by,
          ':now': ctx.now(),
          ':from': from,
          ':upTo': upTo,
          ...(approved ? { ':expiresAt': verdict.expiresAt } : {}),
        },
      },
      { kind: 'put', key: sweepKey(o, ctx.newId()), item: { kind: 'hold', hold: id, v: 1 } },
      journalWrite(ctx, o, { fact: 'holdDecided', hold: id, verdict: verdict.kind, pairs: upTo, by }),
    ]);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

/** The list of a hold, page by page, in the order in which the pairs came. */
export async function* heldOf(
  ctx: Context,
  o: OrgKey,
  { hold, after }: { readonly hold: number; readonly after?: string },
): AsyncIterable<readonly HeldPairs[]> {
  let last = after;
  for (let more = true; more; ) {
    const page = await ctx.store.query({
      pk: heldPk(o, hold),
      limit: 100,
      ...(last === undefined ? {} : { after: last }),
    });
    more = page.more;
    last = String(page.items.at(-1)?.['sk']);
    yield page.items.map((item) => ({
      account: AccountId.parse(item['accountId']),
      keys: item['keys'] as EntitlementKey[],
      seq: Number(item['sk']),
    }));
  }
}
