/**
 * PATCH of a group, second half: nets primitive edits into one `GroupEdit` (rules.md R8). The members that are stored are
 * neither known nor needed here: an edit says who joins and who leaves, and the directory applies that as a delta (I02).
 *
 * Edits count strictly in order (S27): for each member the last word holds, and a full list forgets what came before it.
 */
import type { GroupEdit, MemberEdit } from '../directory/directory.ts';
import { GROUP } from './attributes.ts';
import { badRequest } from './errors.ts';
import type { Filter } from './filter.ts';
import { fold } from './json.ts';
import { MOST_MEMBER_EDITS, readLeavers, readMembers, tooManyMembers } from './members.ts';
import { type Edit, readPatch } from './patch.ts';
import { readExternalId, readGroupName } from './resource.ts';

/** What a PATCH has said so far. */
interface Net {
  displayName: string | undefined;
  /** null clears it. */
  externalId: string | null | undefined;
  /** The full list, once an edit has given one. */
  list: Set<string> | undefined;
  /** Until there is a full list, which then decides alone: whether each named member joins or leaves. */
  readonly moves: Map<string, 'add' | 'remove'>;
  /** Members named by add and remove, before netting. */
  named: number;
}

/**
 * The net of a PATCH body. `id` is the group's own, which clients repeat (S21).
 * @throws ScimError 400 (see `readPatch`), 413 for more than `MOST_MEMBER_EDITS` members
 */
export function readGroupPatch(body: unknown, id: string): GroupEdit {
  const net: Net = {
    displayName: undefined,
    externalId: undefined,
    list: undefined,
    moves: new Map(),
    named: 0,
  };
  for (const edit of readPatch(GROUP, body, id)) apply(net, edit);
  const members = memberEdit(net);
  return {
    ...(net.displayName === undefined ? {} : { displayName: net.displayName }),
    ...(net.externalId === undefined ? {} : { externalId: net.externalId }),
    ...(members === undefined ? {} : { members }),
  };
}

function memberEdit({ list, moves }: Net): MemberEdit | undefined {
  if (list !== undefined) return { kind: 'replace', members: [...list] };
  if (moves.size === 0) return undefined;
  const named = (move: 'add' | 'remove') => [...moves].flatMap(([id, said]) => (said === move ? [id] : []));
  return { kind: 'delta', add: named('add'), remove: named('remove') };
}

function apply(net: Net, edit: Edit): void {
  switch (edit.attribute.name) {
    case 'displayName':
      if (edit.op === 'remove')
        throw badRequest('mutability', `${edit.at} cannot be removed. Replace it with a name.`);
      net.displayName = readGroupName(edit.value);
      return;
    case 'externalId':
      net.externalId = edit.op === 'remove' ? null : (readExternalId(edit.value) ?? null);
      return;
    case 'members':
      applyMembers(net, edit);
  }
}

function applyMembers(net: Net, edit: Edit): void {
  if (edit.filter !== undefined) {
    applyFiltered(net, edit, edit.filter);
    return;
  }
  if (edit.sub !== undefined && edit.sub.name !== 'value') {
    throw badRequest('mutability', `${edit.at} cannot be changed. Remove the member and add another.`);
  }
  switch (edit.op) {
    case 'add':
      if (!isNothing(edit.value)) move(net, 'add', readMembers(edit.value, 'members'));
      return;
    case 'replace':
      net.list = new Set(edit.value === null ? [] : readMembers(edit.value, 'members'));
      return;
    case 'remove':
      applyRemove(net, edit);
  }
}

/** S17 and S19 (T41): with a value exactly those leave; everybody leaves only when nothing at all is named. */
function applyRemove(net: Net, edit: Edit): void {
  if (edit.value !== undefined && edit.value !== null) {
    move(net, 'remove', readLeavers(edit.value, 'members'));
    return;
  }
  if (edit.sub !== undefined) {
    throw badRequest(
      'invalidPath',
      `${edit.at} names no member. Write members[value eq "<id>"], or send the ids as value.`,
    );
  }
  net.list = new Set();
}

/** S18: `members[value eq "U1"]`, also with `or`. */
function applyFiltered(net: Net, edit: Edit, filter: Filter): void {
  const ids = idsNamedBy(filter);
  if (ids === undefined) {
    throw badRequest(
      'invalidFilter',
      `The filter of ${edit.at} must name members by their ids: members[value eq "<id>"].`,
    );
  }
  if (edit.op !== 'remove' || edit.sub !== undefined) {
    throw badRequest(
      'mutability',
      `${edit.at} changes a member in place. Remove the member and add another.`,
    );
  }
  move(net, 'remove', readLeavers(ids, 'members'));
}

function idsNamedBy(filter: Filter): readonly string[] | undefined {
  if (filter.kind === 'or') {
    const parts = filter.of.map(idsNamedBy);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (filter.kind !== 'compare' || filter.op !== 'eq' || fold(filter.path) !== 'value') return undefined;
  return filter.value === null ? undefined : [String(filter.value)];
}

function move(net: Net, direction: 'add' | 'remove', ids: readonly string[]): void {
  net.named += ids.length;
  if (net.named > MOST_MEMBER_EDITS) throw tooManyMembers(net.named, MOST_MEMBER_EDITS);
  for (const id of ids) {
    if (net.list === undefined) net.moves.set(id, direction);
    else if (direction === 'add') net.list.add(id);
    else net.list.delete(id);
  }
}

/** A null and an empty list add nobody; an empty text is a mistake and is told so. */
function isNothing(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}
