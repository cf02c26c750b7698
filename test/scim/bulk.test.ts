/** Bulk requests (rows 243-251; RFC 7644 section 3.7; T38). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base, errorOf, filterBy, openTestScim, patchOp, resourcesOf, type TestScim } from './bridge.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const bulkUrn = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
type Json = Record<string, unknown>;

let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

const send = (operations: readonly unknown[], more: Json = {}, headers?: Record<string, string>) =>
  bridge.scim('POST', '/Bulk', { schemas: [bulkUrn], Operations: operations, ...more }, headers);
const bulk = async (operations: readonly unknown[], more: Json = {}): Promise<readonly Json[]> => {
  const { status, json } = await send(operations, more);
  expect([status, json['schemas']]).toEqual([200, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse']]);
  return Array.isArray(json['Operations']) ? json['Operations'] : [];
};
const statusesOf = (results: readonly Json[]) => results.map(({ status }) => status);
const user = (bulkId: string, userName: string, more: Json = {}) => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, ...more },
});
const find = async (userName: string) =>
  resourcesOf(await bridge.scim('GET', filterBy('/Users', `userName eq "${userName}"`)))[0];
const idIn = (result: Json | undefined) => String(result?.['location']).split('/').at(-1) ?? '';
const keywordOf = (result: Json | undefined) => {
  const { response } = result ?? {};
  return JSON.stringify(response).match(/"scimType":"([a-zA-Z]+)"/)?.[1];
};

describe('operations of every method', () => {
  test('are done in order, with the results that they would have alone (rows 244, 246, 249)', async () => {
    const kept = await bridge.newUser('b-kept@example.com');
    const gone = await bridge.newUser('b-gone@example.com');
    const results = await bulk([
      user('one', 'b-one@example.com'),
      { method: 'PUT', path: `/Users/${kept}`, data: { userName: 'b-kept@example.com', title: 'put' } },
      {
        method: 'patch',
        path: `/Users/${kept}`,
        data: { schemas: [patchOp], Operations: [{ op: 'add', path: 'nickName', value: 'patched' }] },
      },
      { method: 'DELETE', path: `/Users/${gone}` },
      { method: 'POST', path: '/Groups', bulkId: 'g', data: { displayName: 'B group' } },
    ]);
    const one = await find('b-one@example.com');
    expect(results).toEqual([
      {
        method: 'POST',
        bulkId: 'one',
        location: `${base}/Users/${one?.['id']}`,
        version: 'W/"1"',
        status: '201',
      },
      { method: 'PUT', location: `${base}/Users/${kept}`, version: 'W/"2"', status: '200' },
      { method: 'PATCH', location: `${base}/Users/${kept}`, version: 'W/"3"', status: '200' },
      { method: 'DELETE', location: `${base}/Users/${gone}`, status: '204' },
      {
        method: 'POST',
        bulkId: 'g',
        location: expect.stringContaining(`${base}/Groups/`),
        version: 'W/"1"',
        status: '201',
      },
    ]);
    expect(await find('b-kept@example.com')).toMatchObject({ title: 'put', nickName: 'patched' });
    expect((await bridge.scim('GET', `/Users/${gone}`)).status).toBe(404);
  });

  test('a failure carries its error and stops nothing (rows 245, 249)', async () => {
    const results = await bulk([
      user('a', 'b-twice@example.com'),
      user('b', 'B-TWICE@example.com'),
      { method: 'DELETE', path: '/Users/018f0000-0000-7000-8000-00000000dead' },
      user('c', 'b-after@example.com'),
    ]);
    expect(statusesOf(results)).toEqual(['201', '409', '404', '201']);
    expect(results[1]).toMatchObject({
      method: 'POST',
      bulkId: 'b',
      response: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: '409',
        scimType: 'uniqueness',
      },
    });
    expect(results[1]).not.toHaveProperty('location');
    expect(await find('b-after@example.com')).toBeDefined();
  });

  test('failOnErrors ends the work; what was not tried has no result (row 245)', async () => {
    const operations = [
      user('a', 'b-fail0@example.com'),
      user('b', ''),
      user('c', ''),
      user('d', 'b-fail1@example.com'),
    ];
    expect(statusesOf(await bulk(operations, { failOnErrors: 2 }))).toEqual(['201', '400', '400']);
    expect(await find('b-fail1@example.com')).toBeUndefined();
    expect(statusesOf(await bulk(operations.slice(1), { failOnErrors: 1 }))).toEqual(['400']);
  });

  test('version is If-Match (row 232)', async () => {
    const id = await bridge.newUser('b-version@example.com');
    const put = (version: string) => ({
      method: 'PUT',
      path: `/Users/${id}`,
      version,
      data: { userName: 'b-version@example.com', title: version },
    });
    expect(statusesOf(await bulk([put('W/"7"'), put('W/"1"'), put('W/"1"')]))).toEqual(['412', '200', '412']);
  });
});

describe('references by bulkId (rows 247, 248)', () => {
  test('are replaced by ids, in members, extensions and paths, whatever the order (row 251)', async () => {
    const results = await bulk([
      {
        method: 'PATCH',
        path: '/Groups/bulkId:g1',
        data: {
          schemas: [patchOp],
          Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:u2' }] }],
        },
      },
      {
        method: 'POST',
        path: '/Groups',
        bulkId: 'g1',
        data: { displayName: 'B refs', members: [{ value: 'bulkId:u1', type: 'User' }] },
      },
      user('u1', 'b-u1@example.com', { [enterprise]: { manager: { value: 'bulkId:u2' } } }),
      user('u2', 'b-u2@example.com'),
    ]);
    expect(statusesOf(results)).toEqual(['204', '201', '201', '201']);
    const [one, two] = [idIn(results[2]), idIn(results[3])];
    expect(await bridge.membersOf(idIn(results[1]))).toEqual([one, two].sort());
    expect((await bridge.scim('GET', `/Users/${one}`)).json[enterprise]).toMatchObject({
      manager: { value: two },
    });
  });

  test('that form a circle are resolved: both are made and know each other (row 248)', async () => {
    const manager = (of: string) => ({ [enterprise]: { department: 'Field', manager: { value: of } } });
    const results = await bulk([
      user('x', 'b-x@example.com', manager('bulkId:y')),
      user('y', 'b-y@example.com', manager('bulkId:z')),
      user('z', 'b-z@example.com', manager('bulkId:x')),
      user('self', 'b-self@example.com', manager('bulkId:self')),
    ]);
    expect(statusesOf(results)).toEqual(['201', '201', '201', '201']);
    const ids = results.map(idIn);
    for (const [at, boss] of [1, 2, 0, 3].entries()) {
      const { json, headers } = await bridge.scim('GET', `/Users/${ids[at]}`);
      expect(json[enterprise]).toMatchObject({ department: 'Field', manager: { value: ids[boss] } });
      expect(results[at]?.['version']).toBe(headers['etag']);
    }
  });

  test('in a circle of which one part fails are 409, and nothing of it stays (row 248)', async () => {
    await bridge.newUser('b-taken@example.com');
    const manager = (of: string) => ({ [enterprise]: { manager: { value: of } } });
    const results = await bulk([
      user('x', 'b-taken@example.com', manager('bulkId:y')),
      user('y', 'b-widow@example.com', manager('bulkId:x')),
    ]);
    expect(statusesOf(results)).toEqual(['409', '409']);
    expect(await find('b-widow@example.com')).toBeUndefined();
  });

  test('to what could not be created are 409, to nothing are 400', async () => {
    const group = (value: string) => ({
      method: 'POST',
      path: '/Groups',
      bulkId: value,
      data: { displayName: `B ${value}`, members: [{ value: `bulkId:${value}x` }] },
    });
    const results = await bulk([group('bad'), user('badx', ''), group('none')]);
    expect(statusesOf(results)).toEqual(['409', '400', '400']);
    expect(keywordOf(results[2])).toBe('invalidValue');
  });
});

describe('what is refused', () => {
  test.each([
    ['a create without a bulkId (row 246)', { method: 'POST', path: '/Users', data: { userName: 'never' } }],
    ['a GET', { method: 'GET', path: '/Users' }],
    ['no method', { path: '/Users' }],
    ['no path', { method: 'POST', bulkId: 'a' }],
    ['an address outside', { method: 'POST', path: '/Bulk', bulkId: 'a', data: {} }],
    ['a search', { method: 'DELETE', path: '/Users/a/b' }],
    ['a query', { method: 'DELETE', path: '/Users?x' }],
    ['no data', { method: 'POST', path: '/Users', bulkId: 'a' }],
  ])('%s is 400 invalidSyntax in its place', async (_label, operation) => {
    const [result, after] = await bulk([operation, { method: 'DELETE', path: '/Users/none' }]);
    expect([result?.['status'], keywordOf(result), after?.['status']]).toEqual([
      '400',
      'invalidSyntax',
      '404',
    ]);
  });

  test.each<[string, unknown, string]>([
    ['no operations', { schemas: [bulkUrn] }, 'invalidSyntax'],
    ['an empty list', { schemas: [bulkUrn], Operations: [] }, 'invalidSyntax'],
    ['an operation that is no object', { Operations: [1] }, 'invalidSyntax'],
    ['another schema', { schemas: [patchOp], Operations: [user('a', 'never')] }, 'invalidSyntax'],
    ['failOnErrors 0', { Operations: [user('a', 'never')], failOnErrors: 0 }, 'invalidValue'],
    ['one bulkId for two creates', { Operations: [user('a', 'never'), user('a', 'never2')] }, 'invalidValue'],
  ])('%s is 400 for the whole request', async (_label, body, keyword) => {
    expect(errorOf(await bridge.scim('POST', '/Bulk', body))).toEqual([400, keyword]);
    expect(await find('never')).toBeUndefined();
  });

  test('the limits that are announced hold, and the answer names them (row 250, T38)', async () => {
    const { json } = await bridge.scim('GET', '/ServiceProviderConfig');
    const { maxOperations, maxPayloadSize } = Object(json['bulk']);
    const operations = Array.from({ length: maxOperations }, () => ({
      method: 'DELETE',
      path: '/Users/none',
    }));
    expect((await bulk(operations)).length).toBe(maxOperations);
    const tooMany = await send([...operations, operations[0]]);
    expect([errorOf(tooMany), tooMany.json['detail']]).toEqual([
      [413, undefined],
      expect.stringContaining(`maxOperations is ${maxOperations}`),
    ]);
    const tooLarge = await bridge.scim('POST', '/Bulk', ' '.repeat(maxPayloadSize + 1));
    expect([errorOf(tooLarge), tooLarge.json['detail']]).toEqual([
      [413, undefined],
      expect.stringContaining('maxPayloadSize'),
    ]);
  });

  test('what the time does not allow is 503 in its place, and the rest keeps its result', async () => {
    const { createUser, onBehalfOf } = bridge.directory;
    bridge.directory.onBehalfOf = () => bridge.directory;
    bridge.directory.createUser = (...given) => {
      bridge.reading.realMs += 8_000;
      return createUser(...given);
    };
    const results = await bulk(['t0', 't1', 't2'].map((name) => user(name, `b-${name}@example.com`)));
    Object.assign(bridge.directory, { createUser, onBehalfOf });
    expect(statusesOf(results)).toEqual(['201', '201', '503']);
    expect(await find('b-t2@example.com')).toBeUndefined();
  });

  test('a search is no operation of a bulk request', async () => {
    const results = await bulk([{ method: 'POST', path: '/Users/.search', bulkId: 's', data: {} }]);
    expect(statusesOf(results)).toEqual(['400']);
  });

  test('a token that may only read is 403', async () => {
    const headers = { authorization: `Bearer ${await bridge.newToken(['read'])}` };
    expect(errorOf(await send([user('a', 'never')], {}, headers))).toEqual([403, undefined]);
  });

  test('GET /Bulk is 405', async () => {
    expect(errorOf(await bridge.scim('GET', '/Bulk'))).toEqual([405, undefined]);
  });
});
