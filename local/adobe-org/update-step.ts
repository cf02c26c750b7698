/** The `update` step of `umapi.md` 6.2: names, e-mail and user name of a managed account that this org owns. */
import { type Fault, fault } from './errors.ts';
import type { Step } from './grammar-values.ts';
import { changeUser, type Run, usersWithEmail, usersWithUsername } from './people.ts';
import type { Directory, User } from './state.ts';
import { normal } from './store.ts';
import { directoryOf, domainOf, homeOf } from './subject.ts';
import { checkEmail, checkNames } from './values.ts';

export type UpdateStep = Extract<Step, { kind: 'update' }>;

/** Runs an update; all of it or, with a fault, nothing. */
export function runUpdate(run: Run, user: User, step: UpdateStep): Fault | undefined {
  if (user.type === 'adobeID') return fault('error.update.adobeid.no');
  if (!user.owned) return fault('error.api.user.not.parent.org');
  if (step.country !== undefined) return fault('error.update.country.no_update');
  const nameless = checkNames(step, { required: false });
  if (nameless !== undefined) return nameless;
  const email = nextEmail(run, user, step);
  if (typeof email !== 'string') return email;
  const username = nextUsername(run, user, { ...step, email });
  if (typeof username !== 'string') return username;
  const { firstname, lastname } = step;
  changeUser(run, user, {
    email,
    username,
    ...(firstname === undefined ? {} : { firstname }),
    ...(lastname === undefined ? {} : { lastname }),
  });
  return undefined;
}

function nextEmail(run: Run, user: User, step: UpdateStep): string | Fault {
  // A change of letter case alone is not possible and not refused (6.2).
  if (step.email === undefined || normal(step.email) === normal(user.email)) return user.email;
  const broken = checkEmail(step.email, run.store.meta.knobs);
  if (broken !== undefined) return broken;
  const target = directoryOf(run.store, domainOf(step.email));
  if (target === undefined) return fault('error.user.change_domain_update.no');
  if (target !== homeOf(run.store, user)) return fault('error.update.domain.mismatch');
  const taken = usersWithEmail(run.store, step.email).some(
    ({ type, id }) => type !== 'adobeID' && id !== user.id,
  );
  return taken ? fault('error.user.email.name_in_use') : step.email;
}

function nextUsername(run: Run, user: User, step: UpdateStep & { email: string }): string | Fault {
  if (step.username === undefined) return usernameLeftAlone(run, user, step.email);
  const home = homeOf(run.store, user);
  const broken = checkUsername(run, { username: step.username, email: step.email, home, user });
  if (broken !== undefined) return broken;
  const taken = usersWithUsername(run.store, step.username).some(
    ({ type, id }) => type !== 'adobeID' && id !== user.id,
  );
  return taken ? fault('error.user.name_in_use') : step.username;
}

/** Docs say that an e-mail-shaped user name moves along with the e-mail; a field report says that it does not. */
function usernameLeftAlone(run: Run, user: User, email: string): string {
  if (user.type === 'enterpriseID') return email;
  const moves = run.store.meta.knobs.emailMovesUsername && user.username.includes('@');
  return moves && normal(email) !== normal(user.email) ? email : user.username;
}

function checkUsername(
  run: Run,
  {
    username,
    email,
    home,
    user,
  }: { username: string; email: string; home: Directory | undefined; user: User },
): Fault | undefined {
  const isEmail = username.includes('@');
  if (home?.usernameLogin) return isEmail ? fault('error.user.name.contains.email') : undefined;
  if (normal(username) === normal(email)) return undefined;
  if (user.type === 'enterpriseID') return fault('error.update.username.no');
  if (home?.usernameMayDiffer !== true) return fault('error.user.must_match_email');
  const claimed = isEmail && directoryOf(run.store, domainOf(username)) === home;
  return claimed ? undefined : fault('error.user.name.invalid');
}
