/**
 * One dashboard: what waits, how Adobe answers, what the identity provider gets, and what it runs on. Every metric of
 * `metrics.ts` is on it once, under its own sentence; what is not written while it is zero is drawn as zero.
 */
import { Stack } from 'aws-cdk-lib';
import {
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type MetricName, metrics } from '../lambdas/metrics.ts';
import { bridgeMetric, nativeMetric, type Watched } from './alarms.ts';

/** What stands is shown by its highest, what happens by its sum. */
type Shown = readonly [name: MetricName, of: 'stands' | 'happens'];

const stands = (...names: MetricName[]): Shown[] => names.map((name) => [name, 'stands']);
const happens = (...names: MetricName[]): Shown[] => names.map((name) => [name, 'happens']);

const graphs: readonly { readonly title: string; readonly shows: readonly Shown[] }[] = [
  {
    title: 'People',
    shows: stands('PeoplePending', 'PeopleParked', 'RemovalsHeld', 'Unlicensed', 'Drifted'),
  },
  { title: 'Seconds in the queue', shows: stands('RevokeAge', 'GrantAge') },
  {
    title: 'What a person has to mend',
    shows: stands(
      'FaultsOpen',
      'CredentialRefused',
      'RulesOrphaned',
      'ConnectionsStopped',
      'TokensEnding',
      'UndoneElsewhere',
    ),
  },
  {
    title: 'Calls to Adobe',
    shows: [
      ...happens('CallsThrottled', 'AnswersLost', 'UnknownCodes', 'ListingsFailed'),
      ...stands('CallsFailedInRow'),
    ],
  },
  {
    title: 'Seconds: until Adobe takes calls, since it was listed',
    shows: stands('BlockedFor', 'ListingAge'),
  },
  {
    title: 'Requests of the identity provider refused or put off',
    shows: happens('CredentialsRefused', 'UnusualNetworks', 'RequestsPutOff'),
  },
  {
    title: 'The bridge itself',
    shows: happens('Looks', 'AccountsFailed', 'SealsMissed', 'JournalBroken'),
  },
];

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id);
    const widgets = graphs.map(({ title, shows }) => {
      const left = shows.map(([name, of]) => zeroed(watched, name, of));
      return new GraphWidget({ title, left, width: 12 });
    });
    new CloudWatchDashboard(this, 'Board', {
      dashboardName: `${Stack.of(this).stackName}-bridge`,
      widgets: pairs([...widgets, ...nativeGraphs(watched)]),
    });
  }
}

function zeroed({ table }: Watched, name: MetricName, of: Shown[1]): IMetric {
  const statistic = of === 'stands' ? Stats.MAXIMUM : Stats.SUM;
  const id = `m${name}`;
  return new MathExpression({
    expression: `FILL(${id}, 0)`,
    usingMetrics: { [id]: bridgeMetric(table, name).with({ statistic }) },
    label: metrics[name].says,
  });
}

function nativeGraphs(watched: Watched): GraphWidget[] {
  const sum = (metric: Parameters<typeof nativeMetric>[1], label: string) =>
    nativeMetric(watched, metric).with({ statistic: Stats.SUM, label });
  return [
    new GraphWidget({
      title: 'Failures counted by AWS',
      width: 12,
      left: [
        sum({ of: 'api', name: '5xx' }, 'server errors to the identity provider'),
        sum({ of: 'scim', name: 'Errors' }, 'SCIM function failed'),
        sum({ of: 'scim', name: 'Throttles' }, 'SCIM function not run'),
        sum({ of: 'provision', name: 'Errors' }, 'provisioning failed'),
        sum({ of: 'reconcile', name: 'Errors' }, 'comparison failed'),
        sum({ of: 'table', name: 'ReadThrottleEvents' }, 'reads refused by the table'),
        sum({ of: 'table', name: 'WriteThrottleEvents' }, 'writes refused by the table'),
      ],
    }),
  ];
}

/** Two beside each other. */
function pairs(widgets: readonly GraphWidget[]): GraphWidget[][] {
  return Array.from({ length: Math.ceil(widgets.length / 2) }, (_, row) =>
    widgets.slice(2 * row, 2 * row + 2),
  );
}
