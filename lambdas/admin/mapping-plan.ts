/**
 * What a new mapping would do to people: who gains, who loses, who would be created, and for whom nothing can happen
 * and why. Each person is judged with the drain's own `decide` in the world as it would be; nothing is written and
 * Adobe is not called. Only members of groups whose rules change are read, or everybody where a rule speaks of
 * everyone. People come in pages, so what is kept of them is bounded.
 */
import { emailKey, entitlementKey } from '../directory/keys.ts';
import type {
  Account,
  AccountId,
  BoundRule,
  EntitlementKey,
  EntitlementKind,
  IdentityItem,
  Mode,
} from '../directory/records.ts';
import { decide, emailsOf } from '../sync/decide.ts';
import { desiredOf } from '../sync/desired.ts';
import { foundUser, knowledgeOf } from '../sync/known.ts';
import { settleIntent } from '../sync/settle.ts';
import type { World } from '../sync/world.ts';
import type { MappingChange } from './mapping-change.ts';
import { type AdminParts, nameOf } from './parts.ts';

/** How many of each list are named; all are counted. */
const NAMED = 1_000;
const PAGE = 100;

export interface Tally {
  total: number;
  readonly people: string[];
}

export interface EntitlementPlan {
  readonly name: string;
  readonly kind: EntitlementKind;
  readonly gains: Tally;
  /** Have it already by hand, as Adobe showed them; managed from now on. */
  readonly adopts: Tally;
  readonly loses: Tally;
  /** Lose it in the mapping and keep it at Adobe (R13). */
  readonly keeps: Tally;
}

export interface MappingPlan {
  /** How many people stand in the touched groups. */
  people: number;
  readonly entitlements: Map<EntitlementKey, EntitlementPlan>;
  readonly created: Tally;
  /** By the reason for which nothing would be sent for them. */
  readonly stopped: Map<string, Tally>;
}

export async function planMapping(
  parts: AdminParts,
  world: World,
  change: MappingChange,
): Promise<MappingPlan> {
  const plan: MappingPlan = { people: 0, entitlements: new Map(), created: tally(), stopped: new Map() };
  const next = worldAfter(parts, world, change);
  for await (const accounts of touchedAccounts(parts, change)) {
    const identities = await parts.directory.readIdentities(parts.org, accounts.flatMap(emailsOf));
    for (const account of accounts) {
      plan.people += 1;
      const effect = effectOn(account, change);
      if (effect.gains.length + effect.loses.length === 0) continue;
      const name = await nameOf(parts, account);
      for (const { key, ...about } of effect.gains) {
        const place = entitlement(plan, key, about);
        add(shows({ account, key, identities, world }) ? place.adopts : place.gains, name);
      }
      for (const { key, ...about } of effect.loses) {
        const place = entitlement(plan, key, about);
        add(change.left.includes(key) ? place.keeps : place.loses, name);
      }
      note(plan, name, decide({ account, world: next, identities, knownSince: Number.NEGATIVE_INFINITY }));
    }
  }
  sortPeople(plan);
  return plan;
}

interface Shown {
  readonly account: Account;
  readonly key: EntitlementKey;
  readonly identities: ReadonlyMap<string, IdentityItem>;
  readonly world: World;
}

/** Whether the last look at Adobe showed this entitlement on the person's own identity. */
export function shows({ account, key, identities, world }: Shown): boolean {
  const identity = account.applied.identity ?? account.wanted.identity;
  if (identity === undefined) return false;
  const known = knowledgeOf(identities.get(emailKey(identity.email)), world.org);
  return foundUser(known, identity)?.groups.some((name) => entitlementKey(name) === key) ?? false;
}

function sortPeople({ entitlements, created, stopped }: MappingPlan): void {
  const lists = [...entitlements.values()].flatMap(({ gains, adopts, loses, keeps }) => [
    gains,
    adopts,
    loses,
    keeps,
  ]);
  for (const { people } of [...lists, created, ...stopped.values()])
    people.sort((a, b) => a.localeCompare(b));
}

export function tally(): Tally {
  return { total: 0, people: [] };
}

export function add(to: Tally, name: string): void {
  to.total += 1;
  if (to.people.length < NAMED) to.people.push(name);
}

interface Named {
  readonly key: EntitlementKey;
  readonly name: string;
  readonly kind: EntitlementKind;
}

function entitlement(
  plan: MappingPlan,
  key: EntitlementKey,
  { name, kind }: Omit<Named, 'key'>,
): EntitlementPlan {
  const known = plan.entitlements.get(key) ?? {
    name,
    kind,
    gains: tally(),
    adopts: tally(),
    loses: tally(),
    keeps: tally(),
  };
  plan.entitlements.set(key, known);
  return known;
}

/** The world once the mapping is in force: other rules and another list of what is left, all else as it is. */
function worldAfter({ connection: c }: AdminParts, world: World, { after, left }: MappingChange): World {
  const connection = world.connections.get(c);
  const connections = new Map(world.connections);
  if (connection !== undefined) connections.set(c, { ...connection, left: [...left] });
  return { ...world, connections, rules: new Map([...world.rules, [c, after]]) };
}

/** Each account once, in pages, however many groups it is in. */
export async function* touchedAccounts(
  { directory, connection, org }: AdminParts,
  { groups, everyone }: Pick<MappingChange, 'groups' | 'everyone'>,
): AsyncIterable<readonly Account[]> {
  if (everyone) {
    let ids: AccountId[] = [];
    for await (const user of directory.eachUser(connection)) {
      ids.push(user.accountId);
      if (ids.length < PAGE) continue;
      yield await directory.readAccounts(org, ids);
      ids = [];
    }
    if (ids.length > 0) yield await directory.readAccounts(org, ids);
    return;
  }
  const seen = new Set<AccountId>();
  for (const group of groups) {
    for await (const page of directory.accountsOfGroup(connection, group)) {
      const fresh = page.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      yield fresh;
    }
  }
}

interface Effect {
  readonly gains: readonly Named[];
  readonly loses: readonly Named[];
}

/** Wanted anew and not there yet; there (or maybe there) and no longer wanted. A rule that may do more than before counts as wanting anew. */
export function effectOn(
  account: Account,
  { before, after }: Pick<MappingChange, 'before' | 'after'>,
): Effect {
  const was = desiredOf(account, before).entitlements;
  const is = desiredOf(account, after).entitlements;
  const { applied, unknown } = settleIntent(account).ledger;
  const gains = [...is].filter(
    ([key, { rules }]) => !(key in applied.entitlements) && (!was.has(key) || isFreed(rules, before)),
  );
  // Who only waited for it loses nothing.
  const loses = [...was].filter(([key]) => !is.has(key) && (key in applied.entitlements || key in unknown));
  const named = ([key, { name, kind }]: (typeof gains)[number]): Named => ({ key, name, kind });
  return { gains: gains.map(named), loses: loses.map(named) };
}

function isFreed(rules: readonly BoundRule[], before: readonly BoundRule[]): boolean {
  return rules.some(
    ({ id, mode }) => strictness(mode) > strictness(before.find((rule) => rule.id === id)?.mode),
  );
}

function strictness(mode: Mode | undefined): number {
  return mode === 'report-only' ? 0 : mode === 'additive' ? 1 : 2;
}

function note(plan: MappingPlan, name: string, decision: ReturnType<typeof decide>): void {
  if (decision.kind === 'send') {
    if (decision.actions.some(({ action }) => action.kind === 'createUser')) add(plan.created, name);
    return;
  }
  const reason = stopOf(decision);
  if (reason === undefined) return;
  const known = plan.stopped.get(reason) ?? tally();
  plan.stopped.set(reason, known);
  add(known, name);
}

function stopOf(decision: Exclude<ReturnType<typeof decide>, { kind: 'send' }>): string | undefined {
  if (decision.kind === 'read') return 'unknown-at-adobe';
  if (decision.kind === 'members') return 'read-back';
  if (decision.kind === 'claim') return 'identity-taken';
  return decision.standing.reason;
}

/** The seats of a profile as the last listing showed them. */
export function seatsOf(
  world: World,
  { name, gains, loses }: Pick<EntitlementPlan, 'name' | 'gains' | 'loses'>,
): { readonly quota: number; readonly used: number; readonly after: number } | undefined {
  const [entry] = world.catalogue.get(entitlementKey(name)) ?? [];
  const quota = Number(entry?.licenseQuota ?? Number.NaN);
  if (!Number.isInteger(quota) || entry?.memberCount === undefined) return undefined;
  const used = entry.memberCount;
  return { quota, used, after: used + gains.total - loses.total };
}
