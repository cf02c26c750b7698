/**
 * Throughput under the schedule that AWS keeps: the function ends after 15 minutes, a minute's tick starts the next
 * (design.md section 9; R18, R30; F33). The default run is small; the figures of the design:
 * `PEOPLE=10000 USERS=1000 EVENTS=50000 NEIGHBOURS=999 npx vitest run test/sync/pace-scale` (some minutes).
 */
import { describe, expect } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { DAY, HOUR, MINUTE, rules, type Stage, scenario, X, Y, Z } from './stage.ts';

// Hundreds of people in seconds (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const PEOPLE = Number(process.env.PEOPLE ?? 500);
const USERS = Number(process.env.USERS ?? 60);
const EVENTS = Number(process.env.EVENTS ?? 1_200);
const NEIGHBOURS = Number(process.env.NEIGHBOURS ?? 99);
/** As many sizes as 999 people go through. */
const IN_LISTS = Number(process.env.NEIGHBOURS ?? 299);
const PATIENCE_MS = 60_000 + (PEOPLE + USERS + EVENTS + NEIGHBOURS + IN_LISTS) * 100;

/** What a Lambda of 15 minutes leaves to a run (`lambdas/edge.ts` keeps 5 s back). */
const RUN_MS = 15 * MINUTE - 5_000;
/** Adobe's 10 calls a minute, less the one kept free (`adobe/pace.ts`). */
const CALLS_PER_MINUTE = 9;

async function tell(stage: Stage, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++)
    ids.push(await stage.user(`p${String(at).padStart(5, '0')}@example.com`));
  return ids;
}

async function joinAll(stage: Stage, group: string, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += 100) await stage.join(group, ...ids.slice(from, from + 100));
}

/** The tick of each minute starts a run where none is under way. */
async function schedule(stage: Stage, isDone: () => boolean): Promise<void> {
  for (let ticks = 0; !isDone(); ticks++) {
    if (ticks > 100_000) throw new Error('the schedule found no end');
    await stage.drainOnce(RUN_MS);
    stage.clock.advance(MINUTE - (stage.clock.now() % MINUTE));
  }
}

describe(`${PEOPLE} new people`, () => {
  scenario(
    'arrive at 95 % of the pace or more, in one request per ten of them; nothing is sent twice',
    {},
    async (stage) => {
      // Answers take their time, and runs do not begin on the minute.
      stage.org.turnKnobs({ latencyMs: [200, 2_000] });
      stage.clock.advance(17_300);
      const ids = await tell(stage, PEOPLE);
      await joinAll(stage, await stage.group('Chat'), ids);
      const began = stage.clock.now();
      await schedule(stage, () => stage.holders(X.name).length === PEOPLE);
      const calls = stage.actionCalls();
      const tookMinutes = ((calls.at(-1)?.at ?? began) - (calls[0]?.at ?? began)) / MINUTE;
      // As fast as nine calls in any minute can be: the first nine at once, the next a minute later.
      const share = (Math.ceil(calls.length / CALLS_PER_MINUTE) - 1) / tookMinutes;
      console.log(
        `${PEOPLE} people: ${calls.length} requests in ${tookMinutes.toFixed(1)} min, ${(100 * share).toFixed(1)} % of the pace`,
      );
      expect(share).toBeGreaterThanOrEqual(0.95);
      expect(calls.length).toBeLessThanOrEqual(Math.ceil(PEOPLE / 10) * 1.01);
      expect(stage.welcomes()).toHaveLength(PEOPLE);
      const after = stage.org.calls().length;
      await stage.settle();
      expect(stage.org.calls().slice(after), 'a clean org costs no call').toEqual([]);
    },
    PATIENCE_MS,
  );
});

describe(`a day of 429 (F33), ${EVENTS} events on ${USERS} people`, () => {
  scenario(
    'leaves at most one pending account per person; then all of it drains, revokes first',
    { rules },
    async (stage) => {
      const random = seededRandom(29);
      const ids = await tell(stage, USERS);
      const groups = [await stage.group('Chat'), await stage.group('Market')];
      await joinAll(stage, groups[0] ?? '', ids);
      await schedule(stage, () => stage.holders(X.name).length === USERS);
      const inside = groups.map((_, at) => new Set(at === 0 ? ids : []));
      const before = stage.actionCalls().length;
      let throttled = 0;
      stage.hooks.before = async ({ isAction }) => {
        if (!isAction) return undefined;
        throttled += 1;
        return new Response('{"error_code":"429050"}', { status: 429, headers: { 'Retry-After': '3000' } });
      };
      let most = 0;
      for (let slice = 0; slice < 96; slice++) {
        for (let event = 0; event < EVENTS / 96; event++) {
          const id = ids[Math.floor(random() * ids.length)] ?? '';
          const at = random() < 0.5 ? 0 : 1;
          const members = inside[at];
          const group = groups[at] ?? '';
          if (members?.delete(id) === true) await stage.quit(group, id);
          else {
            members?.add(id);
            await stage.join(group, id);
          }
        }
        await stage.drainOnce(RUN_MS);
        stage.clock.advance(DAY / 96);
        const { run, timer, held, parked } = await stage.directory.readPlaces(stage.orgKey);
        most = Math.max(most, run.length + timer.length + held.length + parked.length);
      }
      expect(most).toBeLessThanOrEqual(USERS);
      expect(stage.actionCalls()).toHaveLength(before);
      expect(throttled).toBeLessThanOrEqual(30);
      delete stage.hooks.before;
      const ended = stage.clock.now();
      const wanted = (members: ReadonlySet<string> | undefined) => members?.size ?? 0;
      await schedule(
        stage,
        () =>
          stage.holders(X.name).length === wanted(inside[0]) &&
          stage.holders(Y.name).length === wanted(inside[1]),
      );
      const drained = stage.actionCalls().slice(before);
      const removes = drained.map(({ body }) => JSON.stringify(body).includes('"remove"'));
      console.log(
        `${USERS} people, ${EVENTS} events: at most ${most} pending, ${throttled} calls refused, drained by ${drained.length} requests (${removes.filter(Boolean).length} with revokes, first) in ${((stage.clock.now() - ended) / MINUTE).toFixed(0)} min`,
      );
      expect(drained.length).toBeLessThanOrEqual(Math.ceil(USERS / 10) + 2);
      // Once a request without a revoke goes out, none with one follows.
      expect(removes.lastIndexOf(true)).toBeLessThanOrEqual(
        removes.indexOf(false) === -1 ? removes.length : removes.indexOf(false),
      );
      stage.clock.advance(HOUR);
      await stage.settle();
      for (const [at, name] of [X.name, Y.name].entries()) {
        const expected = await Promise.all(
          [...(inside[at] ?? [])].map(async (id) => (await stage.account(id)).wanted.identity?.email),
        );
        expect(stage.holders(name)).toEqual(expected.sort());
      }
    },
    PATIENCE_MS,
  );
});

const POISON = 'sim-500.poison@example.com';

/** Twice as it was, then by quarters to the end, at most four requests a size: 10 for ten people, 22 for a thousand. */
function requestsToTakeApart(company: number): number {
  let requests = 2;
  for (let size = company; size > 1; size = Math.ceil(size / 4)) requests += 4;
  return requests;
}

/** Requests with anybody but the one person, who goes on alone, with growing pauses, until a person looks. */
function shared(stage: Stage): { readonly names: number; readonly status: number }[] {
  return stage.actionCalls().flatMap(({ body, status }) => {
    const found = new Set(JSON.stringify(body).match(/[^"]+@example\.com/g));
    return found.size === 1 && found.has(POISON) ? [] : [{ names: found.size, status }];
  });
}

/** The one person comes first everywhere: the dearest place. */
async function tellPoisoned(stage: Stage, count: number): Promise<string[]> {
  return [await stage.user(POISON), ...(await tell(stage, count))];
}

function staff(stage: Stage, count: number): string[] {
  const emails = Array.from({ length: count }, (_, at) => `p${String(at).padStart(5, '0')}@example.com`);
  for (const email of [...emails, POISON])
    stage.org.byHand({ action: 'addUser', email, firstname: 'P', lastname: 'S', country: 'US' });
  return emails;
}

describe('one person whose command breaks every request (F27)', () => {
  scenario(
    `among ${NEIGHBOURS + 1} new people, by name: all others are done, at the price of ten requests`,
    {},
    async (stage) => {
      const ids = await tellPoisoned(stage, NEIGHBOURS);
      await joinAll(stage, await stage.group('Chat'), ids);
      const began = stage.clock.now();
      await schedule(stage, () => stage.holders(X.name).length === NEIGHBOURS);
      const tookMinutes = (stage.clock.now() - began) / MINUTE;
      const requests = shared(stage);
      console.log(
        `${NEIGHBOURS} beside one, in commands: ${requests.length} requests, ${tookMinutes.toFixed(0)} min`,
      );
      expect(requests.length).toBeLessThanOrEqual(Math.ceil(NEIGHBOURS / 10) + requestsToTakeApart(10));
      expect(requests.slice(0, 3).map(({ status }) => status)).toEqual([500, 500, 200]);
      expect(tookMinutes).toBeLessThan(10 + NEIGHBOURS / 90);
      await stage.settle();
      expect(stage.holders(X.name)).toHaveLength(NEIGHBOURS);
    },
    PATIENCE_MS,
  );

  scenario(
    `among ${IN_LISTS + 1} existing people, by list: three quarters are done in six requests, all others in ${requestsToTakeApart(IN_LISTS + 1)}`,
    { rules: [{ group: 'Chat', grants: [Z] }] },
    async (stage) => {
      const emails = staff(stage, IN_LISTS);
      const ids = await tellPoisoned(stage, IN_LISTS);
      await joinAll(stage, await stage.group('Chat'), ids);
      const began = stage.clock.now();
      await schedule(stage, () => stage.holders(Z.name).length === IN_LISTS);
      const tookMinutes = (stage.clock.now() - began) / MINUTE;
      const requests = shared(stage);
      console.log(
        `${IN_LISTS} beside one, in lists: ${requests.length} requests, ${tookMinutes.toFixed(0)} min`,
      );
      expect(requests.length).toBeLessThanOrEqual(requestsToTakeApart(IN_LISTS + 1));
      const early = requests.slice(0, 6).filter(({ status }) => status === 200);
      expect(early.reduce((sum, { names }) => sum + names, 0)).toBeGreaterThanOrEqual((IN_LISTS * 3) / 4);
      // The circuit opens for 1, 2 and 4 minutes, closes with the first answer, and then opens once a size.
      expect(tookMinutes).toBeLessThan(15);
      await stage.settle();
      expect(stage.holders(Z.name)).toEqual(emails);
      const accounts = await Promise.all(ids.map((id) => stage.account(id)));
      expect(accounts.filter(({ status }) => status === 'idle')).toHaveLength(IN_LISTS);
    },
    PATIENCE_MS,
  );

  scenario(
    'by list, and new people come meanwhile: the lists stay lists',
    {
      rules: [
        { group: 'Staff', grants: [Z] },
        { group: 'Chat', grants: [X] },
      ],
    },
    async (stage) => {
      const emails = staff(stage, 199);
      const ids = await tellPoisoned(stage, 199);
      await joinAll(stage, await stage.group('Staff'), ids);
      await stage.drainOnce(MINUTE / 2);
      const late: string[] = [];
      for (let at = 0; at < 120; at++) late.push(await stage.user(`late${at}@example.com`));
      await joinAll(stage, await stage.group('Chat'), late);
      await schedule(stage, () => stage.holders(Z.name).length + stage.holders(X.name).length === 319);
      expect(stage.holders(Z.name)).toEqual(emails);
      expect(shared(stage).length).toBeLessThanOrEqual(requestsToTakeApart(200) + 120 / 10);
    },
    PATIENCE_MS,
  );
});
