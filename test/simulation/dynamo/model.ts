/**
 * A DynamoDB in this process, behind the SDK client's `send`: synchronous, without a clock, randomness or I/O of its
 * own, so that a run of the simulation repeats byte for byte (I20). It passes the directory's contract suite, like the
 * embedded engine; what it does not know it refuses loudly.
 */
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { batchGet, getItem, writeOne } from './commands.ts';
import { NotModelled } from './errors.ts';
import { query, scan } from './query.ts';
import { createTable, type Table, type TableOptions } from './table.ts';
import { type Tokens, transactGet, transactWrite } from './transactions.ts';

/** One of the SDK's commands; told apart by its class. */
export type Command = object;

/** How much of a read is answered at once; absent = all of it. */
export interface Cuts {
  readonly pageItems?: number | undefined;
  readonly batchItems?: number | undefined;
}

export interface Model {
  readonly table: Table;
  /** Performs a command now. @throws what DynamoDB would answer with an error */
  perform(command: Command, cuts?: Cuts): unknown;
}

export function createModel(options: TableOptions, table: Table = createTable(options)): Model {
  const tokens: Tokens = new Map();
  return { table, perform: (command, cuts = {}) => perform(table, { command, cuts, tokens }) };
}

interface Request {
  readonly command: Command;
  readonly cuts: Cuts;
  readonly tokens: Tokens;
}

function perform(table: Table, { command, cuts, tokens }: Request): unknown {
  if (command instanceof GetItemCommand) return getItem(table, command.input);
  if (command instanceof QueryCommand) return query(table, command.input, cuts.pageItems);
  if (command instanceof TransactWriteItemsCommand) return transactWrite(table, tokens, command.input);
  if (command instanceof BatchGetItemCommand) return batchGet(table, command.input, cuts.batchItems);
  if (command instanceof UpdateItemCommand) return writeOne(table, 'update', command.input);
  if (command instanceof PutItemCommand) return writeOne(table, 'put', command.input);
  if (command instanceof DeleteItemCommand) return writeOne(table, 'delete', command.input);
  if (command instanceof TransactGetItemsCommand) return transactGet(table, command.input);
  if (command instanceof ScanCommand) return scan(table, command.input);
  if (command instanceof DescribeTableCommand) {
    return { Table: { TableName: command.input.TableName, TableId: table.options.id ?? 'the-only-one' } };
  }
  throw new NotModelled(command.constructor.name);
}

/** The model as a client, for whoever needs no faults in between. */
export function clientOf(model: Model): DynamoDBClient {
  const client: Pick<DynamoDBClient, 'destroy'> & { send: (command: Command) => Promise<unknown> } = {
    send: async (command) => model.perform(command),
    destroy: () => undefined,
  };
  // Of the SDK's client the directory uses `send` and nothing else.
  return client as unknown as DynamoDBClient;
}
