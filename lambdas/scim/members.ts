/**
 * Reads who a client means by the `value` of `members`: objects with a `value`, or bare ids (tolerance `bareValue`).
 * `display`, `displayName` and `$ref` are the client's own notes and are ignored (S14, S15, S25). A group as a member is
 * refused (T29): nobody may gain an assignment through a chain that no mapping rule shows.
 */
import { identifierProblem } from '../directory/normal.ts';
import { invalidValue, ScimError } from './errors.ts';
import { fold, isObject, membersOf } from './json.ts';

/** Ids that one PATCH may add or remove. Okta packs up to 256, ssosync 100; it has to be answered within the client's timeout. */
export const MOST_MEMBER_EDITS = 1_000;
/** Ids in a full list (POST, PUT, replace), of which usually only a few differ from what is stored. */
export const MOST_LISTED_MEMBERS = 10_000;

/** @throws ScimError 400 invalidValue, 413 for a list that is too long */
export function readMembers(raw: unknown, at: string): readonly string[] {
  const items = Array.isArray(raw) ? raw : [raw];
  if (items.length > MOST_LISTED_MEMBERS) throw tooManyMembers(items.length, MOST_LISTED_MEMBERS);
  return [...new Set(items.map((item, index) => readMember(item, `${at}[${index}]`)))];
}

/** The same for members that leave: what they are does not matter, only which. */
export function readLeavers(raw: unknown, at: string): readonly string[] {
  const items = Array.isArray(raw) ? raw : [raw];
  return [...new Set(items.map((item, index) => readId(item, `${at}[${index}]`)))];
}

function readMember(item: unknown, at: string): string {
  const id = readId(item, at);
  if (isObject(item)) {
    const members = membersOf(item);
    const type = members.get('type');
    const ref = members.get('$ref');
    const isGroup = typeof type === 'string' && fold(type) === 'group';
    if (isGroup || (typeof ref === 'string' && ref.includes('/Groups/'))) throw groupInGroup(at);
  }
  return id;
}

function readId(item: unknown, at: string): string {
  const value = isObject(item) ? membersOf(item).get('value') : item;
  if (typeof value !== 'string' || value === '') {
    throw invalidValue(`${at} must name a user by its id. Send {"value": "<id of the user>"}.`);
  }
  const problem = identifierProblem(value);
  if (problem !== undefined) throw invalidValue(`${at}.value ${problem}.`);
  return value;
}

function groupInGroup(at: string): ScimError {
  return invalidValue(
    `${at} is a group. Groups in groups are not supported: assign its people to this group directly, or map that group by a rule of its own.`,
  );
}

export function tooManyMembers(count: number, most: number): ScimError {
  return new ScimError(
    413,
    `This request names ${count} members; one request may name ${most}. Split it into several.`,
  );
}
