/**
 * A day of an identity provider: who is assigned, moved, married, dismissed, hired again, and what happens to the
 * groups, as a list of steps that any dialect can play. The same seed gives the same day.
 *
 * The draft below only keeps the steps sensible (nobody leaves twice). What the day must end in is worked out
 * elsewhere, from the steps alone (`expected.ts`).
 */
import { shuffle } from '../adobe-org/random.ts';
import type { Person, PushedGroup } from './dialect.ts';
import { type AddressStyle, domainOf, married, type Newcomers, newPerson, withAddress } from './people.ts';
import { pick, type Random, sample, uuidFrom } from './random.ts';

export type Step =
  | { readonly kind: 'connect' }
  | { readonly kind: 'join'; readonly person: Person }
  | { readonly kind: 'group'; readonly group: PushedGroup }
  | { readonly kind: 'add' | 'remove' | 'push'; readonly group: string; readonly people: readonly string[] }
  | { readonly kind: 'profile' | 'rename'; readonly person: Person }
  | { readonly kind: 'leave' | 'return' | 'delete'; readonly person: string }
  | { readonly kind: 'renameGroup'; readonly group: string; readonly name: string }
  | { readonly kind: 'deleteGroup'; readonly group: string }
  /** Time goes by; the one who plays the day decides how. */
  | { readonly kind: 'pause'; readonly label: string; readonly ms: number };

export interface Day {
  readonly groups: readonly PushedGroup[];
  readonly steps: readonly Step[];
}

export interface DayOptions {
  readonly people: number;
  readonly random: Random;
  readonly tag: string;
  /** Whether the provider sends DELETE, 30 days after a person was deleted there. */
  readonly deletesUsers: boolean;
}

/** The first five are the groups of the example mapping. */
export const groupNames = [
  'Chat agents EU',
  'Chat agents US',
  'Marketing EU',
  'Marketing',
  'Sales',
  'Webinar hosts',
  'Support desk',
  'Design & Brand',
  'Field team – Nordics',
  'Finance',
  'Contractors',
  'Launch team',
] as const;
/** What happens to two groups on the way, so that a mapping can name them. */
export const renamedGroup = { from: 'Webinar hosts', to: 'Webinar hosts and guests' } as const;
export const dissolvedGroup = 'Launch team';

const THIRTY_DAYS_MS = 30 * 86_400_000;

interface Draft extends Newcomers {
  readonly steps: Step[];
  readonly people: Map<string, Person>;
  readonly away: Set<string>;
  readonly members: Map<string, Set<string>>;
}

export function planDay(options: DayOptions): Day {
  const { random, tag } = options;
  const groups = groupNames.map((name) => ({ key: uuidFrom(random), name }));
  const draft: Draft = {
    random,
    tag,
    taken: new Set(),
    steps: [],
    people: new Map(),
    away: new Set(),
    members: new Map(groups.map((group) => [group.key, new Set()])),
  };
  planMorning(draft, groups, options.people);
  draft.steps.push({ kind: 'pause', label: 'the first assignment settles', ms: 60_000 });
  for (const event of shuffle(random, eventsFor(options.people, groups))) event(draft);
  if (options.deletesUsers) planMonthLater(draft);
  return { groups, steps: draft.steps };
}

function planMorning(draft: Draft, groups: readonly PushedGroup[], count: number): void {
  draft.steps.push({ kind: 'connect' });
  for (let index = 0; index < count; index += 1) {
    // At least one of each style, whatever the size; three in forty are not plain.
    const styles: readonly AddressStyle[] = ['capitals', 'userNameOnly', 'none'];
    join(draft, newPerson(draft, styles[index % 40] ?? 'plain'));
  }
  for (const person of draft.people.keys()) {
    // One in eight is in no group at all.
    const count = draft.random() < 0.125 ? 0 : 1 + Math.floor(draft.random() * 3);
    for (const { key } of sample(draft.random, groups, count)) membersOf(draft, key).add(person);
  }
  for (const group of groups) {
    draft.steps.push({ kind: 'group', group });
    const people = [...membersOf(draft, group.key)];
    if (people.length > 0) draft.steps.push({ kind: 'add', group: group.key, people });
  }
}

type Event = (draft: Draft) => void;

function eventsFor(people: number, groups: readonly PushedGroup[]): Event[] {
  const share = (part: number) => Math.ceil(people * part);
  const repeated = (event: Event, count: number) => Array<Event>(count).fill(event);
  const keyOf = (name: string) => groups.filter((group) => group.name === name).map((group) => group.key);
  return [
    ...repeated(hire, share(0.05)),
    ...repeated(move, share(0.2)),
    ...repeated(drop, share(0.05)),
    ...repeated(flap, share(0.05)),
    ...repeated(marry, share(0.08)),
    ...repeated(respell, share(0.05)),
    ...repeated(leave, share(0.15)),
    ...repeated(comeBack, share(0.08)),
    ...repeated(getAddress, share(0.02)),
    inheritAddress,
    ...repeated(pushWhole, 2),
    ...keyOf(renamedGroup.from).map(
      (group): Event =>
        (draft) =>
          renameGroup(draft, group),
    ),
    ...keyOf(dissolvedGroup).map(
      (group): Event =>
        (draft) =>
          dissolve(draft, group),
    ),
  ];
}

function membersOf(draft: Draft, group: string): Set<string> {
  return draft.members.get(group) ?? new Set();
}

function join(draft: Draft, person: Person): void {
  draft.people.set(person.key, person);
  draft.steps.push({ kind: 'join', person });
}

function add(draft: Draft, group: string, people: readonly string[]): void {
  for (const person of people) membersOf(draft, group).add(person);
  draft.steps.push({ kind: 'add', group, people });
}

function remove(draft: Draft, group: string, people: readonly string[]): void {
  for (const person of people) membersOf(draft, group).delete(person);
  draft.steps.push({ kind: 'remove', group, people });
}

/** Somebody who is here and passes the test, or nobody. */
function somebody(draft: Draft, test: (person: Person) => boolean = () => true): Person | undefined {
  const here = [...draft.people.values()].filter((person) => !draft.away.has(person.key) && test(person));
  return here.length === 0 ? undefined : pick(draft.random, here);
}

function groupsOf(draft: Draft, person: string): string[] {
  return [...draft.members].filter(([, members]) => members.has(person)).map(([group]) => group);
}

function hire(draft: Draft): void {
  const person = newPerson(draft, 'plain');
  join(draft, person);
  add(draft, pick(draft.random, [...draft.members.keys()]), [person.key]);
}

/** The new group first or the old one first: a real console allows both. */
function move(draft: Draft): void {
  const person = somebody(draft, ({ key }) => groupsOf(draft, key).length > 0);
  if (!person) return;
  const from = pick(draft.random, groupsOf(draft, person.key));
  const to = pick(
    draft.random,
    [...draft.members.keys()].filter((group) => group !== from),
  );
  if (draft.random() < 0.5) remove(draft, from, [person.key]);
  add(draft, to, [person.key]);
  if (membersOf(draft, from).has(person.key)) remove(draft, from, [person.key]);
}

/** Out of every group, but still employed. */
function drop(draft: Draft): void {
  const person = somebody(draft, ({ key }) => groupsOf(draft, key).length > 0);
  if (!person) return;
  for (const group of groupsOf(draft, person.key)) remove(draft, group, [person.key]);
}

/** A slip of the hand: out and in again. */
function flap(draft: Draft): void {
  const person = somebody(draft, ({ key }) => groupsOf(draft, key).length > 0);
  if (!person) return;
  const group = pick(draft.random, groupsOf(draft, person.key));
  remove(draft, group, [person.key]);
  add(draft, group, [person.key]);
}

/** Adobe lets no Business ID be renamed, so weddings happen in the federated domains. */
function canRename(person: Person): boolean {
  return person.email !== undefined && domainOf(person.email) !== 'example.net';
}

function rename(draft: Draft, person: Person): void {
  draft.people.set(person.key, person);
  draft.steps.push({ kind: 'rename', person });
}

function marry(draft: Draft): void {
  const person = somebody(draft, canRename);
  if (person) rename(draft, married(draft, person));
}

/** Somebody marries, and a newcomer gets the address that became free. */
function inheritAddress(draft: Draft): void {
  const person = somebody(draft, canRename);
  if (!person) return;
  rename(draft, married(draft, person));
  const heir = { ...newPerson(draft, 'plain'), userName: person.userName, email: person.email };
  join(draft, heir);
  add(draft, pick(draft.random, [...draft.members.keys()]), [heir.key]);
}

function getAddress(draft: Draft): void {
  const person = somebody(draft, ({ email, userName }) => email === undefined && !userName.includes('@'));
  if (person) rename(draft, withAddress(draft, person));
}

function respell(draft: Draft): void {
  const person = somebody(draft);
  if (!person) return;
  const spelled = { ...person, givenName: `${person.givenName} ${pick(draft.random, ['J.', 'M.', 'Q.'])}` };
  draft.people.set(person.key, spelled);
  draft.steps.push({ kind: 'profile', person: spelled });
}

function leave(draft: Draft): void {
  const person = somebody(draft);
  if (!person) return;
  draft.away.add(person.key);
  draft.steps.push({ kind: 'leave', person: person.key });
}

function comeBack(draft: Draft): void {
  if (draft.away.size === 0) return;
  const person = pick(draft.random, [...draft.away]);
  draft.away.delete(person);
  draft.steps.push({ kind: 'return', person });
}

/** The whole list again, as an admin's "push now" or a restarted job sends it. */
function pushWhole(draft: Draft): void {
  const [group, members] = pick(draft.random, [...draft.members]);
  draft.steps.push({ kind: 'push', group, people: [...members] });
}

function renameGroup(draft: Draft, group: string): void {
  draft.steps.push({ kind: 'renameGroup', group, name: renamedGroup.to });
}

function dissolve(draft: Draft, group: string): void {
  draft.members.delete(group);
  draft.steps.push({ kind: 'deleteGroup', group });
}

/** Half of those who are still away are deleted for good; some of them are hired anew, as new people. */
function planMonthLater(draft: Draft): void {
  draft.steps.push({ kind: 'pause', label: '30 days after the soft delete', ms: THIRTY_DAYS_MS });
  const away = [...draft.people.values()].filter(({ key }) => draft.away.has(key));
  const deleted = sample(draft.random, away, Math.ceil(away.length / 2));
  for (const person of deleted) {
    draft.steps.push({ kind: 'delete', person: person.key });
    draft.people.delete(person.key);
    draft.away.delete(person.key);
    for (const members of draft.members.values()) members.delete(person.key);
  }
  for (const person of sample(draft.random, deleted, Math.ceil(deleted.length / 3))) {
    const again = { ...person, key: uuidFrom(draft.random) };
    join(draft, again);
    add(draft, pick(draft.random, [...draft.members.keys()]), [again.key]);
  }
}
