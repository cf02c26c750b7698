/** Schedule: compare with what Adobe shows (design.md section 5, "Reconcile"; rules.md R34). */
import { AdobeConfig, readConfig } from './config.ts';
import { lazily, type WorkHandler, workEdge } from './edge.ts';
import type { Log } from './log.ts';
import { openAdobeParts } from './runtime.ts';

export interface ReconcileDeps {
  /** One comparison, at the latest until the given epoch milliseconds; complete, or discarded whole (I11). */
  readonly run: (until: number) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}

export function makeReconcileHandler(deps: ReconcileDeps): WorkHandler {
  return workEdge({ name: 'reconcile', ...deps });
}

export const handler: WorkHandler = lazily(async () => {
  const config = readConfig(AdobeConfig, process.env);
  const { log, now } = await openAdobeParts(config, process.env);
  const run = async () => ({ compared: 'nothing: the nightly comparison is not part of this release' });
  return makeReconcileHandler({ run, now, log });
});
