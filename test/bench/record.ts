/**
 * Bare calls: what the handler asked of DynamoDB for one person, written down and sent again for another, without the
 * handler. Both are in the same state, so that conditions hold and items have the same size; only ids, addresses and their
 * digests differ. Calls that were under way together are sent together.
 */
import { randomUUID } from 'node:crypto';
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { bytesOf, uuidOf } from '../../lambdas/directory/ids.ts';
import { interceptSend } from '../directory/intercept.ts';

type Command = Parameters<DynamoDBClient['send']>[0];

export interface Recorded {
  readonly command: Command;
  /** Began before the one before it was answered. */
  readonly isBeside: boolean;
}

export interface Recorder {
  wrap(client: DynamoDBClient): DynamoDBClient;
  /** Since the last time it was asked. */
  take(): readonly Recorded[];
}

export function openRecorder(): Recorder {
  let recorded: Recorded[] = [];
  let open = 0;
  return {
    wrap: (client) =>
      interceptSend(client, async (command, send) => {
        recorded.push({ command, isBeside: open > 0 });
        open += 1;
        try {
          return await send();
        } finally {
          open -= 1;
        }
      }),
    take: () => {
      const taken = recorded;
      recorded = [];
      return taken;
    },
  };
}

/** Texts of one subject, and what stands for them at another. Ids that were made meanwhile are added. */
export type Names = Map<string, string>;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The same commands about another subject, in groups that are sent together. */
export function retarget(recorded: readonly Recorded[], names: Names): Command[][] {
  const waves: Command[][] = [];
  for (const { command, isBeside } of recorded) {
    const again = repeated(command, names);
    const last = waves.at(-1);
    if (isBeside && last !== undefined) last.push(again);
    else waves.push([again]);
  }
  return waves;
}

export async function sendAll(client: DynamoDBClient, waves: readonly Command[][]): Promise<void> {
  for (const [first, ...beside] of waves) {
    if (first === undefined) continue;
    // Alone is the rule, and costs no list of promises.
    if (beside.length === 0) await client.send(first);
    else await Promise.all([first, ...beside].map((command) => client.send(command)));
  }
}

const KINDS = [
  GetItemCommand,
  BatchGetItemCommand,
  QueryCommand,
  PutItemCommand,
  UpdateItemCommand,
  TransactWriteItemsCommand,
];

const READS = [GetItemCommand, BatchGetItemCommand, QueryCommand];

function repeated(command: Command, names: Names): Command {
  const Again = KINDS.find((kind) => command instanceof kind);
  if (Again === undefined) throw new Error(`bare calls know no ${command.constructor.name}`);
  const token = command instanceof TransactWriteItemsCommand ? { ClientRequestToken: randomUUID() } : {};
  // The constructors of the SDK share no type that can be called; the input has the shape of the command it was copied from.
  const Command = Again as unknown as new (input: object) => Command;
  const makes = !READS.some((kind) => command instanceof kind);
  return new Command({ ...(renamed(command.input, { names, makes }) as object), ...token });
}

interface Renaming {
  readonly names: Names;
  /** It writes: an id that nobody named was made by the handler. What is read was there, and is there for both. */
  readonly makes: boolean;
}

function renamed(value: unknown, how: Renaming): unknown {
  if (typeof value === 'string') return renamedText(value, how);
  if (value instanceof Uint8Array) return bytesOf(renamedText(uuidOf(value), how));
  if (Array.isArray(value)) return value.map((part) => renamed(part, how));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, renamed(part, how)]));
}

function renamedText(text: string, { names, makes }: Renaming): string {
  let result = text.replaceAll(UUID, (id) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    // A page shows both: they change places.
    if (!makes) return [...names].find(([, to]) => to === id)?.[0] ?? id;
    const made = newLike(id);
    names.set(id, made);
    return made;
  });
  for (const [from, to] of names) {
    if (from.length !== 36 && result.includes(from)) result = result.replaceAll(from, to);
  }
  return result;
}

/** Of the same time and version, so that it sorts beside it. */
function newLike(id: string): string {
  return `${id.slice(0, 15)}${randomUUID().slice(15)}`;
}
