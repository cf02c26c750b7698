/** The table as a process reaches it: every call waits for its moment, and may fail, half or whole, on the way. */
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { cancelled, lostAnswer, throttled } from '../dynamo/errors.ts';
import type { Cuts } from '../dynamo/model.ts';
import { describeCommand } from './describe.ts';
import type { FaultKind } from './faults.ts';
import type { Process } from './process.ts';
import type { Settle } from './scheduler.ts';
import type { World } from './world.ts';

const ALWAYS: readonly FaultKind[] = ['kill', 'clockJump', 'storeThrottle', 'storeError', 'storeLost'];
const OF_WRITES: readonly FaultKind[] = [...ALWAYS, 'storeConflict'];
const OF_READS: readonly FaultKind[] = [...ALWAYS, 'storeShort'];

const LATENCY_MS = [2, 20] as const;
const SLOW_MS = [1_000, 100_000] as const;
const JUMP_MS = 300_000;

export interface StorePort {
  readonly world: World;
  readonly process: Process;
  /** The process is gone for good. */
  readonly kill: () => void;
}

export function storeClient(port: StorePort): DynamoDBClient {
  const client: Pick<DynamoDBClient, 'destroy'> & { send: (command: object) => Promise<unknown> } = {
    send: (command) => send(port, command),
    destroy: () => undefined,
  };
  // Of the SDK's client the directory uses `send` and nothing else.
  return client as unknown as DynamoDBClient;
}

function send(port: StorePort, command: object): Promise<unknown> {
  const { world, process } = port;
  const { task } = process;
  if (task === undefined) throw new Error(`process ${process.id} calls the table while it has nothing to do`);
  const { schedule, faults } = world;
  const ms = schedule.between(LATENCY_MS) + (faults.strikes('storeSlow') ? schedule.between(SLOW_MS) : 0);
  return world.scheduler.call(task, ms, (settle) => happen(port, command, settle));
}

async function happen(port: StorePort, command: object, settle: Settle<unknown>): Promise<void> {
  const { world, process } = port;
  const kind = world.faults.draw(kindsFor(command));
  world.trace(
    () => `${process.role} ${process.id} ${describeCommand(command)}${kind === undefined ? '' : ` !${kind}`}`,
  );
  switch (kind) {
    case 'kill':
      if (world.schedule.chance(0.5)) await perform(world, command).catch(() => undefined);
      port.kill();
      return;
    case 'clockJump':
      process.skewMs = world.schedule.between([-JUMP_MS, JUMP_MS]);
      break;
    case 'storeThrottle':
      settle.reject(throttled());
      return;
    case 'storeError':
      settle.reject(Object.assign(new Error('internal'), { $metadata: { httpStatusCode: 500 } }));
      return;
    case 'storeConflict':
      // A repeat of what has committed is answered with success, whoever holds the items now (F05).
      if (isRepeat(world, command)) break;
      settle.reject(conflict(world, command));
      return;
    case 'storeLost':
      await perform(world, command).catch(() => undefined);
      settle.reject(lostAnswer());
      return;
    default:
  }
  await perform(world, command, kind === 'storeShort' ? short(world) : {}).then(
    settle.resolve,
    settle.reject,
  );
}

function kindsFor(command: object): readonly FaultKind[] {
  if (command instanceof TransactWriteItemsCommand || command instanceof UpdateItemCommand) return OF_WRITES;
  return command instanceof QueryCommand || command instanceof BatchGetItemCommand ? OF_READS : ALWAYS;
}

async function perform(world: World, command: object, cuts: Cuts = {}): Promise<unknown> {
  const answer = await world.store.perform(command, cuts);
  if (command instanceof TransactWriteItemsCommand) world.committed.add(command);
  return answer;
}

const isRepeat = (world: World, command: object): boolean => world.committed.has(command);

function short({ schedule }: World): Cuts {
  const most = schedule.between([1, 7]);
  return { pageItems: most, batchItems: most };
}

function conflict({ schedule }: World, command: object): Error {
  if (!(command instanceof TransactWriteItemsCommand)) {
    return Object.assign(new Error('conflict'), { name: 'TransactionConflictException' });
  }
  const { TransactItems: items = [] } = command.input;
  const at = schedule.below(items.length);
  return cancelled(items.map((_, place) => (place === at ? 'TransactionConflict' : 'None')));
}
