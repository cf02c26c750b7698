/** The people behind an address an operator types: from the identity provider, and whoever has it at Adobe. */
import * as z from 'zod';
import type { Account, UserRecord } from '../directory/records.ts';
import type { World } from '../sync/world.ts';
import type { AdminParts } from './parts.ts';
import { instant } from './words.ts';

export const Email = z
  .string()
  .trim()
  .min(1)
  .max(1_024)
  .refine((email) => email.includes('@'), 'write an e-mail address');

export interface Person {
  readonly user?: UserRecord;
  readonly account: Account;
  readonly groups: readonly string[];
}

/** By e-mail, by userName, and whoever claims the address at Adobe without being called so by now (R3). */
export async function findPeople(
  { directory, connection: c, org: o }: AdminParts,
  email: string,
): Promise<Person[]> {
  const found = [
    ...(await directory.findUsers(c, { by: 'email', value: email })),
    ...(await directory.findUsers(c, { by: 'userName', value: email })),
  ];
  const users = [...new Map(found.map((user) => [user.id, user])).values()];
  const groups = await directory.groupsOf(c, users);
  const [item] = (await directory.readIdentities(o, [email])).values();
  const claimants = Object.values(item?.claims ?? {});
  const ids = [...new Set([...users.map((user) => user.accountId), ...claimants])];
  const accounts = await directory.readAccounts(o, ids);
  return Promise.all(
    accounts.map(async (account): Promise<Person> => {
      const { owner } = account;
      const user =
        users.find((one) => one.accountId === account.id) ??
        (owner === undefined ? undefined : await directory.getUser(owner.connection, owner.userId));
      const names =
        user === undefined
          ? undefined
          : (groups.get(user.id) ?? (await directory.groupsOf(c, [user])).get(user.id));
      return {
        account,
        groups: (names ?? []).map(({ displayName }) => displayName),
        ...(user === undefined ? {} : { user }),
      };
    }),
  );
}

export function nobody(email: string, { org }: World): string {
  const seen =
    org.listing === undefined
      ? 'Adobe was not listed yet.'
      : `Adobe showed nobody under this address when it was listed at ${instant(org.listing.startedAt)}.`;
  return (
    `The identity provider sent nobody with the e-mail or userName ${email}. ${seen} ` +
    'Look in the identity provider whether the person is assigned to this application, which address it sends, and what its provisioning log says.'
  );
}
