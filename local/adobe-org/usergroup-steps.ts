/** Runs the steps of a `usergroup` command (`umapi.md` section 7): the group itself, its members, its profiles. */
import { type Fault, fault, groupNotFound } from './errors.ts';
import type { Step } from './grammar-values.ts';
import { groupsNamed, profilesNamed, userGroupNamed } from './names.ts';
import { accessOf, joinGroup, leaveGroup, mailAccessChange, membersOf, type Run } from './people.ts';
import type { Profile, User, UserGroup } from './state.ts';
import { dropGroup, putGroup, takeNumber } from './store.ts';
import { memberByEmail } from './subject.ts';
import { pickFor, report, type StepReport } from './user-steps.ts';

/** The group that a command is about; a create step or a rename moves it for the steps behind. */
export interface GroupSubject {
  name: string;
  /** Nothing after a deletion runs. */
  deleted: boolean;
}

type GroupStep = Extract<Step, { kind: 'createUserGroup' | 'updateUserGroup' }>;
type MembersStep = Extract<Step, { kind: 'addMembers' | 'removeMembers' }>;

export function runGroupStep(run: Run, subject: GroupSubject, step: Step): StepReport {
  if (subject.deleted) return report(undefined);
  if (step.kind === 'createUserGroup') return report(createGroup(run, subject, step));
  const group = userGroupNamed(run.store, subject.name);
  if (group === undefined) return report(fault('error.usergroup.not_found'));
  switch (step.kind) {
    case 'updateUserGroup':
      return report(updateGroup(run, group, { step, subject }));
    case 'deleteUserGroup':
      if (group.readOnly) return report(fault('error.usergroup.readonly.remove_not_allowed'));
      deleteGroup(run, group);
      subject.deleted = true;
      return report(undefined);
    case 'addMembers':
    case 'removeMembers':
      return {
        faults: [...changeMembers(run, group, step), ...changeProfiles(run, group, step)],
        warnings: [],
      };
    default:
      throw new Error(`A ${step.kind} step cannot be part of a usergroup command: check the grammar.`);
  }
}

function createGroup(
  run: Run,
  subject: GroupSubject,
  step: GroupStep & { option?: string },
): Fault | undefined {
  const name = step.name ?? subject.name;
  subject.name = name;
  const broken = checkGroupName(name);
  if (broken !== undefined) return broken;
  const existing = userGroupNamed(run.store, name);
  if (existing === undefined) {
    if (groupsNamed(run.store, name).length > 0) return fault('error.usergroup.already_exists');
    makeUserGroup(run, name, step.description ?? '');
    return undefined;
  }
  if (step.option === undefined) return fault('error.usergroup.already_exists');
  if (step.option === 'updateIfAlreadyExists' && step.description !== undefined) {
    putGroup(run.store, { ...existing, description: step.description });
  }
  return undefined;
}

export function makeUserGroup(run: Run, name: string, description: string): UserGroup {
  const group: UserGroup = {
    kind: 'userGroup',
    groupId: takeNumber(run.store),
    name: name.trim(),
    description,
    readOnly: false,
    attached: {},
  };
  putGroup(run.store, group);
  return group;
}

/** 4.3: 255 characters, and a leading underscore is reserved for admin groups. */
function checkGroupName(name: string): Fault | undefined {
  if (name.length > 255) return fault('error.command.string.too_long');
  return name.trim().startsWith('_') ? fault('error.usergroup.update.failed', 'Reserved name') : undefined;
}

function updateGroup(
  run: Run,
  group: UserGroup,
  { step, subject }: { step: GroupStep; subject: GroupSubject },
): Fault | undefined {
  if (group.readOnly) return fault('error.usergroup.readonly.update_not_allowed');
  const { name = group.name, description = group.description } = step;
  const broken = checkGroupName(name);
  if (broken !== undefined) return broken;
  const taken = groupsNamed(run.store, name).some(({ groupId }) => groupId !== group.groupId);
  if (taken) return fault('error.usergroup.already_exists');
  putGroup(run.store, { ...group, name: name.trim(), description });
  subject.name = name;
  return undefined;
}

export function deleteGroup(run: Run, group: UserGroup | Profile): void {
  for (const user of membersOf(run.store, group.groupId)) leaveGroup(run, user, group);
  dropGroup(run.store, group.groupId);
}

function changeMembers(run: Run, group: UserGroup, step: MembersStep): Fault[] {
  if (step.users.length === 0) return [];
  const { knobs } = run.store.meta;
  const word = step.kind === 'addMembers' ? 'add' : 'remove';
  if (group.readOnly) return [fault(`error.usergroup.readonly.${word}_user_not_allowed`)];
  const people = step.users.flatMap((email) => memberByEmail(run, email) ?? []);
  if (people.length === 0) return run.store.undo === undefined ? [fault('error.user.not_found')] : [];
  if (people.length < step.users.length && knobs.usergroupMixedUsers === 'error') {
    return [fault('error.user.not_found')];
  }
  const isMember = (user: User): boolean => String(group.groupId) in user.memberships;
  const changing = people.filter((user) => isMember(user) === (word === 'remove'));
  if (changing.length === 0) {
    return knobs.usergroupUnchanged === 'error' ? [fault('error.usergroup.user_list.invalid')] : [];
  }
  const size = run.store.members.get(String(group.groupId))?.size ?? 0;
  if (word === 'add' && size + changing.length > knobs.maxGroupMembers) {
    return [fault('error.usergroup.exceeds_maximum_member_count')];
  }
  for (const user of changing) {
    if (word === 'add') joinGroup(run, user, group);
    else leaveGroup(run, user, group);
  }
  return [];
}

/** Profiles may be attached to a read-only group too (7). */
function changeProfiles(run: Run, group: UserGroup, step: MembersStep): Fault[] {
  const faults: Fault[] = [];
  for (const name of step.profiles) {
    const profile = pickFor(run)(profilesNamed(run.store, name));
    if (profile === undefined) faults.push(groupNotFound(name));
    else
      faults.push(
        ...attachOrDetach(run, { groupId: group.groupId, profile, attach: step.kind === 'addMembers' }),
      );
  }
  return faults;
}

/** Attaches or detaches one profile, and mails everybody whose access changes by it. */
export function attachOrDetach(
  run: Run,
  { groupId, profile, attach }: { groupId: number; profile: { groupId: number }; attach: boolean },
): Fault[] {
  const { store } = run;
  const group = store.groups.get(groupId);
  if (group?.kind !== 'userGroup') return [fault('error.usergroup.not_found')];
  const key = String(profile.groupId);
  if (key in group.attached === attach) return [];
  const people = membersOf(store, groupId);
  if (attach && people.length > store.meta.knobs.maxGroupMembers) {
    return [fault('error.usergroup.exceeds_maximum_member_count')];
  }
  const before = people.map((user) => accessOf(store, user));
  const { [key]: _, ...others } = group.attached;
  putGroup(store, { ...group, attached: attach ? { ...others, [key]: takeNumber(store) } : others });
  for (const [index, user] of people.entries()) {
    mailAccessChange(run, user, [before[index] ?? new Map(), accessOf(store, user)]);
  }
  return [];
}
