/**
 * Whom a `user` command means (`umapi.md` 5.1, 6.2, 13): by current e-mail, or by bare name and domain in a directory
 * with username login. An e-mail-shaped user name never finds anybody. The managed identity wins over an Adobe ID with
 * the same e-mail unless `useAdobeID` is set.
 */
import { type Fault, fault } from './errors.ts';
import { type Run, shownAt, usersWithEmail, usersWithUsername } from './people.ts';
import type { Directory, User } from './state.ts';
import { normal, type Store } from './store.ts';

/** The subject of one command; a create step settles `userId` for the steps behind it. */
export interface Subject {
  readonly who: string;
  readonly domain: string | undefined;
  readonly useAdobeID: boolean;
  userId: string | undefined;
  createFailed: boolean;
}

export type Found = { readonly user: User } | { readonly fault: Fault };

export function domainOf(address: string): string {
  return normal(address.slice(address.lastIndexOf('@') + 1));
}

/** The directory that holds a domain, claimed or trusted. */
export function directoryOf(store: Store, domain: string): Directory | undefined {
  return store.meta.directories.find(({ domains }) => domains.includes(normal(domain)));
}

/** The directory that a managed account lives in; Adobe IDs live in none. */
export function homeOf(store: Store, user: User): Directory | undefined {
  return user.type === 'adobeID' ? undefined : directoryOf(store, user.domain);
}

/** Finds the subject among the org's members. `absentCode` is what a step says about nobody. */
export function findSubject(run: Run, subject: Subject, absentCode: string): Found {
  const settled = subject.userId === undefined ? undefined : run.store.users.get(subject.userId);
  if (settled !== undefined) return { user: settled };
  if (subject.createFailed) return { fault: fault('error.user.not_found') };
  const accounts = accountsOf(run.store, subject);
  const found = chooseMember(subject, accounts);
  if (found === undefined) return { fault: absence(subject, accounts.length > 0, absentCode) };
  if ('fault' in found) return found;
  const visible = shownAt(found.user, run.at)?.inOrg === true;
  return visible ? found : { fault: nonexistent(subject) };
}

function accountsOf(store: Store, { who, domain }: Subject): User[] {
  if (!who.includes('@')) {
    const wanted = normal(domain ?? '');
    return usersWithUsername(store, who).filter((user) => homeOf(store, user)?.domains.includes(wanted));
  }
  return usersWithEmail(store, who).filter((user) => homeOf(store, user)?.usernameLogin !== true);
}

function chooseMember(subject: Subject, accounts: readonly User[]): Found | undefined {
  const members = accounts.filter(({ inOrg }) => inOrg);
  const adobeId = members.find(({ type }) => type === 'adobeID');
  const [managed, ...others] = members.filter(({ type }) => type !== 'adobeID');
  if (subject.useAdobeID) {
    if (adobeId === undefined && managed !== undefined) {
      return { fault: fault('error.user.nonexistent_or_has_conflicting_parameters') };
    }
    return adobeId && { user: adobeId };
  }
  if (others.length > 0) return { fault: fault('error.user.not_found_or_ambiguous') };
  const user = managed ?? adobeId;
  return user && { user };
}

function absence(subject: Subject, accountExists: boolean, absentCode: string): Fault {
  if (accountExists) return fault('error.user.not_in_org');
  return absentCode === 'error.user.nonexistent' ? nonexistent(subject) : fault(absentCode);
}

function nonexistent({ who, useAdobeID }: Subject): Fault {
  return fault('error.user.nonexistent', `${useAdobeID ? 'Adobe' : 'User'} Id does not exist: ${who}`);
}

/** A member by e-mail alone, as `usergroup` lists name people: the managed identity first (section 7). */
export function memberByEmail(run: Run, email: string): User | undefined {
  const members = usersWithEmail(run.store, email).filter(
    (user) => user.inOrg && shownAt(user, run.at)?.inOrg === true,
  );
  return members.find(({ type }) => type !== 'adobeID') ?? members[0];
}
