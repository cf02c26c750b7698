/** Queries that no index answers, over everybody: the true answer, or a clear refusal, within the time of a walk. */
import { WALK_LIMITS } from '../../lambdas/scim/walk.ts';
import type { Answered, Stage } from './stage.ts';

export interface Search {
  readonly label: string;
  readonly query: string;
  /** Of people by their number. */
  readonly matches: (n: number) => boolean;
}

export const searches = (groupSize: number): readonly Search[] => [
  { label: 'title eq "Buyer"', query: filtered('title eq "Buyer"'), matches: (n) => n % 4 === 3 },
  { label: 'userName co "999@"', query: filtered('userName co "999@"'), matches: (n) => n % 1_000 === 999 },
  {
    label: 'active eq true and meta.lastModified gt "2001-01-01T00:00:00Z"',
    query: filtered('active eq true and meta.lastModified gt "2001-01-01T00:00:00Z"'),
    matches: (n) => n % 5 !== 0,
  },
  {
    label: 'groups.display eq "Large"',
    query: filtered('groups.display eq "Large"'),
    matches: (n) => n < groupSize,
  },
  {
    label: 'active eq false and groups pr',
    query: filtered('active eq false and groups pr'),
    matches: (n) => n % 5 === 0 && n < groupSize,
  },
  { label: 'sortBy=name.familyName', query: 'sortBy=name.familyName', matches: () => true },
];

const filtered = (text: string) => `filter=${encodeURIComponent(text)}`;

export interface Found {
  readonly label: string;
  readonly status: number;
  readonly total: unknown;
  readonly expected: number;
  readonly detail: string;
  readonly cost: Answered['cost'];
  readonly ms: number;
}

export async function search(
  stage: Stage,
  { label, query, matches }: Search,
  people: number,
): Promise<Found> {
  const { status, json, cost, ms } = await stage.ask('GET', `/Users?${query}&count=10&attributes=userName`);
  const expected = Array.from({ length: people }, (_, n) => n).filter(matches).length;
  return {
    label,
    status,
    total: json['totalResults'],
    expected,
    detail: String(json['detail'] ?? ''),
    cost,
    ms,
  };
}

/** What is wrong with an answer: nothing, or a sentence. */
export function faultOf({ status, total, expected, detail, ms }: Found): string | undefined {
  // One more stretch may be on its way when the time is up.
  if (ms > WALK_LIMITS.ms + 6_000) return `took ${Math.round(ms)} ms`;
  if (status === 200) return total === expected ? undefined : `${total} instead of ${expected}`;
  return status === 400 && /cursor|filter by/.test(detail) ? undefined : `${status} ${detail}`;
}

/** The same by cursor: in as many parts as it takes, and complete. */
export async function searchInParts(
  stage: Stage,
  { query }: Search,
): Promise<{ found: number; pages: number; longestMs: number }> {
  let [found, pages, longestMs] = [0, 0, 0];
  for (let cursor: unknown = ''; cursor !== undefined; ) {
    const { status, json, ms } = await stage.ask(
      'GET',
      `/Users?${query}&count=200&attributes=userName&cursor=${cursor}`,
    );
    if (status !== 200) throw new Error(`${status} ${json['detail']}`);
    found += Number(json['itemsPerPage']);
    pages += 1;
    longestMs = Math.max(longestMs, ms);
    cursor = json['nextCursor'];
  }
  return { found, pages, longestMs };
}
