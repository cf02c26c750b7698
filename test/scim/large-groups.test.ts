/**
 * Groups with more members than an answer holds (row 94, row 112). The bound is one of bytes; here each member is made heavy
 * by the address of the service, which stands in it, so that a few members are as much as 30,000 elsewhere. The true size is
 * measured by `npm run size`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mostMembersShown } from '../../lambdas/scim/weight.ts';
import { errorOf, openTestScim, patchOp, resourcesOf, type TestScim } from './bridge.ts';

const baseUrl = `https://${'a'.repeat(40_000)}.example.net`;
let bridge: TestScim;
let large: string;
let people: readonly string[];
const most = mostMembersShown({ headers: {} }, (id) => ({
  value: id,
  $ref: `${baseUrl}/scim/v2/Users/${id}`,
  type: 'User',
}));
beforeAll(async () => {
  bridge = await openTestScim();
  people = await Promise.all(Array.from({ length: most + 1 }, (_, n) => bridge.newUser(`m${n}@example.com`)));
  large = await bridge.newGroup('Large', people);
  await bridge.newGroup('Small', people.slice(0, 3));
}, 120_000);
afterAll(() => bridge.close());

const ask = (method: string, path: string, options: { gzip?: true; body?: unknown } = {}) => {
  const [rawPath = '', rawQuery = ''] = path.split('?');
  return bridge.send({
    method,
    rawPath: `/scim/v2${rawPath}`,
    rawQuery,
    baseUrl,
    headers: {
      authorization: `Bearer ${bridge.token}`,
      'content-type': 'application/scim+json',
      ...(options.gzip ? { 'accept-encoding': 'gzip, br' } : {}),
    },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
};
const count = (json: Record<string, unknown>) => (json['members'] as unknown[] | undefined)?.length;

describe('a group with more members than fit', () => {
  test('is refused to who takes no compression, and told what to do', async () => {
    const refused = await ask('GET', `/Groups/${large}`);
    expect(errorOf(refused)).toEqual([400, 'tooMany']);
    for (const way of [
      `${most} members`,
      'Accept-Encoding: gzip',
      'excludedAttributes=members',
      'members.value eq',
    ])
      expect(refused.json['detail']).toContain(way);
  });

  test('is answered whole to who accepts gzip', async () => {
    const { status, json } = await ask('GET', `/Groups/${large}`, { gzip: true });
    expect([status, count(json)]).toEqual([200, most + 1]);
  });

  test.each([
    ['without its members', `excludedAttributes=members`],
    ['by its name only', 'attributes=displayName'],
  ])('is answered %s to everybody', async (_label, query) => {
    const { status, json } = await ask('GET', `/Groups/${large}?${query}`);
    expect([status, json['displayName'], count(json)]).toEqual([200, 'Large', undefined]);
  });

  test('makes a list too heavy, too; without members the list is whole', async () => {
    expect(errorOf(await ask('GET', '/Groups'))).toEqual([400, 'tooMany']);
    expect(errorOf(await ask('GET', '/Groups?cursor'))).toEqual([400, 'tooMany']);
    const without = await ask('GET', '/Groups?excludedAttributes=members');
    expect([without.json['totalResults'], resourcesOf(without).length]).toEqual([2, 2]);
    expect((await ask('GET', '/Groups', { gzip: true })).status).toBe(200);
  });

  test('the members of all groups of a list count together', async () => {
    const half = await bridge.newGroup('Half', people.slice(0, most - 2));
    const list = `/Groups?filter=${encodeURIComponent('displayName eq "Half" or displayName eq "Small"')}`;
    expect(errorOf(await ask('GET', list))).toEqual([400, 'tooMany']);
    await bridge.scim('DELETE', `/Groups/${half}`);
    expect((await ask('GET', list)).json['totalResults']).toBe(1);
  });

  test('a write that succeeded is never denied: the answer leaves the members out', async () => {
    const put = await ask('PUT', `/Groups/${large}`, { body: { displayName: 'Larger' } });
    expect([put.status, put.json['displayName'], count(put.json)]).toEqual([200, 'Larger', undefined]);
    const operations = [{ op: 'replace', path: 'displayName', value: 'Large' }];
    const patched = await ask('PATCH', `/Groups/${large}?attributes=displayName,members`, {
      body: { schemas: [patchOp], Operations: operations },
    });
    expect([patched.status, patched.json['displayName'], count(patched.json)]).toEqual([
      200,
      'Large',
      undefined,
    ]);
    expect((await bridge.membersOf(large)).length).toBe(most + 1);
  });

  test('one member less and it fits', async () => {
    const operations = [{ op: 'remove', path: `members[value eq "${people[0]}"]` }];
    expect(
      (await ask('PATCH', `/Groups/${large}`, { body: { schemas: [patchOp], Operations: operations } }))
        .status,
    ).toBe(204);
    const { status, json } = await ask('GET', `/Groups/${large}`);
    expect([status, count(json)]).toEqual([200, most]);
  });
});
