/**
 * `pause` and `resume` (V10): nothing is written to Adobe, at the latest a minute later, while the identity provider is
 * served as always. A pause names why, and `status` shows it to whoever looks next.
 */
import * as z from 'zod';
import type { Pause } from '../directory/safety.ts';
import type { PauseScope } from '../directory/work.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { instant } from './words.ts';

const Scope = z.enum(['connection', 'org', 'all']);
type Scope = z.infer<typeof Scope>;

export function pause(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      scope: Scope,
      reason: z.string('say why (--reason)').trim().min(1, 'say why (--reason)').max(500),
    }),
    run: async ({ scope, reason }, { operator: by }) => {
      const before = await pauseOf(parts, scope);
      if (before !== undefined) throw new Refused(`${pausedWords(scope, before)} already.`);
      const paused = { at: parts.now(), by, reason };
      await parts.directory.setPause(scopeOf(parts, scope), parts.org, { pause: paused, by });
      const text = [
        `${pausedWords(scope, paused)}.`,
        `A request that is on its way may still be done; nothing follows it. To go on: resume --${scope}`,
      ];
      return { text, data: { scope, ...paused } };
    },
  });
}

export function resume(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ scope: Scope }),
    run: async ({ scope }, { operator: by }) => {
      if ((await pauseOf(parts, scope)) === undefined) {
        throw new Refused(`${subject(scope)} is not paused; status shows every pause.`);
      }
      await parts.directory.setPause(scopeOf(parts, scope), parts.org, { pause: undefined, by });
      return { text: [`${subject(scope)} goes on with the next run.`], data: { scope } };
    },
  });
}

function scopeOf({ connection }: AdminParts, scope: Scope): PauseScope {
  return scope === 'connection' ? { kind: scope, id: connection } : { kind: scope };
}

async function pauseOf({ directory, connection, org }: AdminParts, scope: Scope): Promise<Pause | undefined> {
  if (scope === 'all') return directory.getPause();
  if (scope === 'org') return (await directory.getOrg(org))?.paused;
  return (await directory.getConnection(connection)).paused;
}

function subject(scope: Scope): string {
  return { connection: 'This connection', org: 'The Adobe org', all: 'The whole bridge' }[scope];
}

function pausedWords(scope: Scope, { at, by, reason }: Pause): string {
  return `${subject(scope)} is paused since ${instant(at)} by ${by}: ${reason}`;
}

/** Every pause in force, for `status`. */
export async function pauseLines(parts: AdminParts): Promise<string[]> {
  const lines: string[] = [];
  for (const scope of Scope.options) {
    const paused = await pauseOf(parts, scope);
    if (paused !== undefined)
      lines.push(`${pausedWords(scope, paused)}. Nothing is sent; to go on: resume --${scope}`);
  }
  return lines;
}
