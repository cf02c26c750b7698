/**
 * `doctor`: everything that set-up arranged and that time can spoil, looked at again, each point with ok, warn or fail
 * and what to do. It gathers; `doctor-checks.ts` judges. It changes nothing, and asks Adobe one harmless question.
 *
 * A point fails when somebody does not get, keep or lose what the identity provider says, now or within days; whatever
 * only wants a look is a warning.
 */
import * as z from 'zod';
import type { Account } from '../directory/records.ts';
import { signsOf } from '../sync/signs.ts';
import { connectionMode } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand } from './command.ts';
import { type Check, type Facts, judge } from './doctor-checks.ts';
import { knock } from './knock.ts';
import { type AdminParts, readWorldNow } from './parts.ts';
import { gatherStatus } from './status.ts';
import { count } from './words.ts';

/** Of those whose turn it is, and of the parked, so many are read. */
const READ_MOST = 500;

export function doctor(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      /** Epoch milliseconds on the machine of whoever asks. */
      clock: z.number().optional(),
    }),
    run: async ({ clock }) => {
      const org = await parts.directory.getOrg(parts.org);
      if (org === undefined) return show([notSetUp]);
      return show(judge(await gather(parts, clock)));
    },
  });
}

const notSetUp: Check = {
  name: 'set-up',
  state: 'fail',
  says: 'The bridge is deployed and not set up: it knows no Adobe org.',
  todo: 'Run: setup',
};

async function gather(parts: AdminParts, clock: number | undefined): Promise<Facts> {
  const { directory, connection: c, org: o } = parts;
  const world = await readWorldNow(parts);
  const connection = await directory.getConnection(c);
  const places = await directory.readPlaces(o);
  const [newest] = await directory.listHolds(o, 1);
  const reconciliation = await directory.readReconciliation(o);
  const due = await directory.readAccounts(o, places.run.slice(0, READ_MOST));
  const parked = await directory.readAccounts(o, places.parked.flatMap(({ ids }) => ids).slice(0, READ_MOST));
  return {
    now: parts.now(),
    clock,
    org: world.org,
    connection,
    mode: connectionMode(connection),
    paused: [connection.paused, world.org.paused, await directory.getPause()].filter(
      (pause) => pause !== undefined,
    ),
    status: await gatherStatus(parts),
    reconciliation,
    openHold: newest?.state === 'open' ? newest : undefined,
    tokens: await directory.listTokens(c),
    oldestDue: oldest(due),
    foreignDomains: foreignDomains(parked),
    signs: signsOf(world, reconciliation),
    orphaned: [...world.rules.values()]
      .flat()
      .filter(({ binding }) => binding?.state === 'orphaned')
      .map(({ group, id }) => group ?? id),
    schema: await directory.readSchema(),
    adobe: await knock(parts, world.org.clientId),
  };
}

/** Since when the one waits who has waited longest. */
function oldest(accounts: readonly Account[]): number | undefined {
  const since = accounts
    .filter(({ status }) => status === 'pending')
    .map(({ due, touchedAt }) => Math.max(due ?? 0, touchedAt));
  return since.length === 0 ? undefined : Math.min(...since);
}

function foreignDomains(accounts: readonly Account[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { status, wanted } of accounts) {
    const domain = wanted.problem?.code === 'domain-not-allowed' ? wanted.problem.domain : undefined;
    if (status === 'parked' && domain !== undefined) found.set(domain, (found.get(domain) ?? 0) + 1);
  }
  return found;
}

const WIDTH = 14;

function show(checks: readonly Check[]): CommandResult {
  const fails = checks.filter(({ state }) => state === 'fail').length;
  const warns = checks.filter(({ state }) => state === 'warn').length;
  const text = [
    ...checks.flatMap(({ name, state, says, todo }) => [
      `${state.padEnd(5)} ${name.padEnd(WIDTH)} ${says}`,
      ...(todo === undefined ? [] : [`${' '.repeat(WIDTH + 7)}${todo}`]),
    ]),
    fails + warns === 0
      ? 'All is well.'
      : `${count(fails, 'failure')}, ${count(warns, 'warning')}. docs/admin-guide.md says more about each word.`,
  ];
  return { text, data: { fails, warns, checks }, failed: fails > 0 };
}
