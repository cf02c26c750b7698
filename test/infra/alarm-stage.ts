/**
 * A bridge that is watched: the real handlers of provisioning, comparison and SCIM on one clock, started as the
 * schedules start them, and every point that CloudWatch would have: from the lines that they wrote, and from what AWS
 * itself counts of them (a handler that throws is an error, an answer from 500 on a 5xx, a refused call of the table a
 * throttle).
 */
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { WorkHandler } from '../../lambdas/edge.ts';
import { createLog } from '../../lambdas/log.ts';
import { nightOf } from '../../lambdas/outcomes-telling.ts';
import { makeProvisionHandler } from '../../lambdas/provision.ts';
import { makeReconcileHandler } from '../../lambdas/reconcile.ts';
import { drainOf } from '../../lambdas/runtime.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { interceptSend } from '../directory/intercept.ts';
import { as } from '../rights.ts';
import { MINUTE, openStage, type Stage, type StageOptions } from '../sync/stage.ts';
import { type Point, pointsOf } from './alarm-evaluator.ts';

type Command = Parameters<DynamoDBClient['send']>[0];

export interface WatchedStage extends Stage {
  readonly points: Point[];
  /** What the table answers instead, or undefined to let the call pass. */
  failTable: (command: Command) => Error | undefined;
  /** One call of the schedule; what it throws is counted as AWS does. */
  provision(): Promise<void>;
  compare(): Promise<void>;
  /** So many minutes, each with its look. */
  minutes(count: number, stepMs?: number): Promise<void>;
}

export const FUNCTIONS = { scim: 'the-scim-function', provision: 'the-provision-function' } as const;
export const RECONCILE = 'the-reconcile-function';
export const API = 'the-api';

export async function openWatched(options: StageOptions = {}): Promise<WatchedStage> {
  const points: Point[] = [];
  const table = { fail: (_command: Command): Error | undefined => undefined };
  let waitedMs = 0;
  const stage = await openStage({
    ...options,
    wrap: (deps) => ({
      ...deps,
      realNow: () => waitedMs,
      pause: async (ms) => {
        waitedMs += ms;
      },
      client: interceptSend(deps.client, async (command, send) => {
        const error = table.fail(command);
        if (error === undefined) return send();
        if (error.name === 'ProvisionedThroughputExceededException')
          add('AWS/DynamoDB', throttleOf(command), { TableName: deps.table });
        throw error;
      }),
    }),
  });
  const { clock } = stage;
  const add = (namespace: string, name: string, dimensions: Record<string, string>): void => {
    points.push({ namespace, name, dimensions, at: clock.now(), value: 1 });
  };
  const log = createLog({
    level: 'info',
    now: clock.now,
    write: (line) => stage.lines.push(JSON.parse(line)),
    measures: stage.deps.table,
  });
  const parts = { ...stage.drainDeps, directory: stage.directory, log };
  const handlers = {
    [FUNCTIONS.provision]: makeProvisionHandler({ run: drainOf(parts, stage.orgKey), now: clock.now, log }),
    [RECONCILE]: makeReconcileHandler({ run: nightOf(parts, stage.orgKey), now: clock.now, log }),
  };
  const call = async (functionName: keyof typeof handlers): Promise<void> => {
    const holder = functionName === RECONCILE ? 'reconcile' : 'provision';
    await as(holder, () => invoke(handlers[functionName], functionName)).catch(() =>
      add('AWS/Lambda', 'Errors', { FunctionName: functionName }),
    );
  };
  const invoke = (handler: WorkHandler, functionName: string) => {
    const end = clock.now() + MINUTE;
    return handler({}, lambdaContext({ functionName, requestId: 'r', remainingMs: () => end - clock.now() }));
  };
  const watched: WatchedStage = {
    ...stage,
    points,
    failTable: () => undefined,
    scim: async (...request) => {
      const answer = await stage.scim(...request);
      if (answer.status >= 500) add('AWS/ApiGateway', '5xx', { ApiId: API });
      return answer;
    },
    provision: () => call(FUNCTIONS.provision),
    compare: () => call(RECONCILE),
    minutes: async (count, stepMs = MINUTE) => {
      for (let minute = 0; minute < count; minute++) {
        const next = clock.now() + stepMs;
        await call(FUNCTIONS.provision);
        clock.advance(Math.max(0, next - clock.now()));
      }
    },
  };
  table.fail = (command) => watched.failTable(command);
  return watched;
}

/** From the lines so far, and from AWS. */
export function allPoints(stage: WatchedStage): Point[] {
  return [...stage.points, ...stage.lines.flatMap(pointsOf)];
}

/** What CloudWatch calls a refused command of the table. */
export function throttleOf(command: Command): 'ReadThrottleEvents' | 'WriteThrottleEvents' {
  const reads = [GetItemCommand, QueryCommand, BatchGetItemCommand];
  return reads.some((kind) => command instanceof kind) ? 'ReadThrottleEvents' : 'WriteThrottleEvents';
}
