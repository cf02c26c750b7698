/**
 * A query by POST to `/.search` (RFC 7644 section 3.4.3, row 113): the body says what the query string says elsewhere, so it
 * becomes one, and the same code answers both. What a query string cannot carry, a wrong JSON type, is refused here.
 */
import { badRequest, invalidValue } from './errors.ts';
import { fold, isObject, membersOf } from './json.ts';
import { PARAMETERS, type Query } from './request.ts';

const SEARCH_URN = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

/**
 * The parameters of a SearchRequest by folded name; what is null or absent is absent.
 * @throws ScimError 400 invalidSyntax, invalidValue
 */
export function readSearch(body: unknown): Query {
  if (!isObject(body)) throw badRequest('invalidSyntax', 'Send the search as one JSON object.');
  const members = membersOf(body);
  checkSchema(members.get('schemas'));
  const query = new Map<string, string>();
  for (const name of PARAMETERS) {
    const value = members.get(name);
    if (value !== undefined && value !== null) query.set(name, readParameter(name, value));
  }
  return query;
}

/** Tolerance `schemasMissing`: the address says what it is. */
function checkSchema(raw: unknown): void {
  const named = (Array.isArray(raw) ? raw : [raw]).filter((urn) => typeof urn === 'string');
  if (named.length > 0 && !named.some((urn) => fold(urn) === fold(SEARCH_URN))) {
    throw badRequest('invalidSyntax', `A search names the schema "${SEARCH_URN}" in "schemas". Add it.`);
  }
}

function readParameter(name: string, value: unknown): string {
  switch (name) {
    case 'attributes':
    case 'excludedattributes':
      return readNames(name, value);
    case 'startindex':
    case 'count':
      // As a text it goes through the same check as in a query string.
      if (typeof value === 'number' || typeof value === 'string') return String(value);
      throw invalidValue(`${name} must be a whole number, such as 1.`);
    default:
      if (typeof value === 'string') return value;
      throw invalidValue(`${name} must be a string.`);
  }
}

/** A list of names; one text with commas is what a query string has. */
function readNames(name: string, value: unknown): string {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.every((item) => typeof item === 'string')) return names.join(',');
  throw invalidValue(`${name} must be a list of attribute names.`);
}
