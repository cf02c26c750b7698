/**
 * One change of a user or group in all the ways that clients write it (T37). Each family gives a change at random and the
 * bodies that have to come to the same: the same stored resource, or the same refusal.
 */
import * as fc from 'fast-check';
import { core, enterprise, patchOp } from './patching.ts';
import { meaningOf, spelled } from './spellings.ts';

export const groupUrn = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** Operations of one PATCH body. */
export type Spelling = readonly unknown[];
/** The bodies of these PATCHes, and of the first one with its operation standing alone, under names of any case. */
export function bodiesOf(spellings: readonly Spelling[]): readonly unknown[] {
  const [first = []] = spellings;
  const bodies: unknown[] = spellings.map((operations) => ({ schemas: [patchOp], Operations: operations }));
  if (first.length === 1) bodies.push({ operations: first[0], SCHEMAS: patchOp.toLowerCase(), unknown: 1 });
  return bodies;
}

const texts = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.oneof(
      spelled(5).map(({ text }) => text),
      fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      'x@example.com',
      'True',
      'x'.repeat(1025),
      'a\u0000',
      'a\u200B',
      '\uD800',
    ),
  },
);
/** What may stand where a single value is wanted, and what may not. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: texts },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(null, true, false, 0, 12, [], {}, ['x'], { x: 1 }, 'FALSE'),
  },
);

export interface Target {
  readonly urn: string;
  readonly name: string;
  readonly sub?: string;
  /** Also found without its URN (tolerance `shortExtensionName`). */
  readonly short: boolean;
  /** An empty text adds nothing to a list. */
  readonly many?: true;
}
const simple = [
  'title',
  'displayName',
  'nickName',
  'userType',
  'locale',
  'timezone',
  'profileUrl',
  'active',
  'userName',
  'externalId',
];
const parts = ['formatted', 'familyName', 'givenName', 'middleName', 'honorificPrefix', 'honorificSuffix'];
const work = ['employeeNumber', 'costCenter', 'organization', 'division', 'department'];
export const userTargets: readonly Target[] = [
  ...simple.map((name) => ({ urn: core, name, short: true })),
  ...parts.map((sub) => ({ urn: core, name: 'name', sub, short: true })),
  ...work.map((name) => ({ urn: enterprise, name, short: true })),
  { urn: enterprise, name: 'manager', sub: 'value', short: true },
  // Of no schema: dropped however they come.
  { urn: core, name: 'shoeSize', short: true },
  { urn: core, name: 'password', short: true },
  { urn: 'urn:example:none:User', name: 'title', short: false },
];
export const groupTargets: readonly Target[] = ['displayName', 'externalId', 'shoeSize'].map((name) => ({
  urn: groupUrn,
  name,
  short: true,
}));

const inCase = (text: string, choice: number) =>
  [text, text.toUpperCase(), text.toLowerCase()][choice % 3] ?? text;
const nested = ({ name, sub }: Target, value: unknown) => ({
  [name]: sub === undefined ? value : { [sub]: value },
});
const pathOf = ({ name, sub }: Target) => (sub === undefined ? name : `${name}.${sub}`);

/** A single value is set. Both operations mean the same there (RFC 7644 section 3.5.2). */
export function settings(targets: readonly Target[]): fc.Arbitrary<readonly Spelling[]> {
  return fc.tuple(fc.constantFrom(...targets), values, fc.nat(2)).map(([target, value, choice]) => {
    const { urn, short, name, sub } = target;
    const full = `${urn}:${pathOf(target)}`;
    const ways: unknown[] = [
      { op: 'replace', path: full, value },
      { op: inCase('Add', choice), path: inCase(full, choice), value },
      { op: 'add', value: { [full]: value } },
      { op: inCase('Replace', choice), value: { [urn]: nested(target, value) } },
      { op: 'replace', path: inCase(urn, choice), value: nested(target, value) },
    ];
    if (short) {
      ways.push(
        { op: 'REPLACE', path: inCase(pathOf(target), choice), value, more: 'unknown' },
        { op: 'replace', value: { [inCase(pathOf(target), choice)]: value } },
        { op: 'add', value: nested(target, value), path: null },
        { OP: 'add', Value: nested(target, value), Path: '' },
      );
      if (sub !== undefined)
        ways.push({ op: 'replace', path: name, value: { [inCase(sub, choice)]: value } });
    }
    return ways.map((way) => [way]);
  });
}

/** A value is taken away; `targets` are such as may be missing. */
export function removals(targets: readonly Target[]): fc.Arbitrary<readonly Spelling[]> {
  return fc.tuple(fc.constantFrom(...targets), fc.nat(2)).map(([target, choice]) => {
    const full = `${target.urn}:${pathOf(target)}`;
    return [
      [{ op: 'remove', path: full }],
      [{ op: inCase('Remove', choice), path: inCase(full, choice) }],
      [{ op: 'replace', path: full, value: null }],
      [{ op: 'Replace', path: full, value: '' }],
      [{ op: target.many ? 'replace' : 'add', value: { [full]: '' } }],
      [{ op: 'replace', value: { [target.urn]: nested(target, null) } }],
    ];
  });
}

const lists = ['emails', 'phoneNumbers', 'ims', 'roles', 'entitlements', 'photos'] as const;
const element = fc.record(
  {
    value: texts,
    type: fc.constantFrom('work', 'home', 'Other'),
    display: spelled(3).map(({ text }) => text),
  },
  { requiredKeys: ['value'] },
);
/** No two of one value: what a twin means depends on whether the first is stored yet. */
const elements = fc.uniqueArray(element, {
  minLength: 1,
  maxLength: 3,
  selector: ({ value }) => meaningOf(value),
});
const primaries = fc
  .tuple(elements, fc.option(fc.nat(2)))
  .map(([made, place]) => made.map((item, at) => (at === place ? { ...item, primary: true } : item)));

/** Values join a list. */
export const additions: fc.Arbitrary<readonly Spelling[]> = fc
  .tuple(fc.constantFrom(...lists), primaries, fc.nat(2))
  .map(([name, list, choice]) => {
    const bare = list.every((item) => Object.keys(item).length === 1 && item.value !== '');
    return [
      [{ op: 'add', path: name, value: list }],
      [{ op: inCase('Add', choice), path: `${core}:${inCase(name, choice)}`, value: list }],
      [{ op: 'add', value: { [name]: list } }],
      [{ op: 'Add', value: { [core]: { [inCase(name, choice)]: list } } }],
      [{ op: 'add', value: { [`${core}:${name}`]: list } }],
      list.map((item) => ({ op: 'add', path: name, value: [item] })),
      list.map((item) => ({ op: 'Add', path: name, value: item })),
      ...(bare ? [[{ op: 'add', path: name, value: list.map(({ value }) => value) }]] : []),
    ];
  });

/** A list is exchanged for another. */
export const exchanges: fc.Arbitrary<readonly Spelling[]> = fc
  .tuple(fc.constantFrom(...lists), primaries, fc.nat(2))
  .map(([name, list, choice]) => [
    [{ op: 'replace', path: name, value: list }],
    [{ op: 'Replace', path: `${core}:${inCase(name, choice)}`, value: list }],
    [{ op: 'replace', value: { [inCase(name, choice)]: list } }],
    [{ op: 'REPLACE', value: { [core]: { [name]: list } } }],
    ...(list.length === 1 ? [[{ op: 'replace', path: name, value: list[0] }]] : []),
    [
      { op: 'remove', path: name },
      { op: 'add', path: name, value: list },
    ],
    [
      { op: 'replace', path: name, value: [] },
      { op: 'add', value: { [name]: list } },
    ],
  ]);

/** Listed values leave (tolerance `removeWithValue`); of text that is fit to be stored, because only that can be there. */
export const listedRemovals: fc.Arbitrary<readonly Spelling[]> = fc
  .tuple(
    fc.constantFrom(...lists),
    fc.uniqueArray(fc.constantFrom('p1', 'P1', 'h@x', 'w@x', 'ada@example.com', 'gone', 'a"]\\b'), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.nat(2),
  )
  .map(([name, gone, choice]) => [
    [{ op: 'remove', path: name, value: gone.map((value) => ({ value })) }],
    [{ op: 'Remove', path: inCase(name, choice), value: gone }],
    gone.map((value) => ({ op: 'remove', path: name, value: { value } })),
    gone.map((value) => ({ op: 'remove', path: `${name}[value eq ${JSON.stringify(value)}]` })),
    [
      {
        op: 'remove',
        path: `${core}:${name}[${gone.map((value) => `VALUE Eq ${JSON.stringify(value)}`).join(' or ')}]`,
      },
    ],
  ]);

/** A part of the listed values is taken away: the same rule one level down. */
export const listedParts: fc.Arbitrary<readonly Spelling[]> = fc
  .tuple(
    fc.constantFrom('emails', 'phoneNumbers', 'roles'),
    fc.constantFrom('value', 'type'),
    fc.uniqueArray(fc.constantFrom('p1', 'P1', 'h@x', 'w@x', 'work', 'HOME', 'gone'), {
      minLength: 1,
      maxLength: 3,
    }),
    fc.nat(2),
  )
  .map(([name, part, gone, choice]) => [
    [{ op: 'remove', path: `${name}.${part}`, value: gone }],
    [
      {
        op: 'Remove',
        path: `${core}:${name}.${inCase(part, choice)}`,
        value: gone.map((text) => ({ [part]: text })),
      },
    ],
    [
      {
        op: 'remove',
        path: `${name}.${part}`,
        value: gone.map((text) => ({ [inCase(part, choice)]: text })),
      },
    ],
    gone.map((text) => ({ op: 'remove', path: `${name}.${part}`, value: text })),
    gone.map((text) => ({
      op: 'remove',
      path: `${name}[${part} pr].${part}`,
      value: { [inCase(part, choice)]: text },
    })),
  ]);

/** One part of the value of a type is set (tolerance `createByFilter`). */
export const pinned: fc.Arbitrary<readonly Spelling[]> = fc
  .tuple(
    fc.constantFrom('add', 'replace'),
    fc.constantFrom('emails', 'phoneNumbers', 'addresses'),
    fc.constantFrom('work', 'HOME', 'other', 'strange'),
    values,
    fc.nat(2),
  )
  .map(([op, name, type, value, choice]) => {
    const sub = name === 'addresses' ? 'locality' : 'value';
    const filter = `type eq "${type}"`;
    return [
      [{ op, path: `${name}[${filter}].${sub}`, value }],
      [{ op: inCase(op, choice), path: inCase(`${name}[TYPE eq "${type}"].${sub}`, 0), value }],
      [{ op, path: `${core}:${name}[ (${filter}) ].${inCase(sub, choice)}`, value }],
      [{ op, path: `${name}[type\tEQ  "${type}"].${sub}`, value }],
      [{ op, value: { [`${name}[${filter}].${sub}`]: value } }],
      [{ op, value: { [`${core}:${name}[${filter}].${sub}`]: value } }],
      ...(op === 'add' ? [[{ op, path: `${name}[${filter}]`, value: { [sub]: value } }]] : []),
    ];
  });

/** Several changes at once, as Entra sends them, with and without its compliance flag, and as Okta does. */
export const dialects: fc.Arbitrary<readonly Spelling[]> = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom(...userTargets.filter(({ urn }) => urn === core || urn === enterprise)), values),
    {
      minLength: 1,
      maxLength: 5,
      selector: ([target]) => pathOf(target),
    },
  )
  .map((changes) => {
    const keys = changes.map(
      ([target, value]) =>
        [target.urn === core ? pathOf(target) : `${target.urn}:${pathOf(target)}`, value] as const,
    );
    const objects: Record<string, Record<string, unknown>> = { [core]: {}, [enterprise]: {} };
    for (const [{ urn, name, sub }, value] of changes) {
      const holder = objects[urn] ?? {};
      holder[name] = sub === undefined ? value : { ...Object(holder[name]), [sub]: value };
    }
    return [
      keys.map(([path, value]) => ({ op: 'Replace', path, value })),
      keys.map(([path, value]) => ({ op: 'Add', path, value: path === 'active' ? asText(value) : value })),
      [{ op: 'replace', value: Object.fromEntries(keys) }],
      [{ op: 'replace', value: { ...objects[core], [enterprise]: objects[enterprise] } }],
      Object.entries(objects).map(([path, value]) => ({ op: 'add', path, value })),
    ];
  });

function asText(value: unknown): unknown {
  return value === true ? 'True' : value === false ? 'False' : value;
}
