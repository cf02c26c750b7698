/**
 * What clients read, held against the history: every value must be explained (I01), everything that was there all the time
 * must be shown, nothing may be shown to somebody whose it is not (I05), and refusals must have had a reason (I17).
 */

import type { Tenant, World } from '../stage/world.ts';
import type { Exchange } from '../traffic/exchange.ts';
import { type Reading, registers, type Stretch } from './history.ts';
import { sameName } from './rows.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a client was answered, judged field by field
type Json = any;

interface Shown {
  readonly json: Json;
  readonly reading: Reading;
}

export interface Listed {
  readonly said: { readonly json: Json };
  readonly reading: Reading;
  /** Only users of this name were asked for. */
  readonly named?: string;
}

/** Takes down an id that was not seen before: which create made it, its marker tells. */
export function meet(world: World, tenant: Tenant, json: Json, exact?: Stretch): void {
  const { books } = world;
  const id = String(json.id);
  const known = books.met.get(id);
  if (known !== undefined) {
    if (known.connection !== tenant.connection)
      world.violate('I05', `${id} of ${known.connection} is shown to ${tenant.connection}`);
    return;
  }
  const marker = String(json.nickName ?? json.externalId);
  const births = books.births.filter((one) => one.marker === marker && one.connection === tenant.connection);
  const [first] = births;
  if (first === undefined) {
    world.violate('I01', `${id} is shown and nobody created it`);
    return;
  }
  books.met.set(id, { kind: first.kind, connection: tenant.connection });
  // Which of several tries made it nobody can tell, and one of them may still be under way.
  const within = (sure: boolean): Stretch => ({
    get start() {
      return Math.min(...births.map((one) => one.stretch.start));
    },
    get end() {
      return Math.max(...births.map((one) => one.stretch.end));
    },
    sure,
  });
  const stretch = exact ?? within(true);
  const { history } = books;
  history.write(registers[first.kind](id, 'exists'), 'yes', stretch);
  for (const [what, value] of Object.entries(first.values))
    history.write(`${first.kind[0]} ${id} ${what}`, value, stretch);
  // Members come in chunks (R9, R10), so what no 201 speaks of may have ended between two of them.
  for (const user of first.members ?? [])
    history.write(registers.member(id, user), 'in', exact ?? within(false));
}

function question(world: World, about: string, doubt: () => string | undefined): void {
  const ask = (): string | undefined => {
    const text = doubt();
    return text === undefined ? undefined : `${about}: ${text}`;
  };
  world.books.questions.push({ step: world.scheduler.step(), ask });
}

/** Every question that answers raised, now that all is known. */
export function judgeQuestions(world: World): void {
  for (const { step, ask } of world.books.questions.splice(0)) {
    const text = ask();
    if (text !== undefined) world.violations.push({ rule: 'I01', text, step });
  }
}

export function judgeUser(world: World, tenant: Tenant, { json, reading }: Shown): void {
  meet(world, tenant, json);
  const { history } = world.books;
  const id = String(json.id);
  const values = {
    userName: String(json.userName),
    email: String(json.emails?.[0]?.value ?? ''),
    active: String(json.active),
    given: String(json.name?.givenName),
  };
  question(world, `user ${id} is there`, () => history.doubt(registers.user(id, 'exists'), 'yes', reading));
  for (const [what, value] of Object.entries(values)) {
    const register = registers.user(id, what as 'email');
    question(world, `${what} of user ${id} reads ${value}`, () => history.doubt(register, value, reading));
  }
}

export function judgeGroup(world: World, tenant: Tenant, { json, reading }: Shown): void {
  meet(world, tenant, json);
  const { history, met } = world.books;
  const id = String(json.id);
  const { displayName, members = [] } = json;
  question(world, `group ${id} is there`, () => history.doubt(registers.group(id, 'exists'), 'yes', reading));
  question(world, `displayName of group ${id} reads ${displayName}`, () =>
    history.doubt(registers.group(id, 'displayName'), String(displayName), reading),
  );
  const shown = new Set<string>(members.map((one: { value: string }) => one.value));
  for (const [user, { kind, connection }] of met) {
    if (kind !== 'user') continue;
    if (connection !== tenant.connection) {
      if (shown.has(user))
        world.violate('I05', `user ${user} of ${connection} is a member in ${tenant.connection}`);
      continue;
    }
    judgeMember(world, { group: id, user, isMember: shown.has(user), reading });
  }
}

interface Membership {
  readonly group: string;
  readonly user: string;
  readonly isMember: boolean;
  readonly reading: Reading;
}

function judgeMember(world: World, { group, user, isMember, reading }: Membership): void {
  const { history } = world.books;
  const exists = registers.user(user, 'exists');
  question(world, `user ${user} is ${isMember ? 'a' : 'no'} member of ${group}`, () => {
    // Whoever may be gone may be no member for that reason.
    const mayBeGone = history.values(exists).some((one) => one.value === 'no');
    // A look that began before the group was hidden may see its members leave.
    const groupGoes = history
      .values(registers.group(group, 'exists'))
      .some((one) => one.value === 'no' && one.stretch.start <= reading.to);
    if (!isMember && (mayBeGone || groupGoes)) return undefined;
    return history.membershipDoubt(group, user, { isMember, reading });
  });
  if (isMember)
    question(world, `member ${user} of ${group} lives`, () => history.doubt(exists, 'yes', reading));
}

export function judgeUsers(world: World, tenant: Tenant, { said, reading, named }: Listed): void {
  const users: Json[] = said.json.Resources ?? [];
  for (const json of users) {
    judgeUser(world, tenant, { json, reading });
    if (named !== undefined && sameName(String(json.userName)) !== sameName(named))
      world.violate('I01', `asked for ${named}, ${json.userName} was shown`);
  }
  const shown = new Set(users.map((json) => String(json.id)));
  const { table } = world.books;
  const { connection } = tenant;
  const expected =
    named === undefined
      ? table.allSteady(connection, reading.from)
      : table.steadyUsers(connection, named, reading.from);
  for (const id of expected) {
    if (!shown.has(id)) world.violate('I01', `user ${id} was there all the time and is not shown`);
  }
}

export function judgeGroups(world: World, tenant: Tenant, { said, reading }: Listed): void {
  for (const json of said.json.Resources ?? []) judgeGroup(world, tenant, { json, reading });
}

interface Refused {
  readonly exchange: Exchange;
}

/** 404 needs somebody who may have deleted it; success needs that nobody surely did. */
export function judgeMissing(
  world: World,
  { kind, id, exchange }: Refused & { readonly kind: 'user' | 'group'; readonly id: string },
): void {
  const { said, start, end } = exchange;
  if (said === undefined || (said.status >= 400 && said.status !== 404)) return;
  const value = said.status === 404 ? 'no' : 'yes';
  question(world, `a request about ${kind} ${id} answered ${said.status}`, () =>
    world.books.history.doubt(registers[kind](id, 'exists'), value, { from: start, to: end }),
  );
}

/** I17: 409 needs somebody else who had the name meanwhile. */
export function judgeTaken(
  world: World,
  { connection }: Tenant,
  { exchange, name, except }: Refused & { readonly name: string; readonly except: string | undefined },
): void {
  const { said, start } = exchange;
  const { table } = world.books;
  if (said?.status !== 409 || !table.isFed()) return;
  if (!table.wasTaken(connection, name, { since: start, except }))
    world.violate('I17', `409 for ${name}, which nobody else had`);
}
