/**
 * The bridge assembled for this machine: the real handlers over the local database, the given clock and Adobe org.
 * It does in one process what the stack does with four functions. Nothing is decided here.
 */

import { createCommands } from '../lambdas/admin/commands.ts';
import { type AdminHandler, makeAdminHandler } from '../lambdas/admin.ts';
import type { AdobeClient, AdobeCredential } from '../lambdas/adobe/adobe.ts';
import { type Directory, openDirectory } from '../lambdas/directory/dynamo.ts';
import type { HttpHandler, WorkHandler } from '../lambdas/edge.ts';
import type { Log } from '../lambdas/log.ts';
import { nightOf } from '../lambdas/outcomes-telling.ts';
import { makeProvisionHandler } from '../lambdas/provision.ts';
import { makeReconcileHandler } from '../lambdas/reconcile.ts';
import {
  type AdobeParts,
  drainOf,
  machineUnder,
  openAdobeClient,
  randomHex,
  reconcileOf,
} from '../lambdas/runtime.ts';
import { createScimRoutes } from '../lambdas/scim/routes.ts';
import { cursorKeyOf, makeScimHandler } from '../lambdas/scim.ts';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import type { AdobeEndpoint } from './endpoint.ts';
import { localConnection, localOrg } from './seed.ts';

export interface BridgeParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly adobe: AdobeCredential;
  /** Key of the token hashes. */
  readonly pepper: string;
  /** Where the SCIM service is reached, without a slash at the end. */
  readonly baseUrl: string;
}

export interface Bridge {
  readonly directory: Directory;
  readonly scim: HttpHandler;
  readonly provision: WorkHandler;
  readonly reconcile: WorkHandler;
  readonly admin: AdminHandler;
}

export function assembleBridge({ database, clock, log, adobe, pepper, baseUrl }: BridgeParts): Bridge {
  const machine = machineUnder(clock.now);
  const { client, table } = database;
  const directory = openDirectory({ ...machine, client, table, pepper });
  const umapi = adobeClient(adobe, clock);
  const partsFor = (name: string): AdobeParts => ({
    directory,
    adobe: umapi,
    now: clock.now,
    sleep: (ms) => clock.sleep(ms),
    newId: machine.newId,
    randomHex,
    log: log.with({ function: name }),
  });
  const reconcile = reconcileOf(partsFor('reconcile'), localOrg);
  return {
    directory,
    scim: makeScimHandler({
      handle: createScimRoutes({
        directory,
        now: clock.now,
        realNow: machine.realNow,
        cursorKey: cursorKeyOf(pepper),
        log: log.with({ function: 'scim' }),
      }),
      log: log.with({ function: 'scim' }),
      baseUrl,
    }),
    provision: makeProvisionHandler({
      run: drainOf(partsFor('provision'), localOrg),
      now: clock.now,
      log: log.with({ function: 'provision' }),
    }),
    reconcile: makeReconcileHandler({
      run: nightOf(partsFor('reconcile'), localOrg),
      now: clock.now,
      log: log.with({ function: 'reconcile' }),
    }),
    admin: makeAdminHandler({
      commands: createCommands({
        directory,
        adobe: umapi,
        credential: { renew: async () => ({ orgId: adobe.orgId, clientId: adobe.clientId }) },
        connection: localConnection,
        org: localOrg,
        now: clock.now,
        newId: machine.newId,
        reconcile,
      }),
      log: log.with({ function: 'admin' }),
    }),
  };
}

/** The simulated org has both of Adobe's services under one address. */
export function credentialOf({ url, ...credential }: AdobeEndpoint): AdobeCredential {
  return { ...credential, imsUrl: url, umapiUrl: `${url}/v2/usermanagement` };
}

function adobeClient(credential: AdobeCredential, clock: Clock): AdobeClient {
  return openAdobeClient(credential, {
    now: clock.now,
    timeoutSignal: (ms) => AbortSignal.timeout(Math.max(1, Math.round(clock.realMs(ms)))),
  });
}
