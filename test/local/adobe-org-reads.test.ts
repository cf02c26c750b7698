import { describe, expect, test } from 'vitest';
import type { KnobSettings } from '../../local/adobe-org/knobs.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedLargeOrg } from '../../local/adobe-org/seed.ts';
import { type Answer, aBench, add, type Bench, person, START } from './adobe-org-setup.ts';

const BASE = '/v2/usermanagement';
const ADA = 'ada@example.com';

function crowd(people: number, knobs: KnobSettings = {}): Bench {
  const state = seedLargeOrg({ random: seededRandom(3), at: START, groups: 12, profiles: 4, people });
  return aBench(knobs, { state });
}

const emails = (answer: Answer): string[] => (answer.body.users ?? []).map(({ email }) => email);
const pageHeaders = (answer: Answer): (string | null)[] =>
  ['x-total-count', 'x-page-count', 'x-current-page', 'x-page-size'].map((name) => answer.headers.get(name));

describe('umapi.md 20 reads: pages', () => {
  test('page sizes are 2000 users and 400 groups', async () => {
    const bench = crowd(3);
    expect(pageHeaders(await bench.get(`${BASE}/users/{org}/0`))).toEqual(['3', '1', '0', '2000']);
    expect(pageHeaders(await bench.get(`${BASE}/groups/{org}/0`))).toEqual(['19', '1', '0', '400']);
  });

  test('all pages together show everybody once; lastPage stands on the last', async () => {
    const bench = crowd(10, { usersPageSize: 4 });
    const pages = await Promise.all([0, 1, 2].map((page) => bench.get(`${BASE}/users/{org}/${page}`)));
    expect(pages.map(({ body }) => body.lastPage)).toEqual([false, false, true]);
    expect(pages.map((page) => pageHeaders(page))).toEqual(
      [0, 1, 2].map((page) => ['10', '3', String(page), '4']),
    );
    const all = pages.flatMap(emails);
    expect(all).toHaveLength(10);
    expect(new Set(all).size).toBe(10);
  });

  test('groups are paged too', async () => {
    const bench = crowd(0, { groupsPageSize: 10 });
    const pages = await Promise.all([0, 1].map((page) => bench.get(`${BASE}/groups/{org}/${page}`)));
    expect(pages.map(({ body }) => [body.groups?.length, body.lastPage])).toEqual([
      [10, false],
      [9, true],
    ]);
  });

  test.each([
    ['repeat last' as const, 200, 'success', 2],
    ['not found result' as const, 200, 'Not found', 0],
    ['404' as const, 404, 'Not found', 0],
  ])('beyond the end: %s', async (beyondEnd, status, result, rows) => {
    const answer = await crowd(6, { usersPageSize: 4, beyondEnd }).get(`${BASE}/users/{org}/7`);
    expect([answer.status, answer.body.result, answer.body.lastPage, emails(answer).length]).toEqual([
      status,
      result,
      true,
      rows,
    ]);
  });

  test('pages overlap when the knob says so', async () => {
    const bench = crowd(8, { usersPageSize: 4, pageOverlap: 2 });
    const [first, second] = await Promise.all([0, 1].map((page) => bench.get(`${BASE}/users/{org}/${page}`)));
    expect(
      second === undefined || first === undefined
        ? []
        : emails(second).filter((one) => emails(first).includes(one)),
    ).toHaveLength(2);
  });

  test('the order changes from call to call, or not, by knob', async () => {
    const orders = async (shuffleReads: boolean): Promise<number> => {
      const bench = crowd(20, { shuffleReads });
      const calls = Array.from({ length: 3 }, () => bench.get(`${BASE}/users/{org}/0`));
      return new Set((await Promise.all(calls)).map((answer) => emails(answer).join())).size;
    };
    expect([await orders(true), await orders(false)]).toEqual([3, 1]);
  });

  test('technical accounts are counted and not listed', async () => {
    const bench = crowd(3, { usersPageSize: 2 });
    bench.hand({ ...person('tech@example.com'), technical: true });
    const pages = await Promise.all([0, 1].map((page) => bench.get(`${BASE}/users/{org}/${page}`)));
    expect(pages.map((page) => pageHeaders(page)[0])).toEqual(['4', '4']);
    expect(pages.flatMap(emails)).toHaveLength(3);
  });

  test('a page that is no number answers 400 as the gateway does', async () => {
    const answer = await crowd(1).get(`${BASE}/users/{org}/first`);
    expect([answer.status, answer.body.errorMessage]).toEqual([400, 'For input string: "first"']);
  });
});

describe('umapi.md 20 reads: users', () => {
  const all = (bench: Bench, query = '') => bench.get(`${BASE}/users/{org}/0${query}`);
  const groupsOf = (answer: Answer, email: string) =>
    answer.body.users?.find((one) => one.email === email)?.groups;

  test('a user shows the documented fields, empty ones left out', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Readers' });
    const { body } = await all(bench);
    expect(body.users?.find(({ email }) => email === ADA)).toEqual({
      id: expect.stringMatching(/^[0-9A-F]{20}@[0-9a-f]{12}\.e$/),
      email: ADA,
      status: 'active',
      username: ADA,
      domain: 'example.com',
      firstname: 'ada',
      lastname: 'Test',
      country: 'DE',
      type: 'federatedID',
      groups: ['Readers'],
    });
    const twin = body.users?.find(({ email }) => email === 'twin@example.com');
    expect(twin).toMatchObject({ type: 'adobeID', domain: 'AdobeID' });
    expect(Object.keys(twin ?? {})).not.toContain('groups');
    expect(Object.keys(twin ?? {})).not.toContain('country');
  });

  test('directOnly: profiles through user groups only with false; user groups and admin groups always', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [add('Agents', '_support_admin')] }]);
    expect(groupsOf(await all(bench), ADA)).toEqual(['Agents', '_support_admin']);
    expect(groupsOf(await all(bench, '?directOnly=false'), ADA)).toEqual([
      'Agents',
      'Chat Agent',
      '_support_admin',
    ]);
  });

  test('domain filters by directory or e-mail domain', async () => {
    const bench = aBench();
    expect(emails(await all(bench, '?domain=ent.example'))).toEqual(['ent@ent.example']);
    expect(emails(await all(bench, '?domain=nowhere.example'))).toEqual([]);
  });

  test('only active members of the org are listed', async () => {
    const bench = aBench();
    bench.hand(
      { action: 'setStatus', email: ADA, status: 'disabled' },
      { action: 'removeUser', email: 'ben@example.com' },
    );
    const listed = emails(await all(bench));
    expect(listed).toContain('cleo@example.com');
    expect(listed).not.toContain(ADA);
    expect(listed).not.toContain('ben@example.com');
  });
});

describe('umapi.md 20 reads: users of a group', () => {
  const of = (bench: Bench, name: string, query = '') =>
    bench.get(`${BASE}/users/{org}/0/${encodeURIComponent(name)}${query}`);

  test('works for user groups, profiles and admin groups, by name in any letter case or by groupId', async () => {
    const bench = aBench();
    bench.hand(
      { action: 'grant', email: ADA, group: 'Readers' },
      { action: 'grant', email: 'ben@example.com', group: 'Chat Viewer' },
    );
    const id = bench.org.state().groups.find(({ name }) => name === 'Readers')?.groupId;
    const answer = await of(bench, 'readers');
    expect(answer.body).toMatchObject({ result: 'success', groupName: 'Readers', lastPage: true });
    expect(emails(answer)).toEqual([ADA]);
    expect(emails(await of(bench, String(id)))).toEqual([ADA]);
    expect(emails(await of(bench, 'Chat Viewer'))).toEqual(['ben@example.com']);
    expect(emails(await of(bench, '_org_admin'))).toEqual(['root@example.com']);
  });

  test('an admin group without admins is empty; an unknown group is 404', async () => {
    const bench = aBench();
    expect((await of(bench, '_admin_Readers')).body).toMatchObject({ result: 'success', users: [] });
    const unknown = await of(bench, 'Nowhere');
    expect([unknown.status, unknown.body]).toEqual([
      404,
      { lastPage: false, result: 'error.group.not_found', message: 'Not found: Group Nowhere' },
    ]);
  });

  test('members through a user group show with directOnly=false', async () => {
    const bench = aBench();
    bench.hand(
      { action: 'grant', email: ADA, group: 'Agents' },
      { action: 'grant', email: 'ben@example.com', group: 'Chat Agent' },
    );
    expect(emails(await of(bench, 'Chat Agent'))).toEqual(['ben@example.com']);
    expect(emails(await of(bench, 'Chat Agent', '?directOnly=false')).sort()).toEqual([
      ADA,
      'ben@example.com',
    ]);
  });

  test('status tells members with a seat from those without', async () => {
    const bench = aBench();
    for (const email of [ADA, 'ben@example.com']) bench.hand({ action: 'grant', email, group: 'One Seat' });
    expect(emails(await of(bench, 'One Seat')).sort()).toEqual([ADA, 'ben@example.com']);
    expect(emails(await of(bench, 'One Seat', '?status=active'))).toEqual([ADA]);
    expect(emails(await of(bench, 'One Seat', '?status=inactive'))).toEqual(['ben@example.com']);
  });

  test('only active people are listed', async () => {
    const bench = aBench();
    for (const email of [ADA, 'ben@example.com']) bench.hand({ action: 'grant', email, group: 'Readers' });
    bench.hand({ action: 'setStatus', email: ADA, status: 'locked' });
    expect(emails(await of(bench, 'Readers'))).toEqual(['ben@example.com']);
  });

  test('excludeGroups leaves the groups of each user out', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Readers' });
    expect((await of(bench, 'Readers')).body.users?.[0]?.groups).toEqual(['Readers']);
    expect((await of(bench, 'Readers', '?excludeGroups=true')).body.users?.[0]?.groups).toBeUndefined();
  });

  test('a name with a dot and a blank is cut at the dot: 404; its id works; the knob turns it off', async () => {
    const name = 'Acme Inc. Chat';
    const statuses = async (knobs: KnobSettings): Promise<number[]> => {
      const bench = aBench(knobs);
      bench.hand({ action: 'addUserGroup', name });
      const id = bench.org.state().groups.find((group) => group.name === name)?.groupId;
      return [(await of(bench, name)).status, (await of(bench, String(id))).status];
    };
    expect(await statuses({})).toEqual([404, 200]);
    expect(await statuses({ truncateNamesAtDot: false })).toEqual([200, 200]);
  });

  test.each(['A/B', 'A%2FB'])('a slash in a name makes %s unknown', async (segment) => {
    const bench = aBench();
    bench.hand({ action: 'addUserGroup', name: 'A/B' });
    expect((await bench.get(`${BASE}/users/{org}/0/${segment}`)).status).toBe(404);
  });
});

describe('umapi.md 20 reads: one user', () => {
  const one = (bench: Bench, name: string, query = '') =>
    bench.get(`${BASE}/organizations/{org}/users/${encodeURIComponent(name)}${query}`);

  test('in any letter case, with direct profiles and user groups, without an id', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Agents' });
    const { body } = await one(bench, 'ADA@Example.com');
    expect(body).toMatchObject({
      result: 'success',
      user: { email: ADA, type: 'federatedID', groups: ['Agents'] },
    });
    expect(Object.keys(body.user ?? {})).not.toContain('id');
  });

  test('absence is 404 with its body', async () => {
    const answer = await one(aBench(), 'no@example.com');
    expect([answer.status, answer.body]).toEqual([
      404,
      { result: 'error.user.not_found', message: 'User not found no@example.com' },
    ]);
  });

  test.each([
    ['an e-mail-shaped user name', 'c.leo@example.com', '', 404],
    ['the e-mail of that person', 'cleo@example.com', '', 200],
    ['a bare name with its domain', 'bo', '?domain=bare.example', 200],
    ['a bare name with another domain', 'bo', '?domain=example.com', 404],
    ['a bare name alone', 'bo', '', 400],
    ['any domain of the directory', ADA, '?domain=example.org', 200],
    ['the domain of another directory', ADA, '?domain=plain.example', 404],
    ['AdobeID for a managed account', ADA, '?domain=AdobeID', 404],
    ['AdobeID for an Adobe ID', 'twin@example.com', '?domain=AdobeID', 200],
    ['the e-mail domain for an Adobe ID', 'twin@example.com', '?domain=example.com', 404],
  ])('%s', async (_, name, query, status) => {
    expect((await one(aBench(), name, query)).status).toBe(status);
  });

  test('a plus sign in an address is found when it is encoded', async () => {
    const bench = aBench();
    bench.hand(person('a+b@example.com'));
    expect((await bench.get(`${BASE}/organizations/{org}/users/a%2Bb%40example.com`)).status).toBe(200);
  });
});

describe('umapi.md 20 reads: groups', () => {
  test('each type shows its fields', async () => {
    const bench = aBench();
    const idOf = (name: string) => bench.org.state().groups.find((group) => group.name === name)?.groupId;
    const productId = bench.org.state().meta.products[0]?.id;
    bench.hand(
      { action: 'grant', email: ADA, group: 'Agents' },
      { action: 'makeAdmin', email: ADA, role: `group:${idOf('Readers')}` },
      { action: 'makeAdmin', email: ADA, role: `group:${idOf('One Seat')}` },
      { action: 'makeAdmin', email: ADA, role: `developer:${idOf('One Seat')}` },
      { action: 'makeAdmin', email: ADA, role: `product:${productId}` },
    );
    const { body } = await bench.get(`${BASE}/groups/{org}/0`);
    const shown = (name: string) => body.groups?.filter(({ groupName }) => groupName === name);
    expect(shown('Chat Agent')).toEqual([
      {
        groupId: idOf('Chat Agent'),
        groupName: 'Chat Agent',
        type: 'PRODUCT_PROFILE',
        productName: 'Chat',
        memberCount: 1,
      },
    ]);
    expect(shown('One Seat')).toEqual([
      {
        groupId: idOf('One Seat'),
        groupName: 'One Seat',
        type: 'PRODUCT_PROFILE',
        productName: 'Insight',
        memberCount: 0,
        licenseQuota: '1',
        adminGroupName: '_admin_One Seat',
      },
    ]);
    expect(shown('Readers')).toEqual([
      {
        groupId: idOf('Readers'),
        groupName: 'Readers',
        type: 'USER_GROUP',
        memberCount: 0,
        adminGroupName: '_admin_Readers',
      },
    ]);
    expect(shown('_org_admin')).toMatchObject([{ type: 'SYSADMIN_GROUP', memberCount: 1 }]);
    expect(shown('_admin_Readers')).toMatchObject([
      { type: 'USER_ADMIN_GROUP', userGroupName: 'Readers', memberCount: 1 },
    ]);
    expect(shown('_admin_One Seat')).toMatchObject([
      { type: 'PROFILE_ADMIN_GROUP', productProfileName: 'One Seat' },
    ]);
    expect(shown('_developer_One Seat')).toMatchObject([
      { type: 'DEVELOPER_GROUP', productProfileName: 'One Seat' },
    ]);
    expect(shown('_product_admin_Chat')).toMatchObject([
      { type: 'PRODUCT_ADMIN_GROUP', productName: 'Chat' },
    ]);
    expect(
      shown('Twice')
        ?.map((entry) => entry.productName)
        .sort(),
    ).toEqual(['Chat', 'Insight']);
  });

  test('ids are stable from call to call, those of admin groups too, which can be read by id', async () => {
    const bench = aBench();
    const ids = async () =>
      Object.fromEntries(
        (await bench.get(`${BASE}/groups/{org}/0`)).body.groups?.map(({ groupName, groupId }) => [
          groupName,
          groupId,
        ]) ?? [],
      );
    const first = await ids();
    expect(await ids()).toEqual(first);
    const admins = await bench.get(`${BASE}/users/{org}/0/${first._org_admin}`);
    expect(emails(admins)).toEqual(['root@example.com']);
  });
});
