/**
 * `status`: what is done, pending, waiting, held and parked, and why; whether Adobe takes calls, and when a backlog
 * will be gone. Read from the work index, which is a hint: the numbers may lag a second behind. It never scans (R35).
 */
import * as z from 'zod';
import { Budget, defaultPerMinute, takeSlot } from '../adobe/pace.ts';
import type { Account, AccountId, EntitlementKey } from '../directory/records.ts';
import type { Fault, Places } from '../directory/work.ts';
import { connectionMode, type World } from '../sync/world.ts';
import { LEASE_MS } from '../times.ts';
import { type Command, defineCommand } from './command.ts';
import { type AdminParts, readWorldNow } from './parts.ts';
import { safetyLines } from './safety-words.ts';
import { warnings } from './tokens.ts';
import { count, instant, reasonWord } from './words.ts';

/** People in one action call (`umapi.md` 4.1). */
const PEOPLE_PER_CALL = 10;
/** Of each place, so many accounts are read for their reasons; all are counted. */
const READ_MOST = 2_000;

export function status(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({}),
    run: async () => {
      const found = await gatherStatus(parts);
      const { version, mode, users, groups, pending, waiting, held, parked, faults, adobe } = found;
      const text = [
        `Mode ${mode}, mapping version ${version}${version === 0 ? ' (none was applied yet: mapping apply FILE)' : ''}.`,
        `From the identity provider: ${count(users, 'user')}, ${count(groups, 'group')}.`,
        ...found.warnings,
        pendingLine(found),
        ...placeLines('Waiting', waiting),
        ...placeLines('Held', held),
        ...parkedLines(parked),
        ...(pending + waiting.total + held.total + parked.total === 0 ? ['Everything is up to date.'] : []),
        ...faults.flatMap(faultLines),
        ...adobe.lines,
        ...warnings(await parts.directory.listTokens(parts.connection), parts.now()),
      ];
      const { lines: _lines, ...about } = adobe;
      return { text, data: { ...found, adobe: about } };
    },
  });
}

export interface Place {
  total: number;
  /** By reason; of the first accounts only when there are very many. */
  reasons: Record<string, number>;
}

export interface Parked extends Place {
  /** What a person should do, by reason. */
  readonly hints: Record<string, string>;
}

export interface Found {
  /** What an operator should know before anything else: pauses, open holds, nobody protected. */
  readonly warnings: readonly string[];
  readonly mode: string;
  readonly version: number;
  readonly users: number;
  readonly groups: number;
  readonly pending: number;
  readonly waiting: Place;
  readonly held: Place;
  readonly parked: Parked;
  readonly faults: readonly (Fault & { readonly name: string })[];
  readonly nextActionSlot: number;
  readonly doneAt: number | undefined;
  readonly adobe: AdobeSide;
}

/** What `status` shows, in numbers. */
export async function gatherStatus(parts: AdminParts): Promise<Found> {
  const { directory, connection: c, org: o } = parts;
  const world = await readWorldNow(parts);
  const connection = await directory.getConnection(c);
  const places = await directory.readPlaces(o);
  const total = { startIndex: 1, count: 0 };
  const timers = await byStatus(parts, places.timer);
  const parked = await parkedPlace(parts, places, timers.parked);
  const pending = places.run.length + timers.pending;
  const free = await nextActionSlot(parts, world);
  return {
    warnings: await safetyLines(parts, connection),
    mode: connectionMode(connection),
    version: connection.mappingVersion,
    users: (await directory.listUsers(c, total)).totalResults,
    groups: (await directory.listGroups(c, total)).totalResults,
    pending,
    waiting: timers.waiting,
    held: (await byStatus(parts, places.held)).waiting,
    parked,
    faults: [...world.faults.values()].map((fault) => ({ ...fault, name: nameOfScope(world, fault.scope) })),
    nextActionSlot: free,
    doneAt: pending === 0 ? undefined : free + minutesFor(pending) * 60_000,
    adobe: adobeSide(world, parts.now()),
  };
}

/** Full minutes until so many people's calls are sent: one call for ten, at the configured pace. */
export function minutesFor(people: number): number {
  return Math.max(0, Math.ceil(Math.ceil(people / PEOPLE_PER_CALL) / defaultPerMinute.action) - 1);
}

export async function nextActionSlot({ directory, now }: AdminParts, { org }: World): Promise<number> {
  return directory.changeBudget(org.clientId, 'action', (stored) => {
    const budget = stored === undefined ? { slots: [] } : Budget.parse(stored);
    const wish = { now: now(), perMinute: defaultPerMinute.action, id: 'look', maxOpenMs: LEASE_MS };
    const taken = takeSlot(budget, wish);
    // Only looked at: nothing is written back.
    return { result: taken.ok ? now() : taken.freeAt };
  });
}

interface Sorted {
  readonly waiting: Place;
  readonly pending: number;
  readonly parked: readonly Account[];
}

/** A timer holds accounts of three kinds: what waits, what is parked and looked at again, and what is about to run. */
async function byStatus({ directory, org }: AdminParts, ids: readonly AccountId[]): Promise<Sorted> {
  const accounts = await directory.readAccounts(org, ids.slice(0, READ_MOST));
  const unread = Math.max(0, ids.length - READ_MOST);
  const waiting = accounts.filter((one) => one.status === 'waiting' || one.status === 'held');
  return {
    waiting: { total: waiting.length + unread, reasons: countReasons(waiting) },
    pending: accounts.filter((one) => one.status === 'pending').length,
    parked: accounts.filter((one) => one.status === 'parked'),
  };
}

async function parkedPlace(parts: AdminParts, places: Places, timed: readonly Account[]): Promise<Parked> {
  const ids = places.parked.flatMap((place) => place.ids);
  const read = await parts.directory.readAccounts(parts.org, ids.slice(0, READ_MOST));
  const parked = [...read.filter((one) => one.status === 'parked'), ...timed];
  const hints: Record<string, string> = {};
  for (const { reason, error } of parked) if (error !== undefined) hints[reason ?? error.code] ??= error.hint;
  return { total: parked.length + Math.max(0, ids.length - READ_MOST), reasons: countReasons(parked), hints };
}

function countReasons(accounts: readonly Account[]): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const { reason, error } of accounts) {
    const key = reason ?? error?.code ?? 'unknown';
    reasons[key] = (reasons[key] ?? 0) + 1;
  }
  return reasons;
}

/** A fault's scope is an entitlement's key or a domain; people know the entitlement by its spelling. */
function nameOfScope(world: World, scope: EntitlementKey): string {
  return world.catalogue.get(scope)?.[0]?.name ?? scope;
}

function pendingLine({ pending, nextActionSlot: free, doneAt, adobe }: Found): string {
  if (pending === 0) return 'Pending: nobody.';
  const calls = Math.ceil(pending / PEOPLE_PER_CALL);
  const when = `${count(calls, 'call')} if everybody needs one; next call at ${instant(free)}, done about ${instant(doneAt ?? free)}`;
  const stopped = adobe.authFault === undefined ? '' : ' - but calls are stopped, see below';
  return `Pending: ${pending} (${when})${stopped}.`;
}

function placeLines(title: string, { total, reasons }: Place): string[] {
  if (total === 0) return [];
  return [
    `${title}: ${total}`,
    ...Object.entries(reasons).map(([reason, n]) => {
      const meaning = reasonWord(reason);
      return `  ${n} ${reason}${meaning === undefined ? '' : `: ${meaning}`}`;
    }),
  ];
}

function parkedLines({ total, reasons, hints }: Parked): string[] {
  if (total === 0) return [];
  return [
    `Parked: ${total} (somebody has to do something; status EMAIL shows one person)`,
    ...Object.entries(reasons).map(
      ([reason, n]) => `  ${n} ${reason}${hints[reason] === undefined ? '' : `: ${hints[reason]}`}`,
    ),
  ];
}

function faultLines({ name, error, retryAt }: Found['faults'][number]): string[] {
  return [
    `Fault on "${name}": ${error.code}, ${error.message}`,
    `  ${error.hint} The bridge tries again at ${instant(retryAt)}.`,
  ];
}

export interface AdobeSide {
  readonly listing: World['org']['listing'];
  readonly catalogueAt: number | undefined;
  readonly authFault: World['org']['authFault'];
  readonly lines: readonly string[];
}

function adobeSide({ org }: World, now: number): AdobeSide {
  const { listing, catalogueAt, authFault } = org;
  const lines = [
    listing === undefined
      ? 'Adobe was not listed yet; the first run of provisioning does it.'
      : `Last complete listing of Adobe: ${count(listing.users, 'person', 'people')} at ${instant(listing.startedAt)}.`,
    ...(catalogueAt === undefined ? [] : [`List of profiles and user groups: ${instant(catalogueAt)}.`]),
    ...(authFault === undefined ? [] : authLines(authFault, now)),
  ];
  return { listing, catalogueAt, authFault, lines };
}

function authLines(
  { code, message, hint, at }: NonNullable<World['org']['authFault']>,
  now: number,
): string[] {
  const minutes = Math.round((now - at) / 60_000);
  return [
    `Adobe does not accept the credential (${code}, ${count(minutes, 'minute')} ago): ${message}`,
    `  ${hint} Nothing is sent until it works; the bridge asks again every ten minutes.`,
  ];
}
