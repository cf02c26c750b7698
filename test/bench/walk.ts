/**
 * A walk from the first page to the last, and then its pages again: one of the first third and one of the last in turns, so that
 * whatever else the machine does meets both alike. A page that was walked once costs the same again: its place is known.
 */
import type { Answered } from '../size/stage.ts';
import { median } from './figures.ts';
import type { Place } from './growth.ts';

export type WalkStyle = 'startIndex' | 'cursor';

export interface Walked {
  readonly style: WalkStyle;
  readonly seen: number;
  readonly pages: number;
  readonly firstThirdMs: number;
  readonly lastThirdMs: number;
  readonly lastToFirst: number;
}

/** Pairs of pages that are asked again. */
const PAIRS = 60;

export async function walk(
  place: Place,
  style: WalkStyle,
  onProgress: (text: string) => void,
): Promise<Walked> {
  const queries: string[] = [];
  let seen = 0;
  for (
    let query: string | undefined = style === 'cursor' ? 'cursor=' : 'startIndex=1';
    query !== undefined;
  ) {
    queries.push(query);
    // A ListResponse holds resources.
    const { Resources, totalResults, nextCursor } = (await page(place, query)).json as {
      Resources?: unknown[];
      totalResults?: number;
      nextCursor?: string;
    };
    seen += Resources?.length ?? 0;
    onProgress(`walk by ${style}: ${seen} users`);
    if (style === 'cursor') query = nextCursor === undefined ? undefined : `cursor=${nextCursor}`;
    else query = seen < (totalResults ?? 0) ? `startIndex=${seen + 1}` : undefined;
  }
  const { firstThirdMs, lastThirdMs } = await compareThirds(place, queries);
  const lastToFirst = lastThirdMs / firstThirdMs;
  return { style, seen, pages: queries.length, firstThirdMs, lastThirdMs, lastToFirst };
}

async function compareThirds(place: Place, queries: readonly string[]) {
  // The first page needs no place to begin at, and the last is what is left over.
  const whole = queries.slice(1, -1);
  const third = Math.floor(whole.length / 3);
  const [first, last] = [whole.slice(0, third), whole.slice(-third)];
  const [firstMs, lastMs]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    const at = Math.floor((pair / PAIRS) * third);
    const both = [
      { query: first[at] ?? '', into: firstMs },
      { query: last[at] ?? '', into: lastMs },
    ];
    for (const { query, into } of pair % 2 === 0 ? both : both.reverse())
      into.push((await page(place, query)).ms);
  }
  return { firstThirdMs: median(firstMs), lastThirdMs: median(lastMs) };
}

async function page({ stage }: Place, query: string): Promise<Answered> {
  const answer = await stage.ask('GET', `/Users?attributes=userName&count=200&${query}`);
  if (answer.status !== 200) throw new Error(`walk: ${answer.status} ${JSON.stringify(answer.json)}`);
  return answer;
}
