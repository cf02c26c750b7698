/**
 * Holds what the handlers send to the table to the rights of their function (`infra/rights.ts`), as IAM would: a test
 * that goes through a handler fails on a command that the deployed function could not send.
 *
 * Only what runs inside `as(...)` is judged: what a test does to the directory itself is nobody's function.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { type Holder, type Names, rightsOf, statementsFor } from '../infra/rights.ts';
import { CONNECTION, ORG } from './open.ts';

type Command = Parameters<DynamoDBClient['send']>[0];

const running = new AsyncLocalStorage<Holder | undefined>();

export function as<T>(holder: Holder, work: () => Promise<T>): Promise<T> {
  return running.run(holder, work);
}

/** For what a test does in the middle of a function's work; `back` is for the part that is the function's. */
export function aside<T>(work: (back: <R>(part: () => Promise<R>) => Promise<R>) => Promise<T>): Promise<T> {
  const holder = running.getStore();
  return running.run(undefined, () => work((part) => running.run(holder, part)));
}

/** What a command needs: an action on all its partitions at once, or on the index, or the table. */
export interface Need {
  readonly action: string;
  readonly on: readonly string[] | 'index' | 'table';
}

/** Each a deployment: what one of them may touch is allowed, because some tests have several in one table. */
const deployments: readonly Names[] = [
  { connection: CONNECTION, org: ORG },
  { connection: 'entra', org: ORG },
  { connection: 'entra', org: `${ORG}-2` },
  { connection: 'new-idp', org: 'new-org' },
];

export function underRights(client: DynamoDBClient): DynamoDBClient {
  const send = (command: Command) => {
    const holder = running.getStore();
    const refused =
      holder === undefined
        ? []
        : needsOf(command).filter((need) => !deployments.some((names) => allows(holder, need, names)));
    if (refused.length > 0) throw new NotAllowed(holder ?? '', refused);
    return client.send(command);
  };
  return Object.create(client, { send: { value: send } });
}

export class NotAllowed extends Error {
  constructor(holder: string, needs: readonly Need[]) {
    super(
      `infra/rights.ts does not let ${holder} ${needs.map(({ action, on }) => `${action} ${String(on)}`).join(', ')}`,
    );
    this.name = 'NotAllowed';
  }
}

export function allows(holder: Holder, { action, on }: Need, names: Names): boolean {
  const { index, tableId } = rightsOf[holder];
  if (on === 'index') return index && action === 'Query';
  if (on === 'table') return tableId && action === 'DescribeTable';
  // All keys by one statement: the strictest way in which IAM may read a batch or transaction.
  return patternsOf(holder, names)
    .filter((one) => one.action === action)
    .some(({ patterns }) => on.every((pk) => patterns.some((pattern) => pattern.test(pk))));
}

interface Allowed {
  readonly action: string;
  readonly patterns: readonly RegExp[];
}

/** Worked out once for each deployment: a long test sends hundreds of thousands of commands. */
const known = new Map<string, readonly Allowed[]>();

function patternsOf(holder: Holder, names: Names): readonly Allowed[] {
  const key = JSON.stringify([holder, names.connection, names.org]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const allowed = statementsFor(holder, names).map(({ action, keys }) => ({
    action,
    patterns: keys.map(patternOf),
  }));
  known.set(key, allowed);
  return allowed;
}

/** IAM's StringLike with stars only. */
function patternOf(pattern: string): RegExp {
  const escaped = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`, 's');
}

// The inputs are read by name of the command: `instanceof` would tie this to one copy of the SDK.
interface Input {
  readonly Key?: { readonly pk?: { readonly S?: string } };
  readonly Item?: Input['Key'];
  readonly IndexName?: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { readonly S?: string }>>;
  readonly RequestItems?: Readonly<Record<string, { readonly Keys?: readonly Input['Key'][] }>>;
  readonly TransactItems?: readonly TransactWriteItem[];
}

export function needsOf(command: Command): Need[] {
  // Every command's input has some of these fields; which, its name says.
  return needsOfInput(command.constructor.name.replace(/Command$/, ''), command.input as Input);
}

/** The same of an operation's name and its input, as both stand in a request. */
export function needsOfInput(action: string, input: Input): Need[] {
  const pkOf = (key: Input['Key']) => key?.pk?.S ?? '';
  switch (action) {
    case 'TransactWriteItems': {
      const members = (input.TransactItems ?? []).map(memberOf);
      return [...Map.groupBy(members, (member) => member.action)].map(([name, own]) => ({
        action: name,
        on: own.map(({ pk }) => pk),
      }));
    }
    case 'BatchGetItem':
      return Object.values(input.RequestItems ?? {}).map(({ Keys = [] }) => ({ action, on: Keys.map(pkOf) }));
    case 'Query':
      return [
        input.IndexName === undefined
          ? { action, on: [input.ExpressionAttributeValues?.[':pk']?.S ?? ''] }
          : { action, on: 'index' },
      ];
    case 'GetItem':
    case 'PutItem':
    case 'UpdateItem':
    case 'DeleteItem':
      return [{ action, on: [pkOf(input.Key ?? input.Item)] }];
    default:
      return [{ action, on: 'table' }];
  }
}

function memberOf({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): {
  action: string;
  pk: string;
} {
  const pk = (Put?.Item ?? Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key)?.['pk']?.S ?? '';
  if (Put !== undefined) return { action: 'PutItem', pk };
  if (Update !== undefined) return { action: 'UpdateItem', pk };
  return { action: Delete !== undefined ? 'DeleteItem' : 'ConditionCheckItem', pk };
}
