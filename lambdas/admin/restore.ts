/**
 * `restore EMAIL` (R21): the memberships of somebody who came back after a long absence. They are suspended until the
 * identity provider repeats them, which some never do; an operator may say yes to all of them here. What they then give is
 * granted like a membership that the identity provider sent.
 */
import * as z from 'zod';
import type { Account } from '../directory/records.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { accountsOf } from './holds.ts';
import type { AdminParts } from './parts.ts';
import { count, quoted } from './words.ts';

export function restore(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ email: z.string().trim().min(1).max(1_024), yes: z.boolean() }),
    run: ({ email, yes }) => restorePerson(parts, email, yes),
  });
}

async function restorePerson(parts: AdminParts, email: string, yes: boolean): Promise<CommandResult> {
  const accounts = (await accountsOf(parts, email)).filter(({ wanted }) => wanted.suspended.length > 0);
  if (accounts.length === 0) {
    throw new Refused(`No membership of ${email} is suspended. status ${email} shows how the person stands.`);
  }
  const names: string[] = [];
  for (const account of accounts) names.push(...(await restoreAccount(parts, account, yes)));
  const memberships = count(names.length, 'membership');
  const text = yes
    ? [`${memberships} of ${email} count again: ${quoted(names)}.`]
    : [
        `${memberships} of ${email} from before a long absence: ${quoted(names)}.`,
        'Nothing was changed. Add --yes to let them count again.',
      ];
  return { text, data: { email, groups: names, restored: yes } };
}

/** A repeated add of a suspended member is what moves it back (R9, R21). */
async function restoreAccount(
  { directory, connection: c }: AdminParts,
  account: Account,
  yes: boolean,
): Promise<string[]> {
  const { owner, wanted } = account;
  const names: string[] = [];
  for (const id of owner === undefined ? [] : wanted.suspended) {
    const group = await directory.getGroup(c, id);
    if (group === undefined || owner === undefined) continue;
    if (yes) {
      await directory.changeGroup(c, id, { members: { kind: 'delta', add: [owner.userId], remove: [] } });
    }
    names.push(group.displayName);
  }
  return names;
}
