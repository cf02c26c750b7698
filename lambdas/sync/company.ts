/**
 * Who travels together in a request, and in which form (F27, `umapi.md` 18.3). Whoever was in requests that failed as a
 * whole travels in ever smaller company, in the end alone: one poisonous command keeps nobody else back for long.
 *
 *   failed so far             0       1     2    3   4
 *   in lists (accounts)    1,000    500    50    5   1     from the third on in commands of their own
 *   in commands               10      5     2    1   1
 *
 * Companies of the two kinds take turns, so that neither a backlog keeps suspects waiting nor they the backlog.
 */
import type { Account, Claim, EntitlementKey } from '../directory/records.ts';
import type { IntentDraft } from '../directory/work.ts';
import type { Decision } from './decide.ts';
import type { World } from './world.ts';

const IN_LISTS = [Number.POSITIVE_INFINITY, 500, 50, 5, 1];
const IN_COMMANDS = [Number.POSITIVE_INFINITY, 5, 2, 1];
/** From this many failures on nobody is named in a list. */
const BY_NAME_FROM = 3;

export interface Sending {
  readonly account: Account;
  readonly decision: Extract<Decision, { kind: 'send' }>;
  /** A temporary address to claim together with the intent (R32). */
  readonly claim?: Claim;
  /** What the removal limit counts of it, with the numbers of before. */
  readonly loss?: IntentDraft['loss'];
}

type Travelling = Pick<Sending, 'account' | 'decision'>;

export interface Company {
  readonly sendings: readonly Sending[];
  readonly suspects: boolean;
}

/** The next request's company, in the given order. `suspectsWent`: the last request was theirs. */
export function chooseCompany(
  sendings: readonly Sending[],
  { world, suspectsWent }: { readonly world: World; readonly suspectsWent: boolean },
): Company {
  const calm = sendings.filter(({ account }) => strikes(account) === 0);
  const [first] = sendings.filter(({ account }) => strikes(account) > 0);
  const turn = first !== undefined && (calm.length === 0 || (first === sendings[0] && !suspectsWent));
  if (!turn) return { sendings: calm, suspects: false };
  const level = strikes(first.account);
  const listable = listableWhenCalm(first, world);
  const alike = sendings.filter(
    (one) => strikes(one.account) === level && listableWhenCalm(one, world) === listable,
  );
  const sizes = listable ? IN_LISTS : IN_COMMANDS;
  return { sendings: alike.slice(0, sizes[level] ?? 1), suspects: true };
}

/** One answer that never came is nobody's fault; a refused request may be. */
function strikes({ attempts, reason }: Account): number {
  if (reason === 'refused') return attempts;
  return reason === 'unknown-outcome' ? Math.max(0, attempts - 1) : 0;
}

/** Whether a list may name this person for all that is to be done. */
export function mayBeListed(sending: Travelling, world: World): boolean {
  return strikes(sending.account) < BY_NAME_FROM && listableWhenCalm(sending, world);
}

/**
 * `umapi.md` 7: a list is about one user group, names people by e-mail and takes the managed one of two identities.
 * So nobody with an Adobe or Business ID, and nobody of a directory whose commands name a username and a domain.
 */
function listableWhenCalm({ decision }: Travelling, world: World): boolean {
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
