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
const PATIENCE_MS = 60_000 + (PEOPLE + USERS + EVENTS + NEIGHBOURS) * 100;

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

describe(`one person whose command breaks every request, among ${NEIGHBOURS + 1} (F27)`, () => {
  for (const [form, grants, by] of [
    ['commands', [X], 'new people, by name'],
    ['lists', [Z], 'existing people, by list'],
  ] as const) {
    scenario(
      `${by}: ${NEIGHBOURS} are done, at the price of few requests`,
      { rules: [{ group: 'Chat', grants }] },
      async (stage) => {
        const poison = 'sim-500.poison@example.com';
        const emails = Array.from(
          { length: NEIGHBOURS },
          (_, at) => `p${String(at).padStart(5, '0')}@example.com`,
        );
        if (form === 'lists')
          for (const email of [...emails, poison])
            stage.org.byHand({ action: 'addUser', email, firstname: 'P', lastname: 'S', country: 'US' });
        const [name] = grants.map((grant) => grant.name);
        const ids = await tell(stage, NEIGHBOURS);
        ids.splice(Math.floor(NEIGHBOURS / 3), 0, await stage.user(poison));
        await joinAll(stage, await stage.group('Chat'), ids);
        const began = stage.clock.now();
        await schedule(stage, () => stage.holders(name ?? '').length === NEIGHBOURS);
        const calls = stage.actionCalls();
        console.log(
          `${NEIGHBOURS} beside one that breaks its request, in ${form}: ${calls.length} requests, ${calls.filter(({ status }) => status === 500).length} of them failed, ${((stage.clock.now() - began) / MINUTE).toFixed(0)} min`,
        );
        expect(stage.holders(name ?? '')).toEqual(emails);
        const whole = form === 'lists' ? NEIGHBOURS / 1_000 : NEIGHBOURS / 10;
        expect(calls.length).toBeLessThanOrEqual(Math.ceil(whole) + 40);
        // In companies that stay as they are it takes twice as long.
        expect(stage.clock.now() - began).toBeLessThan((20 + NEIGHBOURS / 90) * MINUTE);
        await stage.settle();
        expect(stage.holders(name ?? '')).toEqual(emails);
      },
      PATIENCE_MS,
    );
  }
});
