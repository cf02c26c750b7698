/**
 * `npm run size -- --users 100000 --members 50000`: makes that many people and a group of that size, walks, searches and
 * measures, prints figures, and ends with 1 when a promise is broken. It needs about 3 ms per user and per member to begin with.
 */
import { parseArgs } from 'node:util';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { measureGroup } from './large-group.ts';
import { faultOf, search, searches, searchInParts } from './searching.ts';
import { addGroup, addPeople, openStage, type Stage } from './stage.ts';
import { judgeWalk, openChurn, type Verdict, walkBack, walkByCursor, walkByIndex } from './walking.ts';

const help = `npm run size -- [--users N] [--members N]

  --users N     people to walk and search over (default 3000)
  --members N   members of the large group, at most the users (default: a tenth of them)

People and memberships are made by the directory's own functions on the embedded database, in memory.`;

const broken: string[] = [];
const promise = (kept: boolean, what: string) => {
  if (!kept) broken.push(what);
};
const round = (value: number) => Math.round(value * 100) / 100;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { users: { type: 'string' }, members: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const users = numberOf('users', values.users ?? '3000');
  const members = Math.min(users, numberOf('members', values.members ?? String(Math.floor(users / 10))));
  const stage = await openStage();
  try {
    const { people, large, small } = await seed(stage, users, members);
    await reportSearches(stage, users, members);
    await reportGroups(stage, { large, small, person: people.at(-1) ?? '' });
    await reportWalks(stage, people);
  } finally {
    await stage.close();
  }
  for (const what of broken) console.log(`BROKEN: ${what}`);
  console.log(broken.length === 0 ? 'Every promise is kept.' : `${broken.length} promises are broken.`);
  return broken.length === 0 ? 0 : 1;
}

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 100)
    throw new Error(`--${name} takes a whole number from 100 on`);
  return number;
}

async function seed(stage: Stage, users: number, members: number) {
  const began = performance.now();
  const people = await addPeople(stage, users, (made) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${made} people`);
  });
  const made = performance.now();
  const large = await addGroup(stage, 'Large', people.slice(0, members));
  const small = await addGroup(stage, 'Small', people.slice(0, 10));
  const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;
  console.log(
    `${people.length} users made in ${seconds(made - began)}, a group of ${members} in ${seconds(performance.now() - made)}.\n`,
  );
  return { people, large, small };
}

async function reportSearches(stage: Stage, users: number, members: number): Promise<void> {
  console.log('Queries that no index answers:');
  for (const one of searches(members)) {
    const found = await search(stage, one, users);
    const fault = faultOf(found);
    promise(fault === undefined, `${one.label}: ${fault}`);
    const answer = found.status === 200 ? `${found.total} matches` : `${found.status} tooMany`;
    console.log(
      `  ${one.label}: ${answer}, ${Math.round(found.ms)} ms, ${found.cost.calls} calls, ${found.cost.items} items, ${round(found.cost.units)} units`,
    );
    if (found.status === 200 || one.query.startsWith('sortBy')) continue;
    const parts = await searchInParts(stage, one);
    promise(parts.found === found.expected, `${one.label} by cursor: ${parts.found} of ${found.expected}`);
    console.log(
      `    by cursor: ${parts.found} matches on ${parts.pages} pages, the longest ${Math.round(parts.longestMs)} ms`,
    );
  }
}

async function reportGroups(
  stage: Stage,
  { large, small, person }: { readonly large: string; readonly small: string; readonly person: string },
): Promise<void> {
  const [big, little] = [await measureGroup(stage, large, person), await measureGroup(stage, small, person)];
  console.log(`\nA group of ${big.members} members, and one of ${little.members}:`);
  for (const [label, figures] of [
    ['large', big],
    ['small', little],
  ] as const) {
    const { compressed, plain, without, unchanged, add, remove } = figures;
    const shown = (name: string, { status, payloadBytes, cost, ms }: typeof plain) =>
      `${name} ${status}, ${payloadBytes} bytes, ${cost.calls} calls, ${round(cost.units)} units, ${Math.round(ms)} ms`;
    console.log(`  ${label}: ${shown('gzip', compressed)}`);
    console.log(`  ${label}: ${shown('plain', plain)}`);
    console.log(`  ${label}: ${shown('without members', without)}; ${shown('If-None-Match', unchanged)}`);
    console.log(
      `  ${label}: add one ${add.calls} calls, ${round(add.units)} units; remove one ${remove.calls} calls, ${round(remove.units)} units`,
    );
  }
  promise(big.compressed.status === 200 || big.members > 100_000, 'a large group is read whole, compressed');
  promise(big.compressed.payloadBytes < 6_291_556, 'the answer is within the limit of the platform');
  promise([200, 400].includes(big.plain.status), 'a large group is read or refused');
  for (const what of ['without', 'unchanged'] as const)
    promise(sameCost(big[what].cost, little[what].cost), `the price ${what} does not depend on the size`);
  for (const what of ['add', 'remove'] as const)
    promise(sameCost(big[what], little[what]), `the price to ${what} one does not depend on the size`);
}

/** To the call, and to a unit: items differ by a few bytes. */
function sameCost(one: { calls: number; units: number }, other: { calls: number; units: number }): boolean {
  return one.calls === other.calls && Math.abs(one.units - other.units) <= 1;
}

async function reportWalks(stage: Stage, people: readonly string[]): Promise<void> {
  const present = new Set(people);
  const churn = openChurn(stage, present, seededRandom(7));
  console.log('\nWalks while others create, rename and delete:');
  report(judgeWalk(await walkByIndex(stage, churn), present));
  const there = await walkByCursor(stage, churn);
  report(judgeWalk(there, present));
  report(judgeWalk(await walkBack(stage, churn, there), present));
}

function report(verdict: Verdict): void {
  const { label, pages, seen, missed, twice, firstThird, lastThird, writes, ms } = verdict;
  const each = ({ calls, items, units }: Verdict['firstThird']) =>
    `${round(calls)} calls, ${round(items)} items, ${round(units)} units`;
  console.log(
    `  ${label}: ${pages} pages, ${seen} users, ${missed} missed, ${twice} twice, ${Math.round(ms / 1_000)} s, ` +
      `meanwhile ${writes.created} created, ${writes.renamed} renamed, ${writes.deleted} deleted`,
  );
  console.log(`    a page of the first third: ${each(firstThird)}; of the last third: ${each(lastThird)}`);
  promise(missed === 0 && twice === 0, `${label}: ${missed} missed, ${twice} twice`);
  promise(
    Math.abs(lastThird.units / firstThird.units - 1) < 0.05,
    `${label}: a page costs the same everywhere`,
  );
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
