/** The profiles of threats-and-faults section 6: which faults may strike at all, and whether the nightly comparison runs. */
import { FAULT_KINDS, type FaultKind } from './stage/faults.ts';

export const PROFILES = ['strict', 'full', 'no-fault'] as const;
export type Profile = (typeof PROFILES)[number];

/** What only the nightly comparison can repair, or what no promise holds under. */
const NOT_STRICT: ReadonlySet<FaultKind> = new Set(['adobeLate', 'clockJump', 'handWork']);

export function faultsOf(profile: Profile): ReadonlySet<FaultKind> {
  switch (profile) {
    case 'no-fault':
      return new Set();
    case 'strict':
      return new Set(FAULT_KINDS.filter((kind) => !NOT_STRICT.has(kind)));
    case 'full':
      return new Set(FAULT_KINDS);
  }
}
