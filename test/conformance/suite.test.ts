/** The suite as a program: its command line, its manners towards the server, its report, and that it cleans up. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check, type Section } from './check.ts';
import { fail, skip } from './expect.ts';
import { parse, read, readList } from './json.ts';
import { parseOptions } from './options.ts';
import { printReport, totalsOf } from './report.ts';
import { openServing, type Serving } from './serving.ts';
import { patient, type Received } from './transport.ts';

let serving: Serving;

beforeAll(async () => {
  serving = await openServing();
});

afterAll(async () => {
  await serving.close();
});

function section(level: 'must' | 'should', run: Parameters<typeof check>[2]): readonly Section[] {
  return [
    {
      title: 'Made up',
      checks: [check('made.up', { rule: 'is made up', rfc: 'P 1', rows: [1], level }, run)],
    },
  ];
}

async function total(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${serving.token}` };
  const { text } = await serving.send({ method: 'GET', url: `${serving.baseUrl}${path}`, headers });
  return read(parse(text), 'totalResults');
}

describe('the command line', () => {
  const good = ['--url', 'http://127.0.0.1:4300/scim/v2/', '--token', 'secret'];
  test.each([
    ['no url', ['--token', 't'], '--url is missing'],
    ['no token', ['--url', 'https://scim.example.com'], '--token is missing'],
    [
      'http to another machine',
      ['--url', 'http://scim.example.com', '--token', 't'],
      'only for this machine',
    ],
    ['another protocol', ['--url', 'ftp://scim.example.com', '--token', 't'], '--url is an address'],
    ['a query in the url', ['--url', 'https://scim.example.com/v2?x=y', '--token', 't'], 'has no query'],
    ['a pattern that is none', [...good, '--only', '('], '--only is a regular expression'],
    ['too many at a time', [...good, '--concurrency', '99'], '--concurrency is a number from 1 to 16'],
    ['an option that is none', [...good, '--fast'], "Unknown option '--fast'"],
  ])('with %s is refused with a sentence', (_label, argv, message) => {
    const parsed = parseOptions(argv, {});
    expect(parsed).toMatchObject({ kind: 'usage' });
    expect(read(parsed, 'message')).toContain(message);
  });

  test('takes the token from the environment, and drops a slash at the end of the URL', () => {
    const parsed = parseOptions(good.slice(0, 2), { SCIM_TOKEN: 'from the environment' });
    expect(parsed).toMatchObject({
      kind: 'run',
      options: { url: 'http://127.0.0.1:4300/scim/v2', token: 'from the environment', concurrency: 4 },
    });
  });
});

describe('the program', () => {
  const run = (argv: readonly string[]) =>
    new Promise<{ readonly code: number | null; readonly out: string }>((done) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'cli.ts'), ...argv]);
      let out = '';
      child.stdout.on('data', (chunk) => {
        out += String(chunk);
      });
      child.on('close', (code) => done({ code, out }));
    });

  test('exits with 0, prints the table and writes the report where no MUST is broken', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'conformance-'));
    const file = join(dir, 'report.json');
    const argv = [
      '--url',
      serving.baseUrl,
      '--token',
      serving.token,
      '--only',
      '^config\\.flags$',
      '--json',
      file,
    ];
    const { code, out } = await run(argv);
    const report = parse(readFileSync(file, 'utf8'));
    rmSync(dir, { recursive: true });
    expect(code).toBe(0);
    expect(out).toContain('config.flags');
    expect(out).toContain('RFC 7643 5; row 27');
    expect(out).toContain('1 pass, 0 deviations, 0 errors, 0 skipped');
    expect(out).not.toContain(serving.token);
    expect(read(report, 'totals')).toEqual({ pass: 1, deviation: 0, error: 0, skipped: 0 });
    expect(readList(report, 'checks')[0]).toMatchObject({ id: 'config.flags', grade: 'pass', rows: [27] });
  });

  test('exits with 1 on an error', async () => {
    const { code, out } = await run([
      '--url',
      serving.baseUrl,
      '--token',
      'wrong',
      '--only',
      '^config\\.flags$',
    ]);
    expect([code, out.includes('ERROR      config.flags')]).toEqual([1, true]);
  });

  test('exits with 2 where nobody answers', async () => {
    expect((await run(['--url', 'http://127.0.0.1:9', '--token', 't'])).code).toBe(2);
  });

  test('lists the checks without a server', async () => {
    const { code, out } = await run(['--list', '--only', '^delete\\.']);
    expect(code).toBe(0);
    expect(out).toContain('delete.twice  [must] a second DELETE is 404 (RFC 7644 3.6; row 225)');
    expect(out).not.toContain('create.status');
  });
});

describe('a run', () => {
  test('grades a failed MUST as error, a failed SHOULD as deviation, nothing to judge as skipped', async () => {
    const failing = async () => fail('it did not');
    const grades = [
      await serving.judge(() => true, { sections: section('must', failing) }),
      await serving.judge(() => true, { sections: section('should', failing) }),
      await serving.judge(() => true, { sections: section('must', async () => skip('no reason')) }),
    ].map(({ results }) => results[0]?.grade);
    expect(grades).toEqual(['error', 'deviation', 'skipped']);
  });

  test('grades a check that got no answer as error, whatever its level', async () => {
    const sections = section('should', async (t) => {
      await t.get('http://127.0.0.1:9/');
    });
    const { results } = await serving.judge(() => true, { sections });
    expect(results[0]).toMatchObject({ grade: 'error' });
    expect(results[0]?.reason).toMatch(/^could not be judged/);
  });

  test('deletes what it made, also after a failure and where the answer hid the id', async () => {
    const sections = section('must', async (t) => {
      await t.makeGroup({ members: [{ value: (await t.makeUser())['id'] }] });
      await t.post('/Users', t.draftUser());
      fail('on purpose');
    });
    let creates = 0;
    const report = await serving.judge(() => true, {
      sections,
      send: async (sent) => {
        const received = await serving.send(sent);
        if (sent.method === 'POST') creates += 1;
        return creates === 3 && sent.method === 'POST' ? { ...received, text: '' } : received;
      },
    });
    expect(report.results[0]?.reason).toBe('on purpose');
    expect(report.leftBehind).toEqual([]);
    expect([await total('/Users'), await total('/Groups')]).toEqual([0, 0]);
  });

  test('says what it could not delete', async () => {
    const report = await serving.judge(() => true, {
      sections: section('must', async (t) => {
        await t.makeUser();
      }),
      send: async (sent) =>
        sent.method === 'DELETE' ? { status: 500, headers: {}, text: '' } : serving.send(sent),
    });
    expect(report.leftBehind).toHaveLength(1);
    expect(printReport(report)).toContain('Could not be deleted:\n  /Users/');
    expect(totalsOf(report.results).pass).toBe(1);
  });

  test('waits out 429 for the seconds that the server names, and gives up in the end', async () => {
    const busy: Received = { status: 429, headers: { 'retry-after': '2' }, text: '' };
    const answers: Received[] = [busy, busy, { status: 200, headers: {}, text: '' }];
    const waits: number[] = [];
    const pause = async (ms: number) => {
      waits.push(ms);
    };
    const sent = { method: 'GET', url: 'http://127.0.0.1/', headers: {} };
    expect((await patient(async () => answers.shift() ?? busy, pause)(sent)).status).toBe(200);
    expect(waits).toEqual([2_000, 2_000]);
    expect((await patient(async () => busy, pause)(sent)).status).toBe(429);
    expect(waits.length).toBeLessThan(20);
  });
});
