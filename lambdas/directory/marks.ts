/**
 * The hold marks of a ledger: on what we know somebody to hold, on what may have been granted (R26), and on what somebody
 * gave by hand that is to be reverted (R34). Pure.
 */
import type { EntitlementKey } from './records.ts';
import type { HoldMark } from './safety.ts';
import type { Ledger } from './work.ts';

/** The mark of the pair, wherever the ledger keeps it. */
export function markOf(ledger: Ledger, key: EntitlementKey): HoldMark | undefined {
  const { applied, unknown, drift } = ledger;
  const byHand = drift?.extra.includes(key) === true ? drift.holds?.[key] : undefined;
  return applied.entitlements[key]?.hold ?? unknown[key]?.hold ?? byHand;
}

/** Every entitlement of the ledger that can carry a mark. */
export function markable({ applied, unknown, drift }: Ledger): EntitlementKey[] {
  return [
    ...new Set([...Object.keys(applied.entitlements), ...Object.keys(unknown), ...(drift?.extra ?? [])]),
  ];
}

export function marksOf(ledger: Ledger): HoldMark[] {
  return markable(ledger).flatMap((key) => markOf(ledger, key) ?? []);
}

/** Puts or replaces marks of entitlements that the ledger knows; others are left out. */
export function withMarks(ledger: Ledger, marks: ReadonlyMap<EntitlementKey, HoldMark>): Ledger {
  const { applied, unknown, drift } = ledger;
  const marked = <T extends object>(entries: Readonly<Record<EntitlementKey, T>>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(entries).map(([key, entry]) => {
        const hold = marks.get(key);
        return [key, hold === undefined ? entry : { ...entry, hold }];
      }),
    );
  const byHand = [...marks].filter(([key]) => drift?.extra.includes(key) === true);
  return {
    ...ledger,
    applied: { ...applied, entitlements: marked(applied.entitlements) },
    unknown: marked(unknown),
    ...(drift === undefined || byHand.length === 0
      ? {}
      : { drift: { ...drift, holds: { ...drift.holds, ...Object.fromEntries(byHand) } } }),
  };
}

/** The first with the marks of the second: of entitlements that are wanted, and taken away all the same. */
export function keepMarks(ledger: Ledger, marked: Ledger): Ledger {
  const marks = markable(marked).flatMap((key) => {
    const mark = markOf(marked, key);
    return mark === undefined ? [] : [[key, mark] as const];
  });
  return marks.length === 0 ? ledger : withMarks(ledger, new Map(marks));
}
