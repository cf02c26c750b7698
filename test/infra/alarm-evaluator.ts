/**
 * CloudWatch's part, small: takes the points out of lines in embedded metric format, and says what state an alarm of a
 * synthesized template is in at an instant. Everything it judges by comes from the template (metric, dimension,
 * statistic, period, periods, threshold, comparison, what silence means).
 */
import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';

export interface Point {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly value: number;
}

const Embedded = z.looseObject({
  _aws: z.object({
    Timestamp: z.number().int(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string().min(1),
        Dimensions: z.array(z.array(z.string()).max(30)).min(1),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.enum(['Count', 'Seconds']) })).max(100),
      }),
    ),
  }),
});

/** As the specification of the format reads a line; a line that names a value it does not have is an error here. */
export function pointsOf(line: Record<string, unknown>): Point[] {
  if (!('_aws' in line)) return [];
  const { _aws: about, ...fields } = Embedded.parse(line);
  return about.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, z.string().parse(fields[name])])),
        at: about.Timestamp,
        value: z.number().parse(fields[Name]),
      })),
    ),
  );
}

const AlarmProperties = z.looseObject({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.object({ Ref: z.string() }) })).length(1),
  Statistic: z.enum(['Sum', 'Maximum']),
  Period: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.never().optional(),
  Threshold: z.number(),
  ComparisonOperator: z.enum(['GreaterThanOrEqualToThreshold', 'LessThanThreshold']),
  TreatMissingData: z.enum(['breaching', 'notBreaching']),
  AlarmActions: z.array(z.object({ Ref: z.string() })).length(1),
});
export type AlarmProperties = z.infer<typeof AlarmProperties>;

/** By the last part of their names. */
export function alarmsIn(template: Template, stackName: string): Map<string, AlarmProperties> {
  const found = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  const all = found.map(({ Properties }) => AlarmProperties.parse(Properties));
  return new Map(all.map((alarm) => [alarm.AlarmName.slice(stackName.length + 1), alarm]));
}

/**
 * Whether the alarm is in the state ALARM at the instant, of which the last full periods are judged. `names` gives what
 * the references of the template stand for.
 */
export function isAlarming(
  alarm: AlarmProperties,
  points: readonly Point[],
  { at, names }: { readonly at: number; readonly names: ReadonlyMap<string, string> },
): boolean {
  const [dimension] = alarm.Dimensions;
  const value = names.get(dimension?.Value.Ref ?? '');
  const own = points.filter(
    (point) =>
      point.namespace === alarm.Namespace &&
      point.name === alarm.MetricName &&
      value !== undefined &&
      point.dimensions[dimension?.Name ?? ''] === value,
  );
  const periodMs = alarm.Period * 1000;
  const end = Math.floor(at / periodMs) * periodMs;
  return Array.from({ length: alarm.EvaluationPeriods }, (_, ago) => end - (ago + 1) * periodMs).every(
    (from) =>
      isBreaching(
        alarm,
        own.filter((point) => point.at >= from && point.at < from + periodMs),
      ),
  );
}

function isBreaching(alarm: AlarmProperties, points: readonly Point[]): boolean {
  if (points.length === 0) return alarm.TreatMissingData === 'breaching';
  const values = points.map(({ value }) => value);
  const value = alarm.Statistic === 'Sum' ? values.reduce((sum, one) => sum + one, 0) : Math.max(...values);
  return alarm.ComparisonOperator === 'LessThanThreshold'
    ? value < alarm.Threshold
    : value >= alarm.Threshold;
}
