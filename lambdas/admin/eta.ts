/** When somebody's pending work will be done, from the place in the queue and the live budget of the credential. */
import type { Account } from '../directory/records.ts';
import type { World } from '../sync/world.ts';
import type { AdminParts } from './parts.ts';
import { minutesFor, nextActionSlot } from './status.ts';
import { count, instant } from './words.ts';

export interface Eta {
  /** Epoch milliseconds; absent while calls are stopped. */
  readonly at?: number;
  /** People before this one. */
  readonly ahead: number;
  readonly words: string;
}

/** Beyond this the next call is not only waiting for its turn: Adobe has told us to wait (`umapi.md` 4.1). */
const THROTTLED_MS = 70_000;

export async function etaOf(
  parts: AdminParts,
  { account, world }: { readonly account: Account; readonly world: World },
): Promise<Eta> {
  const { directory, org: o, now } = parts;
  if (world.org.authFault !== undefined) {
    return { ahead: 0, words: 'but calls are stopped: Adobe does not accept the credential (see status)' };
  }
  const { run } = await directory.readPlaces(o);
  // The index lists revokes first, as the drain takes them; one who waits for a moment comes after whoever is due.
  const place = run.indexOf(account.id);
  const ahead = place < 0 ? run.length : place;
  const free = await nextActionSlot(parts, world);
  const at = Math.max(free + minutesFor(ahead + 1) * 60_000, account.due ?? 0);
  const before = ahead === 0 ? 'nobody is before this person' : `${count(ahead, 'person', 'people')} before`;
  const throttled = free - now() > THROTTLED_MS ? `Adobe takes no call before ${instant(free)}; ` : '';
  return { at, ahead, words: `${throttled}${before}, done about ${instant(at)}` };
}
