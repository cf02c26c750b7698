/**
 * Identity items, and how a transaction moves claims and waiters on them (R3, R4). Every write carries the revision
 * that was read, so a claim changes only together with the account in whose transaction it stands.
 */
import type { Context } from './dynamo-context.ts';
import { keyText, type Write } from './dynamo-store.ts';
import { emailKey, identityKey } from './keys.ts';
import { type AccountId, IdentityItem, type IdentityType, type OrgKey } from './records.ts';

export interface Identities {
  /** The item as this transaction will leave it. */
  of(email: string): IdentityItem;
  claimant(email: string, type: IdentityType): AccountId | undefined;
  claim(email: string, type: IdentityType, account: AccountId): void;
  /** Frees the claim and returns the first waiter, who is to be marked in the same transaction (R4). */
  release(email: string, type: IdentityType, account: AccountId): AccountId | undefined;
  wait(email: string, account: AccountId): void;
  unwait(email: string, account: AccountId): void;
  change(email: string, change: Partial<Pick<IdentityItem, 'origin' | 'observed' | 'email'>>): void;
  /** One conditional update per item that changed. */
  writes(): Write[];
}

interface Entry {
  readonly before: IdentityItem | undefined;
  after: IdentityItem;
  changed: boolean;
}

export function identityItemOf(item: Readonly<Record<string, unknown>>): IdentityItem {
  return IdentityItem.parse(item);
}

export async function openIdentities(
  ctx: Context,
  o: OrgKey,
  emails: readonly string[],
): Promise<Identities> {
  const found = await ctx.store.batchGet(emails.map((email) => identityKey(o, email)));
  const entries = new Map<string, Entry>();
  for (const email of emails) {
    const item = found.get(keyText(identityKey(o, email)));
    const before = item === undefined ? undefined : identityItemOf(item);
    const after = before ?? { email, claims: {}, waiters: [], origin: {}, rev: 0 };
    if (!entries.has(emailKey(email))) entries.set(emailKey(email), { before, after, changed: false });
  }
  return editing(o, entries);
}

function editing(o: OrgKey, entries: Map<string, Entry>): Identities {
  const entry = (email: string): Entry => {
    const found = entries.get(emailKey(email));
    if (found === undefined) throw new Error('an identity was changed that this transaction did not read');
    return found;
  };
  const edit = (email: string, change: Partial<IdentityItem>): void => {
    const target = entry(email);
    target.after = { ...target.after, ...change };
    target.changed = true;
  };
  return {
    of: (email) => entry(email).after,
    claimant: (email, type) => entry(email).after.claims[type],
    claim: (email, type, account) => {
      const { claims, waiters } = entry(email).after;
      edit(email, {
        claims: { ...claims, [type]: account },
        waiters: waiters.filter((id) => id !== account),
      });
    },
    release: (email, type, account) => {
      const { claims, waiters } = entry(email).after;
      if (claims[type] !== account) return undefined;
      const { [type]: _released, ...rest } = claims;
      edit(email, { claims: rest });
      return waiters.find((id) => id !== account);
    },
    wait: (email, account) => {
      const { waiters } = entry(email).after;
      if (!waiters.includes(account)) edit(email, { waiters: [...waiters, account] });
    },
    unwait: (email, account) => {
      const { waiters } = entry(email).after;
      if (waiters.includes(account)) edit(email, { waiters: waiters.filter((id) => id !== account) });
    },
    change: (email, change) => edit(email, change),
    writes: () => [...entries.values()].filter((one) => one.changed).map((one) => identityWrite(o, one)),
  };
}

function identityWrite(o: OrgKey, { before, after }: Entry): Write {
  return {
    kind: 'update',
    key: identityKey(o, after.email),
    expression:
      'SET email = :email, claims = :claims, waiters = :waiters, origin = :origin, rev = :next, v = if_not_exists(v, :v)' +
      (after.observed === undefined ? '' : ', observed = :observed'),
    condition: before === undefined ? 'attribute_not_exists(pk)' : 'rev = :rev',
    values: {
      ':email': after.email,
      ':claims': after.claims,
      ':waiters': after.waiters,
      ':origin': after.origin,
      ':next': after.rev + 1,
      ':v': 1,
      ...(after.observed === undefined ? {} : { ':observed': after.observed }),
      ...(before === undefined ? {} : { ':rev': before.rev }),
    },
  };
}
