/**
 * The one way a function is made: runtime, architecture, memory, a log group of its own and a role of its own that may
 * write there and nowhere else. AWS's managed policy for this would let it write into every log group of the account.
 * What else the role may do is granted by whoever owns it, statement by statement.
 */

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  EventInvokeConfig,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { EventBridgeDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { Construct } from 'constructs';
import { keptLog } from './kept-log.ts';

export interface BridgeFunctionProps {
  readonly description: string;
  /** The folder that holds `index.mjs`. */
  readonly bundle: string;
  readonly timeoutMs: number;
  readonly memoryMiB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logDays: number;
  readonly key?: IKey | undefined;
}

export class BridgeFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: BridgeFunctionProps) {
    const role = new Role(scope, `${id}Role`, {
      description: `What the function ${id} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    const logGroup = keptLog(scope, `${id}Logs`, { days: props.logDays, key: props.key });
    logGroup.grantWrite(role);
    super(scope, id, {
      description: props.description,
      role,
      logGroup,
      // Always named: the default of the construct is an old runtime.
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle),
      handler: 'index.handler',
      timeout: Duration.millis(props.timeoutMs),
      memorySize: props.memoryMiB,
      // No --enable-source-maps: it reads the map at every start (17 of 105 ms). `npm run bundle -- --where` reads it later.
      environment: props.environment,
    });
    // No reserved concurrency: new accounts have none to give, and the lease is the guard (R29).
    this.applyRemovalPolicy(RemovalPolicy.DESTROY);
  }

  allow(actions: readonly string[], resources: readonly string[], conditions?: Conditions): void {
    this.addToRolePolicy(
      PolicyStatement.fromJson({
        Effect: 'Allow',
        Action: actions,
        Resource: resources,
        ...(conditions === undefined ? {} : { Condition: conditions }),
      }),
    );
  }

  /**
   * For a function that is only told to look: an event that fails is dropped, not repeated beside its successor, and it
   * goes nowhere. What it stood for stands in the table, and the next look finds it (design.md section 2, rule 2). What
   * it answers goes to the bus, if one is given.
   */
  dropsEvents({ answersTo }: { readonly answersTo?: IEventBus } = {}): void {
    new EventInvokeConfig(this, 'Events', {
      function: this,
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      ...(answersTo === undefined ? {} : { onSuccess: new EventBridgeDestination(answersTo) }),
    });
  }
}

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
