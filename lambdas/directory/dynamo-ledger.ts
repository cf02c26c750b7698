/**
 * The ledger's two writes: the intent before a call and the outcome after it (R23, R24), and the end of an account
 * (R6). Claims follow in the same transaction: what is neither accepted, wanted nor possibly in flight is freed, and
 * the first waiter of everything freed is marked (R4).
 */
import { markWrite, placeKeys } from './account-item.ts';
import { endWrite, isClean } from './dynamo-accounts.ts';
import { type Context, journalWrite, readAccount } from './dynamo-context.ts';
import { figureWrites, removedWrites } from './dynamo-figures.ts';
import { holdPairs } from './dynamo-holds.ts';
import { type Identities, openIdentities } from './dynamo-identities.ts';
import { ConditionFailed, MAX_ACTIONS, type Write } from './dynamo-store.ts';
import { accountKey, emailKey, identityKey, leaseKey, watchKey } from './keys.ts';
import type { Account, AccountId, Claim, OrgKey } from './records.ts';
import {
  type IntentDraft,
  type Lease,
  LeaseLost,
  type Ledger,
  type LedgerChange,
  type Seen,
  type Standing,
} from './work.ts';

export async function writeIntents(
  ctx: Context,
  o: OrgKey,
  { lease, drafts }: { readonly lease: Lease; readonly drafts: readonly IntentDraft[] },
): Promise<AccountId[]> {
  const check: Write = {
    kind: 'check',
    key: leaseKey(o),
    condition: '#number = :number AND holder = :holder',
    names: { '#number': 'number' },
    values: { ':number': lease.number, ':holder': lease.holder },
  };
  const written: AccountId[] = [];
  // Each chunk under the lease: whoever loses it half-way has sent nothing, and leaves intents of unknown outcome.
  let left = [...drafts];
  while (left.length > 0) {
    const chunk = await firstChunk(ctx, o, left);
    written.push(...(await writeChunk(ctx, check, chunk.drawn)));
    left = left.slice(chunk.length);
  }
  return written;
}

interface Drawn {
  readonly draft: IntentDraft;
  readonly writes: readonly Write[];
}

/**
 * As many drafts as one transaction takes beside the check of the lease, the record of what is taken away and a count
 * for each (R9), those taken by others left out.
 */
async function firstChunk(
  ctx: Context,
  o: OrgKey,
  drafts: readonly IntentDraft[],
): Promise<{ readonly drawn: readonly Drawn[]; readonly length: number }> {
  const drawn: Drawn[] = [];
  let actions = 2;
  let length = 0;
  for (const draft of drafts) {
    const writes = await intentWrites(ctx, o, draft);
    if (length > 0 && writes !== 'taken' && actions + writes.length + 1 > MAX_ACTIONS) break;
    length += 1;
    if (writes === 'taken') continue;
    drawn.push({ draft, writes });
    actions += writes.length + 1;
  }
  return { drawn, length };
}

/** Writes what still holds; gives the accounts that were written. @throws LeaseLost */
async function writeChunk(ctx: Context, check: Write, drawn: readonly Drawn[]): Promise<AccountId[]> {
  let left = drawn;
  while (left.length > 0) {
    try {
      const drafts = left.map(({ draft }) => draft);
      await ctx.store.transact([check, ...left.flatMap(({ writes }) => writes), ...countsOf(ctx, drafts)]);
      return drafts.map(({ account }) => account.id);
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (error.failed.includes(0)) throw new LeaseLost();
      const { failed } = error;
      const all = left;
      left = all.filter((_, at) => !failedIn(all, at, failed));
    }
  }
  return [];
}

function failedIn(drawn: readonly Drawn[], at: number, failed: readonly number[]): boolean {
  const from = 1 + drawn.slice(0, at).reduce((sum, { writes }) => sum + writes.length, 0);
  return failed.some((index) => index >= from && index < from + (drawn[at]?.writes.length ?? 0));
}

/** After the drafts' own writes, whose places in the transaction tell which of them failed. */
function countsOf(ctx: Context, drafts: readonly IntentDraft[]): Write[] {
  const [first] = drafts;
  if (first === undefined) return [];
  const moves = drafts.map(({ account, ledger }) => ({
    id: account.id,
    before: account.applied,
    after: ledger.applied,
  }));
  return [...figureWrites(first.account.org, moves), ...removedWrites(ctx, first.account.org, drafts)];
}

async function intentWrites(ctx: Context, o: OrgKey, draft: IntentDraft): Promise<Write[] | 'taken'> {
  const { account, intent, ledger, unchanged, claim } = draft;
  const { set, names, values } = ledgerParts(ledger);
  const claims = claim === undefined ? account.claims : [...account.claims, claim];
  const writes: Write[] = [
    {
      kind: 'update',
      key: accountKey(o, account.id),
      expression: `SET ${set.join(', ')}, intent = :intent, sentAt = :sentAt, claims = :claims ADD ledgerRev :one${removals(ledger, ['wake'])}`,
      condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
      names,
      values: {
        ...values,
        ':intent': intent,
        ':sentAt': intent.at,
        ':claims': claims,
        ':one': 1,
        ':wantedRev': account.wantedRev,
        ':ledgerRev': account.ledgerRev,
      },
    },
    journalWrite(ctx, o, {
      fact: 'intent',
      account: account.id,
      intent: intent.id,
      actions: kindsOf(intent.actions),
    }),
    ...(draft.facts ?? []).map((fact) => journalWrite(ctx, o, { ...fact, account: account.id })),
  ];
  if (unchanged !== undefined) {
    writes.push({
      kind: 'check',
      key: identityKey(o, unchanged.email),
      condition: 'rev = :rev',
      values: { ':rev': unchanged.rev },
    });
  }
  if (claim !== undefined) {
    const identities = await openIdentities(ctx, o, [claim.email]);
    const claimant = identities.claimant(claim.email, claim.type);
    // Somebody else has it: an account that changed, left out like the others (R23).
    if (claimant !== undefined && claimant !== account.id) return 'taken';
    identities.claim(claim.email, claim.type, account.id);
    writes.push(...identities.writes());
  }
  return writes;
}

/** Kinds and entitlement names only: the journal holds no e-mail (I14). */
function kindsOf(actions: readonly unknown[]): unknown[] {
  return actions.map((action) => {
    const { kind, name } = action as { kind?: unknown; name?: unknown };
    return name === undefined ? kind : [kind, name];
  });
}

function ledgerParts(ledger: Ledger): {
  set: string[];
  names: Record<string, string>;
  values: Record<string, unknown>;
} {
  const set = ['applied = :applied', '#unknown = :unknown', 'watch = :watch'];
  const values: Record<string, unknown> = {
    ':applied': ledger.applied,
    ':unknown': ledger.unknown,
    ':watch': ledger.watch,
  };
  for (const key of ['origin', 'maybe', 'goneAt', 'refused', 'drift'] as const) {
    if (ledger[key] === undefined) continue;
    set.push(`${key} = :${key}`);
    values[`:${key}`] = ledger[key];
  }
  return { set, names: { '#unknown': 'unknown' }, values };
}

function removals(ledger: Ledger, more: readonly string[]): string {
  const gone = (['origin', 'maybe', 'goneAt', 'refused', 'drift'] as const).filter(
    (key) => ledger[key] === undefined,
  );
  const all = [...gone, ...more];
  return all.length === 0 ? '' : ` REMOVE ${all.join(', ')}`;
}

export interface LedgerInput {
  readonly intentId?: string;
  readonly compute: (fresh: Account) => LedgerChange | undefined;
}

export async function changeLedger(
  ctx: Context,
  o: OrgKey,
  { id, intentId, compute }: LedgerInput & { readonly id: AccountId },
): Promise<'written' | 'unchanged' | 'lost' | 'absent'> {
  return ctx.store.contend(async () => {
    const account = await readAccount(ctx, o, id);
    if (account === undefined) return 'absent';
    if (intentId !== undefined && account.intent?.id !== intentId) return 'lost';
    const change = compute(account);
    if (change === undefined) return 'unchanged';
    await ctx.store.transactOnce(await changeWrites(ctx, account, change));
    return 'written';
  });
}

async function changeWrites(ctx: Context, account: Account, change: LedgerChange): Promise<Write[]> {
  const { hold } = change;
  if (hold === undefined) return ledgerWrites(ctx, account, change);
  const { ledger, writes } = await holdPairs(ctx, account, { ledger: change.ledger, hold });
  return [...(await ledgerWrites(ctx, account, { ...change, ledger })), ...writes];
}

async function ledgerWrites(ctx: Context, account: Account, change: LedgerChange): Promise<Write[]> {
  const { ledger, clearIntent } = change;
  const after: Account = {
    ...account,
    ...ledger,
    intent: clearIntent ? undefined : account.intent,
    maybe: ledger.maybe,
    origin: ledger.origin,
    goneAt: ledger.goneAt,
    refused: ledger.refused,
    drift: ledger.drift,
  };
  // Somebody who waits to be taken out of the org is not done with, whatever the wait is for (design.md, "Leaving").
  const ends = account.owner === undefined && isClean(after) && change.standing.place.kind === 'none';
  const stale = staleClaims(after, { ends });
  const identities = await openIdentities(ctx, account.org, emailsToOpen(account, after, change.seen ?? []));
  noteOrigin(after, identities);
  for (const { email, at, users } of change.seen ?? [])
    identities.change(email, { observed: { at, users: [...users] } });
  const wake = freeClaims(account, { stale, identities });
  const kept = account.claims.filter((claim) => !stale.includes(claim));
  return [
    ends ? endWrite(account) : ledgerUpdate(ctx, account, { change, claims: kept }),
    ...identities.writes(),
    ...figureWrites(account.org, [{ id: account.id, before: account.applied, after: ledger.applied }]),
    ...wake.map((waiter) => markWrite({ org: account.org, id: waiter, now: ctx.now(), kind: 'grant' })),
    ...(change.facts ?? []).map((fact) => journalWrite(ctx, account.org, { ...fact, account: account.id })),
    ...(ends ? [journalWrite(ctx, account.org, { fact: 'accountEnded', account: account.id })] : []),
  ];
}

function emailsToOpen(account: Account, after: Account, seen: readonly Seen[]): string[] {
  const accepted = after.applied.identity?.email;
  return [
    ...account.claims.map((claim) => claim.email),
    ...seen.map((one) => one.email),
    ...(accepted === undefined ? [] : [accepted]),
  ];
}

/** While an outcome is open every claim stays: any of them may be in flight (R3). */
function staleClaims(after: Account, { ends }: { ends: boolean }): Claim[] {
  if (ends) return after.claims;
  if (after.intent !== undefined || after.maybe !== undefined) return [];
  const needed = [after.applied.identity, after.wanted.identity].filter((identity) => identity !== undefined);
  const isNeeded = (claim: Claim): boolean =>
    needed.some(
      (identity) => emailKey(identity.email) === emailKey(claim.email) && identity.type === claim.type,
    );
  const mayLand = ({ email }: Claim): boolean => Object.hasOwn(after.watch, watchKey.rename(email));
  return after.claims.filter((claim) => !isNeeded(claim) && !mayLand(claim));
}

/** The origin is kept on the identity item, where it outlives the account (R1). */
function noteOrigin(after: Account, identities: Identities): void {
  const { identity } = after.applied;
  if (identity === undefined || after.origin === undefined) return;
  const { origin } = identities.of(identity.email);
  if (origin[identity.type] === after.origin) return;
  identities.change(identity.email, { origin: { ...origin, [identity.type]: after.origin } });
}

/** Freed claims wake their first waiter; a change on an ownerless account wakes those of what it still holds (R4). */
function freeClaims(
  account: Account,
  { stale, identities }: { stale: readonly Claim[]; identities: Identities },
): AccountId[] {
  const wake = new Set<AccountId>();
  for (const claim of account.claims) {
    const waiter = stale.includes(claim)
      ? identities.release(claim.email, claim.type, account.id)
      : account.owner === undefined || !account.wanted.active
        ? identities.of(claim.email).waiters[0]
        : undefined;
    if (waiter !== undefined && waiter !== account.id) wake.add(waiter);
  }
  return [...wake];
}

function ledgerUpdate(
  ctx: Context,
  account: Account,
  { change, claims }: { change: LedgerChange; claims: readonly Claim[] },
): Write {
  const { set, names, values } = ledgerParts(change.ledger);
  if (account.intent !== undefined && !change.clearIntent && change.standing.place.kind === 'none') {
    throw new Error(`account ${account.id} has an open intent and must stay in the work index (rules.md R1)`);
  }
  const standing = standingParts(ctx, account, change.standing);
  // `wake` rings once per mark: an outcome wakes nobody (design.md section 5).
  const remove = [...standing.remove, 'wake', ...(change.clearIntent ? ['intent'] : [])];
  return {
    kind: 'update',
    key: accountKey(account.org, account.id),
    expression: `SET ${[...set, ...standing.set, 'claims = :claims'].join(', ')} ADD ledgerRev :one${removals(change.ledger, remove)}`,
    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    names: { ...names, ...standing.names },
    values: {
      ...values,
      ...standing.values,
      ':claims': claims,
      ':one': 1,
      ':wantedRev': account.wantedRev,
      ':ledgerRev': account.ledgerRev,
    },
  };
}

function standingParts(
  ctx: Context,
  account: Account,
  standing: Standing,
): { set: string[]; remove: string[]; names: Record<string, string>; values: Record<string, unknown> } {
  const keys = placeKeys(account.org, account.id, standing.place, ctx.now());
  const due = standing.place.kind === 'timer' ? standing.place.due : undefined;
  // A later grant mark keeps the key of the revoke that waits here (R16), so an urgent place is written as one.
  const urgent = standing.place.kind === 'run' && standing.place.urgent ? keys?.wsk : undefined;
  const where = { due, wpk: keys?.wpk, wsk: keys?.wsk, urgent };
  const { company, reason, error } = standing;
  const optional = { '#reason': reason, '#error': error, company, ...where };
  const set = ['#status = :status', 'attempts = :attempts'];
  const remove: string[] = [];
  const values: Record<string, unknown> = { ':status': standing.status, ':attempts': standing.attempts };
  for (const [name, value] of Object.entries(optional)) {
    const placeholder = `:s_${name.replace('#', '')}`;
    if (value === undefined) remove.push(name);
    else {
      set.push(`${name} = ${placeholder}`);
      values[placeholder] = value;
    }
  }
  return { set, remove, names: { '#status': 'status', '#reason': 'reason', '#error': 'error' }, values };
}
