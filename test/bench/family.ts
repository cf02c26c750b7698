/** A family of measurements, and what it reports: tables to read, figures held against bars, data for programs. */
import { type Bar, isWithin, shown, shownBar, table } from './figures.ts';

export interface Options {
  /** The sizes of the design (100,000 users); else sizes for a minute or two. */
  readonly full: boolean;
  readonly seed: number;
  /** What is under way, in a line that replaces the one before. */
  readonly onProgress: (text: string) => void;
}

export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly bar: Bar;
}

export interface Report {
  readonly tables: readonly {
    readonly title: string;
    readonly header: readonly string[];
    readonly rows: readonly (readonly string[])[];
  }[];
  readonly verdicts: readonly Verdict[];
  /** JSON, with units in its names. */
  readonly data: unknown;
}

export interface Family {
  readonly name: string;
  readonly about: string;
  readonly run: (options: Options) => Promise<Report>;
}

export function isKept({ value, bar }: Verdict): boolean {
  return isWithin(value, bar);
}

export function shownReport({ tables, verdicts }: Report): string {
  const judged = verdicts.map((verdict) => [
    verdict.what,
    shown(verdict.value),
    shownBar(verdict.bar),
    isKept(verdict) ? 'kept' : 'BROKEN',
  ]);
  return [
    ...tables.map(({ title, header, rows }) => `${title}\n${table(header, rows)}`),
    ...(judged.length === 0 ? [] : [table(['held against its bar', 'figure', 'bar', ''], judged)]),
  ].join('\n\n');
}
