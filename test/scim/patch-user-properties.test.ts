/** PATCH of a user: all spellings of one change come to one result (T37), and no spelling reaches a prototype (T34). */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patchUser } from '../../lambdas/scim/patch-user.ts';
import { readUserBody } from '../../lambdas/scim/resource.ts';
import {
  additions,
  bodiesOf,
  dialects,
  exchanges,
  listedParts,
  listedRemovals,
  pinned,
  removals,
  type Spelling,
  settings,
  userTargets,
} from './patch-spellings.ts';
import { ada, bare, core, enterprise, id, patch, refused, two } from './patching.ts';
import { refusal } from './refusal.ts';

const RUNS = 10_000;
/** Of each of the eight families of spellings: 12,000 changes together. */
const FAMILY_RUNS = 1_500;

const rich = readUserBody({
  ...two,
  externalId: 'e-1',
  name: { formatted: 'Bo', familyName: 'Li' },
  phoneNumbers: [{ value: 'p1', type: 'work', display: 'P' }, { value: 'p2' }],
  addresses: [{ type: 'work', locality: 'Graz', country: 'AT', primary: true }],
  roles: [{ value: 'gone' }, { value: 'h@x', type: 'Other', primary: true }],
  photos: [{ value: 'h@x', type: 'home' }],
  [enterprise]: { department: 'Field', manager: { value: 'U9' } },
});
const before = fc.constantFrom(ada, bare, two, rich);

function outcomeOf(resource: typeof ada, body: unknown): string {
  let after: unknown;
  const refusedWith = refusal(() => {
    after = patchUser({ id, resource }, body);
  });
  return JSON.stringify(refusedWith === 'accepted' ? sorted(after) : refusedWith);
}

/** The order of names in an object means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, sorted(item)] as const);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** How often a property saw a change and a refusal: of equal outcomes that are all refusals nothing is learnt. */
function expectOneOutcome(
  family: fc.Arbitrary<readonly Spelling[]>,
  least: { changed: number; refused: number },
) {
  const seen = { changed: 0, refused: 0 };
  fc.assert(
    fc.property(before, family, (resource, spellings) => {
      const [first, ...others] = bodiesOf(spellings);
      const expected = outcomeOf(resource, first);
      if (expected.startsWith('[')) seen.refused += 1;
      else if (expected !== JSON.stringify(sorted(resource))) seen.changed += 1;
      for (const other of others) {
        const outcome = outcomeOf(resource, other);
        if (outcome !== expected) expect({ other, outcome }).toEqual({ first, outcome: expected });
      }
    }),
    { numRuns: FAMILY_RUNS },
  );
  expect(seen.changed).toBeGreaterThanOrEqual(least.changed * FAMILY_RUNS);
  expect(seen.refused).toBeGreaterThanOrEqual(least.refused * FAMILY_RUNS);
}

describe('every spelling of a change gives the same result or the same refusal (T37)', () => {
  const optional = userTargets.filter(({ name }) => name !== 'active' && name !== 'userName');
  const removable = [
    ...optional,
    { urn: core, name: 'name', short: true },
    ...['emails', 'phoneNumbers', 'roles'].map((name) => ({
      urn: core,
      name,
      short: true,
      many: true as const,
    })),
    { urn: enterprise, name: 'manager', short: true },
  ];
  test.each([
    ['T37: a single value is set', settings(userTargets), { changed: 0.3, refused: 0.1 }],
    ['T37: a value is taken away', removals(removable), { changed: 0.1, refused: 0 }],
    ['T37: values join a list', additions, { changed: 0.3, refused: 0.05 }],
    ['T37: a list is exchanged', exchanges, { changed: 0.3, refused: 0.05 }],
    ['T37: listed values leave a list', listedRemovals, { changed: 0.05, refused: 0 }],
    ['T37: a part of listed values is taken away', listedParts, { changed: 0.05, refused: 0 }],
    ['T37: a part of one value of a list is set', pinned, { changed: 0.2, refused: 0.1 }],
    ['T37: several changes in the dialects of Entra and Okta', dialects, { changed: 0.1, refused: 0.1 }],
  ] as const)('%s', (_label, family, least) => expectOneOutcome(family, least));
});

describe('prototypes', () => {
  test('no operation reaches a prototype or stores a name that no schema has (T34, T23)', () => {
    const prototypes = [
      Object.prototype,
      Array.prototype,
      Function.prototype,
      String.prototype,
      Map.prototype,
    ];
    const shape = () => prototypes.map((it) => [Object.getOwnPropertyNames(it), Object.getPrototypeOf(it)]);
    const untouched = shape();
    const odd = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      '__defineSetter__',
      '__proto__.polluted',
      'constructor.prototype',
      'name.__proto__',
      'name.constructor',
      'emails[type eq "work"].__proto__',
      'emails[__proto__ eq "work"].value',
      '__proto__[type eq "x"].y',
      'emails.constructor',
      `${enterprise}:__proto__`,
      `${enterprise}:manager.__proto__`,
      'title',
      'name',
      'emails',
      enterprise,
    );
    const content = fc.constantFrom<unknown>(
      'x',
      { polluted: true },
      JSON.parse('{"__proto__": {"polluted": true}}'),
      JSON.parse('{"constructor": {"prototype": {"polluted": true}}, "givenName": "G"}'),
      JSON.parse('{"__proto__": {"value": "inherited@example.com"}, "type": "work"}'),
      [JSON.parse('{"__proto__": 1, "value": "v"}')],
      [['__proto__', 'polluted']],
      null,
    );
    const known = new Set([...Object.keys(ada), enterprise]);
    fc.assert(
      fc.property(
        fc.constantFrom('add', 'replace', 'remove', '__proto__', 'constructor'),
        odd,
        content,
        fc.nat(2),
        (op, path, raw, shape) => {
          const operation = [
            { op, path, value: raw },
            JSON.parse(`{"op": "${op}", "value": {${JSON.stringify(path)}: ${JSON.stringify(raw)}}}`),
            JSON.parse(
              `{"op": "${op}", "path": "${enterprise}", "value": {${JSON.stringify(path)}: ${JSON.stringify(raw)}}}`,
            ),
          ][shape];
          if (refused(ada, operation) !== 'accepted') return;
          const after = patch(ada, operation);
          expect(Object.keys(after).filter((name) => !known.has(name))).toEqual([]);
          expect(JSON.stringify(after)).not.toMatch(/polluted|inherited/);
          expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
        },
      ),
      { numRuns: RUNS },
    );
    expect(shape()).toEqual(untouched);
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
  });
});
