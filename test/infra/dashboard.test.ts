/** One dashboard, on which every metric of the bridge is found once. */
import { afterAll, expect, test } from 'vitest';
import * as z from 'zod';
import { metrics } from '../../lambdas/metrics.ts';
import { synthesise } from './synth.ts';

const made = synthesise({ alarmEmail: 'ops@example.com' });
afterAll(() => made.close());

const Body = z.object({
  widgets: z.array(z.object({ properties: z.object({ metrics: z.array(z.array(z.unknown())) }) })),
});
const Joined = z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) });

/** The text as CloudFormation makes it, each reference under one name. */
function bodyOf(joined: unknown): z.infer<typeof Body> {
  const parts = Joined.parse(joined)['Fn::Join'][1];
  return Body.parse(JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'ours')).join('')));
}

const boards = Object.values(made.template.findResources('AWS::CloudWatch::Dashboard'));
const drawn = boards.flatMap(({ Properties }) =>
  bodyOf(Properties.DashboardBody).widgets.flatMap(({ properties }) => properties.metrics),
);

test('there is one', () => {
  expect(boards).toHaveLength(1);
});

test('every metric of ours is drawn once, of this table only', () => {
  const own = drawn.filter(([namespace]) => namespace === 'AdobeScimBridge');
  expect(own.map(([, name]) => name).sort()).toEqual(Object.keys(metrics).sort());
  for (const [, name, dimension, value] of own)
    expect([name, dimension, value]).toEqual([name, 'Table', 'ours']);
});

test('and what is silent while it is zero is drawn as zero, under its sentence', () => {
  const filled = drawn.flatMap(
    ([one]) => z.object({ expression: z.string(), label: z.string() }).safeParse(one).data ?? [],
  );
  expect(filled.map(({ label }) => label).sort()).toEqual(
    Object.values(metrics)
      .map(({ says }) => says)
      .sort(),
  );
  for (const { expression } of filled) expect(expression).toMatch(/^FILL\(m[A-Za-z]+, 0\)$/);
});
