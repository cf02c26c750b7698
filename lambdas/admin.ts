/**
 * Operator commands: `{ command, args }` in, `{ ok, ... }` out. There is no public route to this function; in AWS it is
 * invoked by IAM, locally over a loopback port that asks for a key.
 *
 * The arguments are parsed by the command's own schema. A refusal (`Refused`) reaches the operator word by word; any
 * other error is logged and answered with the request id only.
 */
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { type CommandAnswer, type Commands, Refused } from './admin/command.ts';
import { createCommands } from './admin/commands.ts';
import { AdminConfig, readConfig } from './config.ts';
import { ConnectionId, OrgKey } from './directory/records.ts';
import { lazily } from './edge.ts';
import type { Log } from './log.ts';
import { openAdobeParts, reconcileOf } from './runtime.ts';

export interface AdminDeps {
  readonly commands: Commands;
  readonly log: Log;
}
export type AdminHandler = (event: unknown, context: Context) => Promise<CommandAnswer>;

const Request = z.object({
  command: z.string(),
  args: z.unknown(),
  // Kept with what was done: printable, and no longer than the longest IAM principal.
  operator: z
    .string()
    .regex(/^[\x20-\x7e]{1,256}$/)
    .default('unknown'),
});

export function makeAdminHandler({ commands, log }: AdminDeps): AdminHandler {
  return async (event, { awsRequestId }) => {
    const request = Request.safeParse(event);
    if (!request.success) return refuse('send { "command": "...", "args": { ... }, "operator": "..." }');
    const { command: name, args, operator } = request.data;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined) return refuse(`there is no command ${name}; try help`);
    const parsed = command.schema.safeParse(args ?? {});
    if (!parsed.success) return refuse(`${name}: ${describe(parsed.error)}`);
    try {
      const result = await command.run(parsed.data, { operator });
      log.info('command', { requestId: awsRequestId, command: name, operator });
      return { ok: true, result };
    } catch (error) {
      if (error instanceof Refused) return refuse(error.message);
      log.error('command failed', { requestId: awsRequestId, command: name, error });
      return refuse(
        `${name} failed inside the bridge; its log has the cause under request id ${awsRequestId}`,
      );
    }
  };
}

export const handler: AdminHandler = lazily(async () => {
  const config = readConfig(AdminConfig, process.env);
  const parts = await openAdobeParts('admin', config, process.env);
  const { directory, adobe, keeper, now, newId, log } = parts;
  const connection = ConnectionId.parse(config.connection);
  const org = OrgKey.parse(config.orgKey);
  return makeAdminHandler({
    commands: createCommands({
      directory,
      adobe,
      credential: keeper,
      connection,
      org,
      now,
      newId,
      reconcile: reconcileOf(parts, org),
    }),
    log,
  });
});

function refuse(message: string): CommandAnswer {
  return { ok: false, error: { message } };
}

function describe({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}
