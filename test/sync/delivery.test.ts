/**
 * The stream and the schedule only say "look" (design.md section 5, "Wake-up"): told twice, out of order, weeks late or not
 * at all, the drain decides from the table, and what the drain writes wakes nobody (F22, F25, F26, F29, F30; I09).
 */
import { GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { WorkHandler } from '../../lambdas/edge.ts';
import { createLog } from '../../lambdas/log.ts';
import { makeProvisionHandler } from '../../lambdas/provision.ts';
import { drain } from '../../lambdas/sync/drain.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { interceptSend } from '../directory/intercept.ts';
import { DAY, HOUR, MINUTE, type Stage, type StageOptions, scenario, X, Y } from './stage.ts';

/** The function as the stream and the schedule invoke it. */
function provision(stage: Stage): (event: unknown) => Promise<unknown> {
  const { now } = stage.clock;
  const handler: WorkHandler = makeProvisionHandler({
    run: (until) => drain(stage.drainDeps, stage.orgKey, { until }),
    now,
    log: createLog({ level: 'error', now, write: () => undefined }),
  });
  const context = lambdaContext({
    functionName: 'provision',
    requestId: 'r',
    remainingMs: () => 15 * MINUTE,
  });
  return (event) => handler(event, context);
}

/** What the stream says of the accounts as they are now. */
async function eventOf(stage: Stage): Promise<{ Records: object[] }> {
  const items = await stage.items();
  return {
    Records: items
      .filter(({ wake }) => wake !== undefined)
      .map((item) => ({
        eventName: 'MODIFY',
        dynamodb: { NewImage: marshall(item, { removeUndefinedValues: true }) },
      })),
  };
}

describe('wake-ups', () => {
  scenario(
    'told six times, twice at once, the drain sends what there is to do once (F25)',
    {},
    async (stage) => {
      const ids = [await stage.user('ada@example.com'), await stage.user('ben@example.com')];
      await stage.group('Chat', ids);
      const event = await eventOf(stage);
      expect(event.Records).toHaveLength(2);
      const invoke = provision(stage);
      await Promise.all([invoke(event), invoke(event)]);
      for (let again = 0; again < 4; again++) {
        stage.clock.advance(MINUTE);
        await invoke(event);
      }
      expect(stage.holders(X.name)).toEqual(['ada@example.com', 'ben@example.com']);
      expect(stage.actionCalls()).toHaveLength(1);
    },
  );

  scenario(
    'records that come late and in the wrong order decide nothing: the table does (F26)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const events: unknown[] = [];
      const note = async () => events.push(await eventOf(stage));
      const chat = await stage.group('Chat', [ada]);
      await note();
      await stage.quit(chat, ada);
      await note();
      const market = await stage.group('Market', [ada]);
      await note();
      await stage.join(chat, ada);
      await stage.quit(market, ada);
      await note();
      const invoke = provision(stage);
      for (const at of [2, 0, 3, 1]) await invoke(events[at]);
      expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([['ada@example.com'], []]);
      expect(stage.welcomes()).toEqual(['ada@example.com: Agent EU']);
    },
  );

  scenario(
    'records that never come, and a stream that forgot them, cost a minute: the schedule finds all (F14, F29)',
    {},
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      const chat = await stage.group('Chat', [ada]);
      const invoke = provision(stage);
      await invoke({ wake: 'schedule' });
      expect(stage.holders(X.name)).toEqual(['ada@example.com']);
      await stage.quit(chat, ada);
      await stage.join(chat, await stage.user('ben@example.com'));
      // Longer than a stream keeps anything.
      stage.clock.advance(3 * DAY);
      await invoke({ wake: 'schedule' });
      expect(stage.holders(X.name)).toEqual(['ben@example.com']);
    },
  );

  scenario('an event of three weeks ago, delivered once more, sends nothing (F30)', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    const chat = await stage.group('Chat', [ada]);
    const old = await eventOf(stage);
    const invoke = provision(stage);
    await invoke(old);
    await stage.quit(chat, ada);
    await invoke(await eventOf(stage));
    await stage.drain();
    expect(stage.holders(X.name)).toEqual([]);
    const calls = stage.actionCalls().length;
    stage.clock.advance(21 * DAY);
    await invoke(old);
    expect(stage.holders(X.name)).toEqual([]);
    expect(stage.actionCalls()).toHaveLength(calls);
  });
});

/** Counts items that a write left with a `wake`: each is one event that passes the filter of the stream. */
function counting(rings: { count: number }): StageOptions {
  return {
    wrap: (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        const answer = await send();
        for (const Key of keysWritten(command)) {
          const { Item } = await deps.client.send(new GetItemCommand({ TableName: deps.table, Key }));
          if (Item?.['wake'] !== undefined) rings.count += 1;
        }
        return answer;
      }),
    }),
  };
}

function keysWritten(command: object) {
  if (command instanceof UpdateItemCommand) return command.input.Key === undefined ? [] : [command.input.Key];
  if (!(command instanceof TransactWriteItemsCommand)) return [];
  return (command.input.TransactItems ?? []).flatMap(({ Update, Put }) => {
    if (Update?.Key !== undefined) return [Update.Key];
    const { pk, sk } = Put?.Item ?? {};
    return pk === undefined || sk === undefined ? [] : [{ pk, sk }];
  });
}

describe('what the drain writes (F22)', () => {
  const rings = { count: 0 };

  scenario('wakes nobody: create, grant, rename, update, revoke', counting(rings), async (stage) => {
    // The sweep of the mapping marks people too; it comes first.
    await stage.drain();
    const ada = await stage.user('ada@example.com');
    const chat = await stage.group('Chat', [ada]);
    expect(rings.count).toBeGreaterThan(0);
    const acts: [string, () => Promise<unknown>][] = [
      ['create and grant', async () => undefined],
      ['rename', () => stage.email(ada, 'ada.l@example.com')],
      ['names', () => stage.change(ada, { name: { givenName: 'Augusta', familyName: 'King' } })],
      ['revoke', () => stage.quit(chat, ada)],
    ];
    for (const [what, act] of acts) {
      await act();
      rings.count = 0;
      await stage.drain();
      expect([what, rings.count]).toEqual([what, 0]);
    }
    expect(stage.actionCalls()).toHaveLength(4);
  });

  scenario(
    'marks of a changed mapping ring once each; the run that they wake rings no more',
    counting(rings),
    async (stage) => {
      const ids = [await stage.user('ada@example.com'), await stage.user('ben@example.com')];
      await stage.group('Chat', ids);
      await stage.drain();
      await stage.map([{ group: 'Chat', grants: [Y] }]);
      rings.count = 0;
      await stage.drain();
      expect(rings.count).toBe(2);
      rings.count = 0;
      stage.clock.advance(HOUR);
      await stage.drain();
      expect(rings.count).toBe(0);
      expect(stage.holders(Y.name)).toHaveLength(2);
    },
  );
});
