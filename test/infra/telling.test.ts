/** What people are told, from the handler's answer to the mail that the template makes of it. */
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { MOST_LINES } from '../../infra/telling.ts';
import { createLog } from '../../lambdas/log.ts';
import { metrics } from '../../lambdas/metrics.ts';
import { composeDigest, type Outcome } from '../../lambdas/outcomes.ts';
import { nightOf } from '../../lambdas/outcomes-telling.ts';
import { as } from '../rights.ts';
import { DAY, type Stage, scenario, X } from '../sync/stage.ts';
import { synthesise } from './synth.ts';

// About what is said, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const made = synthesise({ alarmEmail: 'ops@example.com' });
afterAll(() => made.close());

const Transformer = z.object({
  InputPathsMap: z.record(z.string(), z.string()),
  InputTemplate: z.string(),
});

/**
 * The text that EventBridge makes of an answer, as it is mailed: each line of the template in its quotation marks, and
 * an empty pair for each line that the digest does not have.
 */
function mailOf(answer: unknown): string[] {
  const rules = Object.values(made.template.findResources('AWS::Events::Rule'));
  const daily = rules.find(({ Properties }) => Properties.Description?.includes('digest'));
  const { InputPathsMap, InputTemplate } = Transformer.parse(daily?.Properties.Targets[0].InputTransformer);
  const event = { detail: { responsePayload: answer } };
  const at = (path: string): string => {
    const found = path
      .replace('$.', '')
      .split('.')
      .reduce<unknown>((value, name) => Object(value)[name], event);
    return typeof found === 'string' ? found : '';
  };
  return InputTemplate.split('\n').map((line) =>
    line.replaceAll(/<([^>]+)>/g, (_all, name: string) => at(InputPathsMap[name] ?? '')),
  );
}

function openNight(stage: Stage) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', now: stage.clock.now, write: (line) => lines.push(line) });
  const night = nightOf({ ...stage.drainDeps, directory: stage.directory, log }, stage.orgKey);
  return {
    lines,
    night: async ({ sealed = true } = {}) => {
      if (sealed) await stage.directory.sealJournal(stage.orgKey);
      return as('reconcile', () => night(stage.clock.now() + 10 * 60_000));
    },
  };
}

describe('after the night', () => {
  scenario('whoever waits for somebody is told of, once a day, until it is over', {}, async (stage) => {
    const { night, lines } = openNight(stage);
    const id = await stage.user('cleo@elsewhere.test');
    await stage.group('Chat', [id]);
    await stage.drain();
    stage.clock.advance(DAY);
    const first = await night();
    expect(first.outcomes).toMatchObject([{ kind: 'parked', account: (await stage.account(id)).id }]);
    expect(mailOf(first).slice(0, 4)).toEqual([
      expect.stringMatching(/^"Adobe SCIM bridge, \S+: what waits for somebody\."$/),
      expect.stringMatching(/^"Parked, somebody has to put something right: 1 .*\."$/),
      expect.stringMatching(/^"Who and why: .*"$/),
      '""',
    ]);
    expect(mailOf(first)).toHaveLength(MOST_LINES);
    expect(JSON.stringify(first.outcomes) + JSON.stringify(first.digest)).not.toContain('@');
    expect(lines.some((line) => line.includes('"told"') && line.includes('Parked'))).toBe(true);
    expect(await night()).not.toHaveProperty('outcomes');
    stage.clock.advance(DAY);
    expect((await night()).outcomes).toEqual(first.outcomes);
    await stage.remove('Users', id);
    await stage.drain();
    stage.clock.advance(DAY);
    expect((await night()).outcomes).toEqual([]);
  });

  scenario('with nothing to say there is no mail but a sign of life a week', {}, async (stage) => {
    const { night } = openNight(stage);
    await stage.group('Chat', [await stage.user('ada@example.com')]);
    await stage.drain();
    await stage.directory.sealJournal(stage.orgKey);
    expect(stage.holders(X.name)).toHaveLength(1);
    const mails: string[][] = [];
    for (let day = 0; day < 15; day++) {
      stage.clock.advance(DAY);
      const answer = await night();
      if (answer.digest !== undefined) mails.push(mailOf(answer));
    }
    const rest = Array.from({ length: MOST_LINES - 1 }, () => '""');
    expect(mails).toEqual(
      Array.from({ length: 3 }, () => [expect.stringMatching(/^".*all is well.*"$/), ...rest]),
    );
  });

  scenario('a bridge that never got a list of Adobe never says that all is well', {}, async (stage) => {
    const { night } = openNight(stage);
    stage.hooks.before = async () => new Response(null, { status: 500 });
    const lines: (string | undefined)[] = [];
    for (let day = 0; day < 8; day++) {
      const { digest } = await night();
      lines.push(digest?.['line02']);
      stage.clock.advance(DAY);
      await stage.drainOnce();
    }
    expect(lines.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    for (const line of lines.slice(3)) expect(line).toMatch(/^Adobe was not listed completely for \d+ hours/);
    expect(lines[3]).toContain('72 hours');
  });

  scenario('a journal with findings is told of by mail, too', {}, async (stage) => {
    await stage.group('Chat', [await stage.user('ada@example.com')]);
    await stage.drain();
    stage.clock.advance(DAY);
    expect((await openNight(stage).night({ sealed: false })).digest?.['line02']).toMatch(
      /^Records of the journal changed, missing or slipped in: [1-9]/,
    );
  });
});

test('no digest has more lines than the mail', () => {
  const kinds = ['failed', 'held', 'parked', 'noLicence', 'late'] as const;
  const outcomes = kinds.map((kind): Outcome => ({ id: kind, kind, account: 'a', reason: 'r', since: '' }));
  const figures = Object.fromEntries(Object.keys(metrics).map((name) => [name, 1_000_000]));
  expect(composeDigest({ now: 0, outcomes, figures })).toHaveLength(MOST_LINES);
});

test('the rule takes answers of this function with a digest in them, and nothing else', () => {
  const rules = Object.values(made.template.findResources('AWS::Events::Rule'));
  const pattern = rules.find(({ Properties }) => Properties.Description?.includes('digest'))?.Properties
    .EventPattern;
  expect(pattern).toMatchObject({
    source: ['lambda'],
    'detail-type': ['Lambda Function Invocation Result - Success'],
    resources: [{ prefix: { 'Fn::GetAtt': [expect.stringMatching(/^Reconcile/), 'Arn'] } }],
    detail: { responsePayload: { digest: { line01: [{ exists: true }] } } },
  });
  const invoked = Object.values(made.template.findResources('AWS::Lambda::EventInvokeConfig'));
  expect(invoked.filter(({ Properties }) => 'DestinationConfig' in Properties)).toHaveLength(1);
});
