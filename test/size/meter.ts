/**
 * What DynamoDB is asked for, counted at the SDK's border: calls, items and capacity units as the database itself reports
 * them. Time depends on the machine and on who else uses it; these figures do not.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { interceptSend } from '../directory/intercept.ts';

export interface Cost {
  readonly calls: number;
  /** Read and write units together. */
  readonly units: number;
  /** Items that came back. */
  readonly items: number;
}

export interface Meter {
  readonly client: DynamoDBClient;
  /** Since the last time it was asked. */
  take(): Cost;
}

interface Consumed {
  readonly CapacityUnits?: number;
}
/** The parts of any answer that tell what it cost. */
interface Answer {
  readonly ConsumedCapacity?: Consumed | readonly Consumed[];
  readonly Items?: readonly unknown[];
  readonly Item?: unknown;
  readonly Responses?: Readonly<Record<string, readonly unknown[]>>;
}

export function openMeter(inner: DynamoDBClient): Meter {
  let [calls, units, items] = [0, 0, 0];
  const client = interceptSend(inner, async (command, send) => {
    // Every command of the directory takes this field; the union of all commands of the SDK does not.
    Object.assign(command.input, { ReturnConsumedCapacity: 'TOTAL' });
    // The interceptor sees answers of every command.
    const answer = (await send()) as Answer;
    calls += 1;
    units += unitsOf(answer);
    items += answer.Items?.length ?? (answer.Item === undefined ? 0 : 1);
    for (const batch of Object.values(answer.Responses ?? {})) items += batch.length;
    return answer;
  });
  return {
    client,
    take: () => {
      const taken = { calls, units, items };
      [calls, units, items] = [0, 0, 0];
      return taken;
    },
  };
}

function unitsOf({ ConsumedCapacity: consumed }: Answer): number {
  if (consumed === undefined) return 0;
  const parts = 'length' in consumed ? consumed : [consumed];
  return parts.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

export function meanOf(costs: readonly Cost[]): Cost {
  const mean = (of: (cost: Cost) => number) =>
    costs.reduce((sum, cost) => sum + of(cost), 0) / Math.max(1, costs.length);
  return {
    calls: mean(({ calls }) => calls),
    units: mean(({ units }) => units),
    items: mean(({ items }) => items),
  };
}
