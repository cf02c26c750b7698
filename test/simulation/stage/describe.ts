/** Calls in words, for the trace. */
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';

interface Keyed {
  readonly Key?: Record<string, { S?: string | undefined }> | undefined;
  readonly Item?: Record<string, { S?: string | undefined }> | undefined;
}

/** Keys with the ids cut to their last digits: enough to follow one through a trace. */
function keyText({ Key, Item }: Keyed): string {
  const key = Key ?? Item;
  return shortened(`${key?.['pk']?.S ?? ''}|${key?.['sk']?.S ?? ''}`.replace(/\|-$/, ''));
}

const shortened = (text: string): string =>
  text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})/g, '~$1');

export function describeCommand(command: object): string {
  if (command instanceof GetItemCommand) return `get ${keyText(command.input as Keyed)}`;
  if (command instanceof PutItemCommand) return `put ${keyText(command.input as Keyed)}`;
  if (command instanceof DeleteItemCommand) return `delete ${keyText(command.input as Keyed)}`;
  if (command instanceof UpdateItemCommand) return `update ${keyText(command.input as Keyed)}`;
  if (command instanceof BatchGetItemCommand) {
    const keys = Object.values(command.input.RequestItems ?? {}).flatMap((one) => one.Keys ?? []);
    return `read ${keys.map((Key) => keyText({ Key } as Keyed)).join(' ')}`;
  }
  if (command instanceof QueryCommand) {
    const { IndexName, ExpressionAttributeValues: values } = command.input;
    const told = Object.values(values ?? {}).map((value) => value.S ?? '');
    return `query ${IndexName ?? ''} ${shortened(told.join(' '))}`;
  }
  if (command instanceof TransactWriteItemsCommand) {
    const actions = (command.input.TransactItems ?? []).flatMap((item) =>
      Object.entries(item).map(([kind, action]) => `${kind.toLowerCase()} ${keyText(action as Keyed)}`),
    );
    return `transact [${actions.filter((action) => !action.includes(' J#')).join(', ')}]`;
  }
  return command.constructor.name;
}
