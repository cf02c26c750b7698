/**
 * Answers a query (RFC 7644 section 3.4.2, RFC 9865): which page of which matches, by index or by cursor, over one resource
 * type or all of them. Index paging is the default; a `cursor` parameter, also an empty one, asks for cursors.
 *
 *   no filter, no sort       index: the directory's own pages         cursor: a walk in id order
 *   filter with an index     everything found, then the page          the same
 *   other filter             a walk over everybody, or 400 tooMany    a walk that goes on in the next page
 *   sort                     everybody sorted, or 400 tooMany         the same, from a place in that order on
 */
import type { PageRequest } from '../directory/directory.ts';
import { type CursorParts, openCursor, type Place, sealCursor } from './cursor.ts';
import { badRequest } from './errors.ts';
import { listResponse, readCursorPage, readFilter, readPage } from './list.ts';
import { whatIndexesAnswer } from './lookup.ts';
import type { Answer, Call } from './request.ts';
import { checkSort, compareKeys, readSort, type Sort } from './sort.ts';
import type { Source } from './source.ts';
import type { Values } from './values.ts';
import {
  type Hit,
  hitsFrom,
  isIndexed,
  type LookUps,
  lookUpAll,
  openBudget,
  type Question,
  WALK_LIMITS,
} from './walk.ts';

/** A page that is decided, in order. */
interface Chosen {
  readonly hits: readonly Hit[];
  readonly totalResults?: number | undefined;
  readonly next?: Place | undefined;
  readonly previous?: Place | undefined;
}

/** @throws ScimError 400 invalidFilter, invalidPath, invalidValue, tooMany, invalidCursor, expiredCursor, invalidCount */
export async function answerQuery(call: Call, sources: readonly Source[]): Promise<Answer> {
  const question = readQuestion(call, sources);
  return call.query.has('cursor') ? answerByCursor(call, question) : answerByIndex(call, question);
}

function readQuestion({ query }: Call, sources: readonly Source[]): Question {
  const sort = readSort(query);
  for (const { kind } of sort === undefined ? [] : sources) if (sort !== undefined) checkSort(sort, kind);
  return { sources, filters: sources.map(({ kind }) => readFilter(kind, query)), sort };
}

async function answerByIndex(call: Call, question: Question): Promise<Answer> {
  const page = readPage(call.query);
  const isPlain = question.sort === undefined && question.filters.every((filter) => filter === undefined);
  const { hits, totalResults = 0 } = isPlain
    ? await listPages(question.sources, page)
    : await chooseByIndex(call, question, page);
  return { status: 200, body: listResponse(await showHits(question, hits), totalResults, page.startIndex) };
}

/** One type after the other, as if they were one list. */
async function listPages(sources: readonly Source[], { startIndex, count }: PageRequest): Promise<Chosen> {
  const hits: Hit[] = [];
  let totalResults = 0;
  for (const [at, source] of sources.entries()) {
    const wanted = count - hits.length;
    const { ids, total } = await source.list({
      startIndex: Math.max(1, startIndex - totalResults),
      count: wanted,
    });
    hits.push(...ids.map((id) => ({ source: at, id })));
    totalResults += total;
  }
  return { hits, totalResults };
}

async function chooseByIndex(call: Call, question: Question, page: PageRequest): Promise<Chosen> {
  const from = page.startIndex - 1;
  const lookUps = await lookUpAll(question);
  if (question.sort !== undefined || isIndexed(question, lookUps)) {
    const all = await completeAnswer(call, question, lookUps);
    return { hits: all.slice(from, from + page.count), totalResults: all.length };
  }
  const budget = openBudget(call.realNow);
  const hits: Hit[] = [];
  let totalResults = 0;
  for await (const hit of hitsFrom(question, { place: { source: 0 }, lookUps }, budget)) {
    if (totalResults >= from && hits.length < page.count) hits.push(hit);
    totalResults += 1;
  }
  if (budget.stoppedAt !== undefined) throw tooMany(question);
  return { hits, totalResults };
}

/** Every match, in the order of the query. @throws ScimError 400 tooMany */
async function completeAnswer(call: Call, question: Question, lookUps: LookUps): Promise<readonly Hit[]> {
  const budget = openBudget(call.realNow);
  const hits: Hit[] = [];
  for await (const hit of hitsFrom(question, { place: { source: 0 }, lookUps }, budget)) hits.push(hit);
  if (budget.stoppedAt !== undefined) throw tooMany(question);
  return question.sort === undefined
    ? hits
    : hits.sort((left, right) => compareHits(left, right, question.sort));
}

/** The order of the query; equal ones by type and id, so that pages have one order. */
function compareHits(left: Hit, right: Hit, sort: Sort | undefined): number {
  const byKey = sort === undefined ? 0 : compareKeys(left.key, right.key, sort);
  if (byKey !== 0 || left.source !== right.source) return byKey || left.source - right.source;
  return left.id === right.id ? 0 : left.id < right.id ? -1 : 1;
}

/** Row 112. */
function tooMany({ sources, sort }: Question): Error {
  const what = sort === undefined ? 'This filter' : 'This order';
  const hint =
    sort === undefined
      ? `${sources.map(({ kind }) => whatIndexesAnswer(kind)).join(' ')} Or walk the answer with cursor instead of startIndex.`
      : 'Narrow it with a filter by userName, displayName, externalId or id, or leave sortBy out.';
  return badRequest(
    'tooMany',
    `${what} has to look at more than ${WALK_LIMITS.items} resources or for longer than ${WALK_LIMITS.ms / 1000} seconds. ${hint}`,
  );
}

async function answerByCursor(call: Call, question: Question): Promise<Answer> {
  const count = readCursorPage(call.query);
  const parts: CursorParts = { key: call.cursorKey, now: call.now(), context: contextOf(call, question) };
  const text = (call.query.get('cursor') ?? '').trim();
  const place = text === '' ? { source: 0 } : await openCursor(text, parts);
  const lookUps = await lookUpAll(question);
  const isComplete = question.sort !== undefined || isIndexed(question, lookUps) || count === 0;
  const { hits, totalResults, next, previous } = isComplete
    ? await chooseFromAll(call, question, { lookUps, place, count })
    : await walkPage(call, question, { lookUps, place, count });
  const resources = await showHits(question, hits);
  const links: Values = {};
  if (next !== undefined) links['nextCursor'] = await sealCursor(next, parts);
  if (previous !== undefined) links['previousCursor'] = await sealCursor(previous, parts);
  return { status: 200, body: { ...listResponse(resources, totalResults), ...links } };
}

/** What a cursor belongs to. The size of the page and what is shown of a resource may change on the way. */
function contextOf({ connection, query }: Call, { sources }: Question): string {
  const kinds = sources.map(({ kind }) => kind.name);
  return JSON.stringify([
    connection,
    kinds,
    query.get('filter'),
    query.get('sortby'),
    query.get('sortorder'),
  ]);
}

interface PageFrom {
  readonly lookUps: LookUps;
  readonly place: Place;
  readonly count: number;
}

/** A page of an answer that is held whole: from its place in the order on, whoever came, went or moved meanwhile. */
async function chooseFromAll(
  call: Call,
  question: Question,
  { lookUps, place, count }: PageFrom,
): Promise<Chosen> {
  const isPlain = question.sort === undefined && question.filters.every((filter) => filter === undefined);
  if (isPlain && count === 0) return listPages(question.sources, { startIndex: 1, count: 0 });
  const all = await completeAnswer(call, question, lookUps);
  if (count === 0) return { hits: [], totalResults: all.length };
  const edge = edgeOf(all, place, question.sort);
  const [start, end] = place.backward
    ? [Math.max(0, edge - count), edge]
    : [edge, Math.min(edge + count, all.length)];
  const next = placeOf(all[end - 1], false) ?? { source: 0 };
  const previous = placeOf(all[start], true) ?? { source: question.sources.length - 1, backward: true };
  return {
    hits: all.slice(start, end),
    totalResults: all.length,
    next: end < all.length ? next : undefined,
    previous: start > 0 ? previous : undefined,
  };
}

/** How many stand before the page that goes on at this place, or before its end where the page goes back. */
function edgeOf(all: readonly Hit[], place: Place, sort: Sort | undefined): number {
  const { source, after: id, key, backward } = place;
  if (id === undefined) return backward ? all.length : 0;
  const at = all.findIndex((hit) => {
    const order = compareHits(hit, { source, id, key }, sort);
    return backward ? order >= 0 : order > 0;
  });
  return at < 0 ? all.length : at;
}

/** A page of a walk in id order, in either direction; it may be short when the budget ends first (row 149). */
async function walkPage(
  call: Call,
  question: Question,
  { lookUps, place, count }: PageFrom,
): Promise<Chosen> {
  const budget = openBudget(call.realNow);
  const found: Hit[] = [];
  for await (const hit of hitsFrom(question, { place, wanted: count + 1, lookUps }, budget)) {
    found.push(hit);
    if (found.length > count) break;
  }
  const isMore = found.length > count;
  const hits = found.slice(0, count);
  const onward = isMore ? placeOf(hits.at(-1), place.backward) : budget.stoppedAt;
  const isStart = place.after === undefined && place.source === 0 && !place.backward;
  const total = await totalOf(question, { isWhole: isStart && onward === undefined, found: hits.length });
  if (!place.backward) {
    return {
      hits,
      totalResults: total,
      next: onward,
      previous: isStart ? undefined : placeOf(hits[0], true),
    };
  }
  // Walked backwards, the page after this one is where the walk came from.
  const next = placeOf(hits[0], false) ?? { source: 0, ...budget.stoppedAt, backward: false };
  return { hits: hits.reverse(), totalResults: total, next, previous: onward };
}

function placeOf(hit: Hit | undefined, backward: boolean | undefined): Place | undefined {
  return hit === undefined ? undefined : { source: hit.source, after: hit.id, key: hit.key, backward };
}

/** Row 157: left out where only a walk to the end could tell. */
async function totalOf(
  { sources, filters }: Question,
  { isWhole, found }: { readonly isWhole: boolean; readonly found: number },
): Promise<number | undefined> {
  if (isWhole) return found;
  if (filters.some((filter) => filter !== undefined)) return undefined;
  return (await listPages(sources, { startIndex: 1, count: 0 })).totalResults;
}

/** One read per type, in the order of the hits. */
async function showHits({ sources }: Question, hits: readonly Hit[]): Promise<readonly Values[]> {
  const shown = new Map<string, Values>();
  for (const [at, source] of sources.entries()) {
    const ids = hits.filter((hit) => hit.source === at).map(({ id }) => id);
    for (const resource of await source.shown(ids)) shown.set(String(resource['id']), resource);
  }
  return hits.map(({ id }) => shown.get(id)).filter((resource) => resource !== undefined);
}
