import { describe, expect, test } from 'vitest';
import { ada, connect, wed } from './connect.ts';
import { createTinyScim, type TinyScim } from './tiny-scim.ts';

/** What went over the wire since the log had `from` entries: method, path with query, body. */
function wire(scim: TinyScim, from = 0) {
  return scim.log
    .slice(from)
    .map(({ method, path, query, body }) => [
      `${method} ${path}${query === undefined ? '' : `?${query}`}`,
      ...(body === undefined ? [] : [body]),
    ]);
}

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

describe('Okta on the wire', () => {
  test.each(['okta-catalog', 'okta-wizard'] as const)(
    '%s looks up by userName, then creates with a password',
    async (name) => {
      const scim = createTinyScim();
      const { dialect } = connect(name, scim);
      await dialect.testConnection();
      const id = await dialect.ensureUser(ada);
      expect(wire(scim)).toEqual([
        ['GET /Users?count=1&startIndex=1'],
        ['GET /Users?filter=userName%20eq%20%22ada.park%40example.com%22&startIndex=1&count=100'],
        [
          'POST /Users',
          {
            schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
            userName: 'ada.park@example.com',
            name: { givenName: 'Ada', familyName: 'Park' },
            emails: [{ primary: true, value: 'ada.park@example.com', type: 'work' }],
            displayName: 'Ada Park',
            locale: 'en-US',
            externalId: '00uADA',
            groups: [],
            password: 'random-1',
            active: true,
          },
        ],
      ]);
      expect(scim.users.get(id)?.userName).toBe('ada.park@example.com');
      expect(scim.log[2]?.headers).toEqual({
        'user-agent': 'Okta SCIM Client 1.0.0',
        accept: 'application/scim+json',
        'accept-charset': 'utf-8',
        'content-type': 'application/json',
        authorization: 'Bearer secret',
      });
      expect(scim.log[1]?.headers['content-type']).toBe('application/scim+json; charset=utf-8');
    },
  );

  test.each(['okta-catalog', 'okta-wizard'] as const)(
    '%s renames by GET and a PUT of all it read',
    async (name) => {
      const scim = createTinyScim();
      const { dialect } = connect(name, scim);
      const id = await dialect.ensureUser(ada);
      const from = scim.log.length;
      await dialect.renamePerson(id, wed);
      expect(wire(scim, from)).toEqual([
        [`GET /Users/${id}`],
        [
          `PUT /Users/${id}`,
          expect.objectContaining({
            id,
            meta: { resourceType: 'User' },
            userName: 'ada.berg@example.com',
            name: { givenName: 'Ada', familyName: 'Berg' },
            emails: [{ primary: true, value: 'ada.berg@example.com', type: 'work' }],
            active: true,
          }),
        ],
      ]);
    },
  );

  test('the catalog client deactivates by a path-less PATCH and reactivates after a look-up (S3)', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('okta-catalog', scim);
    const id = await dialect.ensureUser(ada);
    const group = await dialect.ensureGroup({ key: 'g', name: 'Marketing' });
    await dialect.addMembers(group, [id]);
    const from = scim.log.length;
    await dialect.deactivate(id);
    await dialect.reactivate(id);
    const patch = (active: boolean) => [
      `PATCH /Users/${id}`,
      { schemas: [PATCH_OP], Operations: [{ op: 'replace', value: { active } }] },
    ];
    expect(wire(scim, from).slice(0, 3)).toEqual([
      patch(false),
      ['GET /Users?filter=userName%20eq%20%22ada.park%40example.com%22&startIndex=1&count=100'],
      patch(true),
    ]);
    expect(wire(scim, from).at(-1)).toEqual([
      `PATCH /Groups/${group}`,
      {
        schemas: [PATCH_OP],
        Operations: [{ op: 'add', path: 'members', value: [{ value: id, display: 'ada.park@example.com' }] }],
      },
    ]);
  });

  test('the catalog client sends a name replace with every membership PATCH (S15, S18, S20, S21)', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('okta-catalog', scim);
    const id = await dialect.ensureUser(ada);
    const group = await dialect.ensureGroup({ key: 'g', name: 'Chat – North' });
    const from = scim.log.length;
    await dialect.addMembers(group, [id]);
    await dialect.removeMembers(group, [id]);
    await dialect.pushMembers(group, []);
    const name = { op: 'replace', value: { id: group, displayName: 'Chat – North' } };
    const operations = scim.log.slice(from).map(({ body }) => body);
    expect(operations).toEqual(
      [
        name,
        { op: 'add', path: 'members', value: [{ value: id, display: 'ada.park@example.com' }] },
        name,
        { op: 'remove', path: `members[value eq "${id}"]` },
        name,
        { op: 'replace', path: 'members', value: [] },
      ].map((operation) => ({ schemas: [PATCH_OP], Operations: [operation] })),
    );
  });

  test('the wizard client sends the whole membership with every group write, without who is deactivated', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('okta-wizard', scim);
    const first = await dialect.ensureUser(ada);
    const second = await dialect.ensureUser({ ...wed, key: 'other' });
    const group = await dialect.ensureGroup({ key: 'g', name: 'Marketing' });
    await dialect.addMembers(group, [first, second]);
    await dialect.deactivate(second);
    const from = scim.log.length;
    await dialect.renameGroup(group, 'Marketing team');
    await dialect.removeMembers(group, [first]);
    const put = (members: object[]) => [
      `PUT /Groups/${group}`,
      { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Marketing team', members },
    ];
    expect(wire(scim, from)).toEqual([put([{ value: first, display: 'ada.park@example.com' }]), put([])]);
  });

  test('at most 256 members travel in one PATCH', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('okta-catalog', scim);
    const group = await dialect.ensureGroup({ key: 'g', name: 'Marketing' });
    await dialect.addMembers(
      group,
      Array.from({ length: 300 }, (_, index) => `U-${index}`),
    );
    expect(scim.groups.get(group)?.members.size).toBe(300);
    expect(scim.log.filter(({ body }) => JSON.stringify(body)?.includes('"path":"members"'))).toHaveLength(2);
  });

  test('no Okta client ever sends DELETE for a user', async () => {
    for (const name of ['okta-catalog', 'okta-wizard'] as const) {
      const scim = createTinyScim();
      const { dialect } = connect(name, scim);
      const id = await dialect.ensureUser(ada);
      await dialect.deleteUser(id);
      expect(dialect.deletesUsers).toBe(false);
      expect(scim.log.map(({ method }) => method)).not.toContain('DELETE');
      expect(scim.users.get(id)?.active).toBe(false);
    }
  });
});

describe('Entra on the wire', () => {
  test('matches, creates and reads back (F1)', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('entra', scim);
    await dialect.testConnection();
    const id = await dialect.ensureUser(ada);
    expect(wire(scim)).toEqual([
      ['GET /Users?filter=userName+eq+%22random-1%22'],
      ['GET /Groups?filter=displayName+eq+%22random-1%22'],
      ['GET /Users?filter=userName+eq+%22ada.park%40example.com%22'],
      [
        'POST /Users',
        {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', ENTERPRISE],
          externalId: 'ada.park',
          userName: 'ada.park@example.com',
          active: true,
          displayName: 'Ada Park',
          name: { formatted: 'Ada Park', givenName: 'Ada', familyName: 'Park' },
          emails: [{ type: 'work', value: 'ada.park@example.com', primary: true }],
          [ENTERPRISE]: { department: 'Field' },
          meta: { resourceType: 'User' },
          roles: [],
        },
      ],
      [`GET /Users/${id}`],
    ]);
    expect(scim.log[3]?.headers['content-type']).toBe('application/scim+json');
  });

  test('default: one capitalised, pathed operation per attribute that differs (S4)', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('entra', scim);
    const id = await dialect.ensureUser({ ...ada, department: undefined });
    await dialect.renamePerson(id, wed);
    const patch = scim.log.find(({ method }) => method === 'PATCH');
    expect(patch?.body).toEqual({
      schemas: [PATCH_OP],
      Operations: [
        { op: 'Replace', path: 'userName', value: 'ada.berg@example.com' },
        { op: 'Replace', path: 'externalId', value: 'ada.berg' },
        { op: 'Replace', path: 'displayName', value: 'Ada Berg' },
        { op: 'Replace', path: 'name.formatted', value: 'Ada Berg' },
        { op: 'Replace', path: 'name.familyName', value: 'Berg' },
        { op: 'Replace', path: 'emails[type eq "work"].value', value: 'ada.berg@example.com' },
        { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Field' },
      ],
    });
  });

  test('flag: value paths stay, the rest folds into one replace whose keys are paths (S7)', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('entra-flag', scim);
    const id = await dialect.ensureUser(ada);
    await dialect.renamePerson(id, { ...wed, department: 'Brand' });
    const patch = scim.log.find(({ method }) => method === 'PATCH');
    expect(`${patch?.path}?${patch?.query}`).toBe(`/Users/${id}?aadOptscim062020`);
    expect(patch?.body).toEqual({
      schemas: [PATCH_OP],
      Operations: [
        { op: 'replace', path: 'emails[type eq "work"].value', value: 'ada.berg@example.com' },
        {
          op: 'replace',
          value: {
            userName: 'ada.berg@example.com',
            externalId: 'ada.berg',
            displayName: 'Ada Berg',
            'name.formatted': 'Ada Berg',
            'name.familyName': 'Berg',
            [`${ENTERPRISE}:department`]: 'Brand',
          },
        },
      ],
    });
  });

  test('somebody without a work e-mail gets one by Add (S4)', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('entra', scim);
    const id = await dialect.ensureUser({ ...ada, email: undefined });
    await dialect.updateProfile(id, ada);
    expect(scim.log.find(({ method }) => method === 'PATCH')?.body).toEqual({
      schemas: [PATCH_OP],
      Operations: [{ op: 'Add', path: 'emails[type eq "work"].value', value: 'ada.park@example.com' }],
    });
  });

  test.each([
    [
      'entra',
      '',
      'Replace',
      'False',
      'Add',
      { op: 'Remove', path: 'members', value: [{ $ref: null, value: 'U9' }] },
    ],
    [
      'entra-flag',
      '?aadOptscim062020',
      'replace',
      false,
      'add',
      { op: 'remove', path: 'members[value eq "U9"]' },
    ],
  ] as const)('%s disables, adds and removes as documented (S1, S2, S14, S17, S18)', async (...row) => {
    const [name, query, replace, disabled, add, removal] = row;
    const scim = createTinyScim();
    const { dialect } = connect(name, scim);
    const id = await dialect.ensureUser(ada);
    const group = await dialect.ensureGroup({ key: '3f0c', name: 'Chat – North' });
    const from = scim.log.length;
    await dialect.deactivate(id);
    await dialect.addMembers(group, [id, 'U9']);
    await dialect.removeMembers(group, ['U9']);
    await dialect.renameGroup(group, 'Chat – North & East');
    await dialect.deleteUser(id);
    const patch = (path: string, operation: object) => [
      `PATCH ${path}${query}`,
      { schemas: [PATCH_OP], Operations: [operation] },
    ];
    expect(wire(scim, from)).toEqual([
      patch(`/Users/${id}`, { op: replace, path: 'active', value: disabled }),
      patch(`/Groups/${group}`, {
        op: add,
        path: 'members',
        value: [
          { $ref: null, value: id },
          { $ref: null, value: 'U9' },
        ],
      }),
      patch(`/Groups/${group}`, removal),
      patch(`/Groups/${group}`, { op: replace, path: 'displayName', value: 'Chat – North & East' }),
      [`DELETE /Users/${id}${query}`],
    ]);
  });

  test('groups are looked up and read without members, and created empty', async () => {
    const scim = createTinyScim();
    const { dialect } = connect('entra-flag', scim);
    const id = await dialect.ensureGroup({ key: '3f0c', name: 'Chat – North' });
    expect(wire(scim)).toEqual([
      [
        'GET /Groups?aadOptscim062020&excludedAttributes=members&filter=displayName+eq+%22Chat+%E2%80%93+North%22',
      ],
      [
        'POST /Groups?aadOptscim062020',
        {
          schemas: [
            'urn:ietf:params:scim:schemas:core:2.0:Group',
            'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group',
          ],
          externalId: '3f0c',
          displayName: 'Chat – North',
          meta: { resourceType: 'Group' },
        },
      ],
      [`GET /Groups/${id}?aadOptscim062020&excludedAttributes=members`],
    ]);
  });
});
