/**
 * A planted bug: a change of the product's text that lives only here. It is laid over the file while the file is loaded,
 * so the product has no switch for it, and a run with a plant is a run of the product with exactly this mistake in it.
 */
import type { Profile } from '../profiles.ts';

export interface Change {
  /** Below `lambdas/`. */
  readonly file: string;
  /** Occurs exactly once. */
  readonly text: string;
  readonly becomes: string;
}

export interface Plant {
  readonly name: string;
  /** Rows of the fault table, invariants or rules that it breaks. */
  readonly rows: string;
  /** What the mistake is, as a sentence. */
  readonly says: string;
  readonly changes: readonly Change[];
  /** Where only other faults, or the nightly comparison, bring it to light. */
  readonly profile?: Profile;
  /** Why no run can find it, where that is understood: the net that catches it is part of the design. */
  readonly hidden?: string;
}

/** The text with the changes in it. @throws Error when a text to change is not there exactly once */
export function plantInto(source: string, file: string, changes: readonly Change[]): string {
  let planted = source;
  for (const change of changes) {
    if (change.file !== file) continue;
    const times = planted.split(change.text).length - 1;
    if (times !== 1) {
      throw new Error(
        `the text to plant into lambdas/${file} occurs ${times} times instead of once; the code moved on, so move the plant along: ${change.text}`,
      );
    }
    planted = planted.replace(change.text, () => change.becomes);
  }
  return planted;
}
