/**
 * What a list request asks for and what a ListResponse looks like (RFC 7644 section 3.4.2): the filter, the page, the
 * envelope. Without `sortBy` the order is that of the ids, and stable (row 115).
 */
import type { PageRequest } from '../directory/directory.ts';
import type { ResourceKind } from './attributes.ts';
import { badRequest, invalidValue } from './errors.ts';
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

/** The size of a page with a cursor (row 157); `startIndex` means nothing there. @throws ScimError 400 invalidCount */
export function readCursorPage(query: Query): number {
  const text = (query.get('count') ?? '').trim();
  if (text !== '' && !isWholeNumber(text)) {
    throw badRequest('invalidCount', 'count must be a whole number, such as 100.');
  }
  return Math.min(Math.max(0, readNumber(query, 'count') ?? DEFAULT_PAGE_SIZE), LARGEST_PAGE_SIZE);
}

function isWholeNumber(text: string): boolean {
  return /^[+-]?[0-9]{1,400}$/.test(text);
}

function readNumber(query: Query, name: string): number | undefined {
  const text = query.get(fold(name))?.trim();
  if (text === undefined || text === '') return undefined;
  if (!isWholeNumber(text)) throw invalidValue(`${name} must be a whole number, such as 1.`);
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

/** Rows 108-110, 114, 151: an empty page is an empty list. Pages behind a cursor have no index, and not always a total. */
export function listResponse(
  resources: readonly Values[],
  totalResults: number | undefined,
  startIndex?: number,
): Values {
  return {
    schemas: [LIST_URN],
    ...(totalResults === undefined ? {} : { totalResults }),
    ...(startIndex === undefined ? {} : { startIndex }),
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
