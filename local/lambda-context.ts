/** The context that Lambda hands to a handler, made locally. */
import type { Context } from 'aws-lambda';

export interface ContextOptions {
  readonly functionName: string;
  readonly requestId: string;
  /** Milliseconds until the function would be stopped, by the clock that the handler uses. */
  readonly remainingMs: () => number;
}

export function lambdaContext({ functionName, requestId, remainingMs }: ContextOptions): Context {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    logGroupName: `/local/${functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: '1024',
    getRemainingTimeInMillis: () => Math.max(0, Math.round(remainingMs())),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
