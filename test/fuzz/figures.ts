/** What a run counts, and how it is told. */
import type { FuzzRequest } from './requests.ts';

export interface Costly {
  readonly cpuUs: number;
  readonly status: number;
  readonly request: FuzzRequest;
}

export interface Figures {
  requests: number;
  raw: number;
  readonly byStatus: Map<number, number>;
  crashes: number;
  failures: number;
  prototypes: number;
  otherFaults: number;
  storesCompared: number;
  /** Microseconds of CPU. */
  readonly fuzzed: number[];
  readonly plain: number[];
  /** The dearest requests, measured again; the cheapest of the repeats, because a collection of garbage is nobody's fault. */
  worst: readonly Costly[];
  /** Microseconds of CPU of a plain GET in the slice that the worst case comes from. */
  readonly seeds: number[];
}

export function openFigures(): Figures {
  return {
    requests: 0,
    raw: 0,
    byStatus: new Map(),
    crashes: 0,
    failures: 0,
    prototypes: 0,
    otherFaults: 0,
    storesCompared: 0,
    fuzzed: [],
    plain: [],
    worst: [],
    seeds: [],
  };
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The bar of the median, in plain GETs. */
export const MOST_MEDIAN_RATIO = 20;

export function violationsOf(figures: Figures): number {
  const { crashes, failures, prototypes, otherFaults } = figures;
  const isDear = figures.fuzzed.length > 0 && ratioOf(figures) > MOST_MEDIAN_RATIO;
  return crashes + failures + prototypes + otherFaults + Number(isDear);
}

export function ratioOf({ fuzzed, plain }: Figures): number {
  return medianOf(fuzzed) / Math.max(1, medianOf(plain));
}

export function tableOf(figures: Figures): string {
  const { requests, raw, byStatus, fuzzed, plain, worst, seeds } = figures;
  const statuses = [...byStatus]
    .sort(([left], [right]) => left - right)
    .map(([status, count]) => `${status}: ${count}`);
  const microseconds = (value: number) => `${Math.round(value)} us`;
  const rows: readonly (readonly [string, string])[] = [
    ['requests', String(requests)],
    ['of them with a body of raw bytes', String(raw)],
    ['by status', statuses.join(', ')],
    ['crashes', String(figures.crashes)],
    ['answers of 500', String(figures.failures)],
    ['prototype changes', String(figures.prototypes)],
    ['other faults of an answer, the log or the store', String(figures.otherFaults)],
    ['refusals after which the whole store was compared', String(figures.storesCompared)],
    ['median CPU of a fuzzed request', microseconds(medianOf(fuzzed))],
    ['median CPU of a plain GET in between', `${microseconds(medianOf(plain))} (${plain.length} of them)`],
    ['ratio', ratioOf(figures).toFixed(2)],
    ...worst
      .slice(0, 1)
      .map(
        (one) =>
          [
            'worst case',
            `${microseconds(one.cpuUs)}, ${(one.cpuUs / Math.max(1, medianOf(plain))).toFixed(0)} plain GETs, ${one.status}: ${shortened(one.request)}`,
          ] as const,
      ),
    [
      'seeds',
      seeds.length > 8
        ? `${seeds.slice(0, 4).join(' ')} ... ${seeds.at(-1)} (${seeds.length} slices)`
        : seeds.join(' '),
    ],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n');
}

/** A request for a line of a table; `printed` is the one that can be sent again. */
export function shortened(request: FuzzRequest): string {
  const body =
    request.text ??
    (request.base64 === undefined ? '' : Buffer.from(request.base64, 'base64').toString('latin1'));
  const cut = (text: string, length: number) =>
    text.length > length ? `${text.slice(0, length)}... (${text.length})` : text;
  const query = request.query === '' ? '' : `?${cut(request.query, 120)}`;
  return `${request.method} ${cut(request.path, 80)}${query} ${JSON.stringify(cut(body, 160))}`;
}

/** For `--replay`. */
export function printed(request: FuzzRequest): string {
  return JSON.stringify(request);
}
