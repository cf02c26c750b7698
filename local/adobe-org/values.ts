/** Which values of people Adobe takes (`umapi.md` 4.3, 6.1, 10.1, 15). */
import { isIsoCountry } from './countries.ts';
import { type Fault, fault } from './errors.ts';
import type { Knobs } from './knobs.ts';

const MAX_EMAIL = 60;
const EMAIL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;
const GMAIL = /[.+].*@(gmail|googlemail)\.com$/i;

export function checkEmail(email: string | undefined, knobs: Knobs): Fault | undefined {
  if (email === undefined || email.length > MAX_EMAIL || !EMAIL.test(email)) {
    return fault('error.user.email.invalid');
  }
  // Addresses that Gmail delivers to one mailbox are refused by policy (15).
  return knobs.gmailPolicy && GMAIL.test(email) ? fault('error.user.email.invalid') : undefined;
}

/** Names must be there for managed identities; on an update only what is sent is looked at. */
export function checkNames(
  names: { firstname?: string; lastname?: string },
  { required }: { required: boolean },
): Fault | undefined {
  const isMissing = (name: string | undefined): boolean =>
    name === undefined ? required : name.trim() === '';
  if (isMissing(names.firstname)) return fault('error.user.firstname_missing');
  return isMissing(names.lastname) ? fault('error.user.lastname_missing') : undefined;
}

/** Federated IDs need a real country; Enterprise IDs also take `UD`, undefined (6.1). */
export function checkCountry(step: string, country: string | undefined, knobs: Knobs): Fault | undefined {
  if (country === undefined) {
    return step === 'createFederatedID' ? fault('error.country.invalid', 'Country is required') : undefined;
  }
  if (country === 'UD' && step !== 'createFederatedID') return undefined;
  const refused = !isIsoCountry(country) || knobs.refusedCountries.includes(country);
  return refused ? fault('error.country.invalid') : undefined;
}
