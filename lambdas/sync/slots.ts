/**
 * The persisted budgets of one credential (R30): a slot is debited before its call, by whoever makes it, and the
 * answer's time decides when it frees. A long Retry-After blocks every endpoint of the credential.
 */
import {
  Budget,
  block,
  blocksWholeCredential,
  defaultPerMinute,
  type Endpoint,
  noteAnswer,
  noteFailure,
  restampSlot,
  settleSlot,
  takeSlot,
} from '../adobe/pace.ts';
import { DirectoryBusy } from '../directory/directory.ts';
import type { SyncDirectory } from '../directory/work.ts';
import { LEASE_MS } from '../times.ts';

const ENDPOINTS: readonly Endpoint[] = ['action', 'users', 'usersByGroup', 'singleUser', 'groups'];

export type Taken =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly freeAt: number };

export interface Slots {
  take(endpoint: Endpoint): Promise<Taken>;
  /** A kept slot moves to now; false when the credential was blocked meanwhile. */
  restamp(endpoint: Endpoint, id: string): Promise<boolean>;
  settle(endpoint: Endpoint, id: string): Promise<void>;
  /** As `settle`; besides, the circuit opens for a growing time after calls that failed in a row (F33, section 18.3). */
  settleCall(endpoint: Endpoint, id: string, failed: boolean): Promise<void>;
  /** After a 429: nothing starts before `until` on this endpoint, or on any if the wait is long. */
  block(endpoint: Endpoint, until: number): Promise<void>;
}

export interface SlotsDeps {
  readonly directory: Pick<SyncDirectory, 'changeBudget'>;
  readonly clientId: string;
  readonly now: () => number;
  readonly newId: () => string;
  /** Of the budget, what these calls may use at most: 0.5 leaves every second slot to others. Absent: all of it. */
  readonly share?: number;
}

/** The directory gives up after seconds; this is worth more of them. */
const BLOCK_TRIES = 2;

async function insist(write: () => Promise<void>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (error) {
      if (tried === BLOCK_TRIES || !(error instanceof DirectoryBusy)) throw error;
    }
  }
}

export function openSlots({ directory, clientId, now, newId, share = 1 }: SlotsDeps): Slots {
  const change = <T>(
    endpoint: Endpoint,
    work: (budget: Budget) => { next?: Budget; result: T },
  ): Promise<T> =>
    directory.changeBudget(clientId, endpoint, (stored) =>
      work(stored === undefined ? { slots: [] } : Budget.parse(stored)),
    );
  return {
    take: (endpoint) => {
      const id = newId();
      return change<Taken>(endpoint, (budget) => {
        const perMinute = Math.max(1, Math.floor(defaultPerMinute[endpoint] * share));
        const wish = { now: now(), perMinute, id, maxOpenMs: LEASE_MS };
        const taken = takeSlot(budget, wish);
        return taken.ok
          ? { next: taken.budget, result: { ok: true, id } }
          : { result: { ok: false, freeAt: taken.freeAt } };
      });
    },
    restamp: (endpoint, id) =>
      change(endpoint, (budget) =>
        (budget.blockedUntil ?? 0) > now()
          ? { result: false }
          : { next: restampSlot(budget, id, now()), result: true },
      ),
    settle: (endpoint, id) =>
      change(endpoint, (budget) => ({ next: settleSlot(budget, id, now()), result: undefined })),
    settleCall: (endpoint, id, failed) =>
      change(endpoint, (budget) => {
        const settled = settleSlot(budget, id, now());
        return { next: failed ? noteFailure(settled, now()) : noteAnswer(settled), result: undefined };
      }),
    block: async (endpoint, until) => {
      const all = blocksWholeCredential(until, now());
      for (const one of all ? new Set([endpoint, ...ENDPOINTS]) : [endpoint]) {
        // What Adobe said once is not forgotten because the table is busy: the next run would call all the same.
        await insist(() => change(one, (budget) => ({ next: block(budget, until), result: undefined })));
      }
    },
  };
}
