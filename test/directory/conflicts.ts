/**
 * What the embedded engine never does and DynamoDB does: transactions that are cancelled by a conflict, and answers
 * that are lost after the commit. Drawn from a seed, so that a run can be repeated.
 */
import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { interceptSend } from './intercept.ts';

export interface TransactionFaults {
  readonly seed: number;
  /** Probability, 0 to 1, that a transaction is cancelled before it did anything. */
  readonly conflict: number;
  /** Probability, 0 to 1, that a transaction commits and its answer is lost. */
  readonly lostAnswer: number;
}

/** How often each fault struck, for tests that would prove nothing if none did. */
export interface Struck {
  conflicts: number;
  lostAnswers: number;
}

export function withTransactionFaults(
  deps: DirectoryDeps,
  faults: TransactionFaults,
  struck: Struck = { conflicts: 0, lostAnswers: 0 },
): DirectoryDeps {
  const random = seededRandom(faults.seed);
  const committed = new Set<string | undefined>();
  const client = interceptSend(deps.client, async (command, send) => {
    if (!(command instanceof TransactWriteItemsCommand)) return send();
    const drawn = random();
    const { ClientRequestToken: token } = command.input;
    // A repeat of what has committed is answered with success, whoever holds the items now (F05).
    if (drawn < faults.conflict && !committed.has(token)) {
      struck.conflicts += 1;
      throw conflictOf(command.input.TransactItems?.length ?? 1);
    }
    const answer = await send();
    committed.add(token);
    if (drawn >= faults.conflict && drawn < faults.conflict + faults.lostAnswer) {
      struck.lostAnswers += 1;
      throw lostAnswer();
    }
    return answer;
  });
  return { ...deps, client };
}

/** As DynamoDB says it: one reason per action, of which one names the conflict. */
export function conflictOf(actions: number): TransactionCanceledException {
  const reasons = Array.from({ length: actions }, (_, at) => ({
    Code: at === 0 ? 'TransactionConflict' : 'None',
  }));
  return new TransactionCanceledException({
    message:
      'Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]',
    $metadata: { httpStatusCode: 400 },
    CancellationReasons: reasons,
  });
}

export function lostAnswer(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
}

/** The generator mulberry32: 32 bits of state, enough to draw faults. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
