/**
 * The matches of a query, one by one in id order, type after type, in either direction. A filter that an index answers
 * costs its look-ups; any other is evaluated on every resource in turn, within a budget that ends before the request does.
 * When the budget is spent the walk stops and says where: a cursor goes on from there, everything else is refused.
 *
 * Where the time goes, and what is done about it: most of it is reading, so only what the filter names is read, and the
 * next stretch is on its way while one is judged; conditions that need further reads come after all others.
 */
import type { SliceRequest } from '../directory/directory.ts';
import type { Place } from './cursor.ts';
import type { Filter } from './filter.ts';
import { matches, pathsIn } from './matches.ts';
import { type Sort, type SortKey, sortKeyOf } from './sort.ts';
import type { Needs, Source, Stretch } from './source.ts';
import type { Values } from './values.ts';

export interface Hit {
  readonly source: number;
  readonly id: string;
  /** Present where the query sorts. */
  readonly key?: SortKey;
}

export interface Question {
  readonly sources: readonly Source[];
  /** One per source: the same text, understood by its schema. */
  readonly filters: readonly (Filter | undefined)[];
  readonly sort: Sort | undefined;
}

/** What one request may read to answer a query that no index answers: below the 29 seconds that a request has. */
export const WALK_LIMITS = { items: 100_000, ms: 12_000 } as const;
/** Counts down while a walk reads. */
export interface Budget {
  items: number;
  readonly endsAt: number;
  readonly realNow: () => number;
  /** Where the walk stopped for lack of budget. */
  stoppedAt: Place | undefined;
}

export function openBudget(realNow: () => number): Budget {
  return { items: WALK_LIMITS.items, endsAt: realNow() + WALK_LIMITS.ms, realNow, stoppedAt: undefined };
}

function isSpent({ items, endsAt, realNow }: Budget): boolean {
  return items <= 0 || realNow() >= endsAt;
}

/** Whether every type of the question is answered from indexes. */
export function isIndexed({ filters, sources }: Question, lookUps: LookUps): boolean {
  return sources.every((_source, at) => filters[at] !== undefined && lookUps[at] !== undefined);
}

/** Candidates by source, where an index has them. */
export type LookUps = readonly (Stretch | undefined)[];

export async function lookUpAll({ sources, filters }: Question): Promise<LookUps> {
  return Promise.all(
    sources.map((source, at) => {
      const filter = filters[at];
      return filter === undefined ? undefined : source.lookUp(filter);
    }),
  );
}

export interface WalkFrom {
  readonly place: Place;
  /** How many the caller wants before it stops; absent = every match. */
  readonly wanted?: number;
  readonly lookUps: LookUps;
}

/** Ends early, with `budget.stoppedAt` set, when the budget is spent. */
export async function* hitsFrom(question: Question, from: WalkFrom, budget: Budget): AsyncGenerator<Hit> {
  const { place } = from;
  const step = place.backward ? -1 : 1;
  for (let at = place.source; at >= 0 && at < question.sources.length; at += step) {
    const source = question.sources[at];
    if (source === undefined) return;
    const after = at === place.source ? place.after : undefined;
    const inside = {
      ...from,
      source,
      filter: question.filters[at],
      sortPath: question.sort?.path,
      place: { ...place, source: at, after },
    };
    const candidates = from.lookUps[at];
    if (candidates !== undefined) {
      yield* await judge(inside, { ...candidates, ids: beyond(candidates.ids, inside.place) }, budget);
    } else if (inside.filter === undefined && inside.sortPath === undefined) {
      yield* everyOf(inside, budget);
    } else {
      yield* matchesOf(inside, budget);
    }
    if (budget.stoppedAt !== undefined) return;
  }
}

/** A walk inside one type. */
interface Inside extends WalkFrom, Needs {
  readonly source: Source;
}

function beyond(ids: readonly string[], { after, backward }: Place): readonly string[] {
  if (backward) return ids.filter((id) => after === undefined || id < after).reverse();
  return after === undefined ? ids : ids.filter((id) => id > after);
}

function requestOf({ place }: Inside, after: string | undefined, limit: number): SliceRequest {
  return {
    limit,
    ...(after === undefined ? {} : { after }),
    ...(place.backward ? { backward: true } : {}),
  };
}

/** All of them, to be shown as they are read. */
async function* everyOf(inside: Inside, budget: Budget): AsyncGenerator<Hit> {
  const { source, place, wanted = Number.POSITIVE_INFINITY } = inside;
  const limit = Math.min(source.stretch(inside), wanted);
  for (let { after } = place; ; ) {
    const { ids, next } = await source.slice(requestOf(inside, after, limit));
    budget.items -= Math.max(1, ids.length);
    for (const id of ids) yield { source: place.source, id };
    if (next === undefined) return;
    if (isSpent(budget)) {
      budget.stoppedAt = { ...place, after: next };
      return;
    }
    after = next;
  }
}

async function* matchesOf(inside: Inside, budget: Budget): AsyncGenerator<Hit> {
  const { source, place, wanted } = inside;
  const limit = source.stretch(inside);
  const read = (after: string | undefined) => source.glimpse(requestOf(inside, after, limit), inside);
  // The first stretch is always read, so that a cursor gets on.
  for (let stretch = await read(place.after); ; ) {
    budget.items -= Math.max(1, stretch.ids.length);
    const { next } = stretch;
    const isLast = next === undefined || isSpent(budget);
    // A page may be full before the next stretch is wanted; who wants every match wants that, too.
    const [hits, ahead] = await Promise.all([
      judge(inside, stretch, budget),
      isLast || wanted !== undefined ? undefined : read(next),
    ]);
    yield* hits;
    if (next === undefined) return;
    if (isLast || isSpent(budget)) {
      budget.stoppedAt = { ...place, after: next };
      return;
    }
    stretch = ahead ?? (await read(next));
  }
}

/** Those of a stretch that match, in its order. */
async function judge(inside: Inside, stretch: Stretch, budget: Budget): Promise<readonly Hit[]> {
  const { source, place, sortPath } = inside;
  const cost = (items: number) => {
    budget.items -= items;
  };
  let { ids } = stretch;
  let seen: ReadonlyMap<string, Values> = new Map();
  for (const filter of cheapFirst(inside)) {
    seen = await stretch.judged(ids, { filter }, cost);
    ids = ids.filter((id) => matches(filter, source.kind, seen.get(id) ?? {}));
  }
  if (sortPath === undefined) return ids.map((id) => ({ source: place.source, id }));
  seen = await stretch.judged(ids, { sortPath }, cost);
  return ids.map((id) => ({
    source: place.source,
    id,
    key: sortKeyOf(sortPath, source.kind, seen.get(id) ?? {}),
  }));
}

/** The parts of a filter that all have to hold: those that the record answers, then those that need further reads. */
function cheapFirst({ filter, source }: Inside): readonly Filter[] {
  if (filter === undefined) return [];
  if (filter.kind !== 'and') return [filter];
  const isCostly = (part: Filter) => pathsIn(part).some(source.isCostly);
  const cheap = filter.of.filter((part) => !isCostly(part));
  const costly = filter.of.filter(isCostly);
  return [cheap, costly].filter((of) => of.length > 0).map((of) => ({ kind: 'and', of }));
}
