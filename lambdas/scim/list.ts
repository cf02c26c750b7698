/**
 * What a list request asks for and what a ListResponse looks like (RFC 7644 section 3.4.2): the filter, the page, the
 * envelope. Sorting is not offered, so `sortBy` is ignored (row 146); the order is that of the ids, and stable (row 115).
 */
import type { PageRequest } from '../directory/directory.ts';
import type { ResourceKind } from './attributes.ts';
import { invalidValue } from './errors.ts';
import { type Filter, mapPaths, parseFilter } from './filter.ts';
import { fold } from './json.ts';
import { checkFilter } from './matches.ts';
import type { Query } from './request.ts';
import type { Values } from './values.ts';

const LIST_URN = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

export const DEFAULT_PAGE_SIZE = 100;
/** Announced as `filter.maxResults` (row 31). */
export const LARGEST_PAGE_SIZE = 200;

/** Rows 147, 148, 153. @throws ScimError 400 invalidValue for what is no whole number */
export function readPage(query: Query): PageRequest {
  const startIndex = readNumber(query, 'startIndex') ?? 1;
  const count = readNumber(query, 'count') ?? DEFAULT_PAGE_SIZE;
  return {
    startIndex: Math.max(1, startIndex),
    count: Math.min(Math.max(0, count), LARGEST_PAGE_SIZE),
  };
}

function readNumber(query: Query, name: string): number | undefined {
  const text = query.get(fold(name))?.trim();
  if (text === undefined || text === '') return undefined;
  if (!/^[+-]?[0-9]{1,400}$/.test(text)) throw invalidValue(`${name} must be a whole number, such as 1.`);
  const number = Number(text);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(number, Number.MAX_SAFE_INTEGER));
}

/**
 * The filter of a list request, understood and checked; undefined without one.
 * @throws ScimError 400 invalidFilter
 */
export function readFilter(kind: ResourceKind, query: Query): Filter | undefined {
  const text = query.get('filter');
  if (text === undefined) return undefined;
  const filter = mapPaths(parseFilter(text), filterSynonym);
  checkFilter(filter, kind);
  return filter;
}

/** Tolerance `emailSynonym`: a published Ping guide filters by `email.value` (F9). */
function filterSynonym(path: string): string {
  const folded = fold(path);
  if (folded === 'email') return 'emails';
  return folded === 'email.value' ? 'emails.value' : path;
}

/** One page of an answer that is already complete. */
export function pageOf<T>(all: readonly T[], { startIndex, count }: PageRequest): readonly T[] {
  return all.slice(startIndex - 1, startIndex - 1 + count);
}

/** Rows 108-110, 114, 151: an empty page is an empty list with the true total. */
export function listResponse(resources: readonly Values[], totalResults: number, startIndex: number): Values {
  return {
    schemas: [LIST_URN],
    totalResults,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
