/**
 * No request costs more than a fixed amount of work, whatever its bytes (I15). Work is CPU time against the CPU time of an
 * honest request in the same process, or the size at which the answer is a refusal; never a wall clock.
 */
import { describe, expect, test } from 'vitest';
import { redactText } from '../../lambdas/log.ts';
import { USER } from '../../lambdas/scim/attributes.ts';
import { parseFilter, parsePath } from '../../lambdas/scim/filter.ts';
import { parseJson } from '../../lambdas/scim/json.ts';
import { matches } from '../../lambdas/scim/matches.ts';
import { readGroupPatch } from '../../lambdas/scim/patch-group.ts';
import { project, readProjection } from '../../lambdas/scim/projection.ts';
import { readUserBody } from '../../lambdas/scim/resource.ts';
import { ada, bare, body, core, id, patch, refused } from './patching.ts';
import { refusal } from './refusal.ts';

/** Microseconds of CPU of the cheapest of several rounds, at least 1. */
function cpuOf(work: () => unknown, rounds = 5): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return Math.max(1, least);
}

const fill = (piece: string, length: number) =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

describe('the amount of one PATCH', () => {
  const times = (count: number, operation: unknown) => Array.from({ length: count }, () => operation);
  const set = { op: 'replace', path: 'title', value: 'x' };

  test('1,000 operations are read and 1,001 are 413, of a user and of a group', () => {
    expect(refused(ada, ...times(1000, set))).toBe('accepted');
    expect(refused(ada, ...times(1001, set))).toEqual([413, undefined]);
    const rename = { op: 'replace', path: 'displayName', value: 'x' };
    expect(refusal(() => readGroupPatch(body(...times(1000, rename)), id))).toBe('accepted');
    expect(refusal(() => readGroupPatch(body(...times(1001, rename)), id))).toEqual([413, undefined]);
  });

  test('1,001 changes under the keys of one operation are 413 as well', () => {
    const keys = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`emails[type eq "t${at}"].value`, '']));
    expect(refused(ada, { op: 'add', value: keys(1000) })).toBe('accepted');
    expect(refused(ada, { op: 'add', value: keys(1001) })).toEqual([413, undefined]);
  });

  test('1,001 values in several lists are 413, and no list grows beyond 100 on the way', () => {
    const list = (from: number) => Array.from({ length: 100 }, (_, at) => ({ value: `p${from + at}` }));
    const same = times(10, { op: 'add', path: 'phoneNumbers', value: list(0) });
    expect(refused(bare, ...same)).toBe('accepted');
    expect(refused(bare, ...same, set)).toEqual([413, undefined]);
    const growing = [0, 100, 200].map((from) => ({ op: 'add', path: 'phoneNumbers', value: list(from) }));
    const emptied = [...growing, { op: 'remove', path: 'phoneNumbers' }];
    expect(refused(bare, ...emptied)).toEqual([400, 'invalidValue']);
  });
});

test('conditions on long texts of any script cost about what they cost on plain ones: a text is folded once (T32)', () => {
  const conditions = Array.from({ length: 20 }, () => 'value co "\u00E9z"').join(' or ');
  const operations = Array.from({ length: 20 }, () => ({
    op: 'remove',
    path: `phoneNumbers[${conditions}]`,
  }));
  const working = (piece: string) => {
    const text = (at: number) => `${at}${piece.repeat(250)}`.slice(0, 1000);
    const phoneNumbers = Array.from({ length: 90 }, (_, at) => ({ value: text(at) }));
    const user = readUserBody({ userName: 'x', phoneNumbers });
    return cpuOf(() => patch(user, ...operations));
  };
  expect(working('\u0394\u03A3\u00DF ') / working('abc ')).toBeLessThan(3);
});

test('naming an attribute 100,000 times costs little more per resource than naming it once', () => {
  const many = readProjection(USER, 'userName,'.repeat(100_000), undefined);
  const once = readProjection(USER, 'userName', undefined);
  const page = (projection: typeof once) => () => {
    for (let at = 0; at < 200; at += 1) project(projection, { ...ada, id: `u${at}` });
  };
  expect(project(many, ada)).toEqual(project(once, ada));
  expect(cpuOf(page(many)) / cpuOf(page(once))).toBeLessThan(20);
});

describe('floods (T31, T32)', () => {
  /** The largest a filter may be, of nothing but one thing. */
  const floods = [
    ' ',
    '\t',
    '"',
    '\\',
    '"\\',
    '(',
    '[',
    ')',
    ']',
    'not (',
    'a.',
    'a:',
    'urn:',
    ' or',
    ' and ',
    'a[',
    '\u0130',
    '\uD800',
  ];
  const plain = 'userName eq "ada@example.com" and active eq true';

  test.each(floods)('2,048 characters of %j cost at most as much as 100 plain filters', (piece) => {
    const texts = [
      fill(piece, 2048),
      `a eq "${fill(piece, 2040)}`,
      `a eq ${fill(piece, 2040)}`,
      `a[${fill(piece, 2046)}`,
    ];
    const flood = cpuOf(() => {
      for (const text of texts) for (const read of [parseFilter, parsePath]) refusal(() => read(text));
    });
    const honest = cpuOf(() => {
      for (let round = 0; round < 100; round += 1) parseFilter(plain);
    });
    expect(flood / honest).toBeLessThan(texts.length * 2);
  });

  test.each(floods)(
    '100 KB of %j are refused for their length alone: ten times the text costs no more',
    (piece) => {
      const reading = (length: number) => {
        const text = fill(piece, length);
        return cpuOf(() => {
          for (let round = 0; round < 50; round += 1)
            for (const read of [parseFilter, parsePath]) refusal(() => read(text));
        });
      };
      expect(refusal(() => parseFilter(fill(piece, 100_000)))).toEqual([400, 'invalidFilter']);
      expect(refusal(() => parsePath(fill(piece, 100_000)))).toEqual([400, 'invalidPath']);
      expect(reading(100_000) / reading(10_000)).toBeLessThan(10);
    },
  );

  test('the work of a filter grows with its length, not with the square of it', () => {
    const text = (length: number) => `title eq "${fill('\\u0061', length)}"`;
    const value = { ...bare, title: 'x' };
    const reading = (length: number) =>
      cpuOf(() => {
        for (let round = 0; round < 200; round += 1) matches(parseFilter(text(length)), USER, value);
      });
    expect(reading(1800) / reading(180)).toBeLessThan(40);
  });
});

test.each(['a.', '\u00E9', 'a%4', '-_', 'a@', "a'b", 'a@b.cd_', 'a@b.c', '%40'])(
  'masking 10,000 characters of %j for the log costs ten times what 1,000 cost, not a hundred times (T32)',
  (piece) => {
    const masking = (length: number) => {
      const text = fill(piece, length);
      return cpuOf(() => {
        for (let round = 0; round < 20; round += 1) redactText(text);
      });
    };
    expect(masking(10_000) / masking(1_000)).toBeLessThan(35);
  },
);

describe('large bodies (T35)', () => {
  const bodyOf = (count: number) =>
    `{${Array.from({ length: count }, (_, at) => `"k${at}":[{}]`).join(',')}}`;

  test('reading grows with the size, not with the square of it', () => {
    const [small, large] = [bodyOf(4_000), bodyOf(64_000)];
    expect(cpuOf(() => parseJson(large), 3) / cpuOf(() => parseJson(small), 3)).toBeLessThan(60);
  });

  test('a million brackets are refused at the twenty-first', () => {
    const refuse = (levels: number) => {
      const text = '['.repeat(levels);
      return cpuOf(() => {
        for (let round = 0; round < 100; round += 1) refusal(() => parseJson(text));
      });
    };
    expect(refuse(1_000_000) / refuse(1_000)).toBeLessThan(20);
  });

  test('a path-less value with 30,000 keys of nobody is dropped', () => {
    const value = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, at) => [`urn:x:y:z${at}`, { [core]: at }]),
    );
    expect(patch(ada, { op: 'replace', value })).toEqual(ada);
  });
});
