/** The arithmetic of the report: medians, shares, growth, and how figures are shown. Pure. */

/** The middle value; of an even number the mean of the two in the middle. @throws RangeError without values */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** By linear interpolation between the two nearest ranks. @throws RangeError without values */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('no values, so no percentile of them');
  const sorted = [...values].sort((a, b) => a - b);
  const at = ((sorted.length - 1) * percent) / 100;
  const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return below + (above - below) * (at - Math.floor(at));
}

/** What one figure of a report is held to. */
export interface Bar {
  readonly most?: number;
  readonly least?: number;
}

export function isWithin(value: number, { most, least }: Bar): boolean {
  return (most === undefined || value <= most) && (least === undefined || value >= least);
}

/** Three digits are more than a measurement carries. */
export function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function shownBar({ most, least }: Bar): string {
  return [
    ...(most === undefined ? [] : [`at most ${shown(most)}`]),
    ...(least === undefined ? [] : [`at least ${shown(least)}`]),
  ].join(', ');
}

/** Columns as wide as their widest cell; the first to the left, figures to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

/** Prices of DynamoDB on demand, in dollars per million (us-east-1, since November 2024). */
export const PRICES = { readUnits: 0.125, writeUnits: 0.625 } as const;

export interface Units {
  readonly read: number;
  readonly write: number;
  readonly index: number;
}

/** Dollars for so many units: entries of an index are written like items. */
export function dollars({ read, write, index }: Units): number {
  return (read * PRICES.readUnits + (write + index) * PRICES.writeUnits) / 1_000_000;
}
