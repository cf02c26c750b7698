/**
 * `erase EMAIL`: takes the addresses of somebody who left out of the table. What happened stays in the journal under
 * account ids, which then name nobody: pseudonymous, and the chain of seals stays whole.
 *
 * Only for people who are gone on both sides: while the identity provider sends somebody, or Adobe has something of
 * ours, the address is needed, and removing it would lose the way to take anything away.
 */
import * as z from 'zod';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { count } from './words.ts';

export function erase({ directory, connection, org: o }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      email: z.string().trim().min(3).max(1_024),
      yes: z.boolean().default(false),
    }),
    run: async ({ email, yes }, caller) => {
      const ids = await directory.accountsNamed(o, email);
      if (ids.length === 0) {
        throw new Refused(
          `Nothing is stored of ${email}: no account ever had this e-mail, or it was erased.`,
        );
      }
      const org = await directory.getOrg(o);
      for (const c of org?.connections ?? [connection]) {
        const [user] = await directory.findUsers(c, { by: 'email', value: email });
        if (user !== undefined) {
          throw new Refused(
            `The identity provider still sends ${email} (user ${user.id} of ${c}). Delete the person there first; a person who is only deactivated is still sent.`,
          );
        }
      }
      const alive = await directory.readAccounts(o, ids);
      const held = alive.find((account) => account.owner === undefined);
      if (held !== undefined) {
        throw new Refused(
          `Adobe may still have something of ${email} (account ${held.id}, ${held.status}). status ${email} says what is in the way; erase works when it is taken away.`,
        );
      }
      // Somebody with an owner only had this address once, and keeps the others.
      const ended = ids.filter((id) => !alive.some((account) => account.id === id));
      if (ended.length === 0) {
        throw new Refused(
          `${email} is an earlier e-mail of somebody who is still sent: delete the person first.`,
        );
      }
      const about = `${count(ended.length, 'ended account')} of ${email}`;
      if (!yes) {
        const text = [
          `This erases the e-mails of ${about} for good. Their journal records stay, under ids that name nobody.`,
          'Nothing was changed. Add --yes to do it.',
        ];
        return { text, data: { accounts: ended, erased: false } };
      }
      const emails = await directory.eraseNames(o, { accounts: ended, by: caller.operator });
      const text = [
        `Erased ${count(emails, 'e-mail')} of ${about}.`,
        'If Adobe still lists the person, the nightly listing shows the address again: remove the person in the Admin Console.',
      ];
      return { text, data: { accounts: ended, erased: true } };
    },
  });
}
