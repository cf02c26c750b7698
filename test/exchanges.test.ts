/**
 * Recorded life cycles of every client of `test/exchanges/` through the real handlers, judged by every answer and by what
 * the simulated org of a first start finally shows.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTestBridge, type ScimAnswer } from './build.ts';
import { playExchanges, protocolFaults } from './exchange-play.ts';
import { EXCHANGES, listClients, mismatches, readExchanges, substituted } from './exchanges.ts';

describe('recorded exchanges', () => {
  test.each(listClients())(
    '%s: every answer is what its client needs, and Adobe ends as it should',
    async (client) => {
      expect(await playExchanges({ client, open: openTestBridge })).toEqual([]);
    },
  );

  test('every client is there, from connection test to delete, and says where its shape comes from', () => {
    expect(listClients()).toEqual([
      'authentik',
      'entra',
      'entra-flag',
      'google-workspace',
      'idp-scim-sync',
      'jumpcloud',
      'keycloak-scim',
      'keycloak-scim-outbound',
      'keycloak-scim-patch',
      'microsoft-tests',
      'okta-catalog',
      'okta-wizard',
      'onelogin',
      'pingfederate',
      'pingone',
      'ssosync',
    ]);
    for (const client of listClients()) {
      const exchanges = readExchanges(client);
      const names = exchanges.map(({ name }) => name);
      expect(names[0]).toMatch(/^01-test-connection/);
      expect(names.some((name) => name.includes('delete'))).toBe(true);
      expect(exchanges.every(({ exchange }) => exchange.idp === client && exchange.source !== '')).toBe(true);
      expect(existsSync(join(EXCHANGES, client, 'README.md')), `${client}/README.md`).toBe(true);
    }
  });
});

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

describe('what every answer owes every client', () => {
  const scim = { 'content-type': 'application/scim+json' };
  const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], id: '1', active: true };
  const list = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    itemsPerPage: 0,
    Resources: [],
  };
  const error = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '404',
    detail: 'Not here.',
  };
  const rows: [string, ScimAnswer, string[]][] = [
    ['204 is empty', { status: 204, headers: {}, json: undefined }, []],
    ['204 with a body', { status: 204, headers: {}, json: user }, ['204 with a body']],
    ['no body at all', { status: 200, headers: scim, json: undefined }, ['a body without schemas']],
    ['plain JSON', { status: 200, headers: {}, json: user }, ['another media type']],
    [
      'a password',
      { status: 200, headers: scim, json: { ...user, password: 'x' } },
      ['a password, or active that is no boolean'],
    ],
    [
      'active as text',
      { status: 200, headers: scim, json: { ...list, itemsPerPage: 1, Resources: [{ active: 'true' }] } },
      ['a password, or active that is no boolean'],
    ],
    [
      '201 without Location',
      { status: 201, headers: scim, json: user },
      ['201 without the Location of the resource'],
    ],
    ['an error', { status: 404, headers: scim, json: error }, []],
    [
      'an error with a number',
      { status: 404, headers: scim, json: { ...error, status: 404 } },
      ['no SCIM error'],
    ],
    [
      'a list that miscounts',
      { status: 200, headers: scim, json: { ...list, itemsPerPage: 1 } },
      ['no proper ListResponse'],
    ],
  ];
  test.each(rows)('%s', (_, answer, expected) => {
    expect(protocolFaults(answer)).toEqual(expected);
  });
});
