/**
 * Who travels together in a request, and who may be named in a list (F27, `umapi.md` 18.3). Whoever was in a request
 * that failed as a whole goes again with a quarter of those people, in the end alone, so that one poisonous name keeps
 * nobody else back for long: of 1,000 in lists it is 1,000 (once more without an answer), 250, 63, 16, 4, 1; of ten in commands 10, 3, 1.
 *
 * At most four requests find in which part it is, so 4 log4 n of them find it: as many as by halves, which is
 * 2 log2 n, but half as many fail, and each that fails makes everybody wait for the circuit (F33).
 *
 * Companies of the two kinds take turns, so that neither a backlog keeps suspects waiting nor they the backlog.
 */
import type { Account, Claim, EntitlementKey } from '../directory/records.ts';
import type { IntentDraft } from '../directory/work.ts';
import type { Decision } from './decide.ts';
import type { World } from './world.ts';

/** Into how many parts a company that failed is divided. */
const PARTS = 4;
/** What a request carries by commands. */
const BY_NAME = 10;

export interface Sending {
  readonly account: Account;
  readonly decision: Extract<Decision, { kind: 'send' }>;
  /** A temporary address to claim together with the intent (R32). */
  readonly claim?: Claim;
  /** What the removal limit counts of it, with the numbers of before. */
  readonly loss?: IntentDraft['loss'];
}

export interface Company {
  readonly sendings: readonly Sending[];
  readonly suspects: boolean;
}

/** The next request's company, in the given order. `suspectsWent`: the last request was theirs. */
export function chooseCompany(
  sendings: readonly Sending[],
  { world, suspectsWent }: { readonly world: World; readonly suspectsWent: boolean },
): Company {
  const calm = sendings.filter(({ account }) => !isSuspect(account));
  const first = sendings.find(({ account }) => isSuspect(account));
  const turn = first !== undefined && (calm.length === 0 || (first === sendings[0] && !suspectsWent));
  if (!turn) return { sendings: calm, suspects: false };
  const size = Math.ceil(companyOf(first.account) / PARTS);
  const listable = mayBeListed(first, world);
  const alike = sendings.filter(
    (one) =>
      isSuspect(one.account) &&
      companyOf(one.account) === companyOf(first.account) &&
      mayBeListed(one, world) === listable,
  );
  return { sendings: alike.slice(0, size), suspects: true };
}

/** Whether more people failed together with this one than commands of their own carry. */
export function failedInList(sending: Sending, world: World): boolean {
  return companyOf(sending.account) > BY_NAME && mayBeListed(sending, world);
}

/** How many were in the request that failed. */
function companyOf({ company = 1 }: Account): number {
  return company;
}

/** One answer that never came is nobody's fault; a refused request may be. */
function isSuspect({ attempts, reason }: Account): boolean {
  if (reason === 'refused') return attempts > 0;
  return reason === 'unknown-outcome' && attempts > 1;
}

/**
 * Whether a list may name this person for all that is to be done (`umapi.md` 7): a list is about one user group, names
 * people by e-mail and takes the managed one of two identities. So nobody with an Adobe or Business ID, and nobody of a
 * directory whose commands name a username and a domain.
 */
export function mayBeListed({ decision }: Pick<Sending, 'decision'>, world: World): boolean {
  const { ledger, actions } = decision;
  const identity = ledger.applied.identity;
  if (identity === undefined || identity.domain !== undefined) return false;
  const type = identity.as ?? identity.type;
  if (type !== 'federatedID' && type !== 'enterpriseID') return false;
  return actions.every(
    ({ action, key }) =>
      (action.kind === 'grant' || action.kind === 'revoke') &&
      key !== undefined &&
      ledger.unknown[key]?.byName !== true &&
      isUserGroup(world, key),
  );
}

/** A profile under this name would be refused, and its rule may say either. */
function isUserGroup({ catalogue }: World, key: EntitlementKey): boolean {
  const entries = catalogue.get(key) ?? [];
  return entries.length === 1 && entries[0]?.type === 'USER_GROUP';
}
