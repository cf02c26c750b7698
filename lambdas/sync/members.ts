/**
 * Reads who is in a user group, page by page between action requests, within the budget of that endpoint (R30). A
 * reading is complete or counts for nothing (I11): every page answered, none missing at the end.
 */

import type { CatalogueEntry } from '../directory/catalogue.ts';
import { emailKey } from '../directory/keys.ts';
import { HTTP_TIMEOUT_MS } from '../times.ts';
import type { ReadFailure } from './listing.ts';
import type { Ask, Reading } from './read-back.ts';
import { type Run, renew } from './run.ts';

export type MembersLook =
  | { readonly kind: 'known' }
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'failed'; readonly failure: ReadFailure };

/** Pages of one reading before the drain looks at its other work again: revokes never wait for a large group. */
const PAGES_AT_ONCE = 4;
/** A pause without a length (`umapi.md` 4.1). */
const UNTOLD_WAIT_MS = 60_000;

/** A reading that failed is not begun again before this. */
const FAILED_PAUSE_MS = 60_000;

/** Goes on with the reading of this group, or begins one. */
export async function readMembers(run: Run, { key, name, since }: Ask): Promise<MembersLook> {
  const now = run.deps.now();
  const begun = run.readings.get(key);
  if (begun?.failure !== undefined && now < begun.at + FAILED_PAUSE_MS)
    return { kind: 'failed', failure: begun.failure };
  const goesOn = begun !== undefined && begun.failure === undefined && begun.at >= since;
  const reading = goesOn ? begun : { at: now, emails: new Set<string>(), page: 0, complete: false };
  run.readings.set(key, reading);
  for (let pages = 0; !reading.complete; pages++) {
    if (pages === PAGES_AT_ONCE) return { kind: 'later', at: run.deps.now() };
    const slot = await run.slots.take('usersByGroup');
    if (!slot.ok) return { kind: 'later', at: slot.freeAt };
    const failure = await readPage(run, { reading, slot: slot.id, group: addressOf(run, { key, name }) });
    if (failure === undefined) continue;
    run.readings.set(key, { ...reading, at: run.deps.now(), complete: false, failure });
    return { kind: 'failed', failure };
  }
  return { kind: 'known' };
}

/** By id where the catalogue has one: names with a slash or a dot cannot be read (`umapi.md` 11.2). */
function addressOf({ catalogue = [] }: Run, { key, name }: Pick<Ask, 'key' | 'name'>): string {
  const entries = catalogue.filter((entry: CatalogueEntry) => emailKey(entry.name) === key);
  return entries.length === 1 ? (entries[0]?.groupId ?? name) : name;
}

interface Page {
  readonly reading: Reading;
  readonly slot: string;
  readonly group: string;
}

async function readPage(run: Run, { reading, slot, group }: Page): Promise<ReadFailure | undefined> {
  await renew(run);
  const answer = await run.deps.adobe.readGroupMembers(group, reading.page, run.renewedAt + HTTP_TIMEOUT_MS);
  await run.slots.settle('usersByGroup', slot);
  run.counts.reads += 1;
  if (answer.kind === 'failed') {
    run.deps.log('read-failed', { reason: answer.reason, code: answer.error.code });
    const pause = answer.reason === 'throttled' ? run.deps.now() + UNTOLD_WAIT_MS : undefined;
    const until = answer.blockedUntil ?? pause;
    if (until !== undefined) await run.slots.block('usersByGroup', until);
    return answer;
  }
  // No such group (any more): nobody is in it.
  for (const { email } of answer.value?.rows ?? []) reading.emails.add(emailKey(email));
  const { lastPage, pageCount } = answer.value ?? { lastPage: true, pageCount: undefined };
  const short = lastPage && pageCount !== undefined && reading.page + 1 < pageCount;
  if (short) {
    const message = `the list of members ended at page ${reading.page} of ${pageCount}`;
    return { reason: 'unreachable', error: { ...INCOMPLETE, message } };
  }
  reading.page += 1;
  reading.complete = lastPage;
  return undefined;
}

const INCOMPLETE = {
  code: 'answer.contradictory',
  class: 'retry',
  scope: 'org',
  hint: 'The list of a group’s members was cut short; the bridge reads it again.',
} as const;
