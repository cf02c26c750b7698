/**
 * One resource type as a query sees it: ids in order, what is needed to judge them, and how they are shown. Records stay
 * inside and only while they may still be shown, so that a walk over everybody holds a stretch at a time.
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

/** What `users.ts` and `groups.ts` say about their type. */
export interface SourceSpec<R extends { readonly id: string }> {
  readonly kind: ResourceKind;
  readonly list: (page: PageRequest) => Promise<Page<R>>;
  readonly slice: (request: SliceRequest) => Promise<Slice<R>>;
  readonly get: (id: string) => Promise<R | undefined>;
  /** Everything that may match, from indexes; undefined where no index answers. */
  readonly lookUp: (filter: Filter) => Promise<readonly R[]> | undefined;
  /** Each record as it is shown, as far as the needs ask. `cost` is told of items read beyond the records. */
  readonly judged: (
    records: readonly R[],
    needs: Needs,
    cost: (items: number) => void,
  ) => Promise<readonly Values[]>;
  readonly shown: (records: readonly R[]) => Promise<readonly Values[]>;
  /** How many records to judge in one go, so that a budget is looked at often enough. */
  readonly stretch: (needs: Needs) => number;
}

export interface Source {
  readonly kind: ResourceKind;
  list(page: PageRequest): Promise<{ readonly ids: readonly string[]; readonly total: number }>;
  slice(request: SliceRequest): Promise<{ readonly ids: readonly string[]; readonly next?: string }>;
  /** Ids in order, without those that only looked like a match to an index. */
  lookUp(filter: Filter): Promise<readonly string[]> | undefined;
  judged(ids: readonly string[], needs: Needs, cost: (items: number) => void): Promise<readonly Values[]>;
  stretch(needs: Needs): number;
  /** These will not be shown. */
  forget(ids: readonly string[]): void;
  /** Reads those that were forgotten; who is gone by now is left out. */
  shown(ids: readonly string[]): Promise<readonly Values[]>;
}

/** Reads that run side by side: below the connections that one process opens. */
const READS_AT_ONCE = 25;

export function openSource<R extends { readonly id: string }>(spec: SourceSpec<R>): Source {
  const held = new Map<string, R>();
  const hold = (records: readonly R[]): string[] => {
    for (const record of records) held.set(record.id, record);
    return records.map(({ id }) => id);
  };
  const load = async (ids: readonly string[]): Promise<readonly R[]> => {
    const missing = ids.filter((id) => !held.has(id));
    for (let at = 0; at < missing.length; at += READS_AT_ONCE) {
      const read = await Promise.all(missing.slice(at, at + READS_AT_ONCE).map(spec.get));
      hold(read.filter((record) => record !== undefined));
    }
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
    lookUp: (filter) =>
      spec
        .lookUp(filter)
        ?.then((records) => hold([...records].sort((left, right) => (left.id < right.id ? -1 : 1)))),
    judged: async (ids, needs, cost) => spec.judged(await load(ids), needs, cost),
    stretch: spec.stretch,
    forget: (ids) => {
      for (const id of ids) held.delete(id);
    },
    shown: async (ids) => spec.shown(await load(ids)),
  };
}
