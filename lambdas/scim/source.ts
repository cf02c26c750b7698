/**
 * One resource type as a query sees it: ids in order, what is needed to judge them, and how they are shown. A walk over
 * everybody reads stretches of what the question asks about and keeps nothing of them; who is shown in the end is read
 * whole, then.
 */
import type { Page, PageRequest, Slice, SliceRequest } from '../directory/directory.ts';
import type { ResourceKind } from './attributes.ts';
import type { Filter } from './filter.ts';
import type { Values } from './values.ts';

/** What judging asks about, so that nothing else is read. */
export interface Needs {
  readonly filter?: Filter | undefined;
  readonly sortPath?: string | undefined;
}

interface Identified {
  readonly id: string;
}

/** What `users.ts` and `groups.ts` say about their type. A glimpse is as much of a record as judging needs. */
export interface SourceSpec<R extends G, G extends Identified> {
  readonly kind: ResourceKind;
  readonly list: (page: PageRequest) => Promise<Page<R>>;
  readonly slice: (request: SliceRequest) => Promise<Slice<R>>;
  readonly glimpse: (request: SliceRequest, needs: Needs) => Promise<Slice<G>>;
  /** In the order of the ids; who is gone is left out. */
  readonly get: (ids: readonly string[]) => Promise<readonly R[]>;
  /** Everything that may match, from indexes; undefined where no index answers. */
  readonly lookUp: (filter: Filter) => Promise<readonly R[]> | undefined;
  /** Each record as it is shown, as far as the needs ask. `cost` is told of items read beyond the records. */
  readonly judged: (
    records: readonly G[],
    needs: Needs,
    cost: (items: number) => void,
  ) => Promise<readonly Values[]>;
  readonly shown: (records: readonly R[]) => Promise<readonly Values[]>;
  /** Whether judging this path takes more than the records, and so comes last. */
  readonly isCostly: (path: string) => boolean;
  /** How many records to judge in one go, so that a budget is looked at often enough. */
  readonly stretch: (needs: Needs) => number;
}

/** Resources to be judged, in id order. */
export interface Stretch {
  readonly ids: readonly string[];
  /** The `after` of the next stretch; absent when nothing follows. */
  readonly next?: string;
  /** Of those ids, which must be of this stretch, what the needs ask about. */
  judged(
    ids: readonly string[],
    needs: Needs,
    cost: (items: number) => void,
  ): Promise<ReadonlyMap<string, Values>>;
}

export interface Source {
  readonly kind: ResourceKind;
  list(page: PageRequest): Promise<{ readonly ids: readonly string[]; readonly total: number }>;
  /** To be shown without being judged. */
  slice(request: SliceRequest): Promise<{ readonly ids: readonly string[]; readonly next?: string }>;
  glimpse(request: SliceRequest, needs: Needs): Promise<Stretch>;
  lookUp(filter: Filter): Promise<Stretch> | undefined;
  isCostly(path: string): boolean;
  stretch(needs: Needs): number;
  /** Who is gone by now is left out. */
  shown(ids: readonly string[]): Promise<readonly Values[]>;
}

export function openSource<R extends G, G extends Identified>(spec: SourceSpec<R, G>): Source {
  /** Read already, and likely to be shown. */
  const held = new Map<string, R>();
  const hold = (records: readonly R[]): string[] => {
    for (const record of records) held.set(record.id, record);
    return records.map(({ id }) => id);
  };
  const load = async (ids: readonly string[]): Promise<readonly R[]> => {
    const missing = ids.filter((id) => !held.has(id));
    if (missing.length > 0) hold(await spec.get(missing));
    return ids.map((id) => held.get(id)).filter((record) => record !== undefined);
  };
  return {
    kind: spec.kind,
    list: async (page) => {
      const { resources, totalResults } = await spec.list(page);
      return { ids: hold(resources), total: totalResults };
    },
    slice: async (request) => {
      const { resources, next } = await spec.slice(request);
      return { ids: hold(resources), ...(next === undefined ? {} : { next }) };
    },
    glimpse: async (request, needs) => stretchOf(spec, await spec.glimpse(request, needs)),
    lookUp: (filter) =>
      spec.lookUp(filter)?.then((records) => {
        hold(records);
        const resources = [...records].sort((left, right) => (left.id < right.id ? -1 : 1));
        return stretchOf(spec, { resources });
      }),
    isCostly: spec.isCostly,
    stretch: spec.stretch,
    shown: async (ids) => spec.shown(await load(ids)),
  };
}

function stretchOf<R extends G, G extends Identified>(
  spec: SourceSpec<R, G>,
  { resources, next }: Slice<G>,
): Stretch {
  return {
    ids: resources.map(({ id }) => id),
    ...(next === undefined ? {} : { next }),
    judged: async (ids, needs, cost) => {
      const wanted = new Set(ids);
      const records = resources.filter(({ id }) => wanted.has(id));
      const values = await spec.judged(records, needs, cost);
      return new Map(records.map(({ id }, at) => [id, values[at] ?? {}]));
    },
  };
}
