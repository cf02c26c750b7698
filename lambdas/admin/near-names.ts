/** Which known names somebody may have meant: pure, for refusals of names that nobody knows. */
import { entitlementKey } from '../directory/keys.ts';

const MOST = 3;

/** Up to three names, the nearest first: a few letters off, or one contained in the other. */
export function nearNames(name: string, known: readonly string[]): string[] {
  const wanted = entitlementKey(name);
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((candidate) => ({ candidate, far: distance(wanted, entitlementKey(candidate)) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far || a.candidate.localeCompare(b.candidate))
    .slice(0, MOST)
    .map(({ candidate }) => candidate);
}

function distance(a: string, b: string): number {
  // A part of the name is near, however long the rest is.
  if (a.length >= 4 && b.length >= 4 && (a.includes(b) || b.includes(a))) return 1;
  return edits(a, b);
}

/** Levenshtein's distance, one row at a time. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const kept = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(kept, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
