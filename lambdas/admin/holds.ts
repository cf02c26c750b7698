/**
 * `holds list|show|approve|reject` (V3-V5): what the removal limit held, and an operator's word about it. An approval
 * names how many pairs were seen: exactly those go, if they are still to go, and what came later is held anew.
 */
import * as z from 'zod';
import { markable, markOf, marksOf, withMarks } from '../directory/marks.ts';
import type { Account, EntitlementKey } from '../directory/records.ts';
import type { Hold, HoldMark } from '../directory/safety.ts';
import { APPROVAL_MS } from '../sync/removals.ts';
import { ledgerOf } from '../sync/settle.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { type AdminParts, nameOf } from './parts.ts';
import { count, instant, listed, quoted } from './words.ts';

const LISTED = 20;
/** Of each entitlement, so many people are named; all are counted. */
const NAMED = 1_000;
const Id = z.number().int().min(1);

export function holdsList({ directory, org }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({}),
    run: async () => {
      const holds = await directory.listHolds(org, LISTED);
      return { text: holds.length > 0 ? holds.map(holdLine) : ['Nothing was ever held.'], data: holds };
    },
  });
}

function holdLine(hold: Hold): string {
  const { id, opened, last, pairs, causes } = hold;
  const when = opened === last ? instant(opened) : `${instant(opened)} to ${instant(last)}`;
  return `${id}  ${stateWord(hold)}  ${count(pairs, 'removal')}, ${when}, because of ${quoted(causes)}`;
}

export function stateWord({ state, approvedUpTo, expiresAt, by, decidedAt }: Hold): string {
  if (state === 'open') return 'open';
  const who = `by ${by ?? 'unknown'} at ${instant(decidedAt ?? 0)}`;
  if (state === 'rejected') return `rejected ${who}`;
  return `approved up to ${approvedUpTo} ${who}, until ${instant(expiresAt ?? 0)}`;
}

export function holdsShow(parts: AdminParts): Command {
  return defineCommand({ schema: z.strictObject({ id: Id }), run: ({ id }) => show(parts, id) });
}

interface Waiting {
  total: number;
  readonly people: string[];
}

async function show(parts: AdminParts, id: number): Promise<CommandResult> {
  const hold = await findHold(parts, id);
  const waiting = new Map<string, Waiting>();
  let pairs = 0;
  for await (const page of parts.directory.heldOf(parts.org, id)) {
    const accounts = await parts.directory.readAccounts(
      parts.org,
      page.map(({ account }) => account),
    );
    for (const { account: accountId, keys, seq } of page) {
      const account = accounts.find((one) => one.id === accountId);
      if (account === undefined) continue;
      const still = waitingOf(account, { id, from: seq, to: seq + keys.length });
      pairs += still.length;
      for (const key of still) await note(parts, waiting, { account, key });
    }
  }
  return {
    text: [
      holdLine(hold),
      ...(pairs === 0 ? ['Nothing of it waits any more.'] : []),
      ...[...waiting].flatMap(([name, { total, people }]) => [
        `Lose "${name}": ${total}`,
        ...listed(people, total),
      ]),
      ...(pairs === 0 ? closingLines(hold) : nextLines(hold)),
    ],
    data: { ...hold, waiting: pairs, entitlements: Object.fromEntries(waiting) },
  };
}

/** With the number from before the list was read: what came meanwhile is not approved by it (V5). */
function nextLines({ id, state, pairs }: Hold): string[] {
  const approve = `holds approve ${id} --pairs ${pairs}`;
  if (state === 'open')
    return [
      `To take this away: ${approve}. To leave it as it is: holds reject ${id}. Who is assigned again is off the list by that.`,
    ];
  return state === 'rejected' ? [`To take it away after all: ${approve}.`] : [];
}

/** An open hold calls for somebody until it is decided, also when everybody was assigned again. */
function closingLines({ id, state }: Hold): string[] {
  return state === 'open' ? [`To close it, which takes nothing from anybody: holds reject ${id}.`] : [];
}

/** Not wanted again, done, or held anew since. By number: a key may have another name at Adobe by now (F45). */
function waitingOf(
  account: Account,
  { id, from, to }: { readonly id: number; readonly from: number; readonly to: number },
): EntitlementKey[] {
  const ledger = ledgerOf(account);
  return markable(ledger).filter((key) => {
    const mark = markOf(ledger, key);
    return mark?.id === id && mark.seq >= from && mark.seq < to;
  });
}

async function note(
  parts: AdminParts,
  waiting: Map<string, Waiting>,
  { account, key }: { readonly account: Account; readonly key: EntitlementKey },
): Promise<void> {
  const name = account.applied.entitlements[key]?.name ?? account.unknown[key]?.name ?? key;
  const place = waiting.get(name) ?? { total: 0, people: [] };
  waiting.set(name, place);
  place.total += 1;
  if (place.people.length < NAMED) place.people.push(await nameOf(parts, account));
}

async function findHold({ directory, org }: AdminParts, id: number): Promise<Hold> {
  const hold = (await directory.readHolds(org, [id])).get(id);
  if (hold === undefined) throw new Refused(`There is no hold ${id}. holds list shows the holds.`);
  return hold;
}

export function holdsApprove(parts: AdminParts): Command {
  return defineCommand({
    schema: z.union([
      z.strictObject({ id: Id, pairs: z.number().int().min(1) }),
      z.strictObject({ id: Id, person: z.string().trim().min(1).max(1_024) }),
    ]),
    run: async (args, { operator }) =>
      'person' in args ? release(parts, args, operator) : approve(parts, args, operator),
  });
}

async function approve(
  parts: AdminParts,
  { id, pairs }: { readonly id: number; readonly pairs: number },
  by: string,
): Promise<CommandResult> {
  const { directory, org, now } = parts;
  const hold = await findHold(parts, id);
  if (hold.state === 'approved')
    throw new Refused(`Hold ${id} is ${stateWord(hold)}. What is held now: holds list.`);
  if (pairs > hold.pairs) {
    throw new Refused(
      `Hold ${id} lists ${count(hold.pairs, 'removal')}, not ${pairs}. Look at it first: holds show ${id}`,
    );
  }
  const expiresAt = now() + APPROVAL_MS;
  const verdict = { kind: 'approved', upTo: pairs, expiresAt } as const;
  if (!(await directory.decideHold(org, { id, from: hold.state, by, verdict }))) throw moved(id);
  const later = hold.pairs - pairs;
  return {
    text: [
      `Approved: the first ${count(pairs, 'removal')} of hold ${id}, as far as still to be done, until ${instant(expiresAt)}.`,
      ...(later > 0
        ? [`${count(later, 'removal')} came later and ${later === 1 ? 'goes' : 'go'} into a new hold.`]
        : []),
    ],
    data: { id, pairs, expiresAt, later },
  };
}

function moved(id: number): Refused {
  return new Refused(`Hold ${id} changed while you decided. Look at it again: holds show ${id}`);
}

export function holdsReject(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ id: Id }),
    run: async ({ id }, { operator: by }) => {
      const hold = await findHold(parts, id);
      if (hold.state === 'rejected') throw new Refused(`Hold ${id} is ${stateWord(hold)} already.`);
      const decision = { id, from: hold.state, by, verdict: { kind: 'rejected' } } as const;
      if (!(await parts.directory.decideHold(parts.org, decision))) throw moved(id);
      const text = [
        `Rejected: what waits on hold ${id} stays as it is at Adobe, and these people are shown as removal-rejected.`,
        'Assign them again in the identity provider, or approve the hold after all.',
      ];
      return { text, data: { id } };
    },
  });
}

/** One person ahead of the decision about the rest (V4): for a day, and only what is on this hold. */
async function release(
  parts: AdminParts,
  { id, person }: { readonly id: number; readonly person: string },
  by: string,
): Promise<CommandResult> {
  const { directory, org, now } = parts;
  await findHold(parts, id);
  const accounts = (await accountsOf(parts, person)).filter((one) =>
    marksOf(one).some((mark) => mark.id === id),
  );
  if (accounts.length === 0)
    throw new Refused(`Nothing of ${person} waits on hold ${id}. status ${person} shows what is in the way.`);
  const releasedUntil = now() + APPROVAL_MS;
  for (const account of accounts) {
    await directory.changeLedger(org, account.id, {
      compute: (fresh) => {
        const ledger = ledgerOf(fresh);
        const marks = new Map<EntitlementKey, HoldMark>();
        for (const key of markable(ledger)) {
          const mark = markOf(ledger, key);
          if (mark?.id === id) marks.set(key, { ...mark, releasedUntil });
        }
        return {
          ledger: withMarks(ledger, marks),
          standing: { place: { kind: 'run', urgent: true }, status: 'pending', attempts: 0 },
          clearIntent: false,
          facts: [{ fact: 'removalReleased', hold: id, entitlements: [...marks.keys()], by }],
        };
      },
    });
    await directory.mark(org, account.id);
  }
  const text = [`Released: what ${person} loses is taken away with the next run. The others wait on.`];
  return { text, data: { id, person, accounts: accounts.map((account) => account.id) } };
}

/** By e-mail and userName, and the accounts that have the address at Adobe: the deleted are found by that only. */
export async function accountsOf(
  { directory, connection: c, org: o }: AdminParts,
  email: string,
): Promise<readonly Account[]> {
  const users = [
    ...(await directory.findUsers(c, { by: 'email', value: email })),
    ...(await directory.findUsers(c, { by: 'userName', value: email })),
  ];
  const [item] = (await directory.readIdentities(o, [email])).values();
  const ids = [...users.map((user) => user.accountId), ...Object.values(item?.claims ?? {})];
  return directory.readAccounts(o, [...new Set(ids)]);
}
