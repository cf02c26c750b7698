/**
 * Each alarm of the template fires: the real handlers meet what it is about, and the alarm's own numbers judge the lines
 * that they wrote. Before that it is silent, so an alarm that always fires fails here, too.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { alarmList } from '../../infra/alarm-list.ts';
import { metrics } from '../../lambdas/metrics.ts';
import { MINUTE } from '../sync/stage.ts';
import { byAws, drills, untilEndOf } from './alarm-drills.ts';
import { type AlarmProperties, alarmsIn, isAlarming } from './alarm-evaluator.ts';
import { API, allPoints, FUNCTIONS, openWatched, RECONCILE, type WatchedStage } from './alarm-stage.ts';
import { synthesise } from './synth.ts';

// About what is measured, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const TopicStatements = z.array(
  z.looseObject({
    Effect: z.string(),
    Action: z.unknown(),
    Principal: z.union([z.string(), z.object({ Service: z.string() }).transform(({ Service }) => Service)]),
    Resource: z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
    Condition: z.unknown().optional(),
  }),
);

const stackName = 'Test';
const made = synthesise({ alarmEmail: 'ops@example.com' });
const { template } = made;
afterAll(made.close);
const alarms = alarmsIn(template, stackName);

/** What the references of the template are called on the stage. */
function namesOf(stage: WatchedStage): ReadonlyMap<string, string> {
  const ids = (type: string) => Object.keys(template.findResources(type));
  const functions = ids('AWS::Lambda::Function').map((id): [string, string] => [
    id,
    id.startsWith('Scim') ? FUNCTIONS.scim : id.startsWith('Provision') ? FUNCTIONS.provision : RECONCILE,
  ]);
  return new Map([
    ...functions,
    ...ids('AWS::DynamoDB::GlobalTable').map((id): [string, string] => [id, stage.deps.table]),
    ...ids('AWS::ApiGatewayV2::Api').map((id): [string, string] => [id, API]),
  ]);
}

function firing(stage: WatchedStage): string[] {
  const names = namesOf(stage);
  const points = allPoints(stage);
  return [...alarms]
    .filter(([, alarm]) => isAlarming(alarm, points, { at: stage.clock.now(), names }))
    .map(([name]) => name);
}

async function quietHour(stage: WatchedStage): Promise<void> {
  await untilEndOf(stage, 60);
  await stage.minutes(20);
}

describe('each alarm fires by what the real handlers wrote', () => {
  for (const [name, { options, play, mend }] of Object.entries(drills)) {
    test(name, async () => {
      const stage = await openWatched(options);
      try {
        await quietHour(stage);
        expect(firing(stage), 'before').toEqual([]);
        await play(stage);
        expect(firing(stage), 'then').toContain(name);
        if (mend === undefined) return;
        await mend(stage);
        expect(firing(stage), 'when it is over').not.toContain(name);
      } finally {
        await stage.close();
      }
    });
  }

  test('and two by what AWS alone counts', async () => {
    const stage = await openWatched();
    await quietHour(stage);
    for (const { name, of, value } of Object.values(byAws)) {
      for (let ago = 1; ago <= 15; ago++) {
        const at = stage.clock.now() - ago * MINUTE;
        stage.points.push({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName: of }, at, value });
      }
    }
    expect(firing(stage).sort()).toEqual(Object.keys(byAws).sort());
    await stage.close();
  });

  test('none is left out', () => {
    expect([...Object.keys(drills), ...Object.keys(byAws)].sort()).toEqual([...alarms.keys()].sort());
    expect([...alarms.keys()].sort()).toEqual(Object.keys(alarmList).sort());
  });
});

describe('a minute of AWS is not always sixty seconds', () => {
  const figures = (stage: WatchedStage) => stage.lines.filter((line) => line['message'] === 'figures').length;
  const cases = [
    {
      says: 'a look that comes a second early measures all the same',
      stepMs: MINUTE - 1_000,
      looks: 20,
      measured: 20,
    },
    { says: 'looks that come close together measure once', stepMs: MINUTE / 3, looks: 12, measured: 4 },
  ];
  for (const { says, stepMs, looks, measured } of cases) {
    test(says, async () => {
      const stage = await openWatched();
      await stage.minutes(looks, stepMs);
      expect(figures(stage)).toBe(measured);
      await stage.close();
    });
  }

  for (const name of ['removals-held', 'credential-refused'] as const) {
    test(`${name} goes on although a minute brings no figure`, async () => {
      const { options, play } = drills[name] ?? {};
      const stage = await openWatched(options);
      await quietHour(stage);
      await play?.(stage);
      const states: boolean[] = [];
      for (let look = 0; look < 15; look++) {
        await stage.minutes(1, 2 * MINUTE);
        states.push(firing(stage).includes(name));
      }
      expect(states).toEqual(Array.from(states, () => true));
      await stage.close();
    });
  }
});

describe('what is told reaches its topic', () => {
  /** Who may publish to a topic, by its policy: AWS's default one holds no longer once there is a policy. */
  const publishers = (topic: string) =>
    Object.values(template.findResources('AWS::SNS::TopicPolicy'))
      .flatMap(({ Properties }) => TopicStatements.parse(Properties.PolicyDocument.Statement))
      .filter(
        ({ Effect, Action, Resource }) =>
          Effect === 'Allow' && Action === 'sns:Publish' && Resource === topic,
      )
      .map(({ Principal, Condition }) => ({ principal: Principal, condition: Condition }));

  test('the topic of the alarms lets the alarms of this stack publish, and nobody else', () => {
    const topics = new Set([...alarms.values()].flatMap((alarm) => alarm.AlarmActions.map(({ Ref }) => Ref)));
    expect(topics.size).toBe(1);
    for (const topic of topics)
      expect(publishers(topic)).toEqual([
        {
          principal: 'cloudwatch.amazonaws.com',
          condition: {
            StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
            ArnLike: {
              'aws:SourceArn': { 'Fn::Join': ['', expect.arrayContaining([`:alarm:${stackName}-*`])] },
            },
          },
        },
      ]);
    for (const { AlarmName } of alarms.values()) expect(AlarmName).toMatch(new RegExp(`^${stackName}-`));
  });

  test('the topic of the digest lets the event bus publish', () => {
    const targets = Object.values(template.findResources('AWS::Events::Rule')).flatMap(({ Properties }) =>
      Properties.Targets.map((target: { Arn: { Ref?: string } }) => target.Arn.Ref),
    );
    const topics = Object.keys(template.findResources('AWS::SNS::Topic')).filter((id) =>
      targets.includes(id),
    );
    expect(topics).toHaveLength(1);
    for (const topic of topics)
      expect(publishers(topic)).toMatchObject([{ principal: 'events.amazonaws.com' }]);
  });
});

describe('a person who is called finds what to do', () => {
  const runbook = readFileSync(resolve(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const sections = new Map(runbook.split(/^## /m).map((text) => [text.split('\n')[0] ?? '', text]));

  for (const [name, alarm] of alarms) {
    test(`${name} links a section of the runbook that has what it needs`, () => {
      const [, anchor = ''] = /docs\/runbook\.md#([a-z-]+)$/.exec(alarm.AlarmDescription) ?? [];
      expect(anchor).toBe(name);
      const section = sections.get(anchor) ?? '';
      for (const part of ['**Means**', '**Look**', '**Causes**', '**Over**']) expect(section).toContain(part);
      expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(1024);
    });
  }

  test('no section is about an alarm that does not exist', () => {
    const named = [...sections.keys()].filter((title) => /^[a-z]+(-[a-z]+)+$/.test(title));
    expect(named.sort()).toEqual([...alarms.keys()].sort());
  });
});

test('every metric of ours that is no alarm is on the dashboard for a reason', () => {
  const watched = new Set([...alarms.values()].map((alarm: AlarmProperties) => alarm.MetricName));
  const shown = Object.keys(metrics).filter((name) => !watched.has(name));
  expect(shown).toEqual(['PeoplePending', 'Drifted', 'ListingsFailed']);
});
