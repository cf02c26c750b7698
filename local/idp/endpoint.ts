/** Finds a running bridge by the file that it writes at its start. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

export const Endpoint = z.object({
  scimUrl: z.string(),
  token: z.string(),
  adobe: z.object({ url: z.string(), orgId: z.string(), clientId: z.string(), clientSecret: z.string() }),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** Throws a message for the person at the terminal when no bridge runs on `dataDir`. */
export function readEndpoint(dataDir: string): Endpoint {
  const file = join(dataDir, 'endpoint.json');
  try {
    return Endpoint.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Error(
      `No running bridge found by ${file}. Start one with \`npm start\` in another terminal, or name its data folder with --data.`,
      { cause },
    );
  }
}

/** The address without a slash at its end, so that paths can be put behind it. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
