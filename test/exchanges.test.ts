/**
 * Recorded life cycles of the four clients through the real handlers, judged by what the simulated org of a first start
 * finally shows: an answer that only looks right does not help anybody (design.md 10.1).
 */

import { describe, expect, test } from 'vitest';
import { seededRandom } from '../local/adobe-org/random.ts';
import { seedSmallOrg } from '../local/adobe-org/seed.ts';
import { openTestBridge, type TestBridge, type TestRule } from './build.ts';
import {
  type Exchange,
  listClients,
  mismatches,
  readExchanges,
  readExpectation,
  substituted,
} from './exchanges.ts';

const exampleMapping: readonly TestRule[] = [
  { group: 'Chat agents EU', grants: [{ kind: 'userGroup', name: 'Chat agents EU' }] },
  {
    group: 'Marketing',
    grants: [
      { kind: 'userGroup', name: 'Marketing' },
      { kind: 'profile', name: 'Marketo Standard', product: 'Marketo Engage' },
    ],
  },
  { group: 'Sales', grants: [{ kind: 'profile', name: 'Sales Insight' }] },
];

describe('recorded exchanges', () => {
  test.each(listClients())(
    '%s: every answer is what its client needs, and Adobe ends as it should',
    async (client) => {
      const state = seedSmallOrg({ random: seededRandom(3), at: Date.parse('2026-03-02T07:00:00Z') });
      const bridge = await openTestBridge({ state });
      await bridge.map(exampleMapping);
      const { absent = [], ...expected } = readExpectation(client);
      const byHand = heldNow(bridge, Object.keys(expected));
      expect(await replay(bridge, client)).toEqual([]);
      await bridge.drain();
      // Whoever was there before the identity provider stays: nobody manages them.
      const wanted = Object.entries(expected).map(([name, emails]) => [
        name,
        [...(byHand[name] ?? []), ...emails].sort(),
      ]);
      expect(heldNow(bridge, Object.keys(expected))).toEqual(Object.fromEntries(wanted));
      const known = new Set(bridge.org.people().map(({ email }) => email.toLowerCase()));
      expect(absent.filter((email) => known.has(email))).toEqual([]);
      await bridge.close();
    },
  );

  test('every client is there, from connection test to delete', () => {
    expect(listClients()).toEqual(['entra', 'entra-flag', 'okta-catalog', 'okta-wizard']);
    for (const client of listClients()) {
      const names = readExchanges(client).map(({ name }) => name);
      expect(names[0]).toMatch(/^01-test-connection/);
      expect(names.some((name) => name.includes('delete'))).toBe(true);
      expect(readExchanges(client).every(({ exchange }) => exchange.idp === client)).toBe(true);
    }
  });
});

function heldNow(bridge: TestBridge, names: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(names.map((name) => [name, bridge.holders(name)]));
}

/** Sends all exchanges of a client in order; answers what was wrong, as `file: what`. */
async function replay(bridge: TestBridge, client: string): Promise<string[]> {
  const ids = new Map<string, string>();
  const wrong: string[] = [];
  for (const { name, exchange } of readExchanges(client)) {
    const found = await exchangeOnce(bridge, exchange, ids);
    wrong.push(...found.map((what) => `${name}: ${what}`));
    if (exchange.afterwards === 'drain') await bridge.drain();
  }
  return wrong;
}

async function exchangeOnce(
  bridge: TestBridge,
  { request, response }: Exchange,
  ids: Map<string, string>,
): Promise<string[]> {
  const resolve = (value: unknown) => JSON.parse(substituted(JSON.stringify(value), ids));
  const path = `/scim/v2${substituted(request.path, ids)}`;
  const body = request.body === undefined ? undefined : resolve(request.body);
  const answer = await bridge.scim(request.method, path, body, request.headers);
  for (const [name, attribute] of Object.entries(response.save ?? {}))
    ids.set(name, String(answer.json?.[attribute]));
  return [
    ...(answer.status === response.status ? [] : [`status ${answer.status}, not ${response.status}`]),
    ...mismatches(resolve(response.body ?? {}), answer.json ?? {}),
    ...mismatches(response.headers ?? {}, answer.headers, 'headers'),
    ...(response.without ?? []).filter((name) => name in (answer.json ?? {})).map((name) => `shows ${name}`),
  ];
}

describe('comparing an answer with a recorded one', () => {
  const rows: [string, unknown, unknown, string[]][] = [
    ['more than named is fine', { a: 1 }, { a: 1, b: 2 }, []],
    ['a missing attribute', { a: { b: 1 } }, { a: {} }, ['body.a.b: undefined, not 1']],
    ['another type', { active: false }, { active: 'False' }, ['body.active: "False", not false']],
    ['an array in another order', [{ v: 1 }, { v: 2 }], [{ v: 2 }, { v: 1, w: 1 }], []],
    ['an array with more elements', [{ v: 1 }], [{ v: 1 }, { v: 2 }], ['body: 2 elements, not 1']],
    ['an element that is not there', ['a'], ['b'], ['body[0]: nothing like "a"']],
    ['no object where one is named', { a: 1 }, undefined, ['body: no object']],
  ];
  test.each(rows)('%s', (_, wanted, shown, expected) => {
    expect(mismatches(wanted, shown)).toEqual(expected);
  });

  test('a placeholder that nothing saved is an error of the recording', () => {
    expect(substituted('/Users/{{U1}}', new Map([['U1', '9']]))).toBe('/Users/9');
    expect(() => substituted('/Users/{{U2}}', new Map([['U1', '9']]))).toThrow('{{U2}}');
  });
});
