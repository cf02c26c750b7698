/** Schedule: compare with what Adobe shows (design.md section 5, "Reconcile"; rules.md R34). */
import { type WorkHandler, workEdge } from './edge.ts';
import type { Log } from './log.ts';

export interface ReconcileDeps {
  /** One comparison, at the latest until the given epoch milliseconds; complete, or discarded whole (I11). */
  readonly run: (until: number) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}

export function makeReconcileHandler(deps: ReconcileDeps): WorkHandler {
  return workEdge({ name: 'reconcile', ...deps });
}
