/**
 * Runs the steps of a `user` command in order (`umapi.md` section 6, 8). A failed step takes nothing back, and the steps
 * behind it are still tried unless the knob says otherwise.
 */
import { runCreate } from './create-step.ts';
import { type Fault, fault, groupNotFound } from './errors.ts';
import type { Step } from './grammar-values.ts';
import { type Named, type PickOne, resolveName } from './names.ts';
import { changeUser, joinGroup, leaveGroup, leaveOrg, type Run } from './people.ts';
import type { Group, User } from './state.ts';
import { dropUser } from './store.ts';
import { findSubject, homeOf, type Subject } from './subject.ts';
import { runUpdate } from './update-step.ts';

export interface StepReport {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
}

const FINE: StepReport = { faults: [], warnings: [] };

/** Runs one step for the command's subject. */
export function runUserStep(run: Run, subject: Subject, step: Step): StepReport {
  switch (step.kind) {
    case 'create':
      return report(runCreate(run, subject, step));
    case 'update':
      return onSubject(run, subject, {
        absentCode: 'error.user.nonexistent',
        act: (user) => report(runUpdate(run, user, step)),
      });
    case 'add':
    case 'remove':
      return onSubject(run, subject, {
        absentCode: 'error.user.not_found',
        act: (user) => changeMemberships(run, user, step),
      });
    case 'removeAll':
      return onSubject(run, subject, {
        absentCode: 'error.user.not_found',
        act: (user) => removeAll(run, user),
      });
    case 'removeFromOrg':
      return report(removeFromOrg(run, subject, step.deleteAccount));
    case 'createUserGroup':
    case 'updateUserGroup':
    case 'deleteUserGroup':
    case 'addMembers':
    case 'removeMembers':
      throw new Error(`A ${step.kind} step cannot be part of a user command: check the grammar.`);
  }
}

export function report(problem: Fault | undefined): StepReport {
  return problem === undefined ? FINE : { faults: [problem], warnings: [] };
}

function onSubject(
  run: Run,
  subject: Subject,
  { absentCode, act }: { absentCode: string; act: (user: User) => StepReport },
): StepReport {
  const found = findSubject(run, subject, absentCode);
  if ('user' in found) {
    // The command keeps its person, also behind a rename.
    subject.userId = found.user.id;
    return act(found.user);
  }
  // A trial cannot know whether the person would exist by then (5.2).
  return run.store.undo === undefined ? report(found.fault) : FINE;
}

function changeMemberships(
  run: Run,
  user: User,
  step: Extract<Step, { kind: 'add' | 'remove' }>,
): StepReport {
  const targets = step.names.map((name) => ({ name, named: resolveName(run.store, name, pickFor(run)) }));
  const faults = targets.flatMap(({ name, named }) => refusal(run, { name, named, kind: step.kind }) ?? []);
  const blocked = faults.length > 0 && run.store.meta.knobs.listWithUnknownGroup === 'apply none';
  for (const { name, named } of blocked ? [] : targets) {
    if (refusal(run, { name, named, kind: step.kind }) !== undefined) continue;
    changeOne(run, { userId: user.id, named, kind: step.kind });
  }
  const warning = fault(
    'warning.command.deprecated',
    `'${step.deprecated}' command is deprecated. Please use productConfiguration.`,
  );
  return { faults, warnings: step.deprecated === undefined ? [] : [warning] };
}

/** Which of several groups of one name a call hits (21.8). */
export function pickFor(run: Run): PickOne {
  return (candidates) => {
    const random = candidates.length > 1 && run.store.meta.knobs.duplicateNamePick === 'random';
    return candidates[random ? Math.floor(run.random() * candidates.length) : 0];
  };
}

function refusal(
  run: Run,
  { name, named, kind }: { name: string; named: Named; kind: 'add' | 'remove' },
): Fault | undefined {
  switch (named.kind) {
    case 'unknown':
      return groupNotFound(name);
    case 'reserved':
      return { code: run.store.meta.knobs.reservedGroupCode, message: groupNotFound(name).message };
    case 'noAdmins':
      return kind === 'add' ? fault('error.internal.add') : groupNotFound(name);
    case 'role':
      return undefined;
    case 'group':
      return memberRefusal(run, named.group, kind);
  }
}

function memberRefusal(run: Run, group: Group, kind: 'add' | 'remove'): Fault | undefined {
  if (group.kind === 'profile') return undefined;
  if (group.readOnly) return fault(`error.usergroup.readonly.${kind}_user_not_allowed`);
  const size = run.store.members.get(String(group.groupId))?.size ?? 0;
  const isFull = kind === 'add' && size >= run.store.meta.knobs.maxGroupMembers;
  return isFull ? fault('error.usergroup.exceeds_maximum_member_count') : undefined;
}

function changeOne(
  run: Run,
  { userId, named, kind }: { userId: string; named: Named; kind: 'add' | 'remove' },
): void {
  // Read again: the name before in the same list has replaced the record.
  const user = run.store.users.get(userId);
  if (user === undefined) return;
  if (named.kind === 'group') {
    if (kind === 'add') joinGroup(run, user, named.group);
    else leaveGroup(run, user, named.group);
  }
  if (named.kind === 'role') {
    const others = user.roles.filter((role) => role !== named.role);
    changeUser(run, user, { roles: kind === 'add' ? [...others, named.role] : others });
  }
}

/** Everything but System Administrator (6.3). */
function removeAll(run: Run, user: User): StepReport {
  changeUser(run, user, { memberships: {}, roles: user.roles.filter((role) => role === 'org') });
  return FINE;
}

/** Success also for nobody (6.4); only an internal refusal surfaces. */
function removeFromOrg(run: Run, subject: Subject, deleteAccount: boolean): Fault | undefined {
  const found = findSubject(run, subject, 'error.user.not_found');
  if (!('user' in found)) return undefined;
  const home = homeOf(run.store, found.user);
  if (home?.synced && home.trustOwner === undefined) return fault('error.internal.removefromorg');
  const left = leaveOrg(run, found.user);
  // Adobe IDs and accounts of another org are never deleted.
  if (deleteAccount && left.owned && left.type !== 'adobeID') dropUser(run.store, left.id);
  return undefined;
}
