/**
 * `mode`, and `mode MODE` (design.md section 6): shows what would be sent in another mode before it changes, person by
 * person with the drain's own `decide`, and changes it after a yes. The yes also confirms the mode for this table: after
 * an install or a restore the connection only reports until then (V6).
 */
import * as z from 'zod';
import type { AccountId } from '../directory/records.ts';
import { Mode } from '../directory/records.ts';
import { decide, emailsOf } from '../sync/decide.ts';
import { connectionMode, type World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { type AdminParts, nameOf, readWorldNow } from './parts.ts';
import { count, listed } from './words.ts';

const PAGE = 100;
/** Whoever has something to do is judged, up to so many; the rest is counted. */
const JUDGED = 10_000;
const NAMED = 1_000;

export function mode(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ mode: Mode.optional(), yes: z.boolean().default(false) }),
    run: ({ mode: wanted, yes }, { operator }) => run(parts, { wanted, yes, by: operator }),
  });
}

interface Asked {
  readonly wanted: Mode | undefined;
  readonly yes: boolean;
  readonly by: string;
}

async function run(parts: AdminParts, { wanted, yes, by }: Asked): Promise<CommandResult> {
  const { directory, connection: c } = parts;
  const before = await directory.getConnection(c);
  const now = before.restored
    ? `report-only until confirmed (${before.settings.mode} is stored)`
    : connectionMode(before);
  if (wanted === undefined)
    return { text: [`Mode ${now}.`], data: { mode: connectionMode(before), restored: before.restored } };
  const pending = await pendingIn(parts, wanted);
  const lines = [`Mode ${now}; ${wanted} would be next.`, ...pendingLines(pending)];
  if (!yes) {
    return {
      text: [...lines, 'Nothing was changed. Add --yes to change it.'],
      data: { ...pending, changed: false },
    };
  }
  if (!(await directory.setMode(c, { mode: wanted, rev: before.rev, by }))) {
    throw new Refused('The connection changed while you decided. Look again, then add --yes.');
  }
  return { text: [...lines, `The mode is ${wanted} now.`], data: { ...pending, changed: true } };
}

interface Tally {
  total: number;
  readonly people: string[];
}

interface Pending {
  readonly gain: Record<string, Tally>;
  readonly lose: Record<string, Tally>;
  readonly create: Tally;
  /** Taken out of the org; whether a fresh look allows it, only the drain finds out. */
  readonly leave: Tally;
  /** Have something to do and were not looked at. */
  unread: number;
}

/** What would be sent for everybody who has something to do, were the mode this one. Quotas and the removal limit speak later. */
async function pendingIn(parts: AdminParts, wanted: Mode): Promise<Pending> {
  const world = inMode(await readWorldNow(parts), parts, wanted);
  const { run: due, held, timer, parked } = await parts.directory.readPlaces(parts.org);
  const ids = [...new Set([...held, ...due, ...timer, ...parked.flatMap((place) => place.ids)])];
  const pending: Pending = {
    gain: {},
    lose: {},
    create: tally(),
    leave: tally(),
    unread: Math.max(0, ids.length - JUDGED),
  };
  for (let from = 0; from < Math.min(ids.length, JUDGED); from += PAGE) {
    await judge(parts, { world, ids: ids.slice(from, Math.min(from + PAGE, JUDGED)), pending });
  }
  return pending;
}

function inMode(world: World, { connection: c }: AdminParts, wanted: Mode): World {
  const connection = world.connections.get(c);
  if (connection === undefined) return world;
  const after = { ...connection, restored: false, settings: { ...connection.settings, mode: wanted } };
  return { ...world, connections: new Map([...world.connections, [c, after]]) };
}

interface Judging {
  readonly world: World;
  readonly ids: readonly AccountId[];
  readonly pending: Pending;
}

async function judge(parts: AdminParts, { world, ids, pending }: Judging): Promise<void> {
  const read = await parts.directory.readAccounts(parts.org, ids);
  const accounts = read.filter((account) => account.connection === parts.connection);
  const identities = await parts.directory.readIdentities(parts.org, accounts.flatMap(emailsOf));
  for (const account of accounts) {
    const decision = decide({ account, world, identities, knownSince: Number.NEGATIVE_INFINITY });
    const leaves =
      decision.kind === 'read' && account.applied.identity !== undefined && !account.wanted.active;
    if (decision.kind !== 'send' && !leaves) continue;
    const name = await nameOf(parts, account);
    if (leaves) add(pending.leave, name);
    if (decision.kind !== 'send') continue;
    for (const { action } of decision.actions) {
      if (action.kind === 'createUser') add(pending.create, name);
      if (action.kind === 'removeFromOrg') add(pending.leave, name);
      if (action.kind === 'grant') add(place(pending.gain, action.name), name);
      if (action.kind === 'revoke') add(place(pending.lose, action.name), name);
    }
  }
}

function tally(): Tally {
  return { total: 0, people: [] };
}

function place(of: Record<string, Tally>, name: string): Tally {
  const known = of[name] ?? tally();
  of[name] = known;
  return known;
}

function add(to: Tally, name: string): void {
  to.total += 1;
  if (to.people.length < NAMED) to.people.push(name);
}

function pendingLines({ gain, lose, create, leave, unread }: Pending): string[] {
  const lines = [
    ...Object.entries(gain).flatMap(([name, one]) => [
      `Would gain "${name}": ${one.total}`,
      ...listed(one.people, one.total),
    ]),
    ...Object.entries(lose).flatMap(([name, one]) => [
      `Would lose "${name}": ${one.total}`,
      ...listed(one.people, one.total),
    ]),
    ...(leave.total > 0
      ? [
          `May be taken out of the org, after a look at Adobe: ${leave.total}`,
          ...listed(leave.people, leave.total),
        ]
      : []),
    ...(create.total > 0
      ? [`Would be created at Adobe: ${create.total}`, ...listed(create.people, create.total)]
      : []),
    ...(unread > 0
      ? [`${count(unread, 'person', 'people')} more with something to do were not looked at.`]
      : []),
  ];
  return lines.length > 0 ? lines : ['Nothing would be sent now.'];
}
