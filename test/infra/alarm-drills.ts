/**
 * What each alarm is about, played on a watched bridge: faults at Adobe, in the table, by the identity provider and by
 * people. Nothing here writes a point by hand, except what AWS alone counts (`byAws`).
 */
import { DeleteItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { handler as scimInLambda } from '../../lambdas/scim.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { byHand } from '../sync/nights.ts';
import { DAY, HOUR, MINUTE, type StageOptions, X } from '../sync/stage.ts';
import { FUNCTIONS, throttleOf, type WatchedStage } from './alarm-stage.ts';

export interface Drill {
  readonly options?: StageOptions;
  /** Ends when the alarm must be there. */
  readonly play: (stage: WatchedStage) => Promise<void>;
  /** What a person does about it; afterwards the alarm is over. */
  readonly mend?: (stage: WatchedStage) => Promise<void>;
}

async function crew(stage: WatchedStage, size: number, domain = 'example.com'): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < size; at++) ids.push(await stage.user(`p${at}@${domain}`));
  return ids;
}

/** Periods of alarms begin at full ones: waits until one of so many minutes ends. */
export async function untilEndOf(stage: WatchedStage, minutes: number): Promise<void> {
  const ms = minutes * MINUTE;
  stage.clock.advance(ms - (stage.clock.now() % ms));
}

const throttle = (retryAfterSeconds: number, blocks = false) =>
  ({ kind: 'throttle', retryAfterSeconds, blocks, endpoint: 'action' }) as const;
const broken = (name: string) => Object.assign(new Error(name), { name });

export const drills: Readonly<Record<string, Drill>> = {
  'not-looking': {
    play: async (stage) => stage.clock.advance(15 * MINUTE),
    mend: (stage) => stage.minutes(10),
  },
  'revokes-late': {
    play: async (stage) => {
      const [id = ''] = await crew(stage, 1);
      await stage.group('Chat', [id]);
      await stage.minutes(2);
      stage.faults(throttle(3_000));
      await stage.leave(id);
      await stage.minutes(30);
    },
    mend: (stage) => stage.minutes(40),
  },
  'grants-late': {
    play: async (stage) => {
      stage.faults(throttle(5 * 3600));
      await stage.group('Chat', await crew(stage, 1));
      await stage.minutes(56, 5 * MINUTE);
    },
  },
  'removals-held': {
    options: { settings: { removalLimit: {} } },
    play: async (stage) => {
      const group = await stage.group('Chat', await crew(stage, 20));
      await stage.minutes(4);
      await stage.remove('Groups', group);
      await stage.minutes(8);
    },
    mend: async (stage) => {
      await stage.directory.decideHold(stage.orgKey, {
        id: 1,
        from: 'open',
        by: 'olga',
        verdict: { kind: 'rejected' },
      });
      await stage.minutes(10);
    },
  },
  'many-people-parked': {
    play: async (stage) => {
      await stage.group('Chat', await crew(stage, 25, 'elsewhere.test'));
      await stage.minutes(45);
    },
  },
  'refused-by-adobe': {
    play: async (stage) => {
      await stage.map([{ group: 'Chat', grants: [{ kind: 'profile', name: 'Nowhere' }] }]);
      await stage.group('Chat', await crew(stage, 1));
      await stage.minutes(20);
    },
    mend: async (stage) => {
      stage.org.byHand({ action: 'addProfile', name: 'Nowhere', product: 'Found again' });
      await stage.minutes(24 * 7, 10 * MINUTE);
    },
  },
  'credential-refused': {
    play: async (stage) => {
      await stage.group('Chat', await crew(stage, 1));
      stage.hooks.before = async ({ url }) =>
        url.includes('/ims/')
          ? Response.json({ error: 'invalid_client' }, { status: 400 })
          : new Response('', { status: 401 });
      await stage.minutes(8);
    },
    mend: async (stage) => {
      delete stage.hooks.before;
      await stage.minutes(15);
    },
  },
  'adobe-blocks': {
    play: async (stage) => {
      stage.faults(throttle(3_244, true));
      await stage.group('Chat', await crew(stage, 1));
      await stage.minutes(10);
    },
    mend: (stage) => stage.minutes(60),
  },
  'adobe-unreachable': {
    play: async (stage) => {
      await stage.group('Chat', await crew(stage, 1));
      stage.hooks.before = async ({ isAction }) => (isAction ? new Response('', { status: 502 }) : undefined);
      await stage.minutes(40);
    },
    mend: async (stage) => {
      delete stage.hooks.before;
      await stage.minutes(40);
    },
  },
  'tokens-ending': {
    play: async (stage) => {
      stage.clock.advance(340 * DAY);
      await stage.minutes(2);
      await untilEndOf(stage, 60);
    },
    mend: async (stage) => {
      for (const { id } of await stage.directory.listTokens(stage.connection))
        await stage.directory.revokeToken(stage.connection, id);
      await untilEndOf(stage, 60);
      await stage.minutes(61);
    },
  },
  'rule-orphaned': {
    play: async (stage) => {
      const group = await stage.group('Chat', await crew(stage, 1));
      await stage.minutes(2);
      await stage.remove('Groups', group);
      await stage.minutes(6);
    },
    mend: async (stage) => {
      await stage.map([]);
      await stage.minutes(10);
    },
  },
  'bridge-stopped': {
    play: async (stage) => {
      const pause = { at: stage.clock.now(), by: 'olga', reason: 'a change at Adobe' };
      await stage.directory.setPause({ kind: 'org' }, stage.orgKey, { pause, by: 'olga' });
      await stage.minutes(26, 30 * MINUTE);
    },
    mend: async (stage) => {
      await stage.directory.setPause({ kind: 'org' }, stage.orgKey, { pause: undefined, by: 'olga' });
      await stage.minutes(4, 30 * MINUTE);
    },
  },
  'adobe-not-listed': {
    play: async (stage) => {
      await stage.minutes(2);
      stage.clock.advance(2 * DAY);
      await stage.minutes(2);
      await untilEndOf(stage, 60);
    },
    mend: async (stage) => {
      await stage.compare();
      await stage.minutes(61);
    },
  },
  'no-licence': {
    play: async (stage) => {
      stage.org.byHand({ action: 'setQuota', group: X.name, quota: 1 });
      await stage.group('Chat', await crew(stage, 2));
      await stage.minutes(3);
      stage.clock.advance(DAY);
      await stage.compare();
      await stage.minutes(61);
    },
    mend: async (stage) => {
      stage.org.byHand({ action: 'setQuota', group: X.name, quota: 2 });
      stage.clock.advance(DAY);
      await stage.compare();
      await untilEndOf(stage, 60);
      await stage.minutes(61);
    },
  },
  'other-tool': {
    play: async (stage) => {
      await stage.group('Chat', await crew(stage, 6));
      await stage.minutes(3);
      stage.clock.advance(DAY);
      await stage.compare();
      for (let at = 0; at < 6; at++) byHand(stage, 'revoke', X.name, `p${at}@example.com`);
      stage.clock.advance(DAY);
      await stage.compare();
      await stage.minutes(61);
    },
  },
  'account-failed': {
    play: async (stage) => {
      const [id = ''] = await crew(stage, 1);
      await stage.minutes(2);
      const account = await stage.account(id);
      const intent = { id: 'later', at: 1, wantedRev: 1, mappingVersion: 1, absentBefore: false };
      await stage.deps.client.send(
        new UpdateItemCommand({
          TableName: stage.deps.table,
          Key: marshall({ pk: `${stage.orgKey}#A#${account.id}`, sk: '-' }),
          UpdateExpression: 'SET intent = :intent',
          ExpressionAttributeValues: marshall({ ':intent': { ...intent, actions: [{ kind: 'teleport' }] } }),
        }),
      );
      await stage.group('Chat', [id]);
      await stage.minutes(3);
      await untilEndOf(stage, 30);
    },
  },
  'answers-lost': {
    play: async (stage) => {
      await untilEndOf(stage, 60);
      let calls = 0;
      // Every second one: the circuit closes in between.
      stage.hooks.after = async ({ isAction }) => {
        calls += isAction ? 1 : 0;
        return isAction && calls % 2 === 1 ? new Response('', { status: 504 }) : undefined;
      };
      await stage.map([{ grants: [X] }]);
      for (let at = 0; at < 60; at++) {
        await stage.user(`lost${at}@example.com`);
        await stage.minutes(1);
      }
    },
  },
  'adobe-throttles': {
    play: async (stage) => {
      await untilEndOf(stage, 60);
      for (let quarter = 0; quarter < 8; quarter++) {
        stage.faults(throttle(60));
        await stage.group(`Staff ${quarter}`, [await stage.user(`q${quarter}@example.com`)]);
        await stage.map([{ grants: [X] }]);
        await stage.minutes(15);
      }
    },
    mend: (stage) => stage.minutes(61),
  },
  'unknown-code': {
    play: async (stage) => {
      stage.faults({ kind: 'command', index: 0, code: 'error.brand.new', endpoint: 'action' });
      await stage.group('Chat', await crew(stage, 1));
      await stage.minutes(3);
      await untilEndOf(stage, 60);
    },
  },
  'journal-not-sealed': {
    play: async (stage) => {
      stage.failTable = (command) =>
        command instanceof TransactWriteItemsCommand && JSON.stringify(command.input).includes('#SEAL"')
          ? broken('AccessDeniedException')
          : undefined;
      await untilEndOf(stage, 15);
      for (let minute = 0; minute < 15; minute++) {
        await stage.user(`m${minute}@example.com`);
        await stage.minutes(1);
      }
    },
    mend: async (stage) => {
      stage.failTable = () => undefined;
      await stage.minutes(15);
    },
  },
  'journal-broken': {
    play: async (stage) => {
      await crew(stage, 1);
      await stage.minutes(3);
      const record = (await stage.items()).find(({ fact }) => fact === 'userCreated');
      const { pk, sk } = record ?? {};
      await stage.deps.client.send(
        new DeleteItemCommand({ TableName: stage.deps.table, Key: marshall({ pk, sk }) }),
      );
      stage.clock.advance(22 * HOUR);
      await stage.compare();
      await untilEndOf(stage, 60);
    },
  },
  'credentials-refused': {
    play: async (stage) => {
      const wrong = { authorization: `Bearer scimb_${'0'.repeat(32)}_${'a'.repeat(43)}` };
      for (let at = 0; at < 5; at++) {
        expect((await stage.scim('GET', '/scim/v2/Users', undefined, wrong)).status).toBe(401);
        await stage.minutes(2);
      }
      await untilEndOf(stage, 60);
    },
    mend: (stage) => stage.minutes(61),
  },
  'unusual-network': {
    play: async (stage) => {
      const { secret } = await stage.directory.createToken(stage.connection, {
        label: 'elsewhere',
        networks: ['192.0.2.0/24'],
      });
      const headers = { authorization: `Bearer ${secret}` };
      expect((await stage.scim('GET', '/scim/v2/Users', undefined, headers)).status).toBe(401);
      await untilEndOf(stage, 5);
    },
    mend: (stage) => stage.minutes(6),
  },
  'requests-put-off': {
    play: async (stage) => {
      await untilEndOf(stage, 15);
      stage.failTable = (command) =>
        command instanceof TransactWriteItemsCommand ? broken('TransactionConflictException') : undefined;
      for (let at = 0; at < 200; at++) {
        const { status: answered } = await stage.scim('POST', '/scim/v2/Groups', { displayName: `G${at}` });
        expect(answered).toBe(429);
        stage.clock.advance(9_000);
      }
    },
    mend: (stage) => stage.minutes(30),
  },
  'scim-errors': {
    play: async (stage) => {
      await untilEndOf(stage, 15);
      for (let at = 0; at < 3; at++) {
        // The function as it is deployed, without its configuration.
        const context = lambdaContext({ functionName: 'scim', requestId: 'r', remainingMs: () => 1_000 });
        await expect(scimInLambda({} as Parameters<typeof scimInLambda>[0], context)).rejects.toThrow(
          'BRIDGE_',
        );
        addError(stage, FUNCTIONS.scim);
      }
      await untilEndOf(stage, 15);
    },
  },
  'provision-errors': {
    play: async (stage) => {
      await untilEndOf(stage, 15);
      stage.failTable = () => broken('AccessDeniedException');
      await stage.minutes(15);
    },
    mend: async (stage) => {
      stage.failTable = () => undefined;
      await stage.minutes(15);
    },
  },
  'reconcile-errors': {
    play: async (stage) => {
      await stage.minutes(2);
      await untilEndOf(stage, 60);
      stage.failTable = () => broken('AccessDeniedException');
      for (let at = 0; at < 4; at++) {
        await stage.compare();
        stage.clock.advance(15 * MINUTE);
      }
    },
  },
  'api-failing': {
    play: async (stage) => {
      stage.failTable = () => broken('AccessDeniedException');
      for (let at = 0; at < 5; at++) expect((await stage.scim('GET', '/scim/v2/Users')).status).toBe(500);
      await untilEndOf(stage, 5);
    },
    mend: async (stage) => stage.clock.advance(5 * MINUTE),
  },
  'table-reads-throttled': { play: (stage) => refuseTable(stage, 'ReadThrottleEvents') },
  'table-writes-throttled': { play: (stage) => refuseTable(stage, 'WriteThrottleEvents') },
};

/** What AWS alone counts, about what is not ours to cause: the points are written as AWS documents them. */
export const byAws: Readonly<
  Record<string, { readonly name: string; readonly of: string; readonly value: number }>
> = {
  'scim-throttled': { name: 'Throttles', of: FUNCTIONS.scim, value: 1 },
  'stream-behind': { name: 'IteratorAge', of: FUNCTIONS.provision, value: 20 * MINUTE },
};

function addError(stage: WatchedStage, functionName: string): void {
  const at = stage.clock.now();
  const dimensions = { FunctionName: functionName };
  stage.points.push({ namespace: 'AWS/Lambda', name: 'Errors', dimensions, at, value: 1 });
}

async function refuseTable(stage: WatchedStage, kind: ReturnType<typeof throttleOf>): Promise<void> {
  stage.failTable = (command) =>
    throttleOf(command) === kind ? broken('ProvisionedThroughputExceededException') : undefined;
  await untilEndOf(stage, 5);
  for (let minute = 0; minute < 15; minute++) {
    for (let at = 0; at < 5; at++)
      await stage.scim('POST', '/scim/v2/Groups', { displayName: `R${minute}-${at}` });
    stage.clock.advance(MINUTE);
  }
}
