/**
 * Random numbers of one purpose. A run has several tapes: the workload is drawn from one and schedule and faults from
 * another, so that a workload can be made smaller without reshuffling all that happens to it.
 */
import { seededRandom } from '../../../local/adobe-org/random.ts';

/** Whole numbers from the first to the second, both included. */
export type Range = readonly [number, number];

export interface Tape {
  /** In [0, 1). */
  random(): number;
  chance(probability: number): boolean;
  /** A whole number in [0, count). */
  below(count: number): number;
  between(range: Range): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** An entry by its weight. */
  weigh<T>(items: readonly (readonly [number, T])[]): T;
  bytes(length: number): Uint8Array;
}

export function openTape(seed: number, name: string): Tape {
  const random = seededRandom(mix(seed, name));
  const below = (count: number): number => Math.floor(random() * count);
  return {
    random,
    chance: (probability) => random() < probability,
    below,
    between: ([low, high]) => low + below(high - low + 1),
    pick: ([first, ...rest]) => {
      const at = below(rest.length + 1);
      return at === 0 ? first : (rest[at - 1] ?? first);
    },
    weigh: (items) => {
      let left = random() * items.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, item] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      const last = items.at(-1);
      if (last === undefined) throw new Error('nothing to choose from');
      return last[1];
    },
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}

/** FNV-1a over the seed and the name. */
function mix(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const character of `${seed}/${name}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}
