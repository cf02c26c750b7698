/**
 * User groups that a mapping names with `create: true` and that Adobe does not have: made when the mapping is applied,
 * empty and without a product, and looked at before the mapping comes into force. A create that Adobe only says it did
 * leaves the mapping as it was (I12). Product profiles cannot be made this way (`umapi.md` 7).
 */
import type { GroupCommand } from '../adobe/adobe.ts';
import type { Org } from '../directory/records.ts';
import { openSlots } from '../sync/slots.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import { Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { instant, quoted } from './words.ts';

/** Commands of one request (`umapi.md` 4.3). */
const AT_ONCE = 10;

/** @throws Refused when Adobe cannot be asked now, or has one of them not afterwards */
export async function createUserGroups(parts: AdminParts, org: Org, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += AT_ONCE)
    await createSome(parts, org, names.slice(from, from + AT_ONCE));
  for (const name of names) {
    if (await isThere(parts, org, name)) continue;
    throw new Refused(
      `Adobe did not create the user group "${name}", so the mapping was not applied. Create it in the Admin Console, then apply again.`,
    );
  }
}

async function createSome(
  { directory, adobe, now, newId }: AdminParts,
  { clientId }: Org,
  names: readonly string[],
): Promise<void> {
  const slots = openSlots({ directory, clientId, now, newId });
  const slot = await slots.take('action');
  const notYet = `The user ${names.length === 1 ? 'group' : 'groups'} ${quoted(names)} could not be created, so the mapping was not applied`;
  if (!slot.ok)
    throw new Refused(`${notYet}: no call is free before ${instant(slot.freeAt)}. Apply again then.`);
  const commands = names.map((name): GroupCommand => {
    return { group: name, command: { usergroup: name, do: [{ createUserGroup: {} }] }, lists: [] };
  });
  const outcome = await adobe.send(commands, now() + HTTP_TIMEOUT_MS);
  await slots.settle('action', slot.id);
  if (outcome.kind === 'answered') return;
  if (outcome.blockedUntil !== undefined) await slots.block('action', outcome.blockedUntil);
  // Without an answer the look afterwards tells; what was refused did nothing.
  if (outcome.kind === 'refused')
    throw new Refused(`${notYet}: ${outcome.error.message}. ${outcome.error.hint}`);
}

async function isThere(
  { directory, adobe, now, newId }: AdminParts,
  org: Org,
  name: string,
): Promise<boolean> {
  const slots = openSlots({ directory, clientId: org.clientId, now, newId });
  const slot = await slots.take('usersByGroup');
  if (!slot.ok) {
    throw new Refused(
      `The user group "${name}" was created, but could not be looked at before ${instant(slot.freeAt)}, so the mapping was not applied. Apply again then.`,
    );
  }
  const answer = await adobe.readGroupMembers(name, 0, now() + HTTP_TIMEOUT_MS);
  await slots.settle('usersByGroup', slot.id);
  return answer.kind === 'ok' && answer.value !== undefined;
}
