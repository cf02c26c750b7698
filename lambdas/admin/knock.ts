/**
 * One harmless question to Adobe: does it take the credential, and is the org there? It reads an address that nobody
 * has, so no list is read and no two-hour clock starts (R30); the budget of single-user reads is debited as always.
 */
import type { AdobeError } from '../adobe/adobe.ts';
import { stopsOrg } from '../sync/run.ts';
import { openSlots } from '../sync/slots.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import type { AdminParts } from './parts.ts';

export type Knocked =
  | { readonly kind: 'accepted' }
  /** The credential or the org id is wrong: nothing works before somebody repairs it. */
  | { readonly kind: 'refused'; readonly error: AdobeError }
  /** Adobe, the way to it, or the budget has no room now; it says nothing about the credential. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Reserved by RFC 2606: no org has this domain. */
const NOBODY = 'nobody@bridge-check.example';

export async function knock(
  { directory, adobe, now, newId }: Pick<AdminParts, 'directory' | 'adobe' | 'now' | 'newId'>,
  clientId: string,
): Promise<Knocked> {
  const slots = openSlots({ directory, clientId, now, newId });
  const slot = await slots.take('singleUser');
  if (!slot.ok) return { kind: 'unknown', why: 'all calls of this minute are used' };
  const answer = await adobe.readUser(NOBODY, now() + HTTP_TIMEOUT_MS);
  await slots.settle('singleUser', slot.id);
  if (answer.kind === 'ok') return { kind: 'accepted' };
  const { error, blockedUntil } = answer;
  if (blockedUntil !== undefined) await slots.block('singleUser', blockedUntil);
  return stopsOrg(answer) ? { kind: 'refused', error } : { kind: 'unknown', why: error.message };
}
