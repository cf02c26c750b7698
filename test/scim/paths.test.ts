/** Spellings of addresses open nothing (T12): the classic way around a check is a path that one part reads otherwise than another. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anyPath } from '../fuzz/paths.ts';
import { nobody, openTestScim, type TestScim } from './bridge.ts';

let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

const method = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'get',
  '',
);
/** The token endpoint, at exactly its own address, judges its clients itself (test/scim/oauth.test.ts). */
const isGrant = (path: string) => path === '/oauth/token';

describe('10,000 spellings of the addresses (T12)', () => {
  test('without a token every one is 401, and nothing is read or written', async () => {
    const admitted: unknown[] = [];
    const admit = bridge.directory.admit;
    bridge.directory.admit = (presented) => {
      admitted.push(presented);
      return admit(presented);
    };
    const statuses = new Map<number, number>();
    const headers = fc.constantFrom<Record<string, string>>(
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Basic eDp5' },
    );
    const property = fc.asyncProperty(anyPath, method, headers, async (rawPath, verb, sent) => {
      fc.pre(!isGrant(rawPath));
      const { status } = await bridge.send({
        method: verb,
        rawPath,
        headers: sent,
        body: '{"userName": "x"}',
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([401, 404]).toContain(status);
    });
    await fc.assert(property, { numRuns: 10_000 });
    bridge.directory.admit = admit;
    expect([...statuses]).toEqual([[401, 10_000]]);
    expect(admitted).toEqual([]);
  });

  test('with a token a document answers under its own address only, however that is percent-encoded', async () => {
    const documents = [
      '/scim/v2/ServiceProviderConfig',
      '/scim/v2/Schemas',
      '/scim/v2/ResourceTypes',
      '/scim/v2/ResourceTypes/User',
    ];
    const schema = '/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User';
    const lists = ['/scim/v2', '/scim/v2/', '/scim/v2/Users', '/scim/v2/Groups'];
    const seen = { found: 0, missed: 0 };
    const property = fc.asyncProperty(anyPath, async (rawPath) => {
      fc.pre(!isGrant(rawPath));
      const { status } = await bridge.send({ rawPath });
      seen[status === 200 ? 'found' : 'missed'] += 1;
      if (status !== 200) return;
      // The version may be left out; the newest answers.
      const rest = rawPath.replace(/^\/scim(\/v2)?(?=\/|$)/, '');
      const meant = `/scim/v2${rest.split('/').map(decodeURIComponent).join('/')}`;
      // A schema is named by its URN, which has no case (row 44).
      const isSchema = meant.toLowerCase() === schema.toLowerCase() && meant.startsWith('/scim/v2/Schemas/');
      expect([...documents, ...lists, isSchema ? meant : schema]).toContain(meant);
    });
    await fc.assert(property, { numRuns: 1_000 });
    expect(Math.min(seen.found, seen.missed)).toBeGreaterThan(50);
  });

  test.each([
    ['small letters', '/scim/v2/schemas'],
    ['capitals', '/scim/v2/SCHEMAS'],
    ['the base in capitals', '/SCIM/v2/Schemas'],
    ['encoded twice', '/scim/v2/%2553chemas'],
    ['an encoded slash', '/scim%2fv2/Schemas'],
    ['an encoded slash before the name', '/scim/v2%2fSchemas'],
    ['two slashes', '/scim/v2//Schemas'],
    ['a slash at the end', '/scim/v2/Schemas/'],
    ['a dot segment', '/scim/v2/./Schemas'],
    ['an encoded dot segment', '/scim/v2/%2e/Schemas'],
    ['the way up and down again', '/scim/v2/Users/../Schemas'],
    ['a parameter of the segment', '/scim/v2/Schemas;v=1'],
    ['an encoded question mark', '/scim/v2/Schemas%3fx'],
    ['a zero byte', '/scim/v2/Schemas%00'],
    ['a blank', '/scim/v2/Schemas%20'],
    ['an overlong slash', '/scim/v2%c0%afSchemas'],
    ['a full-width letter', '/scim/v2/%EF%BC%B3chemas'],
  ])('%s is 404 with a token, and 401 without', async (_label, rawPath) => {
    expect((await bridge.send({ rawPath })).status).toBe(404);
    expect((await bridge.send({ rawPath, headers: {} })).status).toBe(401);
  });

  test('no spelling of a deleted or foreign id reaches another', async () => {
    const id = await bridge.newUser('spelled@example.com');
    for (const spelling of [
      id.toUpperCase(),
      `${id};x`,
      `${id}%00`,
      `${id}.`,
      ` ${id}`,
      `%20${id}`,
      `${id}%2f..%2f${id}`,
      `${nobody}/../${id}`,
      `./${id}`,
      `${id}/`,
    ]) {
      const { status } = await bridge.send({ rawPath: `/scim/v2/Users/${spelling}` });
      expect([spelling, status]).toEqual([spelling, 404]);
    }
    expect((await bridge.send({ rawPath: `/scim/v2/Users/${id.replaceAll('-', '%2D')}` })).status).toBe(200);
  });
});
