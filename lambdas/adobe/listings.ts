/**
 * Reads the answers of the read endpoints (`umapi.md` section 11) into our words. It decides whether an answer is a
 * complete page; following pages is the caller's. Fields that Adobe leaves out when empty get their meaning here.
 * Invariant: only `result: success` with a `lastPage` is a page. Absence is never concluded from anything else (I11).
 */
import * as z from 'zod';
import type { ListingPage, ObservedAdobeGroup, ObservedAdobeUser } from './adobe.ts';
import { parseJson } from './errors.ts';

/** Adobe leaves empty fields out; `null` means the same. */
const Text = z
  .string()
  .nullish()
  .transform((value) => (value === null || value === '' ? undefined : value));

const UserRow = z
  .object({
    email: Text,
    username: Text,
    type: Text,
    status: Text,
    firstname: Text,
    lastname: Text,
    country: Text,
    groups: z.array(z.string()).nullish(),
  })
  .transform(({ email, username, type, status, groups, ...names }): ObservedAdobeUser | undefined => {
    // Without an e-mail no command can name the person, and no question about an e-mail concerns the row.
    if (email === undefined) return undefined;
    return {
      email,
      username: username ?? email,
      type: type ?? 'unknown',
      status: status ?? 'unknown',
      groups: groups ?? [],
      ...given(names),
    };
  });

const NumberLike = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);

const GroupRow = z
  .object({
    groupId: z.union([z.number().transform(String), z.string().min(1)]),
    groupName: Text,
    type: Text,
    productName: Text,
    memberCount: NumberLike.nullish().catch(undefined),
    licenseQuota: z
      .union([z.string(), z.number().transform(String)])
      .nullish()
      .catch(undefined),
  })
  .transform(({ groupId, groupName, type, productName, ...counts }): ObservedAdobeGroup | undefined => {
    if (groupName === undefined) return undefined;
    // The type has been missing at times (11.4).
    return { groupId, name: groupName, type: type ?? 'UNKNOWN', ...given({ productName, ...counts }) };
  });

const Success = z.string().refine((result) => result.toLowerCase() === 'success');
const UserAnswer = z.object({ result: Success, user: UserRow });
const UserPage = z.object({
  result: Success,
  lastPage: z.boolean(),
  users: z.array(UserRow),
  groupName: Text,
});
const GroupPage = z.object({ result: Success, lastPage: z.boolean(), groups: z.array(GroupRow) });

/** The user of a single-user answer; undefined when the text is no such answer. */
export function readUserAnswer(text: string): ObservedAdobeUser | undefined {
  const parsed = UserAnswer.safeParse(parseJson(text));
  return parsed.success ? parsed.data.user : undefined;
}

export type UserListingPage = ListingPage<ObservedAdobeUser> & { readonly groupName?: string };

/** A page of users; undefined when the text is no complete page. */
export function readUserPage(text: string, page: number, headers: Headers): UserListingPage | undefined {
  const parsed = UserPage.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { users, lastPage, groupName } = parsed.data;
  const rows = users.filter((row) => row !== undefined);
  return { rows, page, lastPage, ...countsOf(headers), ...given({ groupName }) };
}

/** A page of groups and profiles; undefined when the text is no complete page. */
export function readGroupPage(
  text: string,
  page: number,
  headers: Headers,
): ListingPage<ObservedAdobeGroup> | undefined {
  const parsed = GroupPage.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const rows = parsed.data.groups.filter((row) => row !== undefined);
  return { rows, page, lastPage: parsed.data.lastPage, ...countsOf(headers) };
}

function countsOf(headers: Headers): { pageCount?: number; currentPage?: number; totalCount?: number } {
  const read = (name: string): number | undefined => {
    const text = headers.get(name)?.trim() ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  return given({
    pageCount: read('x-page-count'),
    currentPage: read('x-current-page'),
    totalCount: read('x-total-count'),
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined | null> };

/** The fields that have a value. */
function given<T extends object>(fields: T): Given<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  // `fromEntries` forgets the keys; the filter removed exactly what `Given` leaves out.
  return Object.fromEntries(entries) as Given<T>;
}
