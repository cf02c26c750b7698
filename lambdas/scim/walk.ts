/**
 * The matches of a query, one by one in id order, type after type, in either direction. A filter that an index answers
 * costs its look-ups; any other is evaluated on every resource in turn, within a budget that ends before the request does.
 * When the budget is spent the walk stops and says where: a cursor goes on from there, everything else is refused.
 */
import type { Place } from './cursor.ts';
import type { Filter } from './filter.ts';
import { matches } from './matches.ts';
import { compareKeys, type Sort, type SortKey, sortKeyOf } from './sort.ts';
import type { Needs, Source } from './source.ts';

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
export type LookUps = readonly (readonly string[] | undefined)[];

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
  /** How many the caller wants, to read no more where every resource is a match. */
  readonly wanted?: number;
  readonly lookUps: LookUps;
}

/** Ends early, with `budget.stoppedAt` set, when the budget is spent. */
export async function* hitsFrom(question: Question, from: WalkFrom, budget: Budget): AsyncGenerator<Hit> {
  const { place } = from;
  const step = place.backward ? -1 : 1;
  for (let at = place.source; at >= 0 && at < question.sources.length; at += step) {
    const after = at === place.source ? place.after : undefined;
    yield* hitsOf(question, { ...from, place: { ...place, source: at, after } }, budget);
    if (budget.stoppedAt !== undefined) return;
  }
}

async function* hitsOf(question: Question, from: WalkFrom, budget: Budget): AsyncGenerator<Hit> {
  const { place, wanted, lookUps } = from;
  const source = question.sources[place.source];
  if (source === undefined) return;
  const candidates = lookUps[place.source];
  if (candidates !== undefined) {
    yield* judge(question, { source, at: place.source, ids: beyond(candidates, place) }, budget);
    return;
  }
  const filter = question.filters[place.source];
  const stretch = source.stretch({ filter, sortPath: question.sort?.path });
  const isEvery = filter === undefined && question.sort === undefined;
  const limit = isEvery ? Math.min(stretch, wanted ?? stretch) : stretch;
  let { after } = place;
  for (let isFirst = true; ; isFirst = false) {
    // The first stretch is always read, so that a cursor gets on.
    if (!isFirst && isSpent(budget)) {
      budget.stoppedAt = { source: place.source, after, backward: place.backward };
      return;
    }
    const { ids, next } = await source.slice({
      limit,
      ...(after === undefined ? {} : { after }),
      ...(place.backward ? { backward: true } : {}),
    });
    budget.items -= Math.max(1, ids.length);
    yield* judge(question, { source, at: place.source, ids }, budget);
    if (next === undefined) return;
    after = next;
  }
}

function beyond(ids: readonly string[], { after, backward }: Place): readonly string[] {
  if (backward) return ids.filter((id) => after === undefined || id < after).reverse();
  return after === undefined ? ids : ids.filter((id) => id > after);
}

interface Judged {
  readonly source: Source;
  readonly at: number;
  readonly ids: readonly string[];
}

async function* judge(question: Question, { source, at, ids }: Judged, budget: Budget): AsyncGenerator<Hit> {
  const filter = question.filters[at];
  const { sort } = question;
  if (filter === undefined && sort === undefined) {
    for (const id of ids) yield { source: at, id };
    return;
  }
  const needs: Needs = { filter, sortPath: sort?.path };
  const seen = await source.judged(ids, needs, (items) => {
    budget.items -= items;
  });
  for (const [index, id] of ids.entries()) {
    const resource = seen[index];
    if (resource === undefined || (filter !== undefined && !matches(filter, source.kind, resource))) {
      source.forget([id]);
    } else {
      const key = sort === undefined ? undefined : sortKeyOf(sort.path, source.kind, resource);
      yield { source: at, id, key };
    }
  }
}

/** In the order of the sort; equal ones by type and id, so that pages have one order. */
export function sortHits(hits: readonly Hit[], sort: Sort): readonly Hit[] {
  return [...hits].sort(
    (left, right) =>
      compareKeys(left.key, right.key, sort) || left.source - right.source || (left.id < right.id ? -1 : 1),
  );
}
