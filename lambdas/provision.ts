/** Stream or schedule: both only say "look". What there is to do stands in the table (design.md section 5, "Wake-up"). */
import { AdobeConfig, readConfig } from './config.ts';
import { OrgKey } from './directory/records.ts';
import { lazily, type WorkHandler, workEdge } from './edge.ts';
import type { Log } from './log.ts';
import { drainOf, openAdobeParts } from './runtime.ts';

export interface ProvisionDeps {
  /** One drain of the Adobe org, at the latest until the given epoch milliseconds. */
  readonly run: (until: number) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}

export function makeProvisionHandler(deps: ProvisionDeps): WorkHandler {
  return workEdge({ name: 'provision', ...deps });
}

export const handler: WorkHandler = lazily(async () => {
  const config = readConfig(AdobeConfig, process.env);
  const parts = await openAdobeParts('provision', config, process.env);
  const { log, now } = parts;
  return makeProvisionHandler({ run: drainOf(parts, OrgKey.parse(config.orgKey)), now, log });
});
