/**
 * `retry`: looks again now at somebody who is parked, refused or waiting, or at all who are parked. It decides nothing:
 * whoever is marked is judged anew, an action that Adobe refused for this person may be sent once more, and a fault is
 * lifted before the accounts that wait for it are woken.
 */
import * as z from 'zod';
import type { AccountId } from '../directory/records.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { Email, findPeople } from './people.ts';
import { count } from './words.ts';

/** Marks in one command; the rest is said, and the command may be repeated. */
const MOST_MARKS = 5_000;

export function retry(parts: AdminParts): Command {
  return defineCommand({
    schema: z.union([z.strictObject({ email: Email }), z.strictObject({ all: z.literal(true) })]),
    run: async (args) => ('email' in args ? retryPerson(parts, args.email) : retryAll(parts)),
  });
}

async function retryPerson(parts: AdminParts, email: string) {
  const { directory, org: o } = parts;
  const people = await findPeople(parts, email);
  if (people.length === 0) {
    throw new Refused(
      `The identity provider sent nobody with the e-mail or userName ${email}, so there is nothing to try again. status ${email} says what Adobe shows.`,
    );
  }
  const faults = await directory.readFaults(o);
  const scopes = new Set(people.map(({ account }) => account.error?.code));
  const lifted = faults.filter(({ error }) => scopes.has(error.code)).map(({ scope }) => scope);
  for (const scope of lifted) await directory.clearFault(o, scope, MOST_MARKS);
  for (const { account } of people) await directory.mark(o, account.id);
  const also = lifted.length === 0 ? '' : ' with everybody who waits for the same fault';
  const text = [`${email} is looked at again now${also}. status ${email} shows what came of it.`];
  return { text, data: { accounts: people.map(({ account }) => account.id), faults: lifted } };
}

async function retryAll({ directory, org: o }: AdminParts) {
  const faults = await directory.readFaults(o);
  for (const { scope } of faults) await directory.clearFault(o, scope, MOST_MARKS);
  const { parked } = await directory.readPlaces(o);
  const ids: AccountId[] = [...new Set(parked.flatMap((place) => place.ids))];
  for (const id of ids.slice(0, MOST_MARKS)) await directory.mark(o, id);
  const left = Math.max(0, ids.length - MOST_MARKS);
  const people = count(Math.min(ids.length, MOST_MARKS), 'parked person', 'parked people');
  const text = [
    ids.length + faults.length === 0
      ? 'Nobody is parked and no fault is known.'
      : `Looked at again now: ${people}, ${count(faults.length, 'fault')}. status shows what came of it.`,
    ...(left === 0 ? [] : [`${left} more are parked; repeat the command for them.`]),
  ];
  return { text, data: { marked: ids.length - left, left, faults: faults.map(({ scope }) => scope) } };
}
