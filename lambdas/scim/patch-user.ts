/**
 * PATCH of a user, second half: applies primitive edits strictly in order to a copy of the resource (rows 189, 190).
 * All or nothing: on the first edit that fails the caller's resource is as before. Pure, so the directory may run it again
 * when another writer came first.
 *
 *   target                    add                  replace              remove
 *   single value              set                  set                  unassign
 *   complex value             merge                merge (row 219)      unassign
 *   list                      append what is new   whole list           all, or those in `value` (S17)
 *   list[filter]              merge into matches   replace matches      matches
 *   list[filter].sub          set, or create       set, or create*      unassign in matches
 *
 * * Replace creates only what has a well-known type (idp-traffic 14 row 1); else 400 noTarget, as the RFC says.
 */
import type { UserResource } from '../directory/records.ts';
import { type Attribute, defaultSub, USER } from './attributes.ts';
import { badRequest, invalidValue, type ScimError } from './errors.ts';
import type { Filter } from './filter.ts';
import { fold, isObject, membersOf } from './json.ts';
import { elementMatches } from './matches.ts';
import { type Edit, MOST_OPERATIONS, readPatch, tooMuch } from './patch.ts';
import { finishUser } from './resource.ts';
import { MOST_VALUES } from './schema.ts';
import {
  isSameElement,
  onlyElement,
  readElement,
  readValue,
  sameValue,
  type Values,
  without,
} from './values.ts';

/**
 * The resource after a PATCH.
 * @throws ScimError 400 (see `readPatch`), and noTarget where a filter selects nothing that may be created
 */
export function patchUser(
  { id, resource }: { readonly id: string; readonly resource: UserResource },
  body: unknown,
): UserResource {
  const edits = readPatch(USER, body, id);
  checkAmount(edits);
  const draft: Values = { ...resource };
  for (const edit of edits) applyEdit(draft, edit);
  const targets = new Map(edits.map((edit) => [edit.attribute, edit]));
  for (const edit of targets.values()) tidyTarget(draft, edit);
  return finishUser(draft);
}

/**
 * One operation may hold any number of values, and one path-less value any number of paths. Every value that joins a list is
 * compared with all that are in it, so that their number is what has to be bounded (I15).
 */
function checkAmount(edits: readonly Edit[]): void {
  let values = 0;
  for (const { value } of edits) values += Array.isArray(value) ? value.length : 1;
  if (values > MOST_OPERATIONS) throw tooMuch('values');
}

/** The object that holds the attribute: the resource, or a copy of its extension. */
function withHolder(draft: Values, extension: string | undefined, change: (holder: Values) => void): void {
  if (extension === undefined) {
    change(draft);
    return;
  }
  const stored = draft[extension];
  const holder: Values = isObject(stored) ? { ...stored } : {};
  change(holder);
  put(draft, extension, Object.keys(holder).length === 0 ? undefined : holder);
}

function put(target: Values, name: string, value: unknown): void {
  if (value === undefined) delete target[name];
  else target[name] = value;
}

function applyEdit(draft: Values, edit: Edit): void {
  withHolder(draft, edit.extension, (holder) => {
    const { attribute } = edit;
    const next = attribute.multiValued
      ? editList(attribute, listOf(holder[attribute.name]), edit)
      : editSingle(attribute, holder[attribute.name], edit);
    if (Array.isArray(next) && next.length > MOST_VALUES) throw tooManyValues(edit);
    if (next === undefined || (Array.isArray(next) && next.length === 0)) {
      refuseEmptying(attribute, edit);
      put(holder, attribute.name, undefined);
    } else {
      put(holder, attribute.name, next);
    }
  });
}

/** Also between two edits, so that no list grows with the number of operations (I15). */
function tooManyValues({ at }: Edit): ScimError {
  return invalidValue(`${at} makes more than ${MOST_VALUES} values. Send fewer.`);
}

/** Row 212, 257. `active` has no third state: taking it away would be read as either of the two. */
function refuseEmptying(attribute: Attribute, { op, at }: Edit): void {
  if (!attribute.required && attribute.name !== 'active') return;
  if (op === 'remove') throw badRequest('mutability', `${at} cannot be removed. Replace it with a value.`);
  throw invalidValue(`${at} cannot be empty. Send a value.`);
}

/** One e-mail built by several operations is whole only after the last of them (S5), so lists are tidied at the end. */
function tidyTarget(draft: Values, { extension, attribute, at }: Edit): void {
  if (!attribute.multiValued) return;
  withHolder(draft, extension, (holder) => {
    put(holder, attribute.name, readValue(attribute, holder[attribute.name], at));
  });
}

function listOf(value: unknown): readonly Values[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function editSingle(attribute: Attribute, stored: unknown, { op, sub, value, at }: Edit): unknown {
  if (sub !== undefined)
    return editSub(
      isObject(stored) ? stored : {},
      sub,
      op === 'remove' ? undefined : readValue(sub, value, at),
    );
  if (op === 'remove') return undefined;
  if (attribute.type !== 'complex') return readValue(attribute, value, at);
  return merge(attribute, isObject(stored) ? stored : {}, value, at);
}

/** Undefined when nothing is left of the complex value. */
function editSub(stored: Values, sub: Attribute, value: unknown): Values | undefined {
  const next = without(stored, sub.name);
  if (value !== undefined) next[sub.name] = value;
  return Object.keys(next).length === 0 ? undefined : next;
}

/** Row 204, 219: sub-attributes that are given are set, null and "" unassign one, the others stay. */
function merge(attribute: Attribute, stored: Values, raw: unknown, at: string): Values | undefined {
  const given = readValue(attribute, raw, at);
  const object = onlyElement(raw);
  // A text that stands for the whole value (S9), or nothing at all, which unassigns (S11).
  if (!isObject(object)) return isObject(given) ? { ...stored, ...given } : undefined;
  return cleared({ ...stored, ...(isObject(given) ? given : {}) }, object);
}

/** Without the sub-attributes that the client's object gives as null or "". */
function cleared(value: Values, object: Record<string, unknown>): Values | undefined {
  const members = membersOf(object);
  const isCleared = (name: string) => {
    const said = members.get(fold(name));
    return said === null || said === '';
  };
  const kept = Object.entries(value).filter(([name]) => !isCleared(name));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function editList(attribute: Attribute, stored: readonly Values[], edit: Edit): readonly Values[] {
  if (edit.filter !== undefined) return editMatching(attribute, stored, edit, edit.filter);
  if (edit.sub !== undefined) return editOnlyElement(stored, edit, edit.sub);
  switch (edit.op) {
    case 'add':
      return append(attribute, stored, readList(attribute, edit));
    case 'replace':
      return readList(attribute, edit);
    case 'remove':
      return edit.value === undefined || edit.value === null ? [] : removeListed(attribute, stored, edit);
  }
}

function readList(attribute: Attribute, { value, at }: Edit): readonly Values[] {
  return listOf(readValue(attribute, value, at));
}

/** Row 192, 203, 205: what is there already stays as it is, and a new primary takes over from the old one. */
function append(
  attribute: Attribute,
  stored: readonly Values[],
  added: readonly Values[],
): readonly Values[] {
  let list = stored;
  for (const item of added) {
    const twin = list.find((other) => isSameElement(attribute, other, item));
    const element = twin === undefined ? item : { ...item, ...twin, ...detailsOf(item) };
    const others = list.map((other) => (item['primary'] === true ? without(other, 'primary') : other));
    list =
      twin === undefined
        ? [...others, element]
        : others.map((other, at) => (list[at] === twin ? element : other));
  }
  return list;
}

/** What may differ between two spellings of one element. */
function detailsOf({ display, primary }: Values): Values {
  return { ...(display === undefined ? {} : { display }), ...(primary === undefined ? {} : { primary }) };
}

/** S17, tolerance `removeWithValue`: exactly the listed values go; a list of none removes none (T41). */
function removeListed(attribute: Attribute, stored: readonly Values[], edit: Edit): readonly Values[] {
  if (edit.value === '')
    throw invalidValue(`${edit.at} must list the values to remove. Leave value out to remove all.`);
  const listed = Array.isArray(edit.value) && edit.value.length === 0 ? [] : readList(attribute, edit);
  return stored.filter((item) => !listed.some((given) => agrees(attribute, item, given)));
}

function agrees(attribute: Attribute, item: Values, given: Values): boolean {
  const main = defaultSub(attribute);
  const compared =
    main === undefined ? Object.keys(given) : [main.name, ...('type' in given ? ['type'] : [])];
  return compared.every((name) => {
    const sub = attribute.sub.get(fold(name));
    return sub !== undefined && sameValue(sub, item[name], given[name]);
  });
}

/** `emails.value` without a filter has one meaning only while there is at most one element. */
function editOnlyElement(
  stored: readonly Values[],
  { op, value, at }: Edit,
  sub: Attribute,
): readonly Values[] {
  if (op === 'remove')
    return stored.map((item) => (isListed(sub, item, value) ? without(item, sub.name) : item));
  if (stored.length > 1) {
    throw badRequest(
      'noTarget',
      `${at} could mean any of several values. Say which with a filter, such as [type eq "work"].`,
    );
  }
  const next = editSub(stored[0] ?? {}, sub, readValue(sub, value, at));
  return next === undefined ? [] : [next];
}

/** Tolerance `removeWithValue`: values beside a remove limit it to the elements that have one of them. */
function isListed(sub: Attribute, item: Values, listed: unknown): boolean {
  if (listed === undefined || listed === null) return true;
  const values = Array.isArray(listed) ? listed : [listed];
  return values.some((value) => {
    const members = isObject(value) ? membersOf(value) : new Map([['value', value]]);
    return sameValue(sub, item[sub.name], members.get(fold(sub.name)) ?? members.get('value'));
  });
}

function editMatching(
  attribute: Attribute,
  stored: readonly Values[],
  edit: Edit,
  filter: Filter,
): readonly Values[] {
  const isMatch = (item: Values) => elementMatches(filter, attribute, item);
  const { sub, op } = edit;
  if (op === 'remove') {
    // Nothing to remove is not an error: the client's wish is already true.
    return sub === undefined
      ? stored.filter((item) => !isMatch(item))
      : stored.map((item) =>
          isMatch(item) && isListed(sub, item, edit.value) ? without(item, sub.name) : item,
        );
  }
  if (!stored.some(isMatch)) return createMatching(attribute, stored, edit, filter);
  const change = (item: Values) => changeMatch(attribute, item, edit, filter);
  const changed = stored.map((item) => (isMatch(item) ? change(item) : item));
  const turnedPrimary = changed.find(
    (item, at) => item?.['primary'] === true && stored[at]?.['primary'] !== true,
  );
  return changed
    .filter((item) => item !== undefined)
    .map((item) => (turnedPrimary === undefined || item === turnedPrimary ? item : without(item, 'primary')));
}

function changeMatch(attribute: Attribute, item: Values, edit: Edit, filter: Filter): Values | undefined {
  const { op, sub, value, at } = edit;
  if (sub !== undefined) return editSub(item, sub, readValue(sub, value, at));
  const given = readElement(attribute, value, at);
  const object = onlyElement(value);
  if (op === 'add' && isObject(object)) return cleared({ ...item, ...given }, object);
  if (op === 'add') return { ...item, ...given };
  // What replaces a match goes on matching, or the client's next operation would not find it.
  return given === undefined ? undefined : { ...describedBy(filter, attribute), ...given };
}

/** S4, S5, S13 (tolerance `createByFilter`): the element that the filter describes, with what the edit adds. */
function createMatching(
  attribute: Attribute,
  stored: readonly Values[],
  edit: Edit,
  filter: Filter,
): readonly Values[] {
  const { op, sub, value, at } = edit;
  const described = describedBy(filter, attribute);
  const mayCreate =
    described !== undefined && (op === 'add' || (sub !== undefined && isWellKnown(attribute, described)));
  if (!mayCreate) throw noTarget(at);
  const given = sub === undefined ? readElement(attribute, value, at) : subValue(sub, value, at);
  // Clearing what is not there changes nothing.
  if (given === undefined) return stored;
  return append(attribute, stored, [{ ...described, ...given }]);
}

function subValue(sub: Attribute, value: unknown, at: string): Values | undefined {
  const read = readValue(sub, value, at);
  return read === undefined ? undefined : { [sub.name]: read };
}

/** What an element must hold to satisfy a filter made of `eq` and `and` only; undefined for any other filter. */
function describedBy(filter: Filter, attribute: Attribute): Values | undefined {
  if (filter.kind === 'and') {
    const parts = filter.of.map((part) => describedBy(part, attribute));
    return parts.every((part) => part !== undefined) ? Object.assign({}, ...parts) : undefined;
  }
  if (filter.kind !== 'compare' || filter.op !== 'eq') return undefined;
  const sub = attribute.sub.get(fold(filter.path));
  if (sub === undefined || filter.value === null) return undefined;
  const raw = sub.type === 'boolean' ? filter.value : String(filter.value);
  return { [sub.name]: readValue(sub, raw, sub.name) };
}

/** Only `type` with a well-known value and `primary` are descriptions; anything else names a value that should exist. */
function isWellKnown(attribute: Attribute, described: Values): boolean {
  return Object.entries(described).every(([name, value]) => {
    if (name === 'primary') return value === true;
    const known = attribute.sub.get('type')?.canonicalValues ?? [];
    return (
      name === 'type' && (known.length === 0 || known.some((type) => fold(type) === fold(String(value))))
    );
  });
}

function noTarget(at: string): ScimError {
  return badRequest(
    'noTarget',
    `No value matches the filter of ${at}. Read the resource again, or add the value first.`,
  );
}
