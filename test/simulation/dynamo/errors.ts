/** DynamoDB's refusals, as the SDK throws them. */
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  IdempotentParameterMismatchException,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';

const metadata = { httpStatusCode: 400 } as const;

/** A request that DynamoDB would call wrong: a mistake of whoever sent it, and loud. */
export class ValidationException extends Error {
  readonly $metadata = metadata;
  constructor(message: string) {
    super(message);
    this.name = 'ValidationException';
  }
}

/** A request that DynamoDB may well take and the model does not know: the model has to learn it first. */
export class NotModelled extends Error {
  constructor(what: string) {
    super(`the DynamoDB model does not know ${what}: teach it in test/simulation/dynamo`);
    this.name = 'NotModelled';
  }
}

export const conditionFailed = (): Error =>
  new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: metadata });

export const throttled = (): Error =>
  new ProvisionedThroughputExceededException({
    message: 'The level of configured provisioned throughput for the table was exceeded.',
    $metadata: metadata,
  });

export const tokenMismatch = (): Error =>
  new IdempotentParameterMismatchException({
    message: 'The token was used with other parameters before.',
    $metadata: metadata,
  });

/** One code per action, in their order; `None` for those that were not the cause. */
export function cancelled(codes: readonly string[]): Error {
  const reasons: CancellationReason[] = codes.map((Code) => ({ Code }));
  return new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
    $metadata: metadata,
    CancellationReasons: reasons,
  });
}

/** The connection broke: whether the request took effect, the caller cannot know. */
export const lostAnswer = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
