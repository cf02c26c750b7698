/**
 * The create steps of `umapi.md` 6.1 and 13: who may be created where, what an existing person means, and the twin trap:
 * a managed create over an Adobe ID of the org answers success, creates nothing, and lets the steps behind it land on
 * that Adobe ID.
 */
import { createFailed, type Fault, fault } from './errors.ts';
import type { Step } from './grammar-values.ts';
import { changeUser, makeUserId, type Run, usersWithEmail, usersWithUsername } from './people.ts';
import type { Directory, IdentityType, User } from './state.ts';
import { addMail, normal } from './store.ts';
import { directoryOf, domainOf, type Subject } from './subject.ts';
import { checkCountry, checkEmail, checkNames } from './values.ts';

export type CreateStep = Extract<Step, { kind: 'create' }>;

/** Runs a create step and settles the command's subject. Returns the fault, or undefined for success. */
export function runCreate(run: Run, subject: Subject, step: CreateStep): Fault | undefined {
  const { knobs } = run.store.meta;
  const managed = step.step !== 'addAdobeID';
  // An Adobe ID needs no names: the person owns the profile.
  const broken =
    checkEmail(step.email, knobs) ??
    (managed ? checkNames(step, { required: true }) : undefined) ??
    checkCountry(step.step, step.country, knobs);
  const withEmail = { ...step, email: step.email ?? '' };
  const create = managed ? createManaged : addAdobeId;
  const problem = broken ?? create(run, subject, withEmail);
  if (problem !== undefined && subject.userId === undefined) subject.createFailed = true;
  return problem;
}

type CreateWithEmail = CreateStep & { readonly email: string };

function createManaged(run: Run, subject: Subject, step: CreateWithEmail): Fault | undefined {
  const directory = claimedDirectory(run, step);
  if ('code' in directory) return directory;
  const username = usernameFor(run, { subject, step, directory });
  if (typeof username !== 'string') return username;
  const accounts = usersWithEmail(run.store, step.email);
  const existing = accounts.find((user) => user.inOrg && user.type !== 'adobeID');
  if (existing !== undefined) return meetExisting(run, { subject, step, existing });
  const twin = accounts.find((user) => user.inOrg && user.type === 'adobeID');
  if (twin !== undefined && run.store.meta.knobs.twinCreate === 'lands on the Adobe ID') {
    subject.userId = twin.id;
    return undefined;
  }
  const account = accounts.find((user) => user.type !== 'adobeID');
  if (isExternallyManaged(directory, account)) return createFailed(step.step);
  if (account !== undefined) return attachAgain(run, { subject, step, account });
  if (usersWithUsername(run.store, username).some(({ type }) => type !== 'adobeID')) {
    return fault('error.user.name_in_use');
  }
  subject.userId = makeUser(run, { step, username, directory }).id;
  return undefined;
}

/** Synced directories take people from the sync only; a trustee may attach those that the owner's sync made (10.4, 13). */
function isExternallyManaged(directory: Directory, account: User | undefined): boolean {
  return directory.synced && (directory.trustOwner === undefined || account === undefined);
}

function claimedDirectory(run: Run, step: CreateWithEmail): Directory | Fault {
  const { meta } = run.store;
  const domain = domainOf(step.email);
  const directory = directoryOf(run.store, domain);
  if (directory === undefined) {
    if (meta.foreignDomains.includes(domain)) return fault('error.user.belongs_to_another_org');
    return fault(meta.knobs.unclaimedDomainCode);
  }
  const type = step.step === 'createEnterpriseID' ? 'enterpriseID' : 'federatedID';
  if (directory.type === type) return directory;
  const available = meta.directories.some((other) => other.type === type);
  return fault(available ? 'error.user.type_mismatch' : 'error.user.type_not_available');
}

function usernameFor(
  run: Run,
  { subject, step, directory }: { subject: Subject; step: CreateWithEmail; directory: Directory },
): string | Fault {
  const isEmail = subject.who.includes('@');
  if (directory.usernameLogin) {
    if (isEmail) return fault('error.user.name.contains.email');
    const sameDirectory = directory.domains.includes(normal(subject.domain ?? ''));
    return sameDirectory ? subject.who : fault('error.update.domain.mismatch');
  }
  if (normal(subject.who) === normal(step.email)) return step.email;
  const mayDiffer = directory.usernameMayDiffer && directory.type === 'federatedID';
  if (!isEmail || !mayDiffer) return fault('error.user.must_match_email');
  const claimed = directoryOf(run.store, domainOf(subject.who)) === directory;
  return claimed ? subject.who : createFailed(step.step);
}

/** 6.1 `option`: absent is an error, and the steps behind it still run on the person who was found. */
function meetExisting(
  run: Run,
  { subject, step, existing }: { subject: Subject; step: CreateWithEmail; existing: User },
): Fault | undefined {
  subject.userId = existing.id;
  if (step.option === undefined) return fault('error.user.already_in_org');
  const updatable = existing.type !== 'adobeID' && existing.owned;
  if (step.option === 'updateIfAlreadyExists' && updatable) changeUser(run, existing, namesOf(step));
  return undefined;
}

function namesOf({ firstname, lastname }: CreateStep): { firstname?: string; lastname?: string } {
  return {
    ...(firstname ? { firstname } : {}),
    ...(lastname ? { lastname } : {}),
  };
}

function attachAgain(
  run: Run,
  { subject, step, account }: { subject: Subject; step: CreateStep; account: User },
): undefined {
  const names = run.store.meta.knobs.reattachAppliesNames ? namesOf(step) : {};
  changeUser(run, account, { ...names, inOrg: true, status: 'active' });
  subject.userId = account.id;
}

function makeUser(
  run: Run,
  {
    step,
    username,
    directory,
  }: { step: CreateWithEmail; username: string; directory: Directory | undefined },
): User {
  const type: IdentityType = directory?.type ?? 'adobeID';
  return changeUser(
    run,
    {
      id: makeUserId(run),
      email: step.email,
      username,
      domain: directory?.domains[0] ?? 'AdobeID',
      type,
      ...namesOf(step),
      ...(step.country === undefined ? {} : { country: step.country }),
      status: 'active',
      technical: false,
      inOrg: true,
      owned: directory?.trustOwner === undefined,
      memberships: {},
      roles: [],
      past: [],
    },
    {},
  );
}

/** Links an Adobe ID, made or existing; the person always gets mail (6.1, 14). */
function addAdobeId(run: Run, subject: Subject, step: CreateWithEmail): Fault | undefined {
  if (normal(subject.who) !== normal(step.email)) return fault('error.user.must_match_email');
  const accounts = usersWithEmail(run.store, step.email);
  const directory = directoryOf(run.store, domainOf(step.email));
  const linked = run.store.meta.knobs.businessStorage ? directory : undefined;
  const isSame = (user: User): boolean => (user.type === 'adobeID') === (linked === undefined);
  const existing = accounts.find((user) => user.inOrg && isSame(user));
  if (existing !== undefined) return meetExisting(run, { subject, step, existing });
  if (linked === undefined && directory?.enforcement === true) return fault('error.user.domain_enforcement');
  const account = accounts.find(isSame);
  if (account !== undefined) attachAgain(run, { subject, step, account });
  else subject.userId = makeUser(run, { step, username: step.email, directory: linked }).id;
  addMail(run.store, { at: run.at, to: step.email, kind: 'addedToOrg', by: run.by });
  return undefined;
}
