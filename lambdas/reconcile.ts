/** Schedule: compares with what Adobe shows (design.md section 5, "Reconcile"; rules.md R34). */
import { AdobeConfig, readConfig } from './config.ts';
import { OrgKey } from './directory/records.ts';
import { lazily, type WorkHandler, workEdge } from './edge.ts';
import type { Log } from './log.ts';
import { nightOf } from './outcomes-telling.ts';
import { openAdobeParts } from './runtime.ts';

export interface ReconcileDeps {
  /** One stretch of the comparison, at the latest until the given epoch milliseconds; the next run goes on. */
  readonly run: (until: number) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}

export function makeReconcileHandler(deps: ReconcileDeps): WorkHandler {
  return workEdge({ name: 'reconcile', ...deps });
}

export const handler: WorkHandler = lazily(async () => {
  const config = readConfig(AdobeConfig, process.env);
  const parts = await openAdobeParts('reconcile', config, process.env);
  const { log, now } = parts;
  return makeReconcileHandler({ run: nightOf(parts, OrgKey.parse(config.orgKey)), now, log });
});
