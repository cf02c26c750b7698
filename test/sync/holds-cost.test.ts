/**
 * What a crowd of leavers costs (V2, V3, V5, I10): each the same, however many they are. Counted at the SDK in what DynamoDB
 * is asked for and answers: calls, items read, actions written. A run of 50,000 is this, 50,000 times.
 */
import {
  BatchGetItemCommand,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Entitlement } from '../../lambdas/directory/records.ts';
import { interceptSend } from '../directory/intercept.ts';
import { HOUR, openStage, type Stage, X, Z } from './stage.ts';

// Numbers, not an engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

// Several looks of the drain, so that neither is mostly a last, short one.
const FEW = 150;
const MANY = 450;

interface Cost {
  calls: number;
  read: number;
  written: number;
}

/** A stage where `size` people hold what the group `Staff` gives, and what was asked for since it was last taken. */
async function staffed(size: number, gives: Entitlement) {
  let cost: Cost = { calls: 0, read: 0, written: 0 };
  const stage = await openStage({
    settings: { removalLimit: {} },
    rules: [{ group: 'Staff', grants: [gives] }],
    wrap: (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        const answer = await send();
        cost.calls += 1;
        cost.read += itemsIn(command, answer);
        if (command instanceof TransactWriteItemsCommand)
          cost.written += command.input.TransactItems?.length ?? 0;
        return answer;
      }),
    }),
  });
  const emails = Array.from({ length: size }, (_, at) => `p${String(at).padStart(5, '0')}@example.com`);
  for (const email of emails)
    stage.org.byHand({ action: 'addUser', email, firstname: 'Per', lastname: 'Son', country: 'US' });
  const ids: string[] = [];
  for (const email of emails) ids.push(await stage.user(email));
  const group = await stage.group('Staff', ids);
  await stage.settle();
  expect(stage.holders(gives.name)).toHaveLength(size);
  const taken = (): Cost => {
    const since = cost;
    cost = { calls: 0, read: 0, written: 0 };
    return since;
  };
  return { stage, ids, group, taken };
}

function itemsIn(command: object, answer: unknown): number {
  // The answers of these commands, as the SDK types them.
  const { Item, Items, Responses } = answer as {
    Item?: object;
    Items?: object[];
    Responses?: Record<string, object[]>;
  };
  if (command instanceof GetItemCommand) return Item === undefined ? 0 : 1;
  if (command instanceof QueryCommand) return Items?.length ?? 0;
  return command instanceof BatchGetItemCommand ? Object.values(Responses ?? {}).flat().length : 0;
}

type Staffed = Awaited<ReturnType<typeof staffed>>;

interface Way {
  readonly way: string;
  readonly gives: Entitlement;
  readonly leave: (staff: Staffed) => Promise<void>;
}

const ways: readonly Way[] = [
  {
    way: 'are unassigned at once',
    gives: Z,
    leave: async ({ stage, group }) => {
      const body = { displayName: 'Staff', members: [] };
      expect((await stage.scim('PUT', `/scim/v2/Groups/${group}`, body)).status).toBe(200);
    },
  },
  {
    // Their memberships stay, so whoever asks who still wants it has all of them to look at; and a profile goes in small
    // requests, so it is asked often.
    way: 'are deactivated one by one',
    gives: X,
    leave: async ({ stage, ids }) => {
      for (const id of ids) await stage.leave(id);
    },
  },
];

/** What it costs to hold them, and to take away what was approved. */
async function costOf(size: number, { gives, leave }: Way) {
  const staff = await staffed(size, gives);
  const { stage, taken } = staff;
  try {
    await leave(staff);
    taken();
    await stage.drain();
    const held = taken();
    expect(stage.holders(gives.name)).toHaveLength(size);
    expect(await pairsOf(stage)).toEqual([size]);
    const verdict = { kind: 'approved', upTo: size, expiresAt: stage.clock.now() + 24 * HOUR } as const;
    await stage.directory.decideHold(stage.orgKey, { id: 1, from: 'open', by: 'olga', verdict });
    taken();
    await stage.settle();
    const approved = taken();
    expect(stage.holders(gives.name)).toEqual([]);
    return { held, approved };
  } finally {
    await stage.close();
  }
}

const pairsOf = async (stage: Stage) =>
  (await stage.directory.listHolds(stage.orgKey, 10)).map(({ pairs }) => pairs);

describe.each(ways)('people who $way (F56)', (way) => {
  test('cost as much each when they are three times as many', async () => {
    const [few, many] = [await costOf(FEW, way), await costOf(MANY, way)];
    for (const step of ['held', 'approved'] as const) {
      for (const what of ['calls', 'read', 'written'] as const) {
        const [each, eachOfMany] = [few[step][what] / FEW, many[step][what] / MANY];
        console.log(`${way.way}, ${step}, ${what} for each: ${each.toFixed(2)}, ${eachOfMany.toFixed(2)}`);
        expect.soft(eachOfMany, `${step}: ${what} for each`).toBeLessThanOrEqual(1.1 * each);
      }
    }
  });
});
