/** `npm run conformance`: reads the command line, runs the suite, prints the report. Nothing is judged here. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Result } from './check.ts';
import { sections } from './checks/all.ts';
import { help, type Options, parseOptions } from './options.ts';
import { printList, printReport, reportAsJson, totalsOf } from './report.ts';
import { type Report, runConformance } from './run.ts';
import { openTransport, patient } from './transport.ts';

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case 'help':
      console.log(help);
      return 0;
    case 'usage':
      console.error(`${parsed.message}. All options: npm run conformance -- --help`);
      return 2;
    case 'list':
      console.log(printList(matching(parsed.only)));
      return 0;
    case 'run':
      return run(parsed.options);
  }
}

function matching(only: RegExp | undefined) {
  return sections
    .map(({ title, checks }) => ({ title, checks: checks.filter(({ id }) => only?.test(id) ?? true) }))
    .filter(({ checks }) => checks.length > 0);
}

async function run(options: Options): Promise<number> {
  const transport = openTransport({ timeoutMs: options.timeoutMs });
  try {
    await transport.send({ method: 'GET', url: `${options.url}/ServiceProviderConfig`, headers: {} });
  } catch (error) {
    console.error(`Nobody answers at ${options.url}: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  const report = await judge(options, transport.send);
  transport.close();
  console.log(printReport(report));
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(reportAsJson(report, options.url), undefined, 2)}\n`);
  }
  return totalsOf(report.results).error > 0 ? 1 : 0;
}

function judge(options: Options, send: Parameters<typeof patient>[0]): Promise<Report> {
  return runConformance({
    send: patient(send, async (ms) => {
      await pause(ms);
    }),
    baseUrl: options.url,
    token: options.token,
    sections: matching(options.only),
    selects: () => true,
    prefix: `conf-${randomBytes(4).toString('hex')}`,
    domain: options.domain,
    concurrency: options.concurrency,
    now: () => performance.now(),
    ...(process.stderr.isTTY ? { onResult: showProgress } : {}),
  });
}

function showProgress({ check, grade }: Result): void {
  process.stderr.write(grade === 'pass' ? '.' : grade === 'skipped' ? '-' : `\n${grade}: ${check.id}\n`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  },
);
