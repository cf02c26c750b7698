/**
 * `who ENTITLEMENT` (R35): who has a profile or user group through the bridge, is about to get or lose it, or cannot.
 * It looks at the accounts of the groups whose rules name it, at those with something to do, and at what Adobe showed
 * of exactly these people, and at the strangers whom the last listing kept. It never scans; how many others hold it by
 * hand is told by Adobe's own member count.
 */
import * as z from 'zod';
import { entitlementKey } from '../directory/keys.ts';
import type { Account, AccountId, BoundRule, EntitlementKey, IdentityItem } from '../directory/records.ts';
import { emailsOf } from '../sync/decide.ts';
import { desiredOf } from '../sync/desired.ts';
import type { World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { isBound, ruleName } from './mapping-change.ts';
import { shows, touchedAccounts } from './mapping-plan.ts';
import { nearNames } from './near-names.ts';
import { type AdminParts, nameOf, readWorldNow } from './parts.ts';
import { strangersIn } from './strangers.ts';
import { count, instant, quoted } from './words.ts';

const READ_MOST = 2_000;
/** Answers beyond this are counted and not named. */
const NAMED = 5_000;

export function who(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ entitlement: z.string().trim().min(1).max(1_024) }),
    run: ({ entitlement }) => whoHas(parts, entitlement),
  });
}

/** `outside`: Adobe showed it, and the bridge neither granted nor took it over. */
export type Holding = 'has' | 'leaving' | 'pending' | 'waiting' | 'held' | 'parked' | 'outside';

interface Holder {
  readonly person: string;
  readonly holding: Holding;
  readonly since?: number;
  readonly reason?: string;
  readonly through: readonly string[];
  /** Adobe showed it when the person was last looked at. */
  readonly seen: boolean;
}

async function whoHas(parts: AdminParts, asked: string): Promise<CommandResult> {
  const world = await readWorldNow(parts);
  const key = entitlementKey(asked);
  const rules = (world.rules.get(parts.connection) ?? []).filter((rule) =>
    rule.grants.some(({ name }) => entitlementKey(name) === key),
  );
  const entries = world.catalogue.get(key) ?? [];
  if (rules.length === 0 && entries.length === 0) throw new Refused(unknownName(asked, world));
  const holders: Holder[] = [];
  let total = 0;
  for await (const accounts of candidates(parts, rules)) {
    const identities = await parts.directory.readIdentities(parts.org, accounts.flatMap(emailsOf));
    for (const account of accounts) {
      const held = holdingOf(account, { key, world, identities });
      if (held === undefined) continue;
      total += 1;
      if (holders.length < NAMED) holders.push({ person: await nameOf(parts, account), ...held });
    }
  }
  for (const { email, holds } of (await strangersIn(parts, world)).shown) {
    if (!holds.some((held) => entitlementKey(held) === key)) continue;
    total += 1;
    holders.push({ person: email, holding: 'outside', through: [], seen: true });
  }
  holders.sort((a, b) => a.person.localeCompare(b.person));
  const name = entries[0]?.name ?? asked;
  return {
    text: [...ruleLines(name, rules), ...holderLines(holders, total), ...adobeLines(world, key, holders)],
    data: { entitlement: name, rules: rules.map(ruleName), total, holders },
  };
}

/** The groups of the rules first, then whoever has something to do: who left a group is only there. */
async function* candidates(
  parts: AdminParts,
  rules: readonly BoundRule[],
): AsyncIterable<readonly Account[]> {
  const { directory, org } = parts;
  const seen = new Set<AccountId>();
  const fresh = (page: readonly Account[]): readonly Account[] => {
    const news = page.filter(({ id }) => !seen.has(id));
    for (const { id } of news) seen.add(id);
    return news;
  };
  const groups = rules.filter(isBound).map((rule) => rule.binding.groupId);
  for await (const page of touchedAccounts(parts, {
    groups,
    everyone: rules.some((rule) => rule.everyone),
  })) {
    yield fresh(page);
  }
  const { run, timer, held, parked } = await directory.readPlaces(org);
  const busy = [...run, ...timer, ...held, ...parked.flatMap(({ ids }) => ids)].filter((id) => !seen.has(id));
  yield fresh(await directory.readAccounts(org, busy.slice(0, READ_MOST)));
}

interface Look {
  readonly key: EntitlementKey;
  readonly world: World;
  readonly identities: ReadonlyMap<string, IdentityItem>;
}

function holdingOf(account: Account, look: Look): Omit<Holder, 'person'> | undefined {
  const { key, world } = look;
  const wanted = desiredOf(account, world.rules.get(account.connection) ?? []).entitlements.get(key);
  const applied = account.applied.entitlements[key];
  const seen = shows({ account, ...look });
  const why = account.reason === undefined ? {} : { reason: account.reason };
  const about = { seen, through: (wanted?.rules ?? []).map(ruleName) };
  if (applied !== undefined) {
    const { since } = applied;
    return wanted === undefined
      ? { holding: 'leaving', since, ...why, ...about }
      : { holding: 'has', since, ...about };
  }
  if (wanted !== undefined) {
    if (seen && account.status === 'held') return { holding: 'outside', ...why, ...about };
    return { holding: account.status === 'idle' ? 'pending' : account.status, ...why, ...about };
  }
  if (key in account.unknown) return { holding: 'leaving', ...why, ...about };
  return seen ? { holding: 'outside', ...about } : undefined;
}

function unknownName(asked: string, world: World): string {
  const known = [...world.catalogue.values()].flatMap((entries) => entries.map(({ name }) => name));
  const near = nearNames(
    asked,
    known.filter((name) => !name.startsWith('_')),
  );
  const meant =
    near.length > 0 ? ` Did you mean ${quoted(near)}?` : ' mapping show lists what the rules grant.';
  const age = world.org.catalogueAt;
  const when =
    age === undefined ? 'Adobe was not listed yet' : `Adobe showed nothing of that name at ${instant(age)}`;
  return `No rule names "${asked}", and ${when}.${meant}`;
}

function ruleLines(name: string, rules: readonly BoundRule[]): string[] {
  if (rules.length === 0) return [`"${name}": no rule grants it, so the bridge gives it to nobody.`];
  return [`"${name}" is granted by ${rules.map((rule) => ruleName(rule)).join(', ')}.`];
}

const WORDS: Readonly<Record<Holding, string>> = {
  has: 'has it',
  leaving: 'about to lose it, has it',
  pending: 'pending',
  waiting: 'waiting',
  held: 'held back',
  parked: 'parked',
  outside: 'has it by hand, not through the bridge',
};

function holderLines(holders: readonly Holder[], total: number): string[] {
  if (total === 0) return ['Nobody has it through the bridge, and nobody is waiting for it.'];
  const lines = holders.map(({ person, holding, since, reason, through }) => {
    const when = since === undefined ? '' : ` since ${instant(since)}`;
    const why = reason === undefined || holding === 'has' ? '' : ` (${reason})`;
    const by = through.length === 0 ? '' : `, through ${through.join(', ')}`;
    return `  ${person}: ${WORDS[holding]}${when}${why}${by}`;
  });
  const more = total - holders.length;
  return [`${count(total, 'person', 'people')}:`, ...lines, ...(more > 0 ? [`  ... and ${more} more`] : [])];
}

/** A user group's count is of its direct members, like ours. */
function adobeLines(world: World, key: EntitlementKey, holders: readonly Holder[]): string[] {
  const lines: string[] = [];
  for (const { type, groupId, productName, memberCount } of world.catalogue.get(key) ?? []) {
    if (memberCount === undefined) continue;
    const of = productName === undefined ? '' : ` of "${productName}"`;
    lines.push(
      `Adobe counted ${count(memberCount, 'member')} in ${type} ${groupId}${of} at ${instant(world.org.catalogueAt ?? 0)}.`,
    );
  }
  const [only, ...others] = world.catalogue.get(key) ?? [];
  const listedAt = world.org.catalogueAt ?? 0;
  const ours = holders.filter(({ since, seen }) => seen || (since !== undefined && since <= listedAt));
  const byHand = (only?.memberCount ?? 0) - ours.length;
  if (others.length === 0 && byHand > 0) {
    lines.push(
      `  ${byHand} of them ${byHand === 1 ? 'is' : 'are'} not known to the bridge: given by hand, or taken away since; the Admin Console names them.`,
    );
  }
  return lines;
}
