/**
 * Finds the running local bridge and hands it a command. Everything that can be wrong between the operator and the
 * bridge (never started, stopped, another program on its port) becomes a sentence that says what to do next.
 */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { CommandAnswer, CommandRequest } from '../lambdas/admin/command.ts';

/** The part of `endpoint.json` that concerns the operator. */
const Endpoint = z.object({ operator: z.object({ url: z.url(), key: z.string().min(1) }) });

const Result = z.object({
  text: z.array(z.string()),
  data: z.unknown(),
  failed: z.boolean().optional(),
});

const Answer: z.ZodType<CommandAnswer> = z.union([
  z.object({ ok: z.literal(true), result: Result }),
  z.object({ ok: z.literal(false), error: z.object({ message: z.string() }) }),
]);

export type Call = (request: CommandRequest) => Promise<CommandAnswer>;
export type Connected =
  | { readonly ok: true; readonly call: Call }
  | { readonly ok: false; readonly message: string };

const commandTimeoutMs = 300_000;

export function connect(data: string): Connected {
  const file = join(data, 'endpoint.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    return {
      ok: false,
      message: `no bridge was started on ${data}: start one with npm start, or name its folder with --data DIR`,
    };
  }
  const endpoint = Endpoint.safeParse(parseJson(text));
  if (!endpoint.success) {
    return {
      ok: false,
      message: `${file} is not what a bridge of this version writes: start the bridge again with npm start`,
    };
  }
  const { url, key } = endpoint.data.operator;
  return { ok: true, call: (request) => post(url, key, { operator: localUser(), ...request }) };
}

/** The name under which this machine knows who types; printable ASCII, as the bridge takes it. */
function localUser(): string {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    // A user without an entry in the password database, as in a container, has a number only.
    name = `user ${process.getuid?.() ?? ''}`.trim();
  }
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 256) || 'unknown';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more way of not being an endpoint file.
    return undefined;
  }
}

async function post(url: string, key: string, request: CommandRequest): Promise<CommandAnswer> {
  const failed = (message: string): CommandAnswer => ({ ok: false, error: { message } });
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(commandTimeoutMs),
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      return failed(
        'the bridge does not answer; look at its output, and ask for status before repeating the command',
      );
    }
    return failed(`the bridge is not running (nothing answers at ${url}): start it with npm start`);
  }
  const answer = Answer.safeParse(parseJson(await response.text()));
  if (!answer.success)
    return failed(`what answers at ${url} is not the bridge: start it again with npm start`);
  return answer.data;
}
