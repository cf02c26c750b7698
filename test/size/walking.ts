/**
 * Walks from the first page to the last while others create, rename and delete: who was there all the time has to be seen
 * once, and the last pages may cost no more than the first.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { CONNECTION } from '../open.ts';
import { type Cost, meanOf } from './meter.ts';
import { type Answered, personNumber, type Stage } from './stage.ts';

export interface Walked {
  readonly label: string;
  /** In the order of the walk. */
  readonly ids: readonly string[];
  readonly pages: readonly Cost[];
  readonly writes: Writes;
  readonly ms: number;
  /** The last page's `previousCursor`, for the way back. */
  readonly previous: unknown;
  readonly lastPage: readonly string[];
}
export interface Writes {
  created: number;
  renamed: number;
  readonly deleted: Set<string>;
}

/** The largest page there is. */
const COUNT = 200;

const idsOf = ({ json }: Answered): string[] =>
  // A ListResponse holds resources, and every resource has an id.
  (json['Resources'] as { id: string }[]).map(({ id }) => id);

export function walkByIndex(stage: Stage, churn: Churn): Promise<Walked> {
  return walk(stage, 'startIndex, first to last', {
    churn,
    first: `startIndex=1&count=${COUNT}`,
    next: ({ json }, seen) =>
      seen < Number(json['totalResults']) ? `startIndex=${seen + 1}&count=${COUNT}` : undefined,
  });
}

export function walkByCursor(stage: Stage, churn: Churn): Promise<Walked> {
  return walk(stage, 'cursor, first to last', {
    churn,
    first: `cursor=&count=${COUNT}`,
    next: ({ json }) => cursorQuery(json['nextCursor']),
  });
}

/** From the last page of a walk to the first. */
export async function walkBack(stage: Stage, churn: Churn, there: Walked): Promise<Walked> {
  const walked = await walk(stage, 'cursor, last to first', {
    churn,
    first: cursorQuery(there.previous) ?? `cursor=&count=${COUNT}`,
    next: ({ json }) => cursorQuery(json['previousCursor']),
  });
  return { ...walked, ids: [...there.lastPage, ...walked.ids] };
}

const cursorQuery = (cursor: unknown) =>
  typeof cursor === 'string' ? `cursor=${cursor}&count=${COUNT}` : undefined;

interface Walk {
  readonly churn: Churn;
  readonly first: string;
  readonly next: (page: Answered, seen: number) => string | undefined;
}

async function walk(stage: Stage, label: string, { churn, first, next }: Walk): Promise<Walked> {
  const began = performance.now();
  const ids: string[] = [];
  const pages: Cost[] = [];
  const writing = churn.start();
  let last: Answered | undefined;
  try {
    for (let query: string | undefined = first; query !== undefined; ) {
      last = await stage.ask('GET', `/Users?attributes=userName&${query}`);
      if (last.status !== 200) throw new Error(`${label}: ${last.status} ${JSON.stringify(last.json)}`);
      ids.push(...idsOf(last));
      pages.push(last.cost);
      query = next(last, ids.length);
      // Writers get a turn between two pages, however fast the pages are.
      await pause(1);
    }
  } finally {
    await writing.stop();
  }
  const lastPage = last === undefined ? [] : idsOf(last);
  return {
    label,
    ids,
    pages,
    writes: writing.writes,
    ms: performance.now() - began,
    previous: last?.json['previousCursor'],
    lastPage,
  };
}

export interface Churn {
  start(): { readonly writes: Writes; stop(): Promise<void> };
}

/** One write after the other, as fast as they go, on people chosen by `random`: a third of each kind. */
export function openChurn({ directory }: Stage, present: Set<string>, random: () => number): Churn {
  let serial = 1_000_000;
  const anybody = (people: readonly string[]) => people[Math.floor(random() * people.length)] ?? '';
  const once = async (people: readonly string[], writes: Writes) => {
    const kind = Math.floor(random() * 3);
    const id = anybody(people);
    serial += 1;
    if (kind === 0) {
      await directory.createUser(CONNECTION, personNumber(serial));
      writes.created += 1;
    } else if (kind === 1) {
      const { userName, displayName } = personNumber(serial);
      await directory.updateUser(CONNECTION, id, ({ resource }) => ({ ...resource, userName, displayName }));
      writes.renamed += 1;
    } else if (present.delete(id)) {
      writes.deleted.add(id);
      await directory.deleteUser(CONNECTION, id);
    }
  };
  return {
    start: () => {
      const writes: Writes = { created: 0, renamed: 0, deleted: new Set() };
      const people = [...present];
      let goesOn = true;
      const done = (async () => {
        while (goesOn) await once(people, writes);
      })();
      return {
        writes,
        stop: async () => {
          goesOn = false;
          await done;
        },
      };
    },
  };
}

export interface Verdict {
  readonly label: string;
  readonly pages: number;
  readonly seen: number;
  readonly missed: number;
  readonly twice: number;
  readonly firstThird: Cost;
  readonly lastThird: Cost;
  readonly writes: { readonly created: number; readonly renamed: number; readonly deleted: number };
  readonly ms: number;
}

/** `present` are those who were there before the walk and are there after it. */
export function judgeWalk({ label, ids, pages, writes, ms }: Walked, present: ReadonlySet<string>): Verdict {
  const seen = new Set(ids);
  // The first page needs no place to begin at; the last is what is left over, and smaller.
  const whole = pages.slice(1, -1);
  const third = Math.max(1, Math.floor(whole.length / 3));
  return {
    label,
    pages: pages.length,
    seen: ids.length,
    missed: [...present].filter((id) => !seen.has(id)).length,
    twice: ids.length - seen.size,
    firstThird: meanOf(whole.slice(0, third)),
    lastThird: meanOf(whole.slice(-third)),
    writes: { created: writes.created, renamed: writes.renamed, deleted: writes.deleted.size },
    ms,
  };
}
