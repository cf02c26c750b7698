/**
 * The two functions that speak with Adobe and what wakes them: the stream and a minute's clock for the drain, the night
 * for the comparison. A wake-up carries no data, so a lost, doubled or failed one costs nothing: no queue, no failure
 * destination, no partial answers to the stream (design.md section 2, rule 2; F22, F28, F29).
 */
import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { BridgeFunction } from './bridge-function.ts';
import type { DirectoryTable } from './directory-table.ts';
import { tableDefinition } from './table-definition.ts';

export interface ProvisionerProps {
  readonly directory: DirectoryTable;
  readonly provision: BridgeFunction;
  readonly reconcile: BridgeFunction;
}

export class Provisioner extends Construct {
  constructor(scope: Construct, id: string, { directory, provision, reconcile }: ProvisionerProps) {
    super(scope, id);
    new EventSourceMapping(this, 'Wake', {
      target: provision,
      eventSourceArn: directory.grantStream(provision),
      startingPosition: StartingPosition.LATEST,
      batchSize: 1_000,
      maxBatchingWindow: Duration.seconds(1),
      // An old or failed wake-up is worth nothing: the schedule looks anyway.
      maxRecordAge: Duration.minutes(2),
      retryAttempts: 0,
      filters: [
        FilterCriteria.filter({
          dynamodb: { NewImage: { [tableDefinition.wakeAttribute]: { N: [{ exists: true }] } } },
        }),
      ],
    });
    this.#every('EveryMinute', Schedule.rate(Duration.minutes(1)), provision);
    // Off :00 and :30, when everybody else calls Adobe. The first run of a night lists, those after it go on comparing,
    // and when the listing failed, one of them is past the two hours that Adobe asks for.
    this.#every('Nightly', Schedule.cron({ hour: '2-5', minute: '7/15' }), reconcile);
    provision.dropsEvents();
    // What there is to tell people is in its answer (`telling.ts`).
    reconcile.dropsEvents({ answersTo: EventBus.fromEventBusName(this, 'Bus', 'default') });
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
