/**
 * Somebody of another identity type under the address of a first contact (`umapi.md` 13, "Twins"): used as it is, left
 * with a managed user created beside it, or left alone. Which one, the settings of the domain say; leaving is the rule.
 *
 * Invariant: a create over a twin proves nothing by its success, and nothing is granted before a read shows the managed
 * user that it was for.
 */
import { emailKey } from '../directory/keys.ts';
import type { DomainSettings, Identity, ObservedUser } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import type { Knowledge } from './known.ts';

export type TwinPolicy = NonNullable<DomainSettings['twins']>;

type TypeAtAdobe = NonNullable<Identity['as']>;
const TYPES: readonly TypeAtAdobe[] = ['federatedID', 'enterpriseID', 'adobeID'];

/** The twin itself and the identity under which the account uses it; undefined when there is nobody to use. */
export function usable(
  seen: Knowledge,
  identity: Identity,
): { readonly there: ObservedUser; readonly identity: Identity } | undefined {
  for (const there of seen.users) {
    const as = TYPES.find((type) => type.toLowerCase() === there.type.toLowerCase());
    // Whose username, not e-mail, is this address is somebody else.
    if (as === undefined || emailKey(there.email) !== emailKey(identity.email)) continue;
    return { there, identity: { ...identity, as } };
  }
  return undefined;
}

/** Beside an Adobe ID a managed one may exist; Adobe sometimes makes it and sometimes only says so. */
export function mayCreateBeside(seen: Knowledge, identity: Identity): boolean {
  const managed = identity.type === 'federatedID' || identity.type === 'enterpriseID';
  return managed && seen.users.every(({ type }) => type.toLowerCase() === 'adobeid');
}

/** The create was sent beside a twin: only a read tells whether it made anybody. */
export function isBeside({ maybe }: Pick<Ledger, 'maybe'>): boolean {
  return maybe?.['beside'] === true;
}
