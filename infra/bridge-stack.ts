/**
 * Wires the bridge: the table, the four functions, the HTTP API in front of one of them, the stream and the schedules
 * behind two. Each function has its own role and may touch items of the table and the secrets it needs, nothing else.
 */
import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { variables } from '../lambdas/config.ts';
import { BridgeFunction } from './bridge-function.ts';
import type { FunctionName } from './bundle.ts';
import { DirectoryTable } from './directory-table.ts';
import { tableDefinition } from './table-definition.ts';

export interface BridgeStackProps extends StackProps {
  /** Folder of each function's bundle. */
  readonly bundles: Readonly<Record<FunctionName, string>>;
  /** Our short name of the Adobe org. */
  readonly orgKey: string;
  /** Name of the one connection whose mapping and tokens the operator's commands speak of. */
  readonly connection: string;
}

export class BridgeStack extends Stack {
  readonly #directory: DirectoryTable;
  readonly #pepper: Secret;
  readonly #credential: Secret;
  readonly #props: BridgeStackProps;

  constructor(scope: Construct, id: string, props: BridgeStackProps) {
    super(scope, id, props);
    this.#props = props;
    this.#directory = new DirectoryTable(this, 'Directory');
    this.#pepper = new Secret(this, 'TokenPepper', {
      description: 'Key of the hashes of bearer tokens. Losing it makes every token invalid.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#credential = new Secret(this, 'AdobeCredential', {
      description: 'Adobe OAuth server-to-server credential: { "orgId", "clientId", "clientSecret" }',
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#scim();
    this.#provision();
    this.#reconcile();
    this.#admin();
  }

  #scim(): void {
    const scim = this.#function('Scim', 'scim', {
      description: 'SCIM 2.0, called by the identity provider',
      // One second under the API's own limit, so that the caller gets our answer.
      timeout: Duration.seconds(29),
      memoryMiB: 1024,
      environment: { [variables.pepperSecret]: this.#pepper.secretArn },
    });
    this.#pepper.grantRead(scim);
    const api = new HttpApi(this, 'Api', {
      description: 'SCIM 2.0 bridge to the Adobe Admin Console',
      defaultIntegration: new HttpLambdaIntegration('ScimIntegration', scim),
    });
    new CfnOutput(this, 'ScimBaseUrl', {
      description: 'Give this address to the identity provider',
      value: `${api.apiEndpoint}/scim/v2`,
    });
  }

  #provision(): void {
    const provision = this.#function('Provision', 'provision', {
      description: 'Drains pending accounts to Adobe; woken by the stream and every minute',
      timeout: Duration.minutes(15),
      memoryMiB: 1024,
      environment: this.#adobeEnvironment(),
    });
    this.#credential.grantRead(provision);
    provision.addEventSource(
      new DynamoEventSource(this.#directory.table, {
        startingPosition: StartingPosition.LATEST,
        batchSize: 1_000,
        maxBatchingWindow: Duration.seconds(1),
        // A wake-up carries no data: an old or failed one is worth nothing, the schedule looks anyway.
        maxRecordAge: Duration.minutes(2),
        retryAttempts: 0,
        filters: [
          FilterCriteria.filter({
            dynamodb: { NewImage: { [tableDefinition.wakeAttribute]: { N: [{ exists: true }] } } },
          }),
        ],
      }),
    );
    this.#every('EveryMinute', Schedule.rate(Duration.minutes(1)), provision);
  }

  #reconcile(): void {
    const reconcile = this.#function('Reconcile', 'reconcile', {
      description: 'Compares with what Adobe shows, nightly',
      timeout: Duration.minutes(15),
      memoryMiB: 1024,
      environment: this.#adobeEnvironment(),
    });
    this.#credential.grantRead(reconcile);
    // Off :00 and :30, when everybody else calls Adobe. The first run of a night lists, those after it go on comparing,
    // and when the listing failed, one of them is past the two hours that Adobe asks for.
    this.#every('Nightly', Schedule.cron({ hour: '2-5', minute: '7/15' }), reconcile);
  }

  #admin(): void {
    const admin = this.#function('Admin', 'admin', {
      description: 'Operator commands; invoked with IAM only',
      timeout: Duration.minutes(5),
      memoryMiB: 1024,
      environment: {
        ...this.#adobeEnvironment(),
        [variables.connection]: this.#props.connection,
        [variables.pepperSecret]: this.#pepper.secretArn,
      },
    });
    this.#pepper.grantRead(admin);
    this.#credential.grantRead(admin);
    new CfnOutput(this, 'AdminFunction', { description: 'For the operator CLI', value: admin.functionName });
  }

  #adobeEnvironment(): Record<string, string> {
    return {
      [variables.orgKey]: this.#props.orgKey,
      [variables.adobeSecret]: this.#credential.secretArn,
    };
  }

  #function(
    id: string,
    name: FunctionName,
    props: Omit<ConstructorParameters<typeof BridgeFunction>[2], 'bundle'>,
  ): BridgeFunction {
    const made = new BridgeFunction(this, id, {
      ...props,
      bundle: this.#props.bundles[name],
      environment: { ...props.environment, [variables.table]: this.#directory.table.tableName },
    });
    this.#directory.grantItems(made);
    return made;
  }

  #every(id: string, schedule: Schedule, target: BridgeFunction): void {
    new Rule(this, id, {
      schedule,
      targets: [
        new LambdaTarget(target, {
          event: RuleTargetInput.fromObject({ wake: 'schedule' }),
          retryAttempts: 0,
        }),
      ],
    });
  }
}
