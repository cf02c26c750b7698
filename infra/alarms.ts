/**
 * The alarms of `alarm-list.ts` as AWS resources, and the topic that carries them to a person. An alarm tells when it
 * begins and when it is over; its description ends with its section of the runbook.
 */
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { DIMENSION, type MetricName, NAMESPACE } from '../lambdas/metrics.ts';
import { type AlarmSpec, alarmList, type NativeMetric } from './alarm-list.ts';

export interface Watched {
  readonly table: ITable;
  readonly functions: Readonly<Record<'scim' | 'provision' | 'reconcile', IFunction>>;
  readonly api: IHttpApi;
}

export interface AlarmsProps extends Watched {
  /** Who is called, by mail; AWS asks the address for a confirmation. Absent: add a subscription to the topic later. */
  readonly address?: string | undefined;
}

export class Alarms extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    // Not encrypted with AWS's own key, under which CloudWatch may not publish; nothing personal is in an alarm.
    this.topic = new Topic(this, 'Topic', { displayName: 'Adobe SCIM bridge', enforceSSL: true });
    this.topic.addToResourcePolicy(this.#mayPublish());
    if (props.address !== undefined) this.topic.addSubscription(new EmailSubscription(props.address));
    const action = new SnsAction(this.topic);
    for (const [name, spec] of Object.entries(alarmList)) {
      const alarm = new Alarm(this, idOf(name), {
        alarmName: `${Stack.of(this).stackName}-${name}`,
        alarmDescription: `${spec.says} ${spec.because} What to do: docs/runbook.md#${name}`,
        metric: metricOf(props, spec),
        threshold: spec.threshold,
        evaluationPeriods: spec.periods,
        comparisonOperator:
          spec.below === true
            ? ComparisonOperator.LESS_THAN_THRESHOLD
            : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData:
          spec.silence === 'breaching' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  /** A policy of the topic's own takes the place of AWS's default one, which would have let alarms publish. */
  #mayPublish(): PolicyStatement {
    const { account, stackName } = Stack.of(this);
    const alarms = Stack.of(this).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: `${stackName}-*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return new PolicyStatement({
      sid: 'AlarmsMayPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [this.topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': alarms },
      },
    });
  }
}

function idOf(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function metricOf(watched: Watched, { metric, statistic, periodMinutes }: AlarmSpec): Metric {
  const shape = { statistic, period: Duration.minutes(periodMinutes) };
  return typeof metric === 'string'
    ? bridgeMetric(watched.table, metric).with(shape)
    : nativeMetric(watched, metric).with(shape);
}

/** One of our own metrics, of this table. */
export function bridgeMetric(table: ITable, metricName: MetricName): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    dimensionsMap: { [DIMENSION]: table.tableName },
  });
}

export function nativeMetric({ table, functions, api }: Watched, metric: NativeMetric): Metric {
  const metricName = metric.name;
  switch (metric.of) {
    case 'api':
      return new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: api.apiId },
      });
    case 'table':
      return new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: table.tableName },
      });
    default:
      return new Metric({
        namespace: 'AWS/Lambda',
        metricName,
        dimensionsMap: { FunctionName: functions[metric.of].functionName },
      });
  }
}
