/**
 * The last look at a command before it leaves (V1): only the steps that the bridge knows how to undo, in the one form in
 * which it writes them. It names what is allowed, so that a field that deletes, or a word that means everybody or
 * everything, cannot leave whoever builds it.
 */
import { BugError } from './errors.ts';

const COMMAND_KEYS = new Set(['user', 'usergroup', 'domain', 'useAdobeID', 'requestID', 'do']);
const FIELDS = new Set([
  'email',
  'username',
  'firstname',
  'lastname',
  'country',
  'option',
  'name',
  'description',
]);
const PROFILE_STEPS = new Set([
  'createFederatedID',
  'createEnterpriseID',
  'addAdobeID',
  'createUserGroup',
  'updateUserGroup',
  'update',
]);
const MEMBER_STEPS = new Set(['add', 'remove']);

/** @throws BugError for anything that is not on the list above */
export function refuseUnknownSteps(command: Readonly<Record<string, unknown>>): void {
  for (const key of Object.keys(command)) if (!COMMAND_KEYS.has(key)) throw refused(key);
  const steps = command['do'];
  if (typeof command['usergroup'] === 'string' && isReserved(command['usergroup']))
    throw refused('usergroup');
  if (!Array.isArray(steps)) throw refused('do');
  for (const step of steps) {
    for (const [name, value] of Object.entries(objectOf(step, 'do'))) checkStep(name, value);
  }
}

function checkStep(name: string, value: unknown): void {
  const fields = objectOf(value, name);
  // Out of the org, softly: no field of it is ours to send.
  if (name === 'removeFromOrg' && Object.keys(fields).length === 0) return;
  if (PROFILE_STEPS.has(name)) {
    for (const field of Object.keys(fields)) if (!FIELDS.has(field)) throw refused(`${name}.${field}`);
    return;
  }
  if (!MEMBER_STEPS.has(name)) throw refused(name);
  for (const [list, entries] of Object.entries(fields)) {
    const named =
      Array.isArray(entries) && entries.every((entry) => typeof entry === 'string' && !isReserved(entry));
    if (!named || !['group', 'user', 'productConfiguration'].includes(list)) throw refused(`${name}.${list}`);
  }
}

/** Admin groups (`_...`): never changed (T26). */
function isReserved(name: string): boolean {
  return name.trim() === '' || name.trim().startsWith('_');
}

function objectOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(where);
  return Object.fromEntries(Object.entries(value));
}

function refused(what: string): BugError {
  return new BugError(`a command with "${what}", which the bridge never sends`);
}
