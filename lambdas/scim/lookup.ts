/**
 * Which index can answer a filter. Every filter that identity providers send to find somebody names at least one attribute
 * that the directory has a strong look-up for (idp-traffic F1-F9, F12); the rest of the filter is then evaluated on the few
 * resources found. Where no index answers, `walk.ts` looks at everybody.
 */
import { type ResourceKind, resolvePath } from './attributes.ts';
import type { Filter } from './filter.ts';
import { fold } from './json.ts';
import { mentions } from './matches.ts';

export type LookupBy = 'id' | 'userName' | 'externalId' | 'email' | 'displayName' | 'member';
export interface Lookup<By extends LookupBy> {
  readonly by: By;
  readonly value: string;
}
export type UserBy = 'id' | 'userName' | 'externalId' | 'email';
export type GroupBy = 'id' | 'displayName' | 'externalId' | 'member';

/** Attribute paths in canonical spelling, most selective first. */
const userIndexes: readonly (readonly [string, UserBy])[] = [
  ['id', 'id'],
  ['userName', 'userName'],
  ['externalId', 'externalId'],
  ['emails', 'email'],
  ['emails.value', 'email'],
];
const groupIndexes: readonly (readonly [string, GroupBy])[] = [
  ['id', 'id'],
  ['displayName', 'displayName'],
  ['externalId', 'externalId'],
  ['members', 'member'],
  ['members.value', 'member'],
];

/** The look-ups whose results together hold every match; undefined when no index can answer. */
export function planUserLookups(filter: Filter, kind: ResourceKind): readonly Lookup<UserBy>[] | undefined {
  return lookupsFor(filter, kind, userIndexes);
}

/** The same for groups. */
export function planGroupLookups(filter: Filter, kind: ResourceKind): readonly Lookup<GroupBy>[] | undefined {
  return lookupsFor(filter, kind, groupIndexes);
}

/** A sentence for clients whose filter was too much. */
export function whatIndexesAnswer({ name }: ResourceKind): string {
  const can =
    name === 'User'
      ? 'userName, externalId, id and emails.value'
      : 'displayName, externalId, id and members.value';
  return `${name}s are found at once with eq by ${can}, alone or joined with other conditions by and.`;
}

type Indexes<By extends LookupBy> = readonly (readonly [string, By])[];

function lookupsFor<By extends LookupBy>(
  filter: Filter,
  kind: ResourceKind,
  indexes: Indexes<By>,
): readonly Lookup<By>[] | undefined {
  switch (filter.kind) {
    case 'compare': {
      if (filter.op !== 'eq' || filter.value === null) return undefined;
      const by = indexOf(filter.path, kind, indexes);
      return by === undefined ? undefined : [{ by, value: String(filter.value) }];
    }
    case 'element':
      return lookupsFor(qualified(filter.path, filter.of), kind, indexes);
    case 'and':
      return best(
        filter.of.map((part) => lookupsFor(part, kind, indexes)),
        indexes,
      );
    case 'or': {
      const parts = filter.of.map((part) => lookupsFor(part, kind, indexes));
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
    default:
      return undefined;
  }
}

/** Of several answers that each suffice, the one with fewest look-ups, then the most selective index. */
function best<By extends LookupBy>(
  answers: readonly (readonly Lookup<By>[] | undefined)[],
  indexes: Indexes<By>,
): readonly Lookup<By>[] | undefined {
  const rank = (answer: readonly Lookup<By>[]) =>
    answer.length * indexes.length + indexes.findIndex(([, by]) => by === answer[0]?.by);
  return answers.filter((answer) => answer !== undefined).sort((left, right) => rank(left) - rank(right))[0];
}

/** `emails[type eq "work" and value eq "x"]` holds only if `emails.type eq "work" and emails.value eq "x"` does. */
function qualified(path: string, filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, of: filter.of.map((part) => qualified(path, part)) };
    case 'compare':
      return { ...filter, path: `${path}.${filter.path}` };
    default:
      return filter;
  }
}

function indexOf<By extends LookupBy>(
  path: string,
  kind: ResourceKind,
  indexes: Indexes<By>,
): By | undefined {
  const ref = resolvePath(kind, path);
  if (ref?.kind !== 'attribute' || ref.extension !== undefined) return undefined;
  const { attribute, sub } = ref;
  const name = sub === undefined ? attribute.name : `${attribute.name}.${sub.name}`;
  return indexes.find(([indexed]) => indexed === name)?.[1];
}

/**
 * The member ids that decide a filter on groups, so that a group of 50,000 is not read to ask about one (F7, F12);
 * `all` when the filter asks about members in any other way than by `eq` on an id.
 */
export function membersNamed(filter: Filter, kind: ResourceKind): readonly string[] | 'all' {
  if (!mentions(filter, kind, 'members')) return [];
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.of.map((part) => membersNamed(part, kind));
      return parts.every((part) => part !== 'all') ? [...new Set(parts.flat())] : 'all';
    }
    case 'not':
      return membersNamed(filter.of, kind);
    case 'element':
      return idsIn(filter.of);
    case 'present':
      return 'all';
    case 'compare':
      return filter.op === 'eq' &&
        filter.value !== null &&
        indexOf(filter.path, kind, groupIndexes) === 'member'
        ? [String(filter.value)]
        : 'all';
  }
}

/** Inside the brackets one element meets all conditions, so one named id is enough for an `and`. */
function idsIn(filter: Filter): readonly string[] | 'all' {
  switch (filter.kind) {
    case 'and':
      return filter.of.map(idsIn).find((part) => part !== 'all') ?? 'all';
    case 'or': {
      const parts = filter.of.map(idsIn);
      return parts.every((part) => part !== 'all') ? parts.flat() : 'all';
    }
    case 'compare':
      return filter.op === 'eq' && fold(filter.path) === 'value' && filter.value !== null
        ? [String(filter.value)]
        : 'all';
    default:
      return 'all';
  }
}
