/**
 * Adobe's people against the company's: whoever is active and in mapped groups holds exactly what these give, under his
 * present address, or waits for a reason that the oracle checks; nobody holds anything else; and what was there by hand,
 * of people whom nobody ever named, is untouched.
 */
import type { Table } from '../dynamo/table.ts';
import { SETTLERS } from '../stage/setup.ts';
import type { World } from '../stage/world.ts';
import { nameOf } from '../traffic/company.ts';
import { desiredOf } from './desired.ts';
import { excuseOf } from './excuses.ts';
import { followingOf } from './following.ts';
import { registers } from './history.ts';
import { idsIn, sameName } from './rows.ts';
import { type Case, type Record, type Scene, standing, typeOf, type UserState } from './scene.ts';

export function judgeAdobe(
  world: World,
  table: Table,
  users: readonly UserState[],
): { excused: ReadonlyMap<string, number> } {
  const cases = users.map((user) => caseOf(world, table, user));
  const records = recordsOf(world);
  const scene: Scene = { world, cases, records, settlers: world.settlers };
  const excused = new Map<string, number>();
  const excuses = new Map<string, string>();
  for (const one of cases) {
    const excuse = excuseOf(scene, one);
    if (excuse === undefined) continue;
    excuses.set(one.id, excuse);
    excused.set(excuse, (excused.get(excuse) ?? 0) + 1);
  }
  for (const one of cases) {
    if (one.desired.size > 0 && !excuses.has(one.id)) judgeCase(scene, one);
  }
  for (const record of records) judgeRecord(scene, record, excuses);
  judgeUntouched(scene);
  return { excused };
}

function caseOf({ books }: World, table: Table, user: UserState): Case {
  const suspended = new Set(idsIn(user.account['suspended']));
  const groups = new Set([...user.groups].filter((id) => !suspended.has(id)));
  const { id, active } = user;
  const desired = desiredOf({ id, active, groups }, followingOf(table, user.connection));
  const handles = new Set(
    books.history.values(registers.user(id, 'email')).map((one) => sameName(one.value)),
  );
  return { ...user, desired, handles: handles.add(user.handle) };
}

function recordsOf({ org, managed }: World): Record[] {
  return org.people().map(({ email, type, firstname, groups }) => ({
    email,
    handle: sameName(email),
    type,
    firstname,
    held: new Set(groups.map(sameName).filter((name) => managed.has(name))),
    admin: groups.some((name) => name.startsWith('_')),
  }));
}

/** What somebody held by hand before anything began. */
function byHand({ settlers }: Scene, { handle, type }: Record): Set<string> {
  const settler = settlers
    ? SETTLERS.find((one) => sameName(nameOf(one.name, 'plain').email) === handle && one.type === type)
    : undefined;
  return new Set((settler?.holds ?? []).map(sameName));
}

const listed = (names: Iterable<string>): string => `[${[...names].sort().join(', ')}]`;

function judgeCase(scene: Scene, { id, email, handle, desired, given, account }: Case): void {
  const { world, records } = scene;
  const wanted = typeOf(email);
  const record = records.find((one) => one.handle === handle && one.type === wanted);
  if (record === undefined) {
    world.violate(
      'I08',
      `user ${id} <${email}> wants ${listed(desired)} and is not at Adobe: ${standing(account)}`,
    );
    return;
  }
  const hand = byHand(scene, record);
  const missing = [...desired].filter((name) => !record.held.has(name));
  const surplus = [...record.held].filter((name) => !desired.has(name) && !hand.has(name));
  if (missing.length + surplus.length > 0) {
    world.violate(
      missing.length > 0 ? 'I08' : 'I06',
      `user ${id} <${email}> holds ${listed(record.held)}, not ${listed(desired)}: ${standing(account)}`,
    );
  }
  if (account['origin'] === 'made' && wanted === 'federatedID' && record.firstname !== given)
    world.violate('I08', `user ${id} <${email}> is called ${record.firstname}, not ${given}`);
}

/** I06, I07: everything held has somebody whose groups give it. */
function judgeRecord(scene: Scene, record: Record, excuses: ReadonlyMap<string, string>): void {
  const { world, cases } = scene;
  if (record.admin) return;
  const owners = cases.filter(
    (one) => one.handle === record.handle || (excuses.has(one.id) && one.handles.has(record.handle)),
  );
  const hand = byHand(scene, record);
  const allowed = new Set(owners.flatMap((one) => [...one.desired]));
  const surplus = [...record.held].filter((name) => !allowed.has(name) && !hand.has(name));
  if (surplus.length > 0) {
    const who =
      owners.length === 0
        ? 'nobody of the company'
        : owners.map((one) => `user ${one.id}, ${standing(one.account)}`).join(' and ');
    world.violate('I06', `<${record.email}> keeps ${listed(surplus)}, and is ${who}`);
  }
}

/** T14: whoever was there before keeps address and name. I10: whom no client ever named keeps all that he had. */
function judgeUntouched(scene: Scene): void {
  const { world, records } = scene;
  for (const settler of world.settlers ? SETTLERS : []) {
    const handle = sameName(nameOf(settler.name, 'plain').email);
    if (!records.some((one) => one.handle === handle && one.type === settler.type && one.firstname === 'Set'))
      world.violate('T14', `<${handle}> was there before and is renamed`);
    if (world.books.knownEmails.has(handle) && !settler.admin) continue;
    const record = records.find((one) => one.handle === handle && one.type === settler.type);
    const missing = settler.holds.map(sameName).filter((name) => record?.held.has(name) !== true);
    if (record === undefined || missing.length > 0)
      world.violate('I10', `<${handle}> was nobody's business and lost ${listed(missing)}`);
  }
}
