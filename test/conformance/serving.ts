/** The real SCIM handlers on the embedded database behind localhost, assembled as `npm start` does, without the drain. */
import { randomBytes } from 'node:crypto';
import { createLog } from '../../lambdas/log.ts';
import { assembleBridge, credentialOf } from '../../local/bridge.ts';
import { scaledClock } from '../../local/clock.ts';
import { openDatabase } from '../../local/database.ts';
import { seedBridge } from '../../local/seed.ts';
import { serve } from '../../local/serve.ts';
import type { Check } from './check.ts';
import { sections } from './checks/all.ts';
import { type Report, type RunOptions, runConformance } from './run.ts';
import { openTransport, type Send } from './transport.ts';

export interface Serving {
  readonly baseUrl: string;
  readonly token: string;
  readonly send: Send;
  /** Runs the selected checks, through `send` or what is given instead. */
  judge(selects: (check: Check) => boolean, more?: Partial<RunOptions>): Promise<Report>;
  close(): Promise<void>;
}

/** Nobody drains here, so nobody calls it. */
const adobe = { url: 'http://127.0.0.1:9', orgId: 'none@AdobeOrg', clientId: 'none', clientSecret: 'none' };

export async function openServing(): Promise<Serving> {
  const clock = scaledClock(1);
  const database = await openDatabase();
  const log = createLog({
    level: 'error',
    now: clock.now,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const served = await serve({ handler: async (event, context) => bridge.scim(event, context) });
  const pepper = randomBytes(32).toString('base64url');
  const bridge = assembleBridge({
    database,
    clock,
    log,
    adobe: credentialOf(adobe),
    pepper,
    baseUrl: served.url,
  });
  const { token } = await seedBridge({
    directory: bridge.directory,
    adobe,
    kind: 'simulated',
    token: undefined,
  });
  const transport = openTransport({ timeoutMs: 30_000 });
  const baseUrl = `${served.url}/scim/v2`;
  return {
    baseUrl,
    token,
    send: transport.send,
    judge: (selects, more = {}) =>
      runConformance({
        send: transport.send,
        baseUrl,
        token,
        sections,
        selects,
        prefix: `conf-${randomBytes(4).toString('hex')}`,
        domain: 'conformance.example',
        concurrency: 4,
        now: () => performance.now(),
        ...more,
      }),
    close: async () => {
      transport.close();
      await served.close();
      await database.close();
    },
  };
}
