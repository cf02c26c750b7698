/**
 * The product's own handlers in a process of the run: built as in Lambda, with nothing replaced but what lies outside of
 * them (table, network, clock, ids, log). A killed process never acts again; the next one starts with empty caches.
 */

import { createCommands } from '../../../lambdas/admin/commands.ts';
import { type AdminHandler, makeAdminHandler } from '../../../lambdas/admin.ts';
import { createAdobeClient } from '../../../lambdas/adobe/client.ts';
import { createTokenSource } from '../../../lambdas/adobe/token.ts';
import { type Directory, openDirectory } from '../../../lambdas/directory/dynamo.ts';
import { openIds } from '../../../lambdas/directory/ids.ts';
import { ConnectionId } from '../../../lambdas/directory/records.ts';
import type { HttpHandler, WorkHandler } from '../../../lambdas/edge.ts';
import { createLog, type Log } from '../../../lambdas/log.ts';
import { makeProvisionHandler } from '../../../lambdas/provision.ts';
import { makeReconcileHandler } from '../../../lambdas/reconcile.ts';
import { type AdobeParts, drainOf, reconcileOf } from '../../../lambdas/runtime.ts';
import { createScimRoutes } from '../../../lambdas/scim/routes.ts';
import { makeScimHandler } from '../../../lambdas/scim.ts';
import { drain } from '../../../lambdas/sync/drain.ts';
import { adobeFetch } from './adobe-port.ts';
import type { Process } from './process.ts';
import { ORG, PEPPER } from './setup.ts';
import { type StorePort, storeClient } from './store-port.ts';
import type { World } from './world.ts';

export const BASE_URL = 'https://bridge.example.test';
const CURSOR_KEY = 'simulated-cursor-key';

export interface Product {
  readonly process: Process;
  /** The process's own clock, which may be wrong. */
  readonly now: () => number;
  readonly directory: Directory;
  readonly scim: HttpHandler;
  readonly provision: WorkHandler;
  readonly reconcile: WorkHandler;
  admin(connection: string): AdminHandler;
}

export function openProduct(world: World, process: Process, kill: () => void): Product {
  const port: StorePort = { world, process, kill };
  const now = (): number => world.scheduler.now() + process.skewMs;
  const parts = openParts(port, now);
  const { directory, log } = parts;
  const reconcile = reconcileOf(parts, ORG);
  const handle = createScimRoutes({
    directory,
    now,
    realNow: world.scheduler.now,
    cursorKey: CURSOR_KEY,
    log,
  });
  return {
    process,
    now,
    directory,
    scim: makeScimHandler({ handle, log, baseUrl: BASE_URL }),
    provision: makeProvisionHandler({ run: runOf(world, parts), now, log }),
    reconcile: makeReconcileHandler({ run: (until) => reconcile({ until }), now, log }),
    admin: (connection) =>
      makeAdminHandler({
        commands: createCommands({
          ...parts,
          credential: { renew: async () => undefined },
          reconcile,
          connection: ConnectionId.parse(connection),
          org: ORG,
        }),
        log,
      }),
  };
}

/** Sealing reads as much as all else together, so most runs do without: their journal is judged record by record. */
function runOf({ seals }: World, { log, ...parts }: AdobeParts): (until: number) => Promise<unknown> {
  if (seals) return drainOf({ log, ...parts }, ORG);
  const deps = { ...parts, log: (event: string, detail: Record<string, unknown>) => log.info(event, detail) };
  return (until) => drain(deps, ORG, { until });
}

function openParts(port: StorePort, now: () => number): AdobeParts {
  const { world, process } = port;
  const { ids, scheduler } = world;
  const log: Log = createLog({ level: world.says ? 'info' : 'error', now, write: world.log });
  const newId = openIds(now, ids.bytes);
  const sleep = (ms: number): Promise<void> => scheduler.sleep(process.task, ms);
  const directory = openDirectory({
    client: storeClient(port),
    table: world.store.tableName,
    now,
    newId,
    random: ids.random,
    randomBytes: ids.bytes,
    pepper: PEPPER,
    realNow: scheduler.now,
    pause: sleep,
  });
  return {
    directory,
    adobe: openAdobe(port, now),
    now,
    sleep,
    newId,
    randomHex: (digits) => Buffer.from(ids.bytes(digits)).toString('hex').slice(0, digits),
    log,
  };
}

const TOKEN_TIMEOUT_MS = 10_000;

function openAdobe(port: StorePort, now: () => number): AdobeParts['adobe'] {
  const { world, process } = port;
  const fetch = adobeFetch(port);
  const { credential } = world;
  const timeoutSignal = (ms: number): AbortSignal => {
    const controller = new AbortController();
    void world.scheduler.sleep(process.task, ms).then(() => controller.abort());
    return controller.signal;
  };
  return createAdobeClient({
    credential,
    fetch,
    now,
    token: createTokenSource({ credential, fetch, now, timeoutMs: TOKEN_TIMEOUT_MS, timeoutSignal }),
    newRequestId: () => Buffer.from(world.ids.bytes(8)).toString('hex'),
    userAgent: 'adobe-scim-bridge/simulation',
    timeoutSignal,
  });
}
