/** A short run of the fuzzer (`npm run fuzz` has no bound), and proof that its judge can find fault. */
import { randomInt } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableOf, violationsOf } from './figures.ts';
import { changedPrototypes, faultsOf, faultsOfLines, shapeOfPrototypes } from './judge.ts';
import { requests } from './requests.ts';
import { fuzz } from './run.ts';
import type { FuzzAnswer } from './world.ts';

/** Some 10 s on an idle machine. */
const SLOW_MS = 240_000;

describe('made-up requests', () => {
  test.each([
    ['the same ones every time', 20_260_302, 800, 200],
    ['others every time', randomInt(2 ** 30), 250, 50],
  ])(
    '%s: no crash, no 500, no changed prototype, no leak, no change by a refusal (I17, T34, T44, T48, T49)',
    async (_label, seed, count, bodies) => {
      const lines = [`seed ${seed}`];
      const figures = await fuzz({
        requests: count,
        bodies,
        seed,
        slice: count,
        compareEvery: 20,
        say: (line) => lines.push(line),
      });
      const faults = lines.filter((line) => /FAULT|--replay/.test(line));
      expect(faults).toEqual([]);
      expect([violationsOf(figures), tableOf(figures)]).toEqual([0, expect.any(String)]);
      expect([figures.requests, figures.raw]).toEqual([count + bodies, bodies]);
      expect(figures.storesCompared).toBeGreaterThan(2);
      // A fuzzer whose requests are all refused at the door proves nothing about the rooms.
      for (const status of [200, 201, 204, 400, 404])
        expect(figures.byStatus.get(status) ?? 0).toBeGreaterThan(0);
    },
    SLOW_MS,
  );

  test('are the same for the same seed', () => {
    const ids = Array.from({ length: 12 }, (_, at) => `id-${at}`);
    const known = { users: ids, groups: ids.slice(0, 4), strangers: [] };
    const draw = (seed: number) => JSON.stringify(fc.sample(requests(known), { seed, numRuns: 50 }));
    expect(draw(7)).toBe(draw(7));
    expect(draw(7)).not.toBe(draw(8));
  });
});

describe('the judge finds fault with', () => {
  const detail = 'There is no user with this id. Look it up again.';
  const error = { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '404', detail };
  const headers = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-type': 'application/scim+json',
  };
  const good: FuzzAnswer = { status: 404, headers, body: JSON.stringify(error), cpuUs: 1 };
  const saying = (more: object) => ({ ...good, body: JSON.stringify({ ...error, ...more }) });

  test('nothing in a good refusal', () => {
    expect(faultsOf('/scim/v2/Users/x', good, 'secret')).toEqual([]);
  });

  test.each<[string, FuzzAnswer]>([
    ['a throw', { ...good, thrown: new TypeError('x') }],
    ['a 500', { ...good, status: 500 }],
    [
      'an answer that may be cached (T49)',
      { ...good, headers: { ...headers, 'cache-control': 'max-age=1' } },
    ],
    ['an error that is no JSON', { ...good, body: '<html>' }],
    ['an error without a body', { ...good, body: undefined }],
    ['another status in the body', saying({ status: '400' })],
    ['a status that is a number', saying({ status: 404 })],
    ['an unknown scimType', saying({ scimType: 'oops' })],
    ['no detail', saying({ detail: '' })],
    ['a stack (T48)', saying({ detail: `${detail} at readPatch (/var/task/scim.mjs:12:3)` })],
    ['the name of an error (T48)', saying({ detail: `TypeError: ${detail}` })],
    ['a key of the table (T48)', saying({ detail: `${detail} okta#UN#abc` })],
    ['what was sent (T44)', saying({ detail: `${detail} zq9canary7@example.com` })],
    ['the token (T08)', saying({ detail: `${detail} secret` })],
    [
      'a 401 without a challenge',
      { ...good, status: 401, body: JSON.stringify({ ...error, status: '401' }) },
    ],
    ['a body that is no JSON', { ...good, status: 200, body: '{' }],
  ])('%s', (_label, answer) => {
    expect(faultsOf('/scim/v2/Users/x', answer, 'secret')).not.toEqual([]);
  });

  test.each([
    ['two lines in one (T43)', '{"a":"\u2028"}'],
    ['no JSON', 'a'],
    ['what was sent', '{"path":"zq9canary"}'],
    ['an error', '{"level":"error"}'],
  ])('a log line with %s', (_label, line) => {
    expect(faultsOfLines([line], 'secret')).not.toEqual([]);
    expect(faultsOfLines(['{"level":"info"}'], 'secret')).toEqual([]);
  });

  test('a prototype that grew, or whose member was replaced (T34)', () => {
    const shape = shapeOfPrototypes();
    expect(changedPrototypes(shape)).toEqual([]);
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true });
    expect(changedPrototypes(shape)).toEqual(['Object']);
    Reflect.deleteProperty(Object.prototype, 'polluted');
    const { includes } = Array.prototype;
    Array.prototype.includes = () => true;
    const changed = changedPrototypes(shape);
    Array.prototype.includes = includes;
    expect([changed, changedPrototypes(shape)]).toEqual([['Array'], []]);
  });
});
