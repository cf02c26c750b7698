/**
 * An account on which the bridge itself fails, by a mistake of ours or by what a later version wrote into it (F21), is put
 * aside for a while, visibly, and keeps nobody else waiting (F27). It decides whose failure it is: what is wrong with
 * the table, the lease or the network passes through. Nothing is concluded about the person, and no intent is cleared.
 */
import { DirectoryBusy } from '../directory/directory.ts';
import type { Account } from '../directory/records.ts';
import { LeaseLost } from '../directory/work.ts';
import type { Run } from './run.ts';
import { ledgerOf } from './settle.ts';

const ASIDE_MS = 15 * 60 * 1000;

/** What `work` gives, or undefined when it failed on this account and the account was put aside. @throws what is not about it */
export async function onlyIfSound<T>(
  run: Run,
  account: Account,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isAboutTheAccount(error)) throw error;
    run.deps.log('account-failed', { account: account.id, error });
    await putAside(run, account);
    return undefined;
  }
}

/** A program's own error has no answer of a server with it, and no system's code. */
function isAboutTheAccount(error: unknown): boolean {
  if (error instanceof LeaseLost || error instanceof DirectoryBusy || !(error instanceof Error)) return false;
  return !('$metadata' in error) && !('code' in error);
}

async function putAside({ deps, org }: Run, account: Account): Promise<void> {
  const now = deps.now();
  const error = {
    code: 'bridge.failed',
    message: `The bridge itself failed on this account (${account.id}).`,
    hint: 'The log of provisioning has the reason under account-failed. The bridge tries again every 15 minutes; tell whoever looks after it.',
    at: now,
  };
  await deps.directory.changeLedger(org, account.id, {
    compute: (fresh) =>
      fresh.wantedRev === account.wantedRev && fresh.ledgerRev === account.ledgerRev
        ? {
            ledger: ledgerOf(fresh),
            clearIntent: false,
            standing: {
              place: { kind: 'timer', due: now + ASIDE_MS },
              status: 'waiting',
              reason: error.code,
              attempts: account.attempts + 1,
              error,
            },
          }
        : undefined,
  });
}
