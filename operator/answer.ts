/** What every way to a bridge has in common: how it is asked, how its answer is read, who asks. */
import { userInfo } from 'node:os';
import * as z from 'zod';
import type { CommandAnswer, CommandRequest } from '../lambdas/admin/command.ts';

const Result = z.object({
  text: z.array(z.string()),
  data: z.unknown(),
  failed: z.boolean().optional(),
});

export const Answer: z.ZodType<CommandAnswer> = z.union([
  z.object({ ok: z.literal(true), result: Result }),
  z.object({ ok: z.literal(false), error: z.object({ message: z.string() }) }),
]);

export type Call = (request: CommandRequest) => Promise<CommandAnswer>;

export type Connected =
  | {
      readonly ok: true;
      readonly place: 'local' | 'aws';
      readonly call: Call;
      /** What the identity provider calls; absent where only the function's name is known. */
      readonly scimUrl?: string;
      /** Puts the text where the bridge keeps that secret; returns what went wrong. Absent: it keeps none. */
      readonly storeSecret?: (secret: string, text: string) => Promise<string | undefined>;
    }
  | { readonly ok: false; readonly message: string };

/** The name under which this machine knows who types; printable ASCII, as the bridge takes it. */
export function localUser(): string {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    // A user without an entry in the password database, as in a container, has a number only.
    name = `user ${process.getuid?.() ?? ''}`.trim();
  }
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200) || 'unknown';
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is one more way of not being an answer.
    return undefined;
  }
}
