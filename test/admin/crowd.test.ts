/**
 * What an operator's look at a crowd of held removals asks of DynamoDB (F56, I15): pages, not people one by one, and the
 * same for each person however many they are. Approving them is two calls.
 */
import { expect, test } from 'vitest';
import { interceptSend } from '../directory/intercept.ts';
import { openDesk } from './desk.ts';

const FEW = 200;
const MANY = 600;
const profile = 'Agent EU';

/** Calls and items read by each command, with so many people on one hold. */
async function costs(size: number) {
  const asked = { calls: 0, read: 0 };
  const desk = await openDesk({
    profiles: [{ name: profile, product: 'Dynamic Chat' }],
    settings: { removalLimit: {} },
    wrap: (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (_, send) => {
        const answer = await send();
        asked.calls += 1;
        asked.read += itemsIn(answer);
        return answer;
      }),
    }),
  });
  try {
    const ids: string[] = [];
    for (let at = 0; at < size; at++) ids.push(await desk.addUser(`p${at}@example.com`));
    const group = await desk.addGroup('Chat', ids);
    await desk.bridge.map([{ group: 'Chat', grants: [{ kind: 'profile', name: profile }] }]);
    await desk.bridge.drain();
    await desk.patchMembers(group, 'remove', ids);
    await desk.bridge.drain();
    expect(desk.bridge.holders(profile)).toHaveLength(size);
    const cost = async (command: string, args: object = {}) => {
      Object.assign(asked, { calls: 0, read: 0 });
      const { data } = await desk.run(command, args);
      return { data, ...asked };
    };
    return {
      show: await cost('holds.show', { id: 1 }),
      mode: await cost('mode', { mode: 'full' }),
      plan: await cost('plan'),
      list: await cost('holds.list'),
      approve: await cost('holds.approve', { id: 1, pairs: size }),
    };
  } finally {
    await desk.bridge.close();
  }
}

function itemsIn(answer: unknown): number {
  // The answers of the SDK's reads.
  const { Item, Items, Responses } = answer as {
    Item?: object;
    Items?: object[];
    Responses?: Record<string, object[]>;
  };
  return (Item === undefined ? 0 : 1) + (Items?.length ?? 0) + Object.values(Responses ?? {}).flat().length;
}

test('looking at a crowd on hold costs four pages for each hundred at the most, and approving it two calls (F56)', async () => {
  const [few, many] = [await costs(FEW), await costs(MANY)];
  expect(many.show.data).toMatchObject({ pairs: MANY, waiting: MANY });
  for (const command of ['show', 'mode', 'plan'] as const) {
    const calls = (many[command].calls - few[command].calls) / (MANY - FEW);
    console.log(`${command}: ${few[command].calls} calls for ${FEW}, ${many[command].calls} for ${MANY}`);
    expect(calls, `${command}: calls for each person`).toBeLessThanOrEqual(0.04);
    expect(many[command].read / MANY).toBeLessThanOrEqual((1.1 * few[command].read) / FEW);
  }
  expect(many.list.calls).toBe(few.list.calls);
  expect([few.approve.calls, many.approve.calls]).toEqual([2, 2]);
});
