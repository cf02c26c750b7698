import { expectError, expectSameSet } from '../expect.ts';
import { readText } from '../json.ts';
import type { Session } from '../session.ts';

export const EVERYBODY = ['ada', 'bob', 'cem', 'dan', 'eve', 'fay'];

/** Each filter finds exactly these people. */
export function finds(rows: Readonly<Record<string, readonly string[]>>): (t: Session) => Promise<void> {
  return async (t) => {
    const cast = await t.cast();
    for (const [filter, names] of Object.entries(rows)) expectSameSet(await cast.find(filter), names, filter);
  };
}

/** Each filter is refused by 400 with this keyword. */
export function refuses(
  filters: readonly string[],
  scimType = 'invalidFilter',
): (t: Session) => Promise<void> {
  return async (t) => {
    for (const filter of filters) {
      const answer = await t.get(`/Users?filter=${encodeURIComponent(filter)}`);
      expectError({ ...answer, request: `GET /Users?filter=${filter.slice(0, 80)}` }, 400, scimType);
    }
  };
}

/** The users found by a filter with texts of the cast in it. */
export function findsFor(
  rows: (
    draft: (name: string, ...at: readonly string[]) => string,
  ) => Readonly<Record<string, readonly string[]>>,
) {
  return async (t: Session) => {
    const { drafts } = await t.cast();
    const value = (name: string, ...at: readonly string[]) => readText(drafts, name, ...at);
    await finds(rows(value))(t);
  };
}
