/**
 * Addresses that wait for each other (R32). Whoever waits on a claim follows the blockers; a chain that returns to
 * itself is a swap, broken by renaming its lowest account to a temporary address in the same domain. If one member is
 * adopted or an Adobe ID, nobody of the chain can be renamed safely and all are parked.
 */
import type { Action } from '../adobe/adobe.ts';
import { domainOf } from '../directory/identity.ts';
import { emailKey } from '../directory/keys.ts';
import type { Account, AccountId, Identity } from '../directory/records.ts';
import { holdsClaim } from './planning.ts';
import type { Run } from './run.ts';
import { mayLandUntil } from './watch.ts';

export type Blocked =
  /** Somebody keeps the address for now. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'break'; readonly action: Extract<Action, { kind: 'renameUser' }> }
  /** Another member breaks the swap. */
  | { readonly kind: 'follow'; readonly breaker: AccountId };

const LONGEST_CHAIN = 50;

export async function followBlockers(run: Run, account: Account, by: AccountId): Promise<Blocked> {
  const chain = await chainOf(run, account, by);
  if (chain === undefined) return { kind: 'wait' };
  if (!chain.every(isRenamable)) return { kind: 'stuck' };
  const lowest = chain.map((one) => one.id).sort()[0];
  const handle = account.applied.identity;
  if (lowest === undefined || handle === undefined) return { kind: 'wait' };
  if (run.deps.now() < mayLandUntil(account.watch)) return { kind: 'wait' };
  // Out of the way already: what remains is to say so.
  const inTheWay = chain.some(
    ({ wanted }) => emailKey(wanted.identity?.email ?? '') === emailKey(handle.email),
  );
  if (!inTheWay) return { kind: 'wait' };
  if (lowest !== account.id) return { kind: 'follow', breaker: lowest };
  return { kind: 'break', action: { kind: 'renameUser', identity: handle, to: temporary(run, handle) } };
}

/** The accounts of a circle, or nothing when the chain ends with somebody who waits for nobody. */
async function chainOf(run: Run, account: Account, by: AccountId): Promise<Account[] | undefined> {
  const chain = [account];
  let next: AccountId | undefined = by;
  while (next !== undefined && chain.length < LONGEST_CHAIN) {
    if (next === account.id) return chain;
    const [blocker]: readonly Account[] = await run.deps.directory.readAccounts(run.org, [next]);
    const wanted = blocker?.wanted.identity;
    if (
      blocker === undefined ||
      wanted === undefined ||
      blocker.owner === undefined ||
      !blocker.wanted.active
    )
      return undefined;
    if (holdsClaim(blocker, wanted) || chain.some((one) => one.id === blocker.id)) return undefined;
    chain.push(blocker);
    const identities = await run.deps.directory.readIdentities(run.org, [wanted.email]);
    next = identities.get(emailKey(wanted.email))?.claims[wanted.type];
  }
  return undefined;
}

function isRenamable(account: Account): boolean {
  const type = account.applied.identity?.type;
  return account.origin === 'made' && (type === 'federatedID' || type === 'enterpriseID');
}

function temporary(run: Run, handle: Identity): Identity {
  const email = `swap-${run.deps.randomHex(12)}@${domainOf(handle.email)}`;
  const follows = emailKey(handle.username) === emailKey(handle.email);
  return { ...handle, email, username: follows ? email : handle.username };
}
