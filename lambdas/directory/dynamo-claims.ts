/**
 * Making an account the claimant of the identity it wants (R3-R5), from the drain. One transaction moves the claim
 * and whoever loses it:
 *
 *   claimant                                            outcome
 *   none, or an account that no longer exists           claimed
 *   ownerless, that accepted handle, no open outcome,   its ledger moves onto us and it ends, if we have no accepted
 *     same connection                                     handle of our own; else we wait for its end
 *   owner inactive, nothing applied, nothing open       it yields, if we are active
 *   anybody else                                        we wait (the drain looks for swaps)
 */
import { markParts } from './account-item.ts';
import { endWrite, isClean } from './dynamo-accounts.ts';
import { type Context, journalWrite, readAccount } from './dynamo-context.ts';
import { type Identities, openIdentities } from './dynamo-identities.ts';
import type { Write } from './dynamo-store.ts';
import { accountKey, emailKey } from './keys.ts';
import type { Account, AccountId, Claim, Identity, OrgKey } from './records.ts';
import type { ClaimOutcome } from './work.ts';

export async function claimWanted(ctx: Context, o: OrgKey, id: AccountId): Promise<ClaimOutcome> {
  return ctx.store.contend(async () => {
    const account = await readAccount(ctx, o, id);
    const identity = account?.wanted.identity;
    if (account === undefined || identity === undefined) return { kind: 'changed' };
    const identities = await openIdentities(ctx, o, [identity.email]);
    const claimantId = identities.claimant(identity.email, identity.type);
    const claimant = claimantId === undefined ? undefined : await readAccount(ctx, o, claimantId);
    const writes =
      claimantId === id
        ? repair(ctx, { account, identity, identities })
        : await takeClaim(ctx, { account, identity, identities, claimant });
    if (writes === undefined) {
      identities.wait(identity.email, id);
      const waiting = identities.writes();
      if (waiting.length > 0) await ctx.store.transactOnce([...waiting, unmoved(o, account)]);
      return { kind: 'taken', by: claimantId ?? id };
    }
    if (writes.length > 0) await ctx.store.transactOnce([...writes, ...identities.writes()]);
    return { kind: 'claimed' };
  });
}

/** Who waits still exists and still wants it: nobody could ever mark a waiter that is gone (R4). */
function unmoved(o: OrgKey, account: Account): Write {
  return {
    kind: 'check',
    key: accountKey(o, account.id),
    condition: 'wantedRev = :wantedRev',
    values: { ':wantedRev': account.wantedRev },
  };
}

interface Wish {
  readonly account: Account;
  readonly identity: Identity;
  readonly identities: Identities;
}

function holds(account: Account, identity: Identity): boolean {
  return account.claims.some(
    (claim) => claim.type === identity.type && emailKey(claim.email) === emailKey(identity.email),
  );
}

function repair(ctx: Context, { account, identity }: Wish): Write[] {
  return holds(account, identity) ? [] : [claimsUpdate(ctx, account, [...account.claims, claimOf(identity)])];
}

async function takeClaim(
  ctx: Context,
  { account, identity, identities, claimant }: Wish & { claimant: Account | undefined },
): Promise<Write[] | undefined> {
  const claims = [...account.claims, claimOf(identity)];
  if (claimant === undefined || !holds(claimant, identity)) {
    identities.claim(identity.email, identity.type, account.id);
    return [claimsUpdate(ctx, account, claims)];
  }
  const open = claimant.intent !== undefined || claimant.maybe !== undefined;
  const accepted = claimant.applied.identity;
  const isItsHandle =
    accepted !== undefined &&
    emailKey(accepted.email) === emailKey(identity.email) &&
    accepted.type === identity.type;
  if (claimant.owner === undefined && !open && isItsHandle) {
    const own = account.applied.identity ?? account.intent ?? account.maybe;
    if (own !== undefined || claimant.connection !== account.connection) return undefined;
    return merge(ctx, { account, identity, identities, claimant });
  }
  const idle = claimant.owner !== undefined && !claimant.wanted.active && isClean(claimant);
  if (!idle || !account.wanted.active) return undefined;
  identities.claim(identity.email, identity.type, account.id);
  return [
    claimsUpdate(ctx, account, claims),
    yieldWrite(ctx, claimant, identity),
    yielded(ctx, claimant, account),
  ];
}

function claimOf(identity: Identity): Claim {
  return { email: identity.email, type: identity.type };
}

function claimsUpdate(ctx: Context, account: Account, claims: readonly Claim[]): Write {
  return {
    kind: 'update',
    key: accountKey(account.org, account.id),
    expression: 'SET claims = :claims, touchedAt = :now ADD ledgerRev :one',
    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    values: {
      ':claims': claims,
      ':now': ctx.now(),
      ':one': 1,
      ':wantedRev': account.wantedRev,
      ':ledgerRev': account.ledgerRev,
    },
  };
}

/** A hold lists the account that ends here: what is still unwanted is judged anew. */
function unheld<T extends { readonly hold?: unknown }>(
  pairs: Readonly<Record<string, T>>,
): Record<string, T> {
  const bare = Object.entries(pairs).map(([key, { hold: _listed, ...rest }]) => [key, rest]);
  return Object.fromEntries(bare);
}

/** R5: what Adobe holds because of the ownerless account is now ours to keep or to revoke; the plan is the difference. */
function merge(
  ctx: Context,
  { account, identity, identities, claimant }: Wish & { claimant: Account },
): Write[] {
  const claims = [...account.claims, ...claimant.claims];
  // A look at Adobe from before the other's last call says nothing about us either (R19, R28).
  const sentAt = Math.max(account.sentAt ?? 0, claimant.sentAt ?? 0);
  const mark = markParts({ org: account.org, id: account.id, now: ctx.now(), kind: 'revoke' });
  identities.claim(identity.email, identity.type, account.id);
  return [
    {
      kind: 'update',
      key: accountKey(account.org, account.id),
      expression:
        `SET ${mark.set}, claims = :claims, applied = :applied, #unknown = :unknown, watch = :watch, sentAt = :sentAt` +
        `${claimant.origin === undefined ? '' : ', origin = :origin'}${claimant.goneAt === undefined ? '' : ', goneAt = :goneAt'} ADD ${mark.add}, ledgerRev :one`,
      condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev AND attribute_not_exists(intent)',
      names: { ...mark.names, '#unknown': 'unknown' },
      values: {
        ...mark.values,
        ':claims': claims.filter((claim, at) => claims.findIndex((one) => sameClaim(one, claim)) === at),
        ':applied': { ...claimant.applied, entitlements: unheld(claimant.applied.entitlements) },
        ':unknown': { ...account.unknown, ...unheld(claimant.unknown) },
        ':watch': { ...account.watch, ...claimant.watch },
        ':sentAt': sentAt,
        ...(claimant.origin === undefined ? {} : { ':origin': claimant.origin }),
        ...(claimant.goneAt === undefined ? {} : { ':goneAt': claimant.goneAt }),
        ':wantedRev': account.wantedRev,
        ':ledgerRev': account.ledgerRev,
      },
    },
    endWrite(claimant),
    journalWrite(ctx, account.org, { fact: 'accountTakenOver', account: account.id, from: claimant.id }),
  ];
}

function sameClaim(a: Claim, b: Claim): boolean {
  return a.type === b.type && emailKey(a.email) === emailKey(b.email);
}

/** R4: it keeps its user and its wishes, and has to claim again when it becomes active. */
function yieldWrite(ctx: Context, claimant: Account, identity: Identity): Write {
  const claims = claimant.claims.filter((claim) => !sameClaim(claim, claimOf(identity)));
  const { identity: accepted } = claimant.applied;
  // Known to Adobe by another address, it keeps what it knows of itself.
  const forgets = accepted === undefined || sameClaim(claimOf(accepted), claimOf(identity));
  return {
    kind: 'update',
    key: accountKey(claimant.org, claimant.id),
    expression: `SET claims = :claims, applied = :applied, touchedAt = :now ADD ledgerRev :one${forgets ? ' REMOVE origin' : ''}`,
    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',
    values: {
      ':claims': claims,
      ':applied': forgets ? { entitlements: {} } : claimant.applied,
      ':now': ctx.now(),
      ':one': 1,
      ':wantedRev': claimant.wantedRev,
      ':ledgerRev': claimant.ledgerRev,
    },
  };
}

function yielded(ctx: Context, claimant: Account, account: Account): Write {
  return journalWrite(ctx, account.org, { fact: 'identityYielded', account: claimant.id, to: account.id });
}
