/**
 * Six people who differ in everything that a filter can ask about. Filters of checks are joined with a condition that
 * selects these six by name, so an answer does not depend on who else is on the server, nor on other checks.
 */
import { expectList, expectThat } from './expect.ts';
import { type Json, read, readText } from './json.ts';
import type { Drafts, Session } from './session.ts';
import { ENTERPRISE, USER } from './words.ts';

/** No quote, bracket or word of the grammar survives being cut out of this by anything but a parser. */
export const ODD_TITLE = 'say "hi" \\ [x] (y) and z or not + 100% ü 😀';

export function castDrafts({
  address: at,
  unique,
  draftUser,
}: Pick<Session, 'address' | 'unique' | 'draftUser'>): Drafts {
  const draft = (userName: string, more: Json) => draftUser({ userName, ...more });
  const mail = (type: string, value: string, more: Json = {}) => ({ value, type, ...more });
  const adaMail = at('ada-work');
  return {
    ada: draft(at('Ada'), {
      schemas: [USER, ENTERPRISE],
      externalId: unique('Ext-Ada'),
      name: { givenName: 'Ada', familyName: 'Park' },
      displayName: 'Ada Park',
      nickName: 'Countess',
      title: 'Engineer',
      emails: [mail('work', adaMail, { primary: true }), mail('home', at('ada-home'))],
      [ENTERPRISE]: { department: 'Field', employeeNumber: '0700' },
    }),
    bob: draft(at('bob'), {
      externalId: unique('ext-bob'),
      name: { givenName: 'Bob', familyName: 'Azure' },
      displayName: 'bob azure',
      title: 'engineering lead',
      active: false,
      emails: [mail('home', at('bob-home'), { primary: true })],
    }),
    cem: draft(at('cem'), {
      name: { givenName: 'Cem', familyName: 'Åström' },
      displayName: 'Cem Åström',
      title: 'Designer',
      emails: [mail('other', at('cem-other')), mail('work', at('cem-work'))],
      phoneNumbers: [{ value: '+1 201 555 0123', type: 'work' }],
    }),
    dan: draft(at('dan'), {
      name: { givenName: 'Dan' },
      displayName: 'Dan',
      locale: 'en-US',
      emails: [mail('work', at('dan-work'), { primary: true })],
    }),
    eve: draft(at('eve'), {
      schemas: [USER, ENTERPRISE],
      name: { givenName: 'Eve', familyName: "O'Neil" },
      displayName: "Eve O'Neil",
      title: ODD_TITLE,
      emails: [mail('work', at('eve-work'), { primary: true })],
      [ENTERPRISE]: { department: 'Back office' },
    }),
    fay: draft(at('fay'), {
      name: { givenName: 'Fay', familyName: 'Zhou' },
      displayName: 'Fay Zhou',
      title: 'designer',
      emails: [mail('home', at('fay-home'), { primary: true }), mail('work', at('fay-work'))],
    }),
  };
}

interface Known {
  readonly drafts: Drafts;
  readonly ids: Readonly<Record<string, string>>;
}

/** The condition that selects the six. */
export function amongThem({ drafts }: Pick<Known, 'drafts'>): string {
  const each = Object.values(drafts).map((draft) => `userName eq ${JSON.stringify(read(draft, 'userName'))}`);
  return `(${each.join(' or ')})`;
}

export async function findCast(
  session: Session,
  known: Known,
  { filter, query = '' }: { readonly filter: string; readonly query?: string },
): Promise<readonly string[]> {
  const whole = filter === '' ? amongThem(known) : `${amongThem(known)} and (${filter})`;
  // Only to make answers short: a server that ignores it answers the same people.
  const answer = await session.get(`/Users?attributes=userName&filter=${encodeURIComponent(whole)}${query}`);
  const resources = expectList({ ...answer, request: `GET /Users with ${filter}` });
  const names = new Map(Object.entries(known.ids).map(([name, id]) => [id, name]));
  return resources.map((resource) => {
    const name = names.get(readText(resource, 'id'));
    expectThat(
      name !== undefined,
      `a filter that selects six people by name also found somebody else (${filter})`,
    );
    return name;
  });
}
