import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base, errorOf, filterBy, nobody, openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
const people: string[] = [];
beforeAll(async () => {
  bridge = await openTestScim();
  for (let n = 0; n < 12; n += 1) people.push(await bridge.newUser(`g${n}@example.com`));
});
afterAll(() => bridge.close());

const patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
const sorted = (...ids: (string | undefined)[]) => ids.filter((id) => id !== undefined).sort();

describe('members', () => {
  test('unknown ids: the others join, 2xx, and a line in the log counts them (T25, F57)', async () => {
    bridge.log.length = 0;
    const created = await bridge.scim('POST', '/Groups', {
      displayName: 'Ghosts',
      members: [{ value: people[0] }, { value: nobody }],
    });
    const id = String(created.json['id']);
    expect([created.status, await bridge.membersOf(id)]).toEqual([201, [people[0]]]);
    const added = await bridge.scim(
      'PATCH',
      `/Groups/${id}`,
      patch({
        op: 'add',
        path: 'members',
        value: [{ value: nobody }, { value: 'no id at all' }, { value: people[1] }],
      }),
    );
    expect([added.status, await bridge.membersOf(id)]).toEqual([204, sorted(people[0], people[1])]);
    const warned = bridge.log
      .filter(({ level }) => level === 'warn')
      .map(({ fields }) => [fields['groupId'], fields['unknown']]);
    expect(warned).toEqual([
      [id, 1],
      [id, 2],
    ]);
    expect(JSON.stringify(bridge.log)).not.toContain('no id at all');
  });

  test('a member id as long as the limit is unknown, not an error', async () => {
    const id = await bridge.newGroup('Long ids');
    const answer = await bridge.scim(
      'PATCH',
      `/Groups/${id}`,
      patch({ op: 'add', path: 'members', value: [{ value: '\u20AC'.repeat(1024) }, { value: people[0] }] }),
    );
    expect([answer.status, await bridge.membersOf(id)]).toEqual([204, [people[0]]]);
  });

  test.each<[string, (id: string) => [string, string, unknown]]>([
    [
      'POST',
      () => ['POST', '/Groups', { displayName: 'Nested', members: [{ value: nobody, type: 'Group' }] }],
    ],
    [
      'PUT',
      (id) => [
        'PUT',
        `/Groups/${id}`,
        { displayName: 'Renamed', members: [{ value: nobody, $ref: `${base}/Groups/${nobody}` }] },
      ],
    ],
    [
      'PATCH',
      (id) => [
        'PATCH',
        `/Groups/${id}`,
        patch(
          { op: 'replace', path: 'displayName', value: 'Renamed' },
          { op: 'add', path: 'members', value: [{ value: id, type: 'Group' }] },
        ),
      ],
    ],
  ])(
    'a group as a member in a %s is 400 invalidValue and nothing is stored (T29)',
    async (label, request) => {
      const id = await bridge.newGroup(`Flat ${label}`, [people[0] ?? '']);
      const before = await bridge.scim('GET', `/Groups/${id}`);
      expect(errorOf(await bridge.scim(...request(id)))).toEqual([400, 'invalidValue']);
      expect((await bridge.scim('GET', `/Groups/${id}`)).json).toEqual(before.json);
      expect(
        (await bridge.scim('GET', filterBy('/Groups', 'displayName eq "Nested"'))).json['totalResults'],
      ).toBe(0);
    },
  );

  const dialects: [string, (id: string, member: string, rest: string[]) => [string, unknown]][] = [
    [
      'Entra: path members and a value list (row 3)',
      (_id, member) => [
        'PATCH',
        patch({ op: 'Remove', path: 'members', value: [{ $ref: null, value: member }] }),
      ],
    ],
    [
      'Entra with the flag, Okta catalog: value filter (row 4)',
      (_id, member) => ['PATCH', patch({ op: 'remove', path: `members[value eq "${member}"]` })],
    ],
    [
      'authentik: one operation each',
      (_id, member) => ['PATCH', patch({ op: 'remove', path: 'members', value: [{ value: member }] })],
    ],
    [
      'Okta push now: the whole list',
      (_id, _member, rest) => [
        'PATCH',
        patch({ op: 'replace', path: 'members', value: rest.map((value) => ({ value, display: 'x' })) }),
      ],
    ],
    [
      'Okta catalog: rename and removal together',
      (id, member) => [
        'PATCH',
        patch(
          { op: 'replace', value: { id, displayName: 'Thousand' } },
          { op: 'remove', path: `members[value eq "${member}"]` },
        ),
      ],
    ],
    [
      'Okta wizard: PUT with everybody else',
      (_id, _member, rest) => [
        'PUT',
        {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
          displayName: 'Thousand',
          members: rest.map((value) => ({ value, display: 'x' })),
        },
      ],
    ],
    ['bare ids', (_id, member) => ['PATCH', patch({ op: 'remove', path: 'members', value: [member] })]],
  ];
  test('one removal takes exactly one member out of a big group, in every dialect (T41)', async () => {
    const crowd: string[] = [];
    for (let n = 0; n < 120; n += 1) crowd.push(await bridge.newUser(`crowd${n}@example.com`));
    const id = await bridge.newGroup('Thousand', crowd);
    let expected = sorted(...crowd);
    expect(await bridge.membersOf(id)).toEqual(expected);
    for (const [label, request] of dialects) {
      const member = expected[50] ?? '';
      expected = expected.filter((other) => other !== member);
      const [method, body] = request(id, member, expected);
      expect((await bridge.scim(method, `/Groups/${id}`, body)).status, label).toBeLessThan(300);
      expect(await bridge.membersOf(id), label).toEqual(expected);
    }
    expect(
      (await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value: [] })))
        .status,
    ).toBe(204);
    expect(await bridge.membersOf(id)).toEqual(expected);
    expect(
      (await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value: null })))
        .status,
    ).toBe(204);
    expect(await bridge.membersOf(id)).toEqual([]);
  }, 30_000);

  test('more members than one PATCH may name are 413 and change nothing', async () => {
    const id = await bridge.newGroup('Too many');
    const value = [people[0], ...Array.from({ length: 1000 }, (_, n) => `U${n}`)].map((member) => ({
      value: member,
    }));
    expect(
      errorOf(await bridge.scim('PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value }))),
    ).toEqual([413, undefined]);
    expect(await bridge.membersOf(id)).toEqual([]);
  });
});
