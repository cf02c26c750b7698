/** A report as a table for people and as JSON for programs. Pure. */
import { fullSection, type Grade, type Result, type Section } from './check.ts';
import type { Report } from './run.ts';

const marks: Readonly<Record<Grade, string>> = {
  pass: 'pass',
  deviation: 'DEVIATION',
  error: 'ERROR',
  skipped: 'skipped',
};

export type Totals = Readonly<Record<Grade, number>>;

export function totalsOf(results: readonly Result[]): Totals {
  const totals = { pass: 0, deviation: 0, error: 0, skipped: 0 };
  for (const { grade } of results) totals[grade] += 1;
  return totals;
}

/** One line per check under the title of its section, then what was found, then the sums. */
export function printReport({ results, leftBehind, requests }: Report): string {
  const lines: string[] = [];
  const width = Math.max(0, ...results.map(({ check }) => check.id.length));
  let section = '';
  for (const result of results) {
    if (result.section !== section) {
      section = result.section;
      lines.push('', section, '-'.repeat(section.length));
    }
    lines.push(...printResult(result, width));
  }
  const { pass, deviation, error, skipped } = totalsOf(results);
  lines.push('', `${results.length} checks, ${requests} requests`);
  lines.push(`${pass} pass, ${deviation} deviations, ${error} errors, ${skipped} skipped`);
  if (leftBehind.length > 0)
    lines.push('', 'Could not be deleted:', ...leftBehind.map((path) => `  ${path}`));
  return `${lines.join('\n').trimStart()}\n`;
}

function printResult({ check, grade, reason }: Result, width: number): readonly string[] {
  const where = `${fullSection(check.rfc)}; ${rowsOf(check.rows)}`;
  const line = `${marks[grade].padEnd(10)} ${check.id.padEnd(width)}  ${check.rule} (${where})`;
  return reason === '' ? [line] : [line, `${' '.repeat(11)}${' '.repeat(width)}  > ${reason}`];
}

function rowsOf(rows: readonly number[]): string {
  return `${rows.length === 1 ? 'row' : 'rows'} ${rows.join(', ')}`;
}

/** The same as data; nothing in it is secret. */
export function reportAsJson(report: Report, baseUrl: string): unknown {
  return {
    url: baseUrl,
    totals: totalsOf(report.results),
    requests: report.requests,
    leftBehind: report.leftBehind,
    checks: report.results.map(({ check, section, grade, reason, ms }) => ({
      id: check.id,
      section,
      rule: check.rule,
      rfc: fullSection(check.rfc),
      rows: check.rows,
      level: check.level,
      grade,
      ...(reason === '' ? {} : { reason }),
      ms,
    })),
  };
}

/** What `--list` shows. */
export function printList(sections: readonly Section[]): string {
  const lines = sections.flatMap(({ title, checks }) => [
    '',
    title,
    ...checks.map(
      ({ id, rule, rfc, rows, level }) =>
        `  ${id}  [${level}] ${rule} (${fullSection(rfc)}; ${rowsOf(rows)})`,
    ),
  ]);
  return `${lines.join('\n').trimStart()}\n`;
}
