/** Calls and capacity units as the database reports them, apart for reads, writes and entries of the index. */
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { interceptSend } from '../directory/intercept.ts';
import type { Derived } from './derived.ts';

interface Consumed {
  readonly CapacityUnits?: number;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}

export interface UnitMeter {
  wrap(client: DynamoDBClient): DynamoDBClient;
  /** Since the last time it was asked. */
  take(): Derived;
}

const READS = [GetItemCommand, BatchGetItemCommand, QueryCommand];

export function openUnitMeter(): UnitMeter {
  let sum = { calls: 0, read: 0, write: 0, index: 0 };
  return {
    wrap: (client) =>
      interceptSend(client, async (command, send) => {
        Object.assign(command.input, { ReturnConsumedCapacity: 'INDEXES' });
        // Every command that the directory sends answers with it.
        const answer = (await send()) as { readonly ConsumedCapacity?: Consumed | Consumed[] };
        const isRead = READS.some((kind) => command instanceof kind);
        sum.calls += 1;
        for (const one of [answer.ConsumedCapacity ?? []].flat()) {
          const { ofTable, ofIndexes } = unitsOf(one);
          sum[isRead ? 'read' : 'write'] += ofTable;
          sum[isRead ? 'read' : 'index'] += ofIndexes;
        }
        return answer;
      }),
    take: () => {
      const taken = sum;
      sum = { calls: 0, read: 0, write: 0, index: 0 };
      return taken;
    },
  };
}

function unitsOf({ CapacityUnits = 0, GlobalSecondaryIndexes = {} }: Consumed) {
  const ofIndexes = Object.values(GlobalSecondaryIndexes).reduce(
    (units, { CapacityUnits: each = 0 }) => units + each,
    0,
  );
  return { ofTable: CapacityUnits - ofIndexes, ofIndexes };
}
