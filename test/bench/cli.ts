/**
 * `npm run bench -- [NAME] [--json FILE]`: measures speed and cost on the real handlers and the embedded database, one family
 * after the other, prints tables, and ends with 1 when a figure misses its bar. `docs/performance.md` explains the figures.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { families } from './families.ts';
import { type Family, isKept, type Options, type Report, shownReport } from './family.ts';

const help = `npm run bench -- [NAME] [--json FILE] [--full] [--seed N]

${families.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}

  NAME         one family; absent: all
  --full       the sizes of the design: 100,000 users and members, 10,000 new people, one hour
  --json FILE  writes the figures there, too
  --seed N     for whatever is drawn by lot (default 1)`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      full: { type: 'boolean' },
      seed: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const chosen = families.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (chosen.length === 0 || positionals.length > 1) throw new Error(`which family?\n\n${help}`);
  const options = { full: values.full === true, seed: Number(values.seed ?? 1), onProgress: progress };
  const reports = new Map<string, Report>();
  for (const family of chosen) reports.set(family.name, await runOne(family, options));
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(dataOf(reports, options), null, 2)}\n`);
  const broken = [...reports.values()].flatMap(({ verdicts }) => verdicts).filter((one) => !isKept(one));
  console.log(broken.length === 0 ? '\nEvery bar is kept.' : `\n${broken.length} bars are broken.`);
  return broken.length === 0 ? 0 : 1;
}

async function runOne(family: Family, options: Options): Promise<Report> {
  const began = performance.now();
  const report = await family.run(options);
  progress('');
  const seconds = Math.round((performance.now() - began) / 1_000);
  console.log(
    `\n## ${family.name}: ${family.about} (${seconds} s, load ${loadNow()})\n\n${shownReport(report)}`,
  );
  return report;
}

/** Whatever else the machine did meanwhile. */
const loadNow = (): string => loadavg()[0]?.toFixed(1) ?? '?';

let lastProgressAt = 0;

/** One line on a terminal; in a file a line every ten seconds. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`);
  } else if (text !== '' && performance.now() - lastProgressAt > 10_000) {
    lastProgressAt = performance.now();
    process.stderr.write(`${text}\n`);
  }
}

function dataOf(reports: ReadonlyMap<string, Report>, { full, seed }: Options) {
  const machine = { processors: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
  return {
    at: new Date().toISOString(),
    machine,
    full,
    seed,
    families: Object.fromEntries(
      [...reports].map(([name, { verdicts, data }]) => [
        name,
        { verdicts: verdicts.map((one) => ({ ...one, kept: isKept(one) })), data },
      ]),
    ),
  };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(
      error instanceof Error && error.message.startsWith('which family?') ? error.message : error,
    );
    process.exitCode = 2;
  },
);
