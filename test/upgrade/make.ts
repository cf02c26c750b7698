/**
 * `node test/upgrade/make.ts`: plays real exchanges against the embedded engine with this code, and keeps the table as the golden
 * dump of its schema version. A version is dumped once, by the release that introduced it, and never again: the file is
 * what customers have.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SCHEMA_VERSION } from '../../lambdas/directory/records.ts';
import { openTestBridge } from '../build.ts';
import { type Golden, readTable, toJson } from './dump.ts';
import { playMonth } from './month.ts';

const file = resolve(import.meta.dirname, `golden/schema-${SCHEMA_VERSION}.json`);
if (existsSync(file)) throw new Error(`${file} exists: raise SCHEMA_VERSION first, or leave it as it is`);

let kept: Parameters<typeof readTable>[0] | undefined;
const bridge = await openTestBridge({
  profiles: [
    { name: 'Agent EU', product: 'Dynamic Chat (EU)' },
    { name: 'Standard', product: 'Marketo Engage' },
  ],
  userGroups: ['Staff'],
  settings: { removalLimit: {} },
  wrap: (deps) => {
    kept = deps;
    return deps;
  },
});
if (kept === undefined) throw new Error('the directory was not opened');
await playMonth(bridge);
const half = Math.floor(bridge.token.length / 2);
const golden: Golden = {
  schema: SCHEMA_VERSION,
  at: bridge.clock.now(),
  token: [bridge.token.slice(0, half), bridge.token.slice(half)],
  org: withoutSecrets(bridge.org.state()),
  items: toJson(await readTable(kept)),
};
writeFileSync(file, `${JSON.stringify(golden, undefined, 1)}\n`);
await bridge.close();
/** What was sent and mailed is over; the secrets are anything, as both sides read them from here. */
function withoutSecrets(state: ReturnType<typeof bridge.org.state>): Golden['org'] {
  const credentials = state.meta.credentials.map((one) => ({ ...one, clientSecrets: ['golden'] }));
  return { ...state, meta: { ...state.meta, credentials }, mails: [], calls: [] };
}

process.stdout.write(`${file}: ${golden.items.length} items\n`);
