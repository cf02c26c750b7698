/** An operator's desk over a test bridge: commands go through the real admin handler, as over the wire. */
import { expect } from 'vitest';
import type { CommandAnswer, CommandResult } from '../../lambdas/admin/command.ts';
import { createCommands } from '../../lambdas/admin/commands.ts';
import type { AdminParts } from '../../lambdas/admin/parts.ts';
import { makeAdminHandler } from '../../lambdas/admin.ts';
import { ConnectionId, OrgKey } from '../../lambdas/directory/records.ts';
import { createLog } from '../../lambdas/log.ts';
import { reconcile } from '../../lambdas/sync/reconcile.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { openTestBridge, type TestBridge, type TestBridgeOptions } from '../build.ts';
import { hear } from '../leaks.ts';
import { as } from '../rights.ts';

// What commands say and do is about decisions (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

export interface Desk {
  readonly bridge: TestBridge;
  ask(command: string, args?: unknown, operator?: string): Promise<CommandAnswer>;
  /** The result of a command that must not be refused. */
  run(command: string, args?: unknown): Promise<CommandResult>;
  /** The message of a refusal. */
  refusal(command: string, args?: unknown): Promise<string>;
  /** `mapping.apply` with `yes`. */
  apply(rules: unknown, take?: 'revoke' | 'leave'): Promise<CommandResult>;
  addUser(userName: string, resource?: object): Promise<string>;
  addGroup(displayName: string, members?: readonly string[]): Promise<string>;
  patchMembers(groupId: string, op: 'add' | 'remove', ids: readonly string[]): Promise<void>;
}

export async function openDesk(options: TestBridgeOptions = {}): Promise<Desk> {
  const bridge = await openTestBridge(options);
  return deskOf(bridge);
}

/** The same table with an org and a connection that nobody set up yet. */
export function freshDesk(bridge: TestBridge, credential?: AdminParts['credential']): Desk {
  return deskOf(
    { ...bridge, orgKey: OrgKey.parse('new-org'), connection: ConnectionId.parse('new-idp') },
    credential,
  );
}

export function deskOf(bridge: TestBridge, credential?: AdminParts['credential']): Desk {
  const { directory, adobe, connection, orgKey: org, clock, drainDeps } = bridge;
  const commands = createCommands({
    directory,
    adobe,
    credential: credential ?? { renew: async () => credentialOf(bridge) },
    connection,
    org,
    now: clock.now,
    newId: drainDeps.newId,
    reconcile: (wish) => reconcile(drainDeps, org, wish),
  });
  const log = createLog({
    level: 'debug',
    now: clock.now,
    write: (line) => {
      hear('log', line);
      bridge.lines.push(JSON.parse(line));
    },
  });
  const handler = makeAdminHandler({ commands, log });
  const ask = (command: string, args: unknown = {}, operator?: string) =>
    as('admin', () =>
      handler(
        { command, args, ...(operator === undefined ? {} : { operator }) },
        lambdaContext({ functionName: 'admin', requestId: 'r', remainingMs: () => 1 }),
      ),
    );
  const run = async (command: string, args?: unknown): Promise<CommandResult> => {
    const answer = await ask(command, args);
    if (!answer.ok) throw new Error(answer.error.message);
    return answer.result;
  };
  return {
    bridge,
    ask,
    run,
    refusal: async (command, args) => {
      const answer = await ask(command, args);
      if (answer.ok) throw new Error(`not refused: ${answer.result.text.join('\n')}`);
      expect(answer.error.message).not.toContain('failed inside the bridge');
      return answer.error.message;
    },
    apply: (rules, take) =>
      run('mapping.apply', { rules, yes: true, ...(take === undefined ? {} : { take }) }),
    addUser: (userName, resource) =>
      create(bridge, '/Users', { userName, active: true, ...names(userName), ...resource }),
    addGroup: (displayName, members = []) =>
      create(bridge, '/Groups', { displayName, members: members.map((value) => ({ value })) }),
    patchMembers: async (groupId, op, ids) => {
      const Operations = [{ op, path: 'members', value: ids.map((value) => ({ value })) }];
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
      const answer = await bridge.scim('PATCH', `/scim/v2/Groups/${groupId}`, { schemas, Operations });
      expect(answer.status).toBeLessThan(300);
    },
  };
}

function names(userName: string): object {
  const [givenName = userName] = userName.split('@');
  return {
    name: { givenName, familyName: 'Tester' },
    emails: [{ value: userName, primary: true, type: 'work' }],
  };
}

function credentialOf({ org }: TestBridge): { orgId: string; clientId: string } {
  const { orgId, credentials } = org.state().meta;
  return { orgId, clientId: credentials[0]?.clientId ?? '' };
}

async function create(bridge: TestBridge, path: string, body: object): Promise<string> {
  const kind = path === '/Users' ? 'User' : 'Group';
  const schemas = [`urn:ietf:params:scim:schemas:core:2.0:${kind}`];
  const answer = await bridge.scim('POST', `/scim/v2${path}`, { schemas, ...body });
  expect(answer.status, JSON.stringify(answer.json)).toBe(201);
  return answer.json.id;
}
