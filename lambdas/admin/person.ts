/**
 * `status EMAIL`: everything about one person in a reader's words: what the identity provider said, which rules want
 * what, what Adobe has because of us, what the next look would do and what is in the way. Reads only.
 */
import * as z from 'zod';
import { emailKey, entitlementKey } from '../directory/keys.ts';
import type { Account, IdentityItem } from '../directory/records.ts';
import { type Decision, decide, emailsOf } from '../sync/decide.ts';
import { desiredOf } from '../sync/desired.ts';
import type { World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { driftLines } from './drift-words.ts';
import { ruleName } from './mapping-change.ts';
import { type AdminParts, nameOf, readWorldNow } from './parts.ts';
import { Email, findPeople, nobody, type Person } from './people.ts';
import { actionWords, nextWords, observedWords } from './person-words.ts';
import { instant, kindWord, quoted, reasonWord, statusWord } from './words.ts';

export function statusPerson(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ email: Email }),
    run: ({ email }) => statusOf(parts, email),
  });
}

async function statusOf(parts: AdminParts, email: string): Promise<CommandResult> {
  const { directory, org: o } = parts;
  const world = await readWorldNow(parts);
  const people = await findPeople(parts, email);
  const [item] = (await directory.readIdentities(o, [email])).values();
  const observed = item?.observed?.users ?? [];
  if (people.length === 0 && observed.length === 0) throw new Refused(nobody(email, world));
  const sections: string[][] = [];
  const data: unknown[] = [];
  for (const person of people) {
    const emails = emailsOf(person.account);
    const identities = await directory.readIdentities(o, [...emails, email]);
    const decision = decide({
      account: person.account,
      world,
      identities,
      knownSince: Number.NEGATIVE_INFINITY,
    });
    sections.push(await personLines(parts, { person, world, identities, decision }));
    data.push(personData(person, decision));
  }
  if (people.length === 0)
    sections.push([`The identity provider sent nobody with the e-mail or userName ${email}.`]);
  const accounts = people.map(({ account }) => account);
  sections.push(observedWords({ email, item, world, accounts }));
  return {
    text: sections
      .filter((lines) => lines.length > 0)
      .flatMap((lines, at) => (at === 0 ? lines : ['', ...lines])),
    data: { people: data, observed },
  };
}

interface Shown {
  readonly person: Person;
  readonly world: World;
  readonly identities: ReadonlyMap<string, IdentityItem>;
  readonly decision: Decision;
}

async function personLines(parts: AdminParts, shown: Shown): Promise<string[]> {
  const { person, world, decision } = shown;
  const { account } = person;
  return [
    ...userLines(person),
    ...identityLines(account),
    ...(await claimLines(parts, shown)),
    ...wantedLines(person, world),
    ...appliedLines(account),
    ...driftLines(account, world).map((line) => `  ! ${line}`),
    ...intentLines(account),
    ...standingLines(account),
    ...nextWords(decision, account),
  ];
}

function userLines({ user, account, groups }: Person): string[] {
  if (user === undefined) {
    return [
      'The user was deleted in the identity provider; what Adobe holds because of it is being taken back.',
      `  account ${account.id}`,
    ];
  }
  const { resource, id } = user;
  const { active, since, suspended } = account.wanted;
  return [
    `${resource.userName} (SCIM user ${id})`,
    `  ${active ? 'active' : 'inactive: the identity provider switched the person off'} since ${instant(since)}`,
    `  groups: ${groups.length === 0 ? 'none, so nothing is granted by a group' : quoted(groups)}`,
    ...(suspended.length === 0
      ? []
      : [
          `  ${suspended.length} of them suspended after a long absence: the identity provider has to assign them again`,
        ]),
  ];
}

function identityLines({ wanted, applied, origin }: Account): string[] {
  const { identity, problem } = wanted;
  const wish =
    identity === undefined
      ? `  identity: none that Adobe can take (${problem?.code ?? 'identity-missing'}): ${problem?.detail ?? 'give the person an e-mail address in the identity provider'}`
      : `  identity: ${identity.email}, ${identity.type}${identity.username === identity.email ? '' : `, username ${identity.username}`}`;
  if (applied.identity === undefined) return [wish, '  at Adobe: not made or taken over by the bridge yet'];
  const how =
    origin === 'made' ? 'made by the bridge' : 'was there before the bridge (never renamed without a yes)';
  return [wish, `  at Adobe: ${applied.identity.email}, ${how}`];
}

async function claimLines(parts: AdminParts, { person, identities }: Shown): Promise<string[]> {
  const { identity } = person.account.wanted;
  if (identity === undefined) return [];
  const holder = identities.get(emailKey(identity.email))?.claims[identity.type];
  if (holder === undefined || holder === person.account.id) return [];
  const [other] = await parts.directory.readAccounts(parts.org, [holder]);
  const who = other === undefined ? `account ${holder}` : await nameOf(parts, other);
  const gone = other?.owner === undefined ? ' (deleted in the identity provider, being cleaned up)' : '';
  return [`  ! the identity ${identity.email} belongs to ${who}${gone} for now`];
}

function wantedLines({ account }: Person, world: World): string[] {
  const { entitlements, live } = desiredOf(account, world.rules.get(account.connection) ?? []);
  if (!live) return ['  wanted: nothing (inactive or deleted)'];
  if (entitlements.size === 0) return ['  wanted: nothing, no rule of the mapping speaks of this person'];
  return [
    '  wanted:',
    ...[...entitlements].map(([key, { name, kind, rules }]) => {
      const has = key in account.applied.entitlements ? '' : ' - not there yet';
      return `    "${name}" (${kindWord(kind)}) by ${rules.map(ruleName).join(', ')}${has}`;
    }),
  ];
}

function appliedLines({ applied, unknown }: Account): string[] {
  const held = Object.values(applied.entitlements);
  const open = Object.values(unknown).filter(({ name }) => !(entitlementKey(name) in applied.entitlements));
  if (held.length + open.length === 0) return ['  has from the bridge: nothing'];
  return [
    '  has from the bridge:',
    ...held.map(({ name, since, unwantedSince }) => {
      const leaving = unwantedSince === undefined ? '' : `, no longer wanted since ${instant(unwantedSince)}`;
      return `    "${name}" since ${instant(since)}${leaving}`;
    }),
    ...open.map(
      ({ name, at }) => `    maybe "${name}": the call of ${instant(at)} has no answer, so it is repeated`,
    ),
  ];
}

function intentLines({ intent }: Account): string[] {
  if (intent === undefined) return [];
  return [`  in flight since ${instant(intent.at)}: ${actionWords(intent.actions).join(', ')}`];
}

function standingLines({ status, reason, error, due, attempts }: Account): string[] {
  const why = reason === undefined ? '' : ` (${reason})`;
  const when = due === undefined ? '' : `, looked at again at ${instant(due)}`;
  const meaning = reason === undefined || status === 'idle' ? undefined : reasonWord(reason);
  return [
    `  status: ${statusWord(status)}${why}${when}${attempts > 0 ? `, after ${attempts} failed` : ''}`,
    ...(meaning === undefined ? [] : [`    ${meaning}`]),
    ...(error === undefined ? [] : [`    ${error.message}`, `    What to do: ${error.hint}`]),
  ];
}

function personData({ user, account, groups }: Person, decision: Decision): Record<string, unknown> {
  const { status, reason, error, due, wanted, applied, origin, intent, unknown, drift, confirmedAt } =
    account;
  const actions = decision.kind === 'send' ? decision.actions.map(({ action }) => action) : [];
  return {
    user:
      user === undefined
        ? undefined
        : { id: user.id, userName: user.resource.userName, active: user.resource.active },
    account: account.id,
    groups,
    identity: wanted.identity,
    problem: wanted.problem,
    applied,
    origin,
    unknown,
    intent,
    drift,
    confirmedAt,
    status,
    reason,
    error,
    due,
    next: { kind: decision.kind, actions },
  };
}
