/**
 * The end of a run: nothing fails any more, what was late has landed, and drains run until nothing is due (I08). Who still
 * waits then waits for a person or for somebody else, and says so.
 */
import { AccountId } from '../../../lambdas/directory/records.ts';
import { catchUp, type Table } from '../dynamo/table.ts';
import { type Row, rowAt, rowsIn } from '../oracle/rows.ts';
import type { Caller } from '../traffic/caller.ts';
import { asOperator, command, decideHolds } from '../traffic/operator.ts';
import type { Crew } from './crew.ts';
import { ORG } from './setup.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Longer than any request may be on its way. */
const LATE_MS = 26 * MINUTE_MS;
/** Longer than whoever waits for somebody else's address asks again. */
const CALM_MS = 16 * MINUTE_MS;
const LONGEST_SLEEP_MS = 3_600 * SECOND_MS;
const DAY_MS = 24 * 3_600 * SECOND_MS;
/** Two days of drains after a day without calls: more than any retry takes. */
const MOST_LOOKS = 300;

/** What waits for somebody else or for a person, and comes back by itself from time to time. */
const PATIENT = new Set(['identity-taken', 'swap-adopted', 'protected']);

export interface Ending {
  readonly caller: Caller;
  readonly crew: Crew;
}

export async function bringToRest(ending: Ending): Promise<void> {
  const { caller, crew } = ending;
  const { world } = caller;
  const { scheduler, faults, tenants } = world;
  faults.stop();
  crew.stop();
  world.trace(() => 'faults stop');
  while (crew.running() > 0) await scheduler.sleep(undefined, MINUTE_MS);
  await setFree(ending);
  await scheduler.sleep(undefined, LATE_MS);
  await drainToRest(ending);
  await approveAll(ending);
  // As the operator does after repairs: whoever was refused too often is tried once more.
  const [first] = tenants;
  if (first !== undefined && someAreParked(await world.store.table())) {
    await command(caller, first.connection, { command: 'retry', args: { all: true } });
    await drainToRest(ending);
  }
  if (world.nights) await compareNightly(ending);
  // The last records are sealed, too.
  await scheduler.sleep(undefined, 2 * MINUTE_MS);
  if (world.seals) await crew.drain();
}

/** No pause, and everything in full. */
async function setFree({ caller }: Ending): Promise<void> {
  const table = await caller.world.store.table();
  for (const { connection } of caller.world.tenants) {
    const { paused, settings } = rowAt(table, connection, 'CONFIG') ?? {};
    const stopped = {
      connection: paused,
      org: rowAt(table, ORG, 'CONFIG')?.['paused'],
      all: rowAt(table, 'BRIDGE', 'CONFIG')?.['paused'],
    };
    for (const [scope, pause] of Object.entries(stopped)) {
      if (pause !== undefined) await command(caller, connection, { command: 'resume', args: { scope } });
    }
    if ((settings as Row | undefined)?.['mode'] !== 'full')
      await command(caller, connection, { command: 'mode', args: { mode: 'full', yes: true } });
  }
}

/** The operator says yes to all that is held, and to what is held anew because it came later. */
async function approveAll(ending: Ending): Promise<void> {
  const { caller } = ending;
  const [first] = caller.world.tenants;
  for (let times = 0; times < 5; times++) {
    if (first === undefined || !(await decideHolds(caller, first.connection, 'approve'))) return;
    await drainToRest(ending);
  }
}

/** Two nights: what the first finds is put right by day, and the second finds nothing more. */
async function compareNightly({ caller, crew }: Ending): Promise<void> {
  const { scheduler } = caller.world;
  for (let night = 0; night < 2; night++) {
    await scheduler.sleep(undefined, DAY_MS);
    await crew.reconcile();
    await drainToRest({ caller, crew });
  }
}

export async function markAll(caller: Caller, ids: readonly string[]): Promise<void> {
  await asOperator(caller, 'retry', async ({ directory }) => {
    for (const id of ids) await directory.mark(ORG, AccountId.parse(id));
  });
}

export async function drainToRest({ caller, crew }: Ending): Promise<void> {
  const { scheduler, store, violate } = caller.world;
  let calm = false;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const report = await crew.drain();
    const { restless, patient, dueAt } = lookAt(await store.table());
    if (restless.length === 0 && (calm || patient === 0)) return;
    calm = restless.length === 0;
    const next = Math.max(dueAt ?? 0, report?.next ?? 0);
    // A sweep that has looked waits for what the index may not show yet.
    const least = report?.outcome === 'idle' ? MINUTE_MS : SECOND_MS;
    const ms = Math.max(least, Math.min(next - scheduler.now(), LONGEST_SLEEP_MS));
    await scheduler.sleep(undefined, calm ? CALM_MS : ms);
  }
  violate('I08', `no rest after ${MOST_LOOKS} drains: ${lookAt(await store.table()).restless.join('; ')}`);
}

interface Looked {
  readonly restless: readonly string[];
  readonly patient: number;
  readonly dueAt: number | undefined;
}

/** Where things stand: in the index, on the accounts, and among the sweeps. */
function lookAt(table: Table): Looked {
  catchUp(table);
  const restless: string[] = [];
  let patient = 0;
  let dueAt: number | undefined;
  for (const account of indexed(table)) {
    const { status, reason, intent } = account;
    const place = String(account['wpk']).split('#')[1];
    if (place !== 'run' && place !== 'timer' && intent === undefined) continue;
    if (place === 'timer' && intent === undefined && (status === 'held' || PATIENT.has(String(reason)))) {
      patient += 1;
      continue;
    }
    restless.push(`${account['pk']} is ${status}, ${reason ?? 'no reason'} in ${place}`);
    const due = Number(account['due'] ?? 0);
    dueAt = Math.min(dueAt ?? due, due);
  }
  for (const pk of table.partitions.keys()) {
    if (pk.includes('#')) continue;
    for (const sweep of rowsIn(table, pk, 'SWEEP#')) restless.push(`the sweep ${sweep['kind']} of ${pk}`);
  }
  return { restless, patient, dueAt };
}

/** Whether a drain would find anything: somebody in the index whose time has come, a sweep, no listing yet. */
export function isDue(table: Table): boolean {
  const now = table.options.now();
  for (const [partition, { rows }] of table.index) {
    if (partition === `${ORG}#run`) return true;
    if (partition !== `${ORG}#timer`) continue;
    for (const { wsk } of rows.values()) if (Number(wsk.split('#')[0]) <= now) return true;
  }
  for (const pk of table.partitions.keys()) {
    if (!pk.includes('#') && rowsIn(table, pk, 'SWEEP#').length > 0) return true;
  }
  return rowAt(table, ORG, 'CONFIG')?.['listing'] === undefined;
}

function indexed(table: Table): Row[] {
  return [...table.partitions.keys()]
    .filter((pk) => pk.startsWith(`${ORG}#A#`))
    .map((pk) => rowAt(table, pk, '-'))
    .filter((account) => account?.['wpk'] !== undefined)
    .filter((account) => account !== undefined);
}

export function accountIds(table: Table): string[] {
  return [...table.partitions.keys()].flatMap((pk) =>
    pk.startsWith(`${ORG}#A#`) ? [pk.split('#')[2] ?? ''] : [],
  );
}

function someAreParked(table: Table): boolean {
  return indexed(table).some((account) => account['status'] === 'parked');
}
