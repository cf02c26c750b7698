/**
 * Finds the running local bridge and hands it a command. Everything that can be wrong between the operator and the
 * bridge (never started, stopped, another program on its port) becomes a sentence that says what to do next.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { CommandAnswer, CommandRequest } from '../lambdas/admin/command.ts';
import { Answer, type Connected, localUser, parseJson } from './answer.ts';

/** The part of `endpoint.json` that concerns the operator. */
const Endpoint = z.object({
  scimUrl: z.string().optional(),
  operator: z.object({ url: z.url(), key: z.string().min(1) }),
});

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
  const { scimUrl } = endpoint.data;
  return {
    ok: true,
    place: 'local',
    ...(scimUrl === undefined ? {} : { scimUrl }),
    call: (request) => post(url, key, { operator: localUser(), ...request }),
  };
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
