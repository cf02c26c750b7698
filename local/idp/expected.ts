/**
 * What a day must end in, worked out from its steps with plain maps: no dialect, no bridge, nothing of the product.
 * A person is known here by the lower-cased address that Adobe will know them by.
 */
import type { Day, Step } from './day.ts';
import type { Person } from './dialect.ts';

/** Name of a group at the start of the day -> names of the entitlements it gives. */
export type GroupGrants = Readonly<Record<string, readonly string[]>>;

interface World {
  readonly people: Map<string, Person>;
  readonly active: Set<string>;
  /** Group key -> person keys, whether active or not. */
  readonly members: Map<string, Set<string>>;
}

/** For each address, the keys of the groups that its owner is in, while active. People without an address are absent. */
export function expectedMemberships(steps: readonly Step[]): Map<string, Set<string>> {
  const world: World = { people: new Map(), active: new Set(), members: new Map() };
  for (const step of steps) live(world, step);
  const result = new Map<string, Set<string>>();
  for (const key of world.active) {
    const person = world.people.get(key);
    const address = person?.email ?? person?.userName;
    if (!address?.includes('@')) continue;
    const groups = [...world.members].filter(([, members]) => members.has(key)).map(([group]) => group);
    result.set(address.toLowerCase(), new Set(groups));
  }
  return result;
}

/** For each entitlement that the mapping names, the addresses that hold it when the day is over. */
export function expectedAssignments(day: Day, mapping: GroupGrants): Map<string, Set<string>> {
  const grantsOf = new Map(day.groups.map((group) => [group.key, mapping[group.name] ?? []]));
  const result = new Map(
    Object.values(mapping)
      .flat()
      .map((entitlement) => [entitlement, new Set<string>()]),
  );
  for (const [address, groups] of expectedMemberships(day.steps)) {
    for (const group of groups) {
      for (const entitlement of grantsOf.get(group) ?? []) result.get(entitlement)?.add(address);
    }
  }
  return result;
}

function live(world: World, step: Step): void {
  switch (step.kind) {
    case 'connect':
    case 'pause':
    case 'renameGroup':
      return;
    case 'group':
      world.members.set(step.group.key, new Set());
      return;
    case 'deleteGroup':
      world.members.delete(step.group);
      return;
    case 'add':
    case 'remove':
    case 'push':
      changeMembers(world, step);
      return;
    case 'join':
      world.active.add(step.person.key);
      world.people.set(step.person.key, step.person);
      return;
    case 'profile':
    case 'rename':
      world.people.set(step.person.key, step.person);
      return;
    case 'leave':
      world.active.delete(step.person);
      return;
    case 'return':
      world.active.add(step.person);
      return;
    case 'delete':
      world.active.delete(step.person);
      world.people.delete(step.person);
      for (const members of world.members.values()) members.delete(step.person);
  }
}

function changeMembers(world: World, step: Extract<Step, { kind: 'add' | 'remove' | 'push' }>): void {
  const members = step.kind === 'push' ? new Set<string>() : (world.members.get(step.group) ?? new Set());
  world.members.set(step.group, members);
  for (const person of step.people) {
    if (step.kind === 'remove') members.delete(person);
    else members.add(person);
  }
}
