/**
 * Who a person is at Adobe, derived by one pure function from the SCIM resource and the connection's settings (R2).
 * A value that Adobe cannot take is a problem shown on the account, never a refusal to the identity provider.
 */
import { emailKey } from './keys.ts';
import type {
  ConnectionSettings,
  DomainSettings,
  Identity,
  IdentityProblem,
  UserResource,
} from './records.ts';

export interface Derived {
  identity?: Identity;
  problem?: IdentityProblem;
  firstname?: string;
  lastname?: string;
  country?: string;
}

/** Adobe's limit (`umapi.md` 4.3). */
const MAX_EMAIL_CHARS = 60;
const MAX_NAME_CHARS = 250;
const PLAIN_LOCAL_PART = /^[A-Za-z0-9.!$&'*+=?^_`{|}~-]+$/;
/** Characters that change a URL or command in which an e-mail is a segment (T47). */
const UNSAFE = /[/\\?#%\s]/;

/**
 * Primary work e-mail, else primary, else first work, else an e-mail-shaped userName (design.md section 5, "Identity");
 * else the only one, where it has no type: a client that sends one address sees no need to describe it.
 */
export function emailOf(resource: UserResource): string | undefined {
  const emails = (resource.emails ?? []).filter((email) => (email.value ?? '').includes('@'));
  const work = emails.filter((email) => email.type?.toLowerCase() === 'work');
  const chosen = work.find((email) => email.primary) ?? emails.find((email) => email.primary) ?? work[0];
  if (chosen?.value !== undefined) return chosen.value.trim();
  if (resource.userName.includes('@')) return resource.userName.trim();
  const [only, ...others] = emails;
  return others.length === 0 && only?.type === undefined ? only?.value?.trim() : undefined;
}

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}

export function deriveIdentity(resource: UserResource, settings: ConnectionSettings): Derived {
  const email = emailOf(resource);
  if (email === undefined) {
    return {
      problem: problem('email-missing', 'The identity provider sent no e-mail address for this person.'),
    };
  }
  const domain = domainOf(email);
  // An own property only: a domain may be called like something that every object has (T23).
  const rules = Object.hasOwn(settings.domains, domain) ? settings.domains[domain] : undefined;
  const names = namesOf(resource, email);
  const country = countryOf(resource) ?? rules?.country;
  const about = { ...names, ...(country === undefined ? {} : { country }) };
  const found =
    rules === undefined
      ? outsideAllowList(domain)
      : problemOf({ email, domain, rules, resource, names, country });
  if (found !== undefined || rules === undefined)
    return { ...about, problem: found ?? outsideAllowList(domain) };
  return { ...about, identity: identityOf(resource, email, rules) };
}

function identityOf(resource: UserResource, email: string, rules: DomainSettings): Identity {
  const managed = rules.type === 'federatedID';
  const username = managed && rules.username === 'userName' ? resource.userName.trim() : email;
  return {
    email,
    username,
    type: rules.type,
    ...(rules.loginDomain === undefined ? {} : { domain: rules.loginDomain }),
  };
}

function problem(code: string, detail: string, domain?: string): IdentityProblem {
  return { code, detail, ...(domain === undefined ? {} : { domain }) };
}

function outsideAllowList(domain: string): IdentityProblem {
  return problem(
    'domain-not-allowed',
    `The e-mail domain ${domain} is not in the connection's allow-list. Add it with its identity type to the settings, or correct the address in the identity provider.`,
    domain,
  );
}

interface Candidate {
  email: string;
  domain: string;
  rules: DomainSettings;
  resource: UserResource;
  names: { firstname?: string; lastname?: string };
  country: string | undefined;
}

function problemOf({
  email,
  domain,
  rules,
  resource,
  names,
  country,
}: Candidate): IdentityProblem | undefined {
  const local = email.slice(0, email.lastIndexOf('@'));
  if (email.length > MAX_EMAIL_CHARS) {
    return problem(
      'email-too-long',
      `Adobe takes e-mail addresses of at most ${MAX_EMAIL_CHARS} characters. Shorten it in the identity provider.`,
    );
  }
  if (
    email.normalize('NFKC') !== email ||
    !PLAIN_LOCAL_PART.test(local) ||
    UNSAFE.test(email) ||
    local.includes('..')
  ) {
    return problem(
      'email-characters',
      'The e-mail address has characters that are not safe to use at Adobe. Use plain ASCII letters, digits, dot and hyphen before the @.',
    );
  }
  if (domain === 'gmail.com' && /[.+]/.test(local)) {
    return problem('email-gmail-policy', 'Adobe refuses Gmail addresses with a dot or a plus sign.');
  }
  if ((names.firstname ?? '').length > MAX_NAME_CHARS || (names.lastname ?? '').length > MAX_NAME_CHARS) {
    return problem(
      'name-too-long',
      `Adobe takes first and last names of at most ${MAX_NAME_CHARS} characters.`,
    );
  }
  if (rules.type === 'federatedID' && country === undefined) {
    return problem(
      'country-missing',
      `A Federated ID needs a country and the identity provider sent none. Set a default country for ${domain}; Adobe cannot change it later.`,
      domain,
    );
  }
  if (
    rules.type === 'federatedID' &&
    rules.username === undefined &&
    emailKey(resource.userName) !== emailKey(email)
  ) {
    return problem(
      'username-undecided',
      `userName and e-mail differ and nobody has said which one is the Adobe username in ${domain}. Set "username" to "email" or "userName" for that domain; until then the connection only reports.`,
      domain,
    );
  }
  return usernameProblem(resource.userName.trim(), rules);
}

/** Only where the userName goes to Adobe as the username (T18, T20). */
function usernameProblem(userName: string, rules: DomainSettings): IdentityProblem | undefined {
  if (rules.type !== 'federatedID' || rules.username !== 'userName') return undefined;
  if (userName.length > MAX_NAME_CHARS) {
    return problem('username-too-long', `Adobe takes usernames of at most ${MAX_NAME_CHARS} characters.`);
  }
  const at = userName.lastIndexOf('@');
  const local = at < 0 ? userName : userName.slice(0, at);
  if (userName.normalize('NFKC') !== userName || !PLAIN_LOCAL_PART.test(local) || UNSAFE.test(userName)) {
    return problem(
      'username-characters',
      'The userName has characters that are not safe to use at Adobe. Use plain ASCII letters, digits, dot and hyphen.',
    );
  }
  return undefined;
}

/** Adobe wants both names for managed identities; what the identity provider did not send is taken from what it did. */
function namesOf(resource: UserResource, email: string): { firstname: string; lastname: string } {
  const shown = (resource.displayName ?? '').trim();
  const space = shown.indexOf(' ');
  const local = email.slice(0, email.lastIndexOf('@'));
  const given = (resource.name?.givenName ?? '').trim() || (space < 0 ? shown : shown.slice(0, space));
  const family = (resource.name?.familyName ?? '').trim() || (space < 0 ? '' : shown.slice(space + 1).trim());
  return { firstname: given || local, lastname: family || given || local };
}

function countryOf(resource: UserResource): string | undefined {
  const addresses = resource.addresses ?? [];
  const chosen =
    addresses.find((address) => address.primary && address.country) ??
    addresses.find((address) => address.country);
  const code = chosen?.country?.trim().toUpperCase();
  return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** Case-only changes are no rename (R2). A Business ID counts as the same whatever type Adobe shows. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return (
    emailKey(a.email) === emailKey(b.email) &&
    emailKey(a.username) === emailKey(b.username) &&
    a.type === b.type
  );
}
