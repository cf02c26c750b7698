/**
 * Whether two names are one is decided in many places: the guard of the user name, look-ups, filters, lists, PATCH. All of
 * them have to say the same (T18); the judge is a table of spellings written by hand.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emailKey, groupNameKey, userNameKey } from '../../lambdas/directory/keys.ts';
import { identifierProblem, normal } from '../../lambdas/directory/normal.ts';
import { GROUP, USER } from '../../lambdas/scim/attributes.ts';
import { matches } from '../../lambdas/scim/matches.ts';
import { readUserBody } from '../../lambdas/scim/resource.ts';
import { CONNECTION } from '../open.ts';
import { errorOf, filterBy, openTestScim, resourcesOf, type TestScim } from './bridge.ts';
import { patch } from './patching.ts';
import { meaningOf, spelled, spelledPair } from './spellings.ts';

const RUNS = 10_000;
const eq = (path: string, value: string) => ({ kind: 'compare', path, op: 'eq', value }) as const;

describe('the normal form (T18)', () => {
  test('is one for all spellings of a name, and only for them', () => {
    const seen = { same: 0, other: 0 };
    fc.assert(
      fc.property(spelledPair(6), ([one, other]) => {
        const same = one.meant === other.meant;
        seen[same ? 'same' : 'other'] += 1;
        expect([one.text, other.text, normal(one.text) === normal(other.text)]).toEqual([
          one.text,
          other.text,
          same,
        ]);
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(seen.same, seen.other)).toBeGreaterThan(RUNS / 10);
  });

  test('is its own normal form, and the start of a name is the start of its normal form', () => {
    fc.assert(
      fc.property(spelled(8), spelled(8), (one, other) => {
        const form = normal(one.text);
        expect(normal(form)).toBe(form);
        expect(normal(one.text + other.text).startsWith(form)).toBe(true);
        expect(normal(one.text + other.text)).toBe(form + normal(other.text));
      }),
      { numRuns: RUNS },
    );
  });
});

test('keys, filters, values of a list, PATCH and the table of spellings agree on 10,000 pairs of names (T18)', () => {
  fc.assert(
    fc.property(spelledPair(5), fc.constantFrom('', ' '), ([one, other], blank) => {
      const same = one.meant === other.meant;
      const [a, b] = [one.text, other.text];
      const user = { userName: a, active: true, emails: [{ value: a }] };
      const kept = readUserBody({ userName: 'x', emails: [{ value: a }, { value: b }] }).emails;
      const left = patch({ ...user, userName: 'x' }, { op: 'remove', path: 'emails', value: [b] }).emails;
      const said = {
        userNameKey: userNameKey(CONNECTION, a).pk === userNameKey(CONNECTION, b).pk,
        emailKey: emailKey(a) === emailKey(b),
        userName: matches(eq('userName', b), USER, user),
        email: matches(eq('emails', b), USER, user),
        element: matches({ kind: 'element', path: 'emails', of: eq('value', b) }, USER, user),
        twins: Array.isArray(kept) && kept.length === 1,
        removed: left === undefined,
      };
      const trimmed = meaningOf(a.trim()) === meaningOf(b.trim());
      expect(said).toEqual({
        ...{ userNameKey: same, userName: same, email: same, element: same, twins: same, removed: same },
        emailKey: trimmed,
      });
      const named = { displayName: a + blank };
      const groupSays = [
        groupNameKey(CONNECTION, named.displayName).pk === groupNameKey(CONNECTION, b).pk,
        matches(eq('displayName', b), GROUP, named),
      ];
      expect(groupSays).toEqual([trimmed, trimmed]);
    }),
    { numRuns: RUNS },
  );
});

describe('through the service (T18)', () => {
  let bridge: TestScim;
  beforeAll(async () => {
    bridge = await openTestScim();
  });
  afterAll(() => bridge.close());

  test('a second user or group is 409 exactly where the filter finds the first', async () => {
    const storable = spelledPair(4).filter((pair) => pair.every(({ text }) => text.trim() !== ''));
    const seen = { same: 0, other: 0 };
    let number = 0;
    const property = fc.asyncProperty(
      storable,
      fc.constantFrom('Users', 'Groups'),
      async ([one, other], type) => {
        number += 1;
        const attribute = type === 'Users' ? 'userName' : 'displayName';
        const tail = `-${number}`;
        const same = one.meant === other.meant;
        seen[same ? 'same' : 'other'] += 1;
        const first = await bridge.scim('POST', `/${type}`, { [attribute]: one.text + tail });
        const found = await bridge.scim(
          'GET',
          filterBy(`/${type}`, `${attribute} eq ${JSON.stringify(other.text + tail)}`),
        );
        const second = await bridge.scim('POST', `/${type}`, { [attribute]: other.text + tail });
        const { id } = first.json;
        expect([first.status, resourcesOf(found).map((it) => it['id'])]).toEqual([201, same ? [id] : []]);
        if (same) expect(errorOf(second)).toEqual([409, 'uniqueness']);
        else expect(second.status).toBe(201);
      },
    );
    await fc.assert(property, { numRuns: 100 });
    expect(Math.min(seen.same, seen.other)).toBeGreaterThan(10);
  });

  test('a group whose name differs in blanks only is 409, and the filter finds the first under either', async () => {
    const id = await bridge.newGroup('Night shift ');
    for (const name of ['Night shift', ' night SHIFT', '\u00A0Night shift']) {
      expect(errorOf(await bridge.scim('POST', '/Groups', { displayName: name }))).toEqual([
        409,
        'uniqueness',
      ]);
      const found = await bridge.scim('GET', filterBy('/Groups', `displayName eq "${name}"`));
      expect(resourcesOf(found).map((it) => it['id'])).toEqual([id]);
    }
  });
});

describe('characters that nobody sees (T19)', () => {
  /** Written down from the Unicode tables: C0, C1, line breaks, directions, zero-width, fillers, tags, halves of a pair. */
  const classes: readonly (readonly [string, number, number])[] = [
    ['C0', 0x00, 0x1f],
    ['DEL and C1', 0x7f, 0x9f],
    ['soft hyphen', 0xad, 0xad],
    ['grapheme joiner', 0x34f, 0x34f],
    ['Arabic letter mark', 0x61c, 0x61c],
    ['Hangul fillers', 0x115f, 0x1160],
    ['Khmer inherent vowels', 0x17b4, 0x17b5],
    ['Mongolian vowel separator', 0x180e, 0x180e],
    ['zero-width and marks of direction', 0x200b, 0x200f],
    ['line breaks and embeddings', 0x2028, 0x202e],
    ['invisible operators and isolates', 0x2060, 0x206f],
    ['Hangul filler', 0x3164, 0x3164],
    ['half of a pair', 0xd800, 0xdfff],
    ['byte order mark', 0xfeff, 0xfeff],
    ['half-width filler', 0xffa0, 0xffa0],
    ['annotations', 0xfff0, 0xfffb],
    ['shorthand controls', 0x1bca0, 0x1bca3],
    ['musical controls', 0x1d173, 0x1d17a],
    ['tags', 0xe0000, 0xe007f],
  ];
  const hidden = fc
    .constantFrom(...classes)
    .chain(([, from, to]) => fc.integer({ min: from, max: to }))
    .map((code) => String.fromCodePoint(code));
  const around = fc.oneof(
    fc.constant(''),
    spelled(3).map(({ text }) => text),
  );

  test('each of the classes is refused in every name, however it is sent', () => {
    const ways: readonly ((name: string) => unknown)[] = [
      (name) => readUserBody({ userName: name }),
      (name) => readUserBody({ userName: 'x', externalId: name }),
      (name) => readUserBody({ userName: 'x', emails: [{ value: name }] }),
      (name) => readUserBody({ userName: 'x', name: { familyName: name } }),
      (name) => patch({ userName: 'x', active: true }, { op: 'replace', path: 'userName', value: name }),
      (name) => patch({ userName: 'x', active: true }, { op: 'add', value: { 'name.givenName': name } }),
      (name) =>
        patch(
          { userName: 'x', active: true },
          { op: 'add', path: 'emails[type eq "work"].value', value: name },
        ),
    ];
    fc.assert(
      fc.property(around, hidden, around, fc.constantFrom(...ways), (before, character, after, send) => {
        // Two halves side by side are a whole.
        fc.pre(!(before + character + after).isWellFormed() || character.isWellFormed());
        expect(identifierProblem(before + character + after)).toBeDefined();
        expect(() => send(before + character + after)).toThrow(
          expect.objectContaining({ status: 400, scimType: 'invalidValue' }),
        );
      }),
      { numRuns: RUNS },
    );
  });

  test('a name of nothing but variation selectors is no name', () => {
    expect(() => readUserBody({ userName: '\uFE0F' })).toThrow(expect.objectContaining({ status: 400 }));
  });
});
