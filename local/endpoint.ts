/**
 * `endpoint.json` in the data folder: where the bridge is and how to get in. It holds credentials of the local bridge
 * and of its Adobe org, so nobody but its owner may read it. It stays when the bridge stops: the next start takes the
 * token, the ports and the Adobe org from it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isErrorCode } from './processes.ts';

export const AdobeEndpoint = z.object({
  url: z.url(),
  orgId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
});
export type AdobeEndpoint = z.infer<typeof AdobeEndpoint>;

const Bridge = z.object({
  scimUrl: z.url(),
  token: z.string(),
  /** The loopback route of operator commands, used by `operator/connect.ts`. */
  operator: z.object({ url: z.url(), key: z.string() }),
});

export const Endpoint = Bridge.extend({ adobe: AdobeEndpoint });
export type Endpoint = z.infer<typeof Endpoint>;

/** Of a bridge that drives a real Adobe org: which one, and nothing to get in with. */
export const LiveEndpoint = Bridge.extend({ live: z.object({ orgId: z.string(), clientId: z.string() }) });
export type LiveEndpoint = z.infer<typeof LiveEndpoint>;

/** A JSON file of the data folder; undefined when it is absent or not (or no longer) of this shape. */
export function readDataFile<S extends z.ZodType>(
  dir: string,
  name: string,
  schema: S,
): z.infer<S> | undefined {
  let text: string;
  try {
    text = readFileSync(join(dir, name), 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Replaces the file in one step, readable by its owner only. */
export function writeDataFile(dir: string, name: string, content: unknown): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const draft = join(dir, `.${name}.${process.pid}`);
  writeFileSync(draft, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, join(dir, name));
}

export const readEndpoint = (dir: string): Endpoint | undefined =>
  readDataFile(dir, 'endpoint.json', Endpoint);
export const readLiveEndpoint = (dir: string): LiveEndpoint | undefined =>
  readDataFile(dir, 'endpoint.json', LiveEndpoint);
export const writeEndpoint = (dir: string, endpoint: Endpoint | LiveEndpoint): void =>
  writeDataFile(dir, 'endpoint.json', endpoint);
