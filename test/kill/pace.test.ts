/**
 * The minute's calls across a `kill -9` (rules.md R29, R30): the drain test's clock runs too fast for this machine ever
 * to reach Adobe's limit, so here it runs slower, calls take no time, and the limit is what holds the bridge back.
 */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { groupNames, hire, live, openCompany } from './company.ts';
import { busiestMinute, type Call, Calls, differences, Mails, People, surplusMails } from './judge.ts';
import { openProvider, type Provider } from './provider.ts';
import { openStage, type Stage, wait } from './set-up.ts';

const PEOPLE = 180;
/** A minute is five real seconds; the lease of a killed bridge runs out after 12.5 s. */
const SPEED = 12;
const CALLS_BEFORE_KILL = 5;
const PATIENCE_MS = 120_000;

const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const random = seededRandom(seed);
const company = openCompany(random);
let stage: Stage;
let provider: Provider;

const actionCalls = async (): Promise<Call[]> =>
  Calls.parse(await stage.org.look('calls')).calls.filter(({ endpoint }) => endpoint === 'action');

beforeAll(async () => {
  stage = await openStage({ speed: SPEED, random, longestMs: 0 });
  await stage.bridge.start();
  provider = openProvider(stage.bridge);
  await provider.ensureGroups(groupNames);
});

afterAll(() => stage?.close());

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo()) && performance.now() < end) await wait(50);
}

describe(`kill -9 of the bridge in the middle of a minute (SEED=${seed})`, () => {
  test('before and after it together, no minute has more than 10 action calls, and none is refused (R30)', async () => {
    const seeded = People.parse(await stage.org.look('people')).people;
    const left = async () =>
      differences(company, People.parse(await stage.org.look('people')).people, seeded);
    const everybody = Array.from({ length: PEOPLE }, () => hire(company));
    for (const employee of everybody) provider.assign(employee);
    await provider.settled();
    for (const { key } of everybody) live(company, { kind: 'join', key, group: 'Marketing' });
    provider.addMembers('Marketing', everybody);
    await until(async () => (await actionCalls()).length >= CALLS_BEFORE_KILL);
    await stage.bridge.kill();
    await stage.bridge.start();
    await provider.settled();
    await until(async () => (await left()).length === 0);

    const calls = await actionCalls();
    console.log(`SEED=${seed}: ${calls.length} calls, ${busiestMinute(calls)} in the busiest minute`);
    expect(await left()).toEqual([]);
    expect(busiestMinute(calls)).toBeLessThanOrEqual(10);
    expect([...new Set(calls.map(({ status }) => status))]).toEqual([200]);
    expect(surplusMails(company, Mails.parse(await stage.org.look('outbox')).mails)).toEqual([]);
  }, 300_000);
});
