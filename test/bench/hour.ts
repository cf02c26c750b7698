/**
 * Mixed traffic, an hour of 25 requests a second compressed into what the machine can do: errors, and whether memory stays
 * where it was. Drawn by lot from a seed: mostly look-ups and reads, as identity providers ask; whoever comes also leaves, so
 * that the directory does not grow. The database is a process of its own, so what grows here is the handler's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { addGroup, openStage, personNumber, type Stage } from '../size/stage.ts';
import type { Family, Options, Report } from './family.ts';
import { median, percentile, shown } from './figures.ts';
import { makePeople } from './people.ts';

export const hourFamily: Family = {
  name: 'hour',
  about: 'mixed traffic of an hour at 25 requests a second, as fast as it goes: errors, memory',
  run: reportHour,
};

const REQUESTS = { full: 90_000, small: 3_000 };
const AT_ONCE = 16;
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

interface Traffic {
  readonly stage: Stage;
  readonly random: () => number;
  readonly users: string[];
  readonly groups: readonly string[];
  /** Named by nobody any more, and deleted when whoever named them before is through. */
  readonly leaving: string[];
  nextNumber: number;
}

async function reportHour({ full, seed, onProgress }: Options): Promise<Report> {
  const stage = await openStage({ timed: true });
  try {
    const users = (await makePeople(stage, 0, 500)).map(({ id }) => id);
    const groups: string[] = [];
    for (let at = 0; at < 20; at++)
      groups.push(await addGroup({ directory: stage.asRequest }, `Group ${at}`, users.slice(at, at + 100)));
    const traffic = { stage, random: seededRandom(seed), users, groups, leaving: [], nextNumber: 1_000 };
    return reportOf(await play(traffic, full ? REQUESTS.full : REQUESTS.small, onProgress));
  } finally {
    await stage.close();
  }
}

interface Played {
  readonly requests: number;
  readonly seconds: number;
  readonly times: readonly number[];
  readonly failed: readonly string[];
  /** Megabytes in use after a collection: at the start, in the middle, at the end. */
  readonly heapMb: readonly number[];
}

async function play(traffic: Traffic, requests: number, onProgress: (text: string) => void): Promise<Played> {
  const [times, failed, heapMb]: [number[], string[], number[]] = [[], [], []];
  const collect = openCollector();
  const began = performance.now();
  // The first tenth fills what is filled once: compiled code, connections, settings.
  const marks = [0.1, 0.55, 1].map((share) => Math.floor(share * requests));
  let done = 0;
  const worker = async (until: number) => {
    while (done < until) {
      done += 1;
      traffic.stage.clock.advance(40);
      const { ms, fault } = await once(traffic);
      // Only a sample: a list of everything would itself be what grows.
      if (times.length < 2_000) times.push(ms);
      if (fault !== undefined) failed.push(fault);
      if (done % 500 === 0)
        onProgress(`${done} of ${requests} requests, ${failed.length} errors ${failed[0] ?? ''}`);
    }
  };
  for (const mark of marks) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => worker(mark)));
    heapMb.push(await heapInUse(collect));
  }
  return { requests, seconds: (performance.now() - began) / 1_000, times, failed, heapMb };
}

/** Node gives its collector to programs that ask for it. */
function openCollector(): () => void {
  setFlagsFromString('--expose-gc');
  // The flag makes a function of this name in every new context.
  return runInNewContext('gc') as () => void;
}

async function heapInUse(collect: () => void): Promise<number> {
  for (let times = 0; times < 3; times++) {
    collect();
    await pause(50);
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

interface Drawn {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly comes?: true;
}

async function once(traffic: Traffic): Promise<{ readonly ms: number; readonly fault?: string }> {
  const { method, path, body, comes } = draw(traffic);
  const answer = await traffic.stage.ask(method, path, { body });
  if (answer.status >= 400)
    return { ms: answer.ms, fault: `${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}` };
  if (comes) traffic.users.push(String(answer.json['id']));
  return { ms: answer.ms };
}

/** In hundredths: 40 look-ups, 20 reads, 18 changes of members, 12 of people, 5 who come, 4 who leave, 1 list. */
function draw(traffic: Traffic): Drawn {
  const { random, users, groups, leaving } = traffic;
  const from = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  const lot = Math.floor(random() * 100);
  if (lot < 40) {
    const { userName } = personNumber(Math.floor(random() * 1_000));
    return { method: 'GET', path: `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}` };
  }
  if (lot < 60) return { method: 'GET', path: `/Users/${from(users)}` };
  if (lot < 78) {
    const operation = {
      op: lot % 2 === 0 ? 'add' : 'remove',
      path: 'members',
      value: [{ value: from(users) }],
    };
    const body = { schemas: [PATCH], Operations: [operation] };
    return { method: 'PATCH', path: `/Groups/${from(groups)}`, body };
  }
  if (lot < 90) {
    const operation = { op: 'replace', path: 'title', value: `Title ${Math.floor(random() * 50)}` };
    return {
      method: 'PATCH',
      path: `/Users/${from(users)}`,
      body: { schemas: [PATCH], Operations: [operation] },
    };
  }
  if (lot === 90) return { method: 'GET', path: '/Users?count=20' };
  if (lot < 96 || users.length < 400) {
    traffic.nextNumber += 1;
    return { method: 'POST', path: '/Users', body: personNumber(traffic.nextNumber), comes: true };
  }
  leaving.push(...users.splice(Math.floor(random() * users.length), 1));
  if (leaving.length <= AT_ONCE) return { method: 'GET', path: `/Users/${from(users)}` };
  return { method: 'DELETE', path: `/Users/${leaving.shift()}` };
}

function reportOf({ requests, seconds, times, failed, heapMb }: Played): Report {
  const [start = 0, middle = 0, end = 0] = heapMb;
  const figures = {
    requests,
    seconds,
    perSecond: requests / seconds,
    medianMs: median(times),
    p99Ms: percentile(times, 99),
    errors: failed.length,
    heapMb: { start, middle, end },
  };
  return {
    tables: [
      {
        title: `Mixed traffic, ${AT_ONCE} requests at once`,
        header: [
          'requests',
          'seconds',
          'a second',
          'median ms',
          '99 % ms',
          'heap MB: after a tenth',
          'middle',
          'end',
        ],
        rows: [
          [requests, seconds, figures.perSecond, figures.medianMs, figures.p99Ms, start, middle, end].map(
            shown,
          ),
        ],
      },
      ...(failed.length === 0
        ? []
        : [{ title: 'Errors', header: [''], rows: failed.slice(0, 10).map((one) => [one]) }]),
    ],
    verdicts: [
      { what: 'errors', value: failed.length, bar: { most: 0 } },
      { what: 'heap at the end against the middle', value: end / middle, bar: { most: 1.1 } },
    ],
    data: figures,
  };
}
