/** HTTP API event -> edge -> SCIM routes. No rule of SCIM is decided here. */
import { createHmac } from 'node:crypto';
import { readConfig, ScimConfig } from './config.ts';
import { openScimDirectory } from './directory/dynamo-scim.ts';
import { type HttpHandler, httpEdge, lazily } from './edge.ts';
import type { Log } from './log.ts';
import { lambdaLog, machineUnder, readPepper, tableClient } from './runtime.ts';
import type { ScimRequest, ScimResponse } from './scim/request.ts';
import { createScimRoutes } from './scim/routes.ts';

export interface ScimHandlerDeps {
  readonly handle: (request: ScimRequest, signal: AbortSignal) => Promise<ScimResponse>;
  readonly log: Log;
  /** The service's address; absent = the host that each request came to. */
  readonly baseUrl?: string | undefined;
  /** Where requests may come from; absent = from anywhere. */
  readonly networks?: readonly string[] | undefined;
}

/** The key that seals cursors: the same in every process, and of no use for anything else that the pepper keys. */
export function cursorKeyOf(pepper: string): string {
  return createHmac('sha256', pepper).update('scim cursors').digest('base64url');
}

export function makeScimHandler(deps: ScimHandlerDeps): HttpHandler {
  return httpEdge(deps);
}

export const handler: HttpHandler = lazily(async () => {
  const config = readConfig(ScimConfig, process.env);
  const log = lambdaLog('scim', config.logLevel, process.env);
  const machine = machineUnder(Date.now);
  const client = tableClient(config.dynamodbEndpoint);
  const table = { ...machine, client, table: config.table };
  // Side by side, because the first caller waits for both; no token is looked at for the version.
  const [pepper] = await Promise.all([
    readPepper(client, config.pepperSecret),
    openScimDirectory({ ...table, pepper: '' }).claimSchema(),
  ]);
  const directory = openScimDirectory({ ...table, pepper });
  const { now, realNow } = machine;
  const handle = createScimRoutes({ directory, now, realNow, cursorKey: cursorKeyOf(pepper), log });
  return makeScimHandler({ handle, log, baseUrl: config.scimBaseUrl, networks: config.networks });
});
