import { describe, expect, test } from 'vitest';
import { createLog, type LogLevel } from '../../lambdas/log.ts';
import { metrics } from '../../lambdas/metrics.ts';

const at = Date.UTC(2026, 0, 2);
/** As CloudFormation makes it: long, and of all three kinds of characters, like a token. */
const table = 'AdobeScimBridge-DirectoryTable51F5EF0C-1QZ7XKD83ABCD';

function measured(level: LogLevel = 'info', measures: string | undefined = table) {
  const lines: string[] = [];
  const log = createLog({ level, now: () => at, write: (line) => lines.push(line), measures });
  return { log, entries: () => lines.map((line) => JSON.parse(line)), text: () => lines.join('\n') };
}

describe('a line that counts', () => {
  test('is a line of the log and carries its metric, under the table alone', () => {
    const { log, entries } = measured();
    log.info('request-failed', { kind: 'unknown', code: 'http.504', people: 3 });
    expect(entries()).toEqual([
      {
        time: '2026-01-02T00:00:00.000Z',
        level: 'info',
        message: 'request-failed',
        kind: 'unknown',
        code: 'http.504',
        people: 3,
        AnswersLost: 1,
        Table: table,
        _aws: {
          Timestamp: at,
          CloudWatchMetrics: [
            {
              Namespace: 'AdobeScimBridge',
              Dimensions: [['Table']],
              Metrics: [{ Name: 'AnswersLost', Unit: 'Count' }],
            },
          ],
        },
      },
    ]);
  });

  test('is written whatever the level: what is measured is measured', () => {
    const { log, entries } = measured('error');
    log.info('request-failed', { kind: 'unknown' });
    log.info('request-failed', { kind: 'refused', reason: 'rejected' });
    expect(entries()).toHaveLength(1);
  });

  test('of several figures leaves out zeros and names it does not know', () => {
    const { log, entries } = measured();
    log.info('figures', { figures: { Looks: 1, PeopleParked: 0, RevokeAge: 7, 'jane@example.com': 3 } });
    const [line] = entries();
    expect(line._aws.CloudWatchMetrics[0].Metrics).toEqual([
      { Name: 'Looks', Unit: 'Count' },
      { Name: 'RevokeAge', Unit: 'Seconds' },
    ]);
    expect(line).toMatchObject({ Looks: 1, RevokeAge: 7 });
  });

  test('masks its fields like any other line (T07)', () => {
    const { log, text } = measured();
    log.warn('a token is used from a new network', { network: '192.0.2.0/24', by: 'jane@example.com' });
    expect(text()).toContain('"UnusualNetworks":1');
    expect(text()).not.toContain('jane@example.com');
  });
});

describe('nothing is measured', () => {
  const silent: readonly { label: string; message: string; fields: Record<string, unknown> }[] = [
    { label: 'of an accepted request', message: 'scim', fields: { status: 200 } },
    { label: 'of a request without any credential', message: 'scim', fields: { status: 401 } },
    { label: 'of a message that nobody counts', message: 'toString', fields: {} },
  ];
  for (const { label, message, fields } of silent) {
    test(label, () => {
      const { log, entries } = measured();
      log.info(message, fields);
      expect(entries()[0]).not.toHaveProperty('_aws');
    });
  }

  test('where no table is named: the line stays as it is', () => {
    const lines: string[] = [];
    const log = createLog({ level: 'info', now: () => at, write: (line) => lines.push(line) });
    log.info('unknown-code', { code: 'error.new' });
    expect(lines.join()).not.toContain('_aws');
  });
});

test('names of metrics say what they are in one word, and none could hold a person', () => {
  for (const name of Object.keys(metrics)) expect(name).toMatch(/^[A-Z][A-Za-z]+$/);
});
