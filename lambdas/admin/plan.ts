/**
 * `plan`: what the bridge would send if it could, from the state as it is now: who would be created, who gains, who
 * loses, which seats that takes, and for whom nothing can happen and why. Everybody is judged with the drain's own
 * `decide`, under the mode asked about; nothing is written, and Adobe is called only to validate (`plan-check.ts`).
 */
import * as z from 'zod';
import type { AccountActions, Action } from '../adobe/adobe.ts';
import { entitlementKey } from '../directory/keys.ts';
import { type Account, type AccountId, Mode } from '../directory/records.ts';
import { type Decision, decide, emailsOf } from '../sync/decide.ts';
import { connectionMode, type World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { add, shows, type Tally, tally, touchedAccounts } from './mapping-plan.ts';
import { seatLines, stopLines, tallyLines } from './mapping-text.ts';
import { type AdminParts, nameOf, readWorldNow } from './parts.ts';
import { checkedData, checkLines, checkPlan, MOST_CHECKS } from './plan-check.ts';
import { minutesFor } from './status.ts';
import { count } from './words.ts';

const PAGE = 100;
/** In one request. */
const MAX_PEOPLE = 10;

export function plan(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      mode: Mode.exclude(['report-only']).optional(),
      group: z.string().trim().min(1).max(1_024).optional(),
      check: z.number().int().min(1).max(MOST_CHECKS).optional(),
    }),
    run: (args) => planNow(parts, args),
  });
}

interface Asked {
  readonly mode?: 'additive' | 'full' | undefined;
  readonly group?: string | undefined;
  /** Requests that Adobe is asked about. */
  readonly check?: number | undefined;
}

interface Planned {
  people: number;
  /** Who would be in at least one call. */
  sent: number;
  readonly created: Tally;
  readonly renamed: Tally;
  readonly updated: Tally;
  readonly removed: Tally;
  readonly losers: Tally;
  readonly gains: Map<string, Tally>;
  /** Have it already by hand, as Adobe showed them: no mail and no seat. */
  readonly adopts: Map<string, Tally>;
  readonly loses: Map<string, Tally>;
  readonly stopped: Map<string, Tally>;
}

/** The first of them, for Adobe's own judgement. */
interface Sample {
  readonly most: number;
  readonly work: AccountActions[];
  readonly names: Map<string, string>;
}

async function planNow(parts: AdminParts, { mode, group, check = 0 }: Asked): Promise<CommandResult> {
  const now = await readWorldNow(parts);
  const connection = now.connections.get(parts.connection);
  if (connection === undefined) throw new Refused('The connection is not set up in this table.');
  const before = connectionMode(connection);
  const under = mode ?? (before === 'report-only' ? 'full' : before);
  const { usernameUndecided: _undecided, restored: _restored, ...decided } = connection;
  const settings = { ...connection.settings, mode: under };
  const connections = new Map([...now.connections, [connection.id, { ...decided, settings }]]);
  const world: World = { ...now, connections };
  const planned: Planned = {
    people: 0,
    sent: 0,
    created: tally(),
    renamed: tally(),
    updated: tally(),
    removed: tally(),
    losers: tally(),
    gains: new Map(),
    adopts: new Map(),
    loses: new Map(),
    stopped: new Map(),
  };
  const sample: Sample = { most: check * MAX_PEOPLE, work: [], names: new Map() };
  for await (const accounts of concerned(parts, group)) {
    const identities = await parts.directory.readIdentities(parts.org, accounts.flatMap(emailsOf));
    for (const account of accounts) {
      planned.people += 1;
      const knownSince = Number.NEGATIVE_INFINITY;
      const decision = decide({ account, world, identities, knownSince });
      const has = (name: string): boolean => shows({ account, key: entitlementKey(name), identities, world });
      await note(parts, { planned, sample }, { account, decision, has });
    }
  }
  const text = textOf(planned, { world, before, under });
  const data = dataOf(planned, { before, under });
  if (check === 0 || sample.work.length === 0) return { text, data };
  const { clientId } = world.org;
  const checked = await checkPlan(parts, { clientId, requests: check, ...sample });
  return { text: [...text, ...checkLines(checked)], data: { ...data, checked: checkedData(checked) } };
}

/** Everybody of the connection or the group, and whoever left and still has something at Adobe. */
async function* concerned(parts: AdminParts, group: string | undefined): AsyncIterable<readonly Account[]> {
  const { directory, connection: c, org: o } = parts;
  if (group !== undefined) {
    const found = await directory.groupNamed(c, group);
    if (found === undefined) throw new Refused(`The identity provider has sent no group "${group}".`);
    return yield* touchedAccounts(parts, { groups: [found.id], everyone: false });
  }
  yield* touchedAccounts(parts, { groups: [], everyone: true });
  const { run, held, timer, parked } = await directory.readPlaces(o);
  const ids: AccountId[] = [...new Set([...run, ...held, ...timer, ...parked.flatMap((one) => one.ids)])];
  for (let at = 0; at < ids.length; at += PAGE) {
    const accounts = await directory.readAccounts(o, ids.slice(at, at + PAGE));
    yield accounts.filter(({ owner, connection }) => owner === undefined && connection === c);
  }
}

interface Judged {
  readonly account: Account;
  readonly decision: Decision;
  /** At Adobe, by whose hand ever. */
  readonly has: (entitlement: string) => boolean;
}

interface Notes {
  readonly planned: Planned;
  readonly sample: Sample;
}

async function note(
  parts: AdminParts,
  { planned, sample }: Notes,
  { account, decision, has }: Judged,
): Promise<void> {
  const reason = stopOf(decision);
  const actions = decision.kind === 'send' ? decision.actions.map(({ action }) => action) : [];
  if (reason === undefined && actions.length === 0) return;
  const name = await nameOf(parts, account);
  if (reason !== undefined) add(at(planned.stopped, reason), name);
  if (actions.length > 0) planned.sent += 1;
  if (actions.length > 0 && sample.work.length < sample.most) {
    sample.work.push({ accountId: account.id, actions });
    sample.names.set(account.id, name);
  }
  for (const action of actions) add(tallyFor(planned, action, has), name);
  if (actions.some(({ kind }) => kind === 'revoke' || kind === 'removeFromOrg')) add(planned.losers, name);
}

function tallyFor(planned: Planned, action: Action, has: Judged['has']): Tally {
  switch (action.kind) {
    case 'createUser':
      return planned.created;
    case 'renameUser':
      return planned.renamed;
    case 'updateUser':
      return planned.updated;
    case 'grant':
      return at(has(action.name) ? planned.adopts : planned.gains, action.name);
    case 'revoke':
      return at(planned.loses, action.name);
    case 'removeFromOrg':
      return planned.removed;
  }
}

function at(tallies: Map<string, Tally>, key: string): Tally {
  const known = tallies.get(key) ?? tally();
  tallies.set(key, known);
  return known;
}

function stopOf(decision: Decision): string | undefined {
  switch (decision.kind) {
    case 'send':
      return undefined;
    case 'read':
      return 'unknown-at-adobe';
    case 'members':
      return 'read-back';
    case 'claim':
      return 'identity-taken';
    case 'rest':
      return decision.standing.status === 'idle' ? undefined : decision.standing.reason;
  }
}

interface Under {
  readonly world: World;
  readonly before: Mode;
  readonly under: Mode;
}

function textOf(planned: Planned, { world, before, under }: Under): string[] {
  const { people, sent, created, renamed, updated, removed, losers, gains, adopts, loses, stopped } = planned;
  const named = [gains, adopts, loses].flatMap((tallies) => [...tallies.keys()]);
  const names = [...new Set(named)].sort((a, b) => a.localeCompare(b));
  const whatIf =
    before === under ? '' : ` The mode is ${before}: nothing of this is sent before it is changed.`;
  const minutes = minutesFor(sent) + 1;
  return [
    `In mode ${under}, for ${count(people, 'person', 'people')}:${whatIf}`,
    ...(sent === 0
      ? ['Nothing would be sent: Adobe has what the identity provider wants, as far as the bridge may act.']
      : [`Calls for ${count(sent, 'person', 'people')}, about ${count(minutes, 'minute')} at Adobe's pace.`]),
    ...tallyLines('Would be created at Adobe', created),
    ...names.flatMap((name) => {
      const change = { name, gains: gains.get(name) ?? tally(), loses: loses.get(name) ?? tally() };
      return [
        ...tallyLines(`Gain "${name}"`, change.gains),
        ...tallyLines(`Have "${name}" by hand, managed from now on`, adopts.get(name) ?? tally()),
        ...tallyLines(`Lose "${name}"`, change.loses),
        ...seatLines(world, change),
      ];
    }),
    ...tallyLines('Would be renamed', renamed),
    ...tallyLines('Would get other names', updated),
    ...tallyLines('Would be removed from the org', removed),
    ...tallyLines('Lose something in all', losers),
    ...[...stopped].flatMap(([reason, one]) => [
      ...stopLines(reason, one.total),
      ...one.people.slice(0, 10).map((name) => `  ${name}`),
    ]),
  ];
}

function dataOf(planned: Planned, modes: Omit<Under, 'world'>): Record<string, unknown> {
  const { gains, adopts, loses, stopped, ...rest } = planned;
  return {
    ...modes,
    ...rest,
    gains: Object.fromEntries(gains),
    adopts: Object.fromEntries(adopts),
    loses: Object.fromEntries(loses),
    stopped: Object.fromEntries(stopped),
  };
}
