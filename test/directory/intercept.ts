/** Puts a function around every command that the directory sends to DynamoDB: the SDK's border, where faults begin. */
import { type DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { aside } from '../rights.ts';

type Command = Parameters<DynamoDBClient['send']>[0];
/** `send` performs the command; not calling it means that the request never arrived. */
export type Around = (command: Command, send: () => Promise<unknown>) => Promise<unknown>;

export function interceptSend(client: DynamoDBClient, around: Around): DynamoDBClient {
  return Object.create(client, {
    send: {
      value: (command: Command) =>
        aside((back) => around(command, () => back(async () => client.send(command)))),
    },
  });
}

/** Runs `meanwhile` right before the first command that matches: an interleaving, made on purpose. */
export function meanwhile(
  deps: DirectoryDeps,
  matches: (command: Command) => boolean,
  action: () => Promise<unknown>,
): DirectoryDeps {
  let done = false;
  const client = interceptSend(deps.client, async (command, send) => {
    if (!done && matches(command)) {
      done = true;
      await action();
    }
    return send();
  });
  return { ...deps, client };
}

export function isTransaction(command: Command): boolean {
  return command instanceof TransactWriteItemsCommand;
}

/** Reads of one item whose partition key ends like this. */
export function readsOf(pkEnd: string): (command: Command) => boolean {
  return (command) =>
    command instanceof GetItemCommand && (command.input.Key?.['pk']?.S ?? '').endsWith(pkEnd);
}

/** The process dies at its call number `call`: before it was sent, or after it took effect. It never calls again. */
export function dyingAt(
  deps: DirectoryDeps,
  call: number,
  when: 'before' | 'after',
): DirectoryDeps & { calls(): number } {
  let made = 0;
  const client = interceptSend(deps.client, async (_, send) => {
    made += 1;
    if (made < call) return send();
    if (made === call && when === 'after') await send();
    throw new Killed();
  });
  return { ...deps, client, calls: () => made };
}

export class Killed extends Error {
  constructor() {
    super('the process was killed');
    this.name = 'Killed';
  }
}

/** True for the call number `number` of those that match. */
export function nth(
  number: number,
  matches: (command: Command) => boolean = () => true,
): (command: Command) => boolean {
  let seen = 0;
  return (command) => {
    if (!matches(command)) return false;
    seen += 1;
    return seen === number;
  };
}
