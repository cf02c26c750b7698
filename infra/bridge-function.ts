/** The one way a function is made: runtime, architecture, memory, logs, a role of its own. */
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface BridgeFunctionProps {
  readonly description: string;
  /** The folder that holds `index.mjs`. */
  readonly bundle: string;
  readonly timeout: Duration;
  readonly memoryMiB: number;
  readonly environment: Readonly<Record<string, string>>;
  /** At most this many at once; absent = no limit of its own. */
  readonly reservedConcurrency?: number;
}

export class BridgeFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: BridgeFunctionProps) {
    super(scope, id, {
      description: props.description,
      // Always named: the default of the construct is an old runtime.
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle),
      handler: 'index.handler',
      timeout: props.timeout,
      memorySize: props.memoryMiB,
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps' },
      logGroup: new LogGroup(Stack.of(scope), `${id}Logs`, {
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
    });
  }
}
