/**
 * Entra's user resource: what a create holds, how a read is compared with the person, and how the flag folds the edits.
 * Pure. Sources: Microsoft entra-docs, use-scim-to-provision-users-and-groups (bodies, default mapping) and
 * application-provisioning-config-problem-scim-compatibility (the folded shape).
 */
import * as z from 'zod';
import { ENTERPRISE_USER, type Person, USER } from './dialect.ts';

const WORK_EMAIL = 'emails[type eq "work"].value';

/** The default mapping puts mailNickname into `externalId`; here that is the userName up to its @. */
function externalIdOf(person: Person): string {
  return person.userName.split('@')[0] ?? person.userName;
}

/** The body of a create. */
export function newUser(person: Person) {
  const { email, givenName, familyName, department } = person;
  const displayName = `${givenName} ${familyName}`;
  return {
    schemas: [USER, ENTERPRISE_USER],
    externalId: externalIdOf(person),
    userName: person.userName,
    active: true,
    displayName,
    name: { formatted: displayName, givenName, familyName },
    ...(email === undefined ? {} : { emails: [{ type: 'work', value: email, primary: true }] }),
    ...(department === undefined ? {} : { [ENTERPRISE_USER]: { department } }),
    meta: { resourceType: 'User' },
    roles: [],
  };
}

const ReadUser = z.looseObject({
  userName: z.string().optional(),
  externalId: z.string().optional(),
  displayName: z.string().optional(),
  name: z
    .looseObject({
      formatted: z.string().optional(),
      givenName: z.string().optional(),
      familyName: z.string().optional(),
    })
    .optional(),
  emails: z.array(z.looseObject({ type: z.string().optional(), value: z.string().optional() })).optional(),
  [ENTERPRISE_USER]: z.looseObject({ department: z.string().optional() }).optional(),
});

/** Attribute path -> value, for the attributes of the default mapping, read from a resource as the server shows it. */
export function currentValues(json: unknown): Map<string, string | undefined> {
  const user = ReadUser.parse(json);
  return new Map([
    ['userName', user.userName],
    ['externalId', user.externalId],
    ['displayName', user.displayName],
    ['name.formatted', user.name?.formatted],
    ['name.givenName', user.name?.givenName],
    ['name.familyName', user.name?.familyName],
    [WORK_EMAIL, user.emails?.find((email) => email.type === 'work')?.value],
    [`${ENTERPRISE_USER}:department`, user[ENTERPRISE_USER]?.department],
  ]);
}

export interface Edit {
  readonly op: 'Add' | 'Replace';
  readonly path: string;
  readonly value: string;
}

/** What to change so that the server has what Entra has. Empty source values are skipped, so nothing is ever cleared (entra-docs, known-issues). */
export function differenceOf(current: Map<string, string | undefined>, person: Person): Edit[] {
  return [...currentValues(newUser(person))].flatMap(([path, value]) => {
    const now = current.get(path);
    if (value === undefined || value === now) return [];
    return [{ op: now === undefined ? ('Add' as const) : ('Replace' as const), path, value }];
  });
}

/** Value paths and adds stay as they are; two or more plain replaces become one without a path. */
export function foldedOperations(edits: readonly Edit[]): object[] {
  const isPlain = (edit: Edit) => edit.op === 'Replace' && !edit.path.includes('[');
  const plain = edits.filter(isPlain);
  const pathed = plain.length < 2 ? edits : edits.filter((edit) => !isPlain(edit));
  const operations: object[] = pathed.map(({ op, path, value }) => ({ op: op.toLowerCase(), path, value }));
  if (plain.length < 2) return operations;
  const value = Object.fromEntries(plain.map((edit) => [edit.path, edit.value]));
  return [...operations, { op: 'replace', value }];
}
