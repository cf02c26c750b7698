/**
 * The end of a run judged: what clients read against the history (I01, I02, I04), the table against itself, Adobe against
 * what users, members and rules say (I06-I08, I10, I13), and the journal against what was sent (I14).
 */
import { findBroken } from '../../directory/invariants.ts';
import type { Table } from '../dynamo/table.ts';
import { ORG } from '../stage/setup.ts';
import type { Tenant, World } from '../stage/world.ts';
import { type Caller, callScim } from '../traffic/caller.ts';
import { command } from '../traffic/operator.ts';
import { judgeAdobe } from './adobe-verdict.ts';
import { ALWAYS, registers } from './history.ts';
import { judgeJournal } from './journal.ts';
import { judgeGroups, judgeQuestions, judgeUsers } from './reads.ts';
import { everyRow, rowAt, sameName } from './rows.ts';
import type { UserState } from './scene.ts';

export interface Verdict {
  /** People that wait for a reason that holds, by reason. */
  readonly excused: ReadonlyMap<string, number>;
}

export async function judgeEnd(caller: Caller): Promise<Verdict> {
  const { world } = caller;
  const users: UserState[] = [];
  const table = await world.store.table();
  for (const tenant of world.tenants) users.push(...(await readTenant(caller, table, tenant)));
  judgeQuestions(world);
  judgeTable(world, table);
  judgeJournal(world, table);
  if (world.seals) await judgeSeals(caller, world.tenants[0]?.connection ?? '');
  return judgeAdobe(world, table, users);
}

/** I14: the product's own verifier finds nothing odd in a journal that nobody touched. */
async function judgeSeals(caller: Caller, connection: string): Promise<void> {
  const answer = await command(caller, connection, { command: 'journal.verify', args: {} });
  const data = answer?.ok === true ? (answer.result.data as { findings?: readonly unknown[] }) : undefined;
  if (data?.findings?.length !== 0)
    caller.world.violate('I14', `the journal does not verify: ${JSON.stringify(answer)}`);
}

function judgeTable(world: World, table: Table): void {
  const rows = everyRow(table);
  for (const { connection } of world.tenants) {
    for (const broken of findBroken(rows, connection, ORG)) world.violate('table', broken);
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a client was answered, judged field by field
type Json = any;

async function listAll({ world, pool }: Caller, tenant: Tenant, type: 'Users' | 'Groups'): Promise<Json> {
  const request = { method: 'GET', path: `/${type}?count=200` } as const;
  const { said } = await callScim({ world, pool }, tenant.token, request);
  if (said?.status !== 200) world.violate('I17', `the list of ${type} answered ${said?.status} at the end`);
  return said?.json ?? {};
}

async function readTenant(caller: Caller, table: Table, tenant: Tenant): Promise<UserState[]> {
  const { world } = caller;
  const users = await listAll(caller, tenant, 'Users');
  judgeUsers(world, tenant, { said: { json: users }, reading: ALWAYS });
  const groups = await listAll(caller, tenant, 'Groups');
  judgeGroups(world, tenant, { said: { json: groups }, reading: ALWAYS });
  judgeAbsent(world, tenant, { users, groups });
  return (users.Resources ?? []).map((user: Json): UserState => stateOf(table, tenant, { user, groups }));
}

function stateOf(
  table: Table,
  { connection }: Tenant,
  { user, groups }: { user: Json; groups: Json },
): UserState {
  const row = rowAt(table, `${connection}#U`, String(user.id));
  const memberships = (groups.Resources ?? []).filter((group: Json) =>
    (group.members ?? []).some((one: Json) => one.value === user.id),
  );
  const email = String(user.emails?.[0]?.value ?? user.userName);
  return {
    connection,
    id: String(user.id),
    active: user.active === true,
    email,
    handle: sameName(email),
    given: String(user.name?.givenName),
    groups: new Set(memberships.map((group: Json) => String(group.id))),
    account: rowAt(table, `${ORG}#A#${row?.['accountId']}`, '-') ?? {},
  };
}

/** Whoever is not there any more must have been deleted. */
function judgeAbsent(world: World, { connection }: Tenant, shown: { users: Json; groups: Json }): void {
  const ids = new Set<string>(
    [...(shown.users.Resources ?? []), ...(shown.groups.Resources ?? [])].map((one: Json) => String(one.id)),
  );
  const { met, history } = world.books;
  for (const [id, one] of met) {
    if (one.connection !== connection || ids.has(id)) continue;
    const text = history.doubt(registers[one.kind](id, 'exists'), 'no', ALWAYS);
    if (text !== undefined) world.violate('I01', `${one.kind} ${id} is gone: ${text}`);
  }
}
