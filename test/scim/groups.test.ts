import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testClock } from '../open.ts';
import { base, errorOf, filterBy, openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
const people: string[] = [];
beforeAll(async () => {
  bridge = await openTestScim();
  for (let n = 0; n < 12; n += 1) people.push(await bridge.newUser(`g${n}@example.com`));
});
afterAll(() => bridge.close());

const patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const sorted = (...ids: (string | undefined)[]) => ids.filter((id) => id !== undefined).sort();

describe('create, read, change, delete', () => {
  test('POST answers 201 with Location and the group; a GET at once shows it with its members', async () => {
    const created = await bridge.scim('POST', '/Groups', {
      displayName: 'Created',
      externalId: 'e1',
      members: [{ value: people[0], display: 'x' }],
    });
    const id = String(created.json['id']);
    expect([created.status, created.headers['location']]).toEqual([201, `${base}/Groups/${id}`]);
    expect(created.json).toMatchObject({
      displayName: 'Created',
      externalId: 'e1',
      members: [{ value: people[0], $ref: `${base}/Users/${people[0]}`, type: 'User' }],
      meta: { resourceType: 'Group' },
    });
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(created.json);
  });

  test('what PUT and PATCH answer is what a GET shows, also while time goes on (rows 174, 231)', async () => {
    const clock = testClock();
    const now = () => {
      clock.advance(1);
      return clock.now();
    };
    const scim = await openTestScim({ clock: { ...clock, now } });
    try {
      const user = await scim.newUser('tick@example.com');
      const id = await scim.newGroup('Tick');
      const put = await scim.scim('PUT', `/Groups/${id}`, {
        displayName: 'Tack',
        members: [{ value: user }],
      });
      const read = await scim.scim('GET', `/Groups/${id}`);
      expect(put.json).toEqual(read.json);
      expect(put.headers['etag']).toBe(read.headers['etag']);
      const operation = { op: 'replace', path: 'displayName', value: 'Tock' };
      const patched = await scim.scim('PATCH', `/Groups/${id}?attributes=meta`, patch(operation));
      expect(patched.json).toEqual((await scim.scim('GET', `/Groups/${id}?attributes=meta`)).json);
    } finally {
      await scim.close();
    }
  });

  test('a second group of this name, in any spelling, is 409 uniqueness; the first is untouched (row 92, T27)', async () => {
    const id = await bridge.newGroup('Chat – North', [people[0] ?? '']);
    const before = await bridge.scim('GET', `/Groups/${id}`);
    expect(
      errorOf(
        await bridge.scim('POST', '/Groups', {
          displayName: 'CHAT – north',
          members: [{ value: people[1] }],
        }),
      ),
    ).toEqual([409, 'uniqueness']);
    const other = await bridge.newGroup('Chat – South');
    expect(
      errorOf(
        await bridge.scim(
          'PATCH',
          `/Groups/${other}`,
          patch({ op: 'replace', path: 'displayName', value: 'chat – north' }),
        ),
      ),
    ).toEqual([409, 'uniqueness']);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
  });

  test('PATCH answers 204 with a tag; with attributes 200 and a body (rows 170, idp-traffic 14 row 10)', async () => {
    const id = await bridge.newGroup('Patched');
    const plain = await bridge.scim(
      'PATCH',
      `/Groups/${id}`,
      patch({ op: 'Replace', path: 'displayName', value: 'Patched 2' }),
    );
    expect([plain.status, plain.text, plain.headers['etag']]).toEqual([204, undefined, 'W/"2"']);
    const shown = await bridge.scim(
      'PATCH',
      `/Groups/${id}?attributes=displayName`,
      patch({ op: 'replace', path: 'displayName', value: 'Patched 3' }),
    );
    expect([shown.status, Object.keys(shown.json), shown.json['displayName']]).toEqual([
      200,
      ['schemas', 'id', 'displayName'],
      'Patched 3',
    ]);
  });

  test('a PATCH that changes nothing keeps version and lastModified (row 198)', async () => {
    const id = await bridge.newGroup('Still', [people[0] ?? '']);
    const before = await bridge.scim('GET', `/Groups/${id}`);
    bridge.clock.advance(5000);
    const operations = [
      { op: 'replace', value: { id, displayName: 'Still' } },
      { op: 'add', path: 'members', value: [{ value: people[0] }] },
      { op: 'remove', path: 'members', value: [{ value: people[1] }] },
    ];
    expect((await bridge.scim('PATCH', `/Groups/${id}`, patch(...operations))).status).toBe(204);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
  });

  test('a failing operation after a good one leaves nothing behind (idp-traffic 11)', async () => {
    const id = await bridge.newGroup('Atomic');
    const before = await bridge.scim('GET', `/Groups/${id}`);
    expect(
      errorOf(
        await bridge.scim(
          'PATCH',
          `/Groups/${id}`,
          patch({ op: 'Add', path: 'members', value: [{ value: people[0] }] }, { op: 'remove' }),
        ),
      ),
    ).toEqual([400, 'noTarget']);
    expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
  });

  test('PUT without members keeps them, with an empty list empties, with a list replaces (F55)', async () => {
    const id = await bridge.newGroup('Put', [people[0] ?? '', people[1] ?? '']);
    const put = async (more: Record<string, unknown>) => {
      expect((await bridge.scim('PUT', `/Groups/${id}`, { displayName: 'Put', ...more })).status).toBe(200);
      return bridge.membersOf(id);
    };
    expect(await put({})).toEqual(sorted(people[0], people[1]));
    expect(await put({ members: null })).toEqual(sorted(people[0], people[1]));
    expect(await put({ members: [{ value: people[1] }, { value: people[2] }] })).toEqual(
      sorted(people[1], people[2]),
    );
    expect(await put({ members: [] })).toEqual([]);
  });

  test('PUT clears an externalId that is left out, and needs a displayName', async () => {
    const created = await bridge.scim('POST', '/Groups', { displayName: 'Linked', externalId: 'e9' });
    const path = `/Groups/${created.json['id']}`;
    expect(errorOf(await bridge.scim('PUT', path, { members: [] }))).toEqual([400, 'invalidValue']);
    expect((await bridge.scim('PUT', path, { displayName: 'Linked' })).json).not.toHaveProperty('externalId');
    expect((await bridge.scim('GET', filterBy('/Groups', 'externalId eq "e9"'))).json['totalResults']).toBe(
      0,
    );
  });

  test('DELETE answers 204, then everything is 404; its people stay and are in it no longer (rows 224-228)', async () => {
    const id = await bridge.newGroup('Gone', [people[3] ?? '']);
    expect((await bridge.scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { displayName: 'Gone' }],
      ['PATCH', patch({ op: 'add', path: 'members', value: [{ value: people[4] }] })],
      ['DELETE', undefined],
    ] as const) {
      expect(errorOf(await bridge.scim(method, `/Groups/${id}`, body))).toEqual([404, undefined]);
    }
    expect((await bridge.scim('GET', `/Users/${people[3]}`)).json).not.toHaveProperty('groups');
    expect(await bridge.newGroup('Gone')).not.toBe(id);
  });

  test('a deleted user is out of all groups (row 228)', async () => {
    const leaver = await bridge.newUser('leaver@example.com');
    const id = await bridge.newGroup('Left', [leaver, people[0] ?? '']);
    await bridge.scim('DELETE', `/Users/${leaver}`);
    expect(await bridge.membersOf(id)).toEqual([people[0]]);
  });

  test('If-Match on a group: stale 412, fresh passes, a membership counts as a change (row 232)', async () => {
    const id = await bridge.newGroup('Tagged');
    const add = patch({ op: 'add', path: 'members', value: [{ value: people[0] }] });
    const first = await bridge.scim('PATCH', `/Groups/${id}`, add, { 'if-match': 'W/"1"' });
    expect(first.status).toBe(204);
    const rename = patch({ op: 'replace', path: 'displayName', value: 'Tagged 2' });
    expect(errorOf(await bridge.scim('PATCH', `/Groups/${id}`, rename, { 'if-match': 'W/"1"' }))).toEqual([
      412,
      undefined,
    ]);
    expect(errorOf(await bridge.scim('DELETE', `/Groups/${id}`, undefined, { 'if-match': 'W/"1"' }))).toEqual(
      [412, undefined],
    );
    expect(
      (await bridge.scim('GET', `/Groups/${id}`, undefined, { 'if-none-match': first.headers['etag'] ?? '' }))
        .status,
    ).toBe(304);
    expect(
      (await bridge.scim('PATCH', `/Groups/${id}`, rename, { 'if-match': first.headers['etag'] ?? '' }))
        .status,
    ).toBe(204);
  });
});
