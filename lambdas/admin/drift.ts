/**
 * `drift`, `drift EMAIL` and `reconcile`: where Adobe differs from what the bridge gave, by person, rule and kind, and a
 * comparison at once instead of tonight. They show; what follows from it is the rules' drift policy (F47).
 */
import * as z from 'zod';
import type { Account, AccountId } from '../directory/records.ts';
import type { ReconcileReport } from '../sync/reconcile.ts';
import { signsOf } from '../sync/signs.ts';
import type { World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { driftData, driftLines, driftNow, signLines, stateLines } from './drift-words.ts';
import { ruleName } from './mapping-change.ts';
import { type AdminParts, nameOf, readWorldNow } from './parts.ts';
import { nobody } from './people.ts';
import { strangerData, strangerLines, strangerOf, strangerStory, strangersIn } from './strangers.ts';
import { count, instant } from './words.ts';

/** Named one by one; all are counted. */
const NAMED = 200;
const PAGE = 100;
/** Under the five minutes that the admin function may run. */
const RECONCILE_MS = 4 * 60 * 1000;

export function drift(parts: AdminParts): Command {
  return defineCommand({ schema: z.strictObject({}), run: () => driftOfAll(parts) });
}

export function driftPerson(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ email: z.string().trim().min(1).max(1_024) }),
    run: ({ email }) => driftOf(parts, email),
  });
}

export function reconcileNow(parts: AdminParts): Command {
  return defineCommand({ schema: z.strictObject({}), run: () => compareNow(parts) });
}

async function driftOfAll(parts: AdminParts): Promise<CommandResult> {
  const world = await readWorldNow(parts);
  const state = await parts.directory.readReconciliation(parts.org);
  const signs = signsOf(world, state);
  const ids = await parts.directory.readDrifted(parts.org);
  const people: { person: string; lines: string[]; data: unknown }[] = [];
  const read = await drifted(parts, ids);
  for (const account of read) {
    const drift = driftNow(account, world);
    if (drift === undefined) continue;
    const person = await nameOf(parts, account);
    people.push({ person, lines: driftLines(account, world), data: { person, ...driftData(drift) } });
  }
  const passed = read.length - people.length;
  people.sort((a, b) => a.person.localeCompare(b.person));
  const more = ids.length - NAMED;
  const strangers = await strangersIn(parts, world);
  return {
    text: [
      ...stateLines(state, ruleNames(world)),
      ...(passed > 0 ? [`  ${passed} of them no more, by the rules of now`] : []),
      ...signLines(signs),
      ...people.flatMap(({ person, lines }) => [person, ...lines.map((line) => `  ${line}`)]),
      ...(more > 0 ? [`... and ${count(more, 'person', 'people')} more`] : []),
      ...strangerLines(strangers),
    ],
    data: { state, signs, people: people.map(({ data }) => data), strangers },
  };
}

async function drifted(parts: AdminParts, ids: readonly AccountId[]): Promise<Account[]> {
  const found: Account[] = [];
  const shown = ids.slice(0, NAMED);
  for (let from = 0; from < shown.length; from += PAGE)
    found.push(...(await parts.directory.readAccounts(parts.org, shown.slice(from, from + PAGE))));
  return found.filter((account) => account.drift !== undefined);
}

async function driftOf(parts: AdminParts, email: string): Promise<CommandResult> {
  const { directory, connection, org: o } = parts;
  const world = await readWorldNow(parts);
  const users = [
    ...(await directory.findUsers(connection, { by: 'email', value: email })),
    ...(await directory.findUsers(connection, { by: 'userName', value: email })),
  ];
  const [item] = (await directory.readIdentities(o, [email])).values();
  const ids = new Set([...users.map((user) => user.accountId), ...Object.values(item?.claims ?? {})]);
  const accounts = await directory.readAccounts(o, [...ids]);
  if (accounts.length === 0) {
    const stranger = strangerOf(item, world);
    if (stranger === undefined) throw new Refused(nobody(email, world));
    return { text: strangerStory(stranger), data: [strangerData(stranger)] };
  }
  return {
    text: accounts.flatMap((account) => personLines(world, account, email)),
    data: accounts.map((account) => {
      const drift = driftNow(account, world);
      return {
        account: account.id,
        confirmedAt: account.confirmedAt,
        drift: drift === undefined ? undefined : driftData(drift),
      };
    }),
  };
}

function personLines(world: World, account: Account, email: string): string[] {
  const confirmed =
    account.confirmedAt === undefined
      ? 'no list of Adobe confirmed it yet'
      : `confirmed by the list of ${instant(account.confirmedAt)}`;
  const lines = driftLines(account, world);
  if (account.applied.identity === undefined)
    return [`${email}: not at Adobe through the bridge, so nothing is compared`];
  if (lines.length === 0) return [`${email}: as the bridge left it (${confirmed})`];
  return [email, ...lines.map((line) => `  ${line}`)];
}

async function compareNow(parts: AdminParts): Promise<CommandResult> {
  const report = await parts.reconcile({ until: parts.now() + RECONCILE_MS, force: true });
  const world = await readWorldNow(parts);
  const signs = signsOf(world, report.state);
  const strangers = await strangersIn(parts, world);
  return {
    text: [
      ...listingLines(report),
      ...stateLines(report.state, ruleNames(world)),
      ...signLines(signs),
      ...strangerLines(strangers),
    ],
    data: { ...report, signs, strangers },
  };
}

function listingLines({ outcome, inventory }: ReconcileReport): string[] {
  const about = inventory === undefined ? [] : inventoryLines(inventory);
  switch (outcome) {
    case 'leased':
      return ['Another comparison is running. drift shows what it found when it is done.'];
    case 'stopped':
      return ['Adobe does not accept the credential, so nothing was read. status says what to do.'];
    case 'no-org':
    case 'lease-lost':
      return [`Nothing was compared (${outcome}). Say reconcile again.`];
    case 'continues':
      return [...about, 'The comparison is not at its end; the next run goes on, or say reconcile again.'];
    default:
      return about;
  }
}

function inventoryLines(inventory: NonNullable<ReconcileReport['inventory']>): string[] {
  switch (inventory.kind) {
    case 'complete': {
      const { users, groups, agrees } = inventory;
      const read = `Read ${count(users, 'person', 'people')} and ${count(groups, 'profile and group', 'profiles and groups')} from Adobe.`;
      return agrees
        ? [read]
        : [
            read,
            '  Their number moved by more than a fifth (or this is the first list), so nothing is taken away because of it.',
          ];
    }
    case 'doubtful':
      return [
        `Adobe listed ${count(inventory.users, 'person', 'people')}, the time before ${inventory.before}. That looks like a list that was cut short, so it is not believed; the next one, two hours from now at the earliest, decides.`,
      ];
    case 'too-soon':
      return [
        `Adobe was listed less than two hours ago; it may be listed again at ${instant(inventory.at ?? 0)}.`,
      ];
    default:
      return [`Adobe was not listed to the end (${inventory.reason}), so nothing is concluded from it.`];
  }
}

function ruleNames(world: World): Map<string, string> {
  return new Map([...world.rules.values()].flat().map((rule) => [rule.id, ruleName(rule)]));
}
