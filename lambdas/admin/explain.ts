/**
 * `explain EMAIL`: for each entitlement that one person has, should have or had lately: how it stands, the way from the
 * IdP group over the rule to the entitlement with the request that put the person into the group, and for what is still
 * open what it waits for and when it will be done, by the budget as it is now. Reads only.
 *
 * Where a licence comes from that the bridge knows nothing of is said as well: it was given by hand.
 */
import * as z from 'zod';
import { emailKey, entitlementKey } from '../directory/keys.ts';
import type {
  AppliedEntitlement,
  BoundRule,
  EntitlementKey,
  GroupId,
  IdentityItem,
} from '../directory/records.ts';
import type { Membership } from '../directory/work.ts';
import { type Decision, decide, emailsOf } from '../sync/decide.ts';
import { type DesiredEntitlement, desiredOf } from '../sync/desired.ts';
import { foundUser, type Knowledge, knowledgeOf } from '../sync/known.ts';
import type { World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { type Eta, etaOf } from './eta.ts';
import { isBound, ruleName } from './mapping-change.ts';
import { type AdminParts, readWorldNow } from './parts.ts';
import { Email, findPeople, nobody, type Person } from './people.ts';
import { strangerData, strangerOf, strangerStory } from './strangers.ts';
import { instant, kindWord, reasonWord } from './words.ts';

export function explain(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ email: Email }),
    run: ({ email }) => explainPerson(parts, email),
  });
}

async function explainPerson(parts: AdminParts, email: string): Promise<CommandResult> {
  const world = await readWorldNow(parts);
  const people = await findPeople(parts, email);
  const [item] = (await parts.directory.readIdentities(parts.org, [email])).values();
  if (people.length === 0) {
    const stranger = strangerOf(item, world);
    if (stranger === undefined) throw new Refused(nobody(email, world));
    return { text: strangerStory(stranger), data: { people: [], ...strangerData(stranger) } };
  }
  const found = await Promise.all(people.map((person) => storyOf(parts, { person, world })));
  return { text: found.flatMap(({ lines }) => lines), data: { people: found.map(({ data }) => data) } };
}

export type State = 'has' | 'pending' | 'leaving' | 'unknown' | 'stopped' | 'by-hand';

interface Because {
  readonly rule: string;
  readonly group?: string;
  readonly membership?: Membership;
}

interface Story {
  readonly name: string;
  readonly kind?: AppliedEntitlement['kind'];
  readonly state: State;
  readonly since?: number;
  /** Found there at first contact, not granted by the bridge. */
  readonly adopted?: true;
  readonly reason?: string;
  readonly hint?: string;
  readonly because: readonly Because[];
}

interface About {
  readonly person: Person;
  readonly world: World;
}

async function storyOf(parts: AdminParts, { person, world }: About) {
  const { account } = person;
  const identities = await parts.directory.readIdentities(parts.org, emailsOf(account));
  const decision = decide({ account, world, identities, knownSince: Number.NEGATIVE_INFINITY });
  const because = await reasonsOf(parts, { person, world });
  const desired = desiredOf(account, world.rules.get(account.connection) ?? []).entitlements;
  const stories = [
    ...[...desired].map(([key, one]) => wantedStory({ person, world }, { key, one, decision, because })),
    ...leavingStories({ person, world }, { desired, decision }),
    ...byHandStories(person, identities, { world, desired }),
  ].sort((a, b) => a.name.localeCompare(b.name));
  const open = stories.some(({ state }) => state === 'pending' || state === 'leaving' || state === 'unknown');
  const eta = open ? await etaOf(parts, { account, world }) : undefined;
  return {
    lines: [heading(person), ...stories.flatMap((story) => linesOf(story, eta))],
    data: { account: account.id, entitlements: stories, ...(eta === undefined ? {} : { eta }) },
  };
}

function heading({ user, account }: Person): string {
  const who = user?.resource.userName ?? `account ${account.id} (deleted in the identity provider)`;
  const at = account.applied.identity?.email;
  return at === undefined ? `${who}, not at Adobe because of the bridge yet` : `${who}, at Adobe as ${at}`;
}

/** By rule: the group it follows, and how the person came into it. */
async function reasonsOf(parts: AdminParts, { person, world }: About): Promise<Map<string, Because>> {
  const { account, user } = person;
  const rules = world.rules.get(account.connection) ?? [];
  const groups = rules.flatMap((rule) => (isBound(rule) ? [rule.binding.groupId] : []));
  const mine = groups.filter((group) => account.wanted.groups.includes(group));
  const memberships: ReadonlyMap<GroupId, Membership> =
    user === undefined
      ? new Map()
      : await parts.directory.membershipsOf(account.connection, { user: user.id, groups: mine });
  const found = new Map<string, Because>();
  for (const rule of rules) found.set(rule.id, await becauseOf(parts, rule, memberships));
  return found;
}

async function becauseOf(
  { directory, connection: c }: AdminParts,
  rule: BoundRule,
  memberships: ReadonlyMap<GroupId, Membership>,
): Promise<Because> {
  if (!isBound(rule)) return { rule: ruleName(rule) };
  const membership = memberships.get(rule.binding.groupId);
  if (membership === undefined) return { rule: ruleName(rule) };
  const group = await directory.getGroup(c, rule.binding.groupId);
  return { rule: ruleName(rule), membership, ...(group === undefined ? {} : { group: group.displayName }) };
}

interface Wanted {
  readonly key: EntitlementKey;
  readonly one: DesiredEntitlement;
  readonly decision: Decision;
  readonly because: ReadonlyMap<string, Because>;
}

function wantedStory({ person, world }: About, { key, one, decision, because }: Wanted): Story {
  const { account } = person;
  const about = {
    name: one.name,
    kind: one.kind,
    because: one.rules.map((rule) => because.get(rule.id) ?? { rule: ruleName(rule) }),
  };
  const held = account.applied.entitlements[key];
  if (Object.hasOwn(account.unknown, key)) return { ...about, state: 'unknown' };
  if (held !== undefined) {
    const adopted = held.found === true ? { adopted: true as const } : {};
    return { ...about, state: 'has', since: held.since, ...adopted };
  }
  const sent = decision.kind === 'send' && decision.actions.some((action) => action.key === key);
  if (sent || decision.kind === 'read' || account.intent !== undefined) return { ...about, state: 'pending' };
  return { ...about, ...stopOf({ person, world }, { key, decision }) };
}

/** Why nothing can be sent: the fault of the entitlement first, else what the person stands on. */
function stopOf(
  { person, world }: About,
  { key, decision }: { readonly key: EntitlementKey; readonly decision: Decision },
): Pick<Story, 'state' | 'reason' | 'hint'> {
  const fault = world.faults.get(key);
  if (fault !== undefined)
    return {
      state: 'stopped',
      reason: `${fault.error.code}, ${fault.error.message}`,
      hint: fault.error.hint,
    };
  if (decision.kind === 'claim') {
    return {
      state: 'stopped',
      reason: 'another account has the identity at Adobe for now',
      hint: person.account.error?.hint ?? 'status EMAIL names it',
    };
  }
  const { reason, error } = decision.kind === 'rest' ? decision.standing : person.account;
  if (error !== undefined)
    return { state: 'stopped', reason: `${error.code}, ${error.message}`, hint: error.hint };
  const meaning = reason === undefined ? undefined : reasonWord(reason);
  return {
    state: 'stopped',
    ...(reason === undefined ? {} : { reason }),
    ...(meaning === undefined ? {} : { hint: meaning }),
  };
}

interface Leaving {
  readonly desired: ReadonlyMap<EntitlementKey, DesiredEntitlement>;
  readonly decision: Decision;
}

/** What Adobe has because of us and nobody wants any more. */
function leavingStories({ person, world }: About, { desired, decision }: Leaving): Story[] {
  const { applied, unknown } = person.account;
  const rules = world.rules.get(person.account.connection) ?? [];
  const gone = Object.entries(applied.entitlements).filter(([key]) => !desired.has(key));
  const maybe = Object.entries(unknown).filter(
    ([key]) => !desired.has(key) && !(key in applied.entitlements),
  );
  return [
    ...gone.map(([key, { name, kind, since, rule }]): Story => {
      const before = rules.find(({ id }) => id === rule);
      const because = before === undefined ? [] : [{ rule: `${ruleName(before)}, until the person left it` }];
      const sent = decision.kind === 'send' && decision.actions.some((action) => action.key === key);
      const about = { name, kind, since, because };
      const waits = sent || person.account.intent !== undefined;
      return { ...about, ...(waits ? {} : stopOf({ person, world }, { key, decision })), state: 'leaving' };
    }),
    ...maybe.map(([, { name }]): Story => ({ name, state: 'unknown', because: [] })),
  ];
}

function byHandStories(
  { account }: Person,
  identities: ReadonlyMap<string, IdentityItem>,
  { world, desired }: { readonly world: World; readonly desired: ReadonlyMap<EntitlementKey, unknown> },
): Story[] {
  const identity = account.applied.identity ?? account.wanted.identity;
  if (identity === undefined) return [];
  const known: Knowledge | undefined = knowledgeOf(identities.get(emailKey(identity.email)), world.org);
  const names = foundUser(known, identity)?.groups ?? [];
  const ours = (key: EntitlementKey): boolean =>
    desired.has(key) ||
    Object.hasOwn(account.applied.entitlements, key) ||
    Object.hasOwn(account.unknown, key);
  return names
    .filter((name) => !ours(entitlementKey(name)))
    .map((name) => ({ name, state: 'by-hand' as const, because: [] }));
}

function linesOf(story: Story, eta: Eta | undefined): string[] {
  const { name, kind, reason, hint, because } = story;
  const what = kind === undefined ? '' : ` (${kindWord(kind)})`;
  return [
    `  "${name}"${what}: ${stateWords(story, eta)}`,
    ...because.map((one) => `    because of ${becauseWords(one)}`),
    ...(reason === undefined ? [] : [`    in the way: ${reason}`]),
    ...(hint === undefined ? [] : [`    what to do: ${hint}`]),
  ];
}

function stateWords({ state, since, adopted, reason }: Story, eta: Eta | undefined): string {
  const when = eta === undefined || reason !== undefined ? '' : `, ${eta.words}`;
  switch (state) {
    case 'has':
      return adopted
        ? `has it; it was there before the bridge and is managed since ${instant(since ?? 0)}`
        : `has it since ${instant(since ?? 0)}`;
    case 'pending':
      return `not there yet${when}`;
    case 'leaving':
      return `being taken away${when}`;
    case 'unknown':
      return `a call has no answer; the bridge finds out${when}`;
    case 'stopped':
      return 'not there, and nothing can be sent now';
    case 'by-hand':
      return 'given by hand or by another tool; the bridge leaves it alone, unless a rule that names it reverts drift';
  }
}

function becauseWords({ rule, group, membership }: Because): string {
  if (membership === undefined) return rule;
  const { at, request } = membership;
  const by = request === undefined ? '' : ` by request ${request}`;
  const renamed = group === undefined || rule === `group "${group}"` ? '' : ` (now "${group}")`;
  return `${rule}${renamed}: a member since ${instant(at)}${by}`;
}
