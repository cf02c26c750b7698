/**
 * JSON as a text that may be wrong: members in order, also twice, also called `__proto__`; and small acts of sabotage on it.
 * A tree of this kind is what a client meant; its text is what arrives.
 */
import * as fc from 'fast-check';

export type Tree =
  | null
  | boolean
  | number
  | string
  | readonly Tree[]
  | { readonly members: readonly Member[] };
export type Member = readonly [name: string, value: Tree];

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value === 'object' && value !== null) {
    return { members: Object.entries(value).map(([name, item]) => [name, treeOf(item)] as const) };
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

export function textOf(tree: Tree): string {
  if (isList(tree)) return `[${tree.map(textOf).join(',')}]`;
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree);
  return `{${tree.members.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`;
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

const ODD_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'length',
  '',
  ' ',
  'id',
  'meta',
  'schemas',
  'value',
  'VALUE',
  'a.b.c',
  'emails[type eq "work"].value',
  'nic\u212AName',
  '\uD800',
  'x'.repeat(3000),
];

const lone = fc.constantFrom(
  '\uD800',
  'a\uDC00',
  '\uDBFF\uDBFF',
  '\u0000',
  'a\u2028b',
  '\u202Eevil',
  '\uFEFF',
  '\u200B',
  '\uFFFF',
);
const huge = fc.integer({ min: 0, max: 17 }).map((power) => 'h'.repeat(2 ** power));

/** What stands where something else was expected. */
export const oddValue: fc.Arbitrary<Tree> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<Tree>(
      null,
      true,
      false,
      0,
      -1,
      1e308,
      5e-324,
      '',
      ' ',
      'true',
      'False',
      '0',
      [],
      { members: [] },
    ),
  },
  { weight: 2, arbitrary: lone },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: huge },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Tree>(
      [null],
      [[]],
      [[[['deep']]]],
      [{ members: [] }, { members: [['value', null]] }],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Tree>(
      { members: [['__proto__', { members: [['polluted', true]] }]] },
      { members: [['constructor', { members: [['prototype', { members: [['polluted', true]] }]] }]] },
      { members: [['value', { members: [['__proto__', 'polluted']] }]] },
      {
        members: [
          ['toString', 1],
          ['valueOf', 2],
          ['toJSON', 3],
        ],
      },
    ),
  },
);

/** What would change every object of the process where a reader follows the name it stands under. */
const POLLUTION: Tree = {
  members: [
    ['polluted', true],
    ['prototype', { members: [['polluted', true]] }],
    ['value', 'inherited'],
  ],
};

type Sabotage = (tree: Tree) => Tree;

/** Applies a change to one node, found by its number in reading order. */
function at(place: number, change: (node: Tree) => Tree): Sabotage {
  return (tree) => {
    let left = place % Math.max(1, countOf(tree));
    const walk = (node: Tree): Tree => {
      if (left-- === 0) return change(node);
      if (isList(node)) return node.map(walk);
      if (typeof node !== 'object' || node === null) return node;
      return { members: node.members.map(([name, value]) => [name, walk(value)] as const) };
    };
    return walk(tree);
  };
}

function countOf(tree: Tree): number {
  if (isList(tree)) return 1 + tree.reduce<number>((sum, item) => sum + countOf(item), 0);
  if (typeof tree !== 'object' || tree === null) return 1;
  return 1 + tree.members.reduce((sum, [, value]) => sum + countOf(value), 0);
}

function withMembers(change: (members: readonly Member[]) => readonly Member[]): (node: Tree) => Tree {
  return (node) =>
    typeof node === 'object' && node !== null && !isList(node) ? { members: change(node.members) } : node;
}

function nested(levels: number, node: Tree): Tree {
  let tree = node;
  for (let level = 0; level < levels; level += 1)
    tree = level % 2 === 0 ? [tree] : { members: [['value', tree]] };
  return tree;
}

const place = fc.nat(200);
const name = fc.constantFrom(...ODD_NAMES);

/** One act; several make a body that no client would send. */
export const sabotage: fc.Arbitrary<Sabotage> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(place, oddValue).map(([where, value]) => at(where, () => value)) },
  {
    weight: 2,
    arbitrary: fc.tuple(place, name, oddValue).map(([where, key, value]) =>
      at(
        where,
        withMembers((all) => [...all, [key, value]]),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(place, fc.nat(9), fc.boolean()).map(([where, which, capital]) =>
      // The same member again, with its name in another case.
      at(
        where,
        withMembers((all) => {
          const [key, value] = all[which % Math.max(1, all.length)] ?? ['x', null];
          return [...all, [capital ? key.toUpperCase() : key, value]];
        }),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(place, fc.nat(9), name).map(([where, which, key]) =>
      at(
        where,
        withMembers((all) =>
          all.map((member, index) => (index === which % all.length ? [key, member[1]] : member)),
        ),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(place, fc.constantFrom('__proto__', 'constructor', 'prototype')).map(([where, key]) =>
      at(
        where,
        withMembers((all) => [...all, [key, POLLUTION]]),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(place, fc.nat(9)).map(([where, which]) =>
      at(
        where,
        withMembers((all) => all.filter((_, index) => index !== which)),
      ),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(place, fc.constantFrom(1, 5, 15, 19, 30, 500))
      .map(([where, levels]) => at(where, (node) => nested(levels, node))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(place, fc.constantFrom(2, 30, 150, 1200))
      .map(([where, times]) => at(where, (node) => Array.from({ length: times }, () => node))),
  },
);

/** What happens to the text on its way. */
export const tamper: fc.Arbitrary<(text: string) => string> = fc.oneof(
  { weight: 30, arbitrary: fc.constant((text: string) => text) },
  { weight: 2, arbitrary: fc.nat(5000).map((end) => (text: string) => text.slice(0, end)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.nat(5000),
        fc.constantFrom(
          '"',
          '\\',
          ',',
          '{',
          '}',
          '[',
          ']',
          ':',
          '\u0000',
          '\uFEFF',
          '\uD800',
          '//',
          '\\u',
          '\\ud800',
          'NaN',
          '1e999',
          '-',
          '\n',
        ),
      )
      .map(
        ([where, piece]) =>
          (text: string) =>
            text.slice(0, where) + piece + text.slice(where),
      ),
  },
  { weight: 1, arbitrary: fc.constant((text: string) => `\uFEFF${text}`) },
  { weight: 1, arbitrary: fc.constant((text: string) => `${text}${text}`) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('[', '{"a":', '[{"Operations":')
      .chain((piece) => fc.constantFrom(10, 25, 4_000, 60_000).map((times) => () => piece.repeat(times))),
  },
  {
    weight: 1,
    arbitrary: fc.constant((text: string) =>
      text.replaceAll(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
    ),
  },
);
