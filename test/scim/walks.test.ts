/** Filters that no index answers: everybody is looked at, within a budget (rows 112, 117-140; RFC 7644 section 3.4.2). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WALK_LIMITS } from '../../lambdas/scim/walk.ts';
import { type Answered, errorOf, filterBy, openTestScim, resourcesOf, type TestScim } from './bridge.ts';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

interface Person {
  readonly userName: string;
  readonly title?: string;
  readonly active: boolean;
  readonly displayName?: string;
  readonly emails?: readonly { value: string; type: string; primary?: boolean }[];
  readonly name?: { familyName: string };
  readonly department?: string;
}

const titles = ['Lead', 'lead', 'Engineer', 'Łead', undefined, '10', '9'];
const people: readonly Person[] = Array.from({ length: 42 }, (_, n) => {
  const title = titles[n % titles.length];
  return {
    userName: `w${n}@example.com`,
    active: n % 3 !== 0,
    ...(title === undefined ? {} : { title }),
    ...(n % 4 === 0 ? {} : { displayName: `Person ${n}` }),
    ...(n % 5 === 0
      ? {}
      : {
          emails: [
            { value: `w${n}@work.example.com`, type: 'work', ...(n % 2 === 0 ? { primary: true } : {}) },
            ...(n % 6 === 0 ? [{ value: `w${n}@home.example.com`, type: 'home' }] : []),
          ],
        }),
    ...(n % 7 === 0 ? {} : { name: { familyName: n % 2 === 0 ? 'Park' : 'Brook' } }),
    ...(n % 8 === 0 ? { department: 'Field' } : {}),
  };
});

let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
  for (const { department, ...person } of people) {
    await bridge.scim('POST', '/Users', {
      ...person,
      ...(department === undefined ? {} : { [enterprise]: { department } }),
    });
    bridge.clock.advance(1_000);
  }
});
afterAll(() => bridge.close());

const namesOf = (answered: Answered) => resourcesOf(answered).map((user) => String(user['userName']));
const found = async (filter: string) => {
  const answered = await bridge.scim('GET', `${filterBy('/Users', filter)}&count=200`);
  expect([answered.status, answered.json['totalResults']]).toEqual([200, namesOf(answered).length]);
  return namesOf(answered).sort();
};

describe('a filter that no index answers finds exactly who it describes', () => {
  const lower = (text: string | undefined) => text?.toLowerCase();
  test.each<[string, string, (person: Person, n: number) => boolean]>([
    ['row 130: eq without regard to case', 'title eq "LEAD"', (p) => lower(p.title) === 'lead'],
    ['row 130: a caseExact attribute', 'externalId sw "X"', () => false],
    ['row 133: co', 'userName co "2@"', (p) => p.userName.includes('2@')],
    ['row 133: sw', 'userName sw "W1"', (p) => p.userName.startsWith('w1')],
    ['row 133: ew', 'emails.value ew "HOME.example.com"', (p) => (p.emails?.length ?? 0) > 1],
    ['row 139: ne, also without a value', 'title ne "lead"', (p) => lower(p.title) !== 'lead'],
    ['row 139: eq null', 'title eq null', (p) => p.title === undefined],
    ['row 139: ne null', 'title ne null', (p) => p.title !== undefined],
    [
      'row 134: gt of texts is lexical',
      'title gt "9"',
      (p) => p.title !== undefined && p.title !== '10' && p.title !== '9',
    ],
    ['row 134: le of texts', 'title le "9"', (p) => p.title === '10' || p.title === '9'],
    ['row 136: pr', 'displayName pr', (p) => p.displayName !== undefined],
    ['row 136: pr of a complex value', 'name pr', (p) => p.name !== undefined],
    ['row 120: not', 'not (emails pr)', (p) => p.emails === undefined],
    ['row 64: a boolean', 'active eq false', (p) => !p.active],
    [
      'row 120: or binds less than and',
      'active eq false or title eq "9" and displayName pr',
      (p) => !p.active || (p.title === '9' && p.displayName !== undefined),
    ],
    [
      'row 120: parentheses first',
      '(active eq false or title eq "9") and displayName pr',
      (p) => (!p.active || p.title === '9') && p.displayName !== undefined,
    ],
    [
      'row 124: one element meets all conditions',
      'emails[type eq "work" and primary eq true]',
      (p) => p.emails?.some((e) => e.type === 'work' && e.primary === true) ?? false,
    ],
    [
      'row 131: any value of a list',
      'emails.type eq "home"',
      (p) => p.emails?.some((e) => e.type === 'home') ?? false,
    ],
    ['row 132: a sub-attribute', 'name.familyName eq "park"', (p) => p.name?.familyName === 'Park'],
    [
      'row 140: a qualified name',
      'urn:ietf:params:scim:schemas:core:2.0:User:title eq "Engineer"',
      (p) => p.title === 'Engineer',
    ],
    ['an extension attribute', `${enterprise}:department eq "field"`, (p) => p.department !== undefined],
    ['row 138: schemas', `schemas eq "${enterprise}"`, (p) => p.department !== undefined],
    ['row 134: a date', 'meta.created ge "2026-03-02T08:00:20Z"', (_p, n) => n >= 20],
    ['row 134: a date in another zone', 'meta.created lt "2026-03-02T09:00:20+01:00"', (_p, n) => n < 20],
    ['an attribute that nobody knows', 'shoeSize eq 12', () => false],
    [
      'an index for one side of an or only',
      'userName eq "w3@example.com" or title eq "9"',
      (p, n) => n === 3 || p.title === '9',
    ],
  ])('%s', async (_label, filter, matches) => {
    const expected = people.filter(matches).map(({ userName }) => userName);
    expect(await found(filter)).toEqual(expected.sort());
  });

  test('its pages show everybody once, in one order, with the true total (rows 115, 150)', async () => {
    const filter = filterBy('/Users', 'active eq true');
    const whole = namesOf(await bridge.scim('GET', `${filter}&count=200`));
    const walked: string[] = [];
    for (let startIndex = 1; startIndex <= whole.length; startIndex += 9) {
      const page = await bridge.scim('GET', `${filter}&startIndex=${startIndex}&count=9`);
      expect([page.json['totalResults'], page.json['startIndex']]).toEqual([whole.length, startIndex]);
      walked.push(...namesOf(page));
    }
    expect(walked).toEqual(whole);
    expect((await bridge.scim('GET', `${filter}&count=0`)).json).toMatchObject({
      totalResults: whole.length,
      Resources: [],
    });
    expect((await bridge.scim('GET', `${filter}&startIndex=500`)).json).toMatchObject({
      totalResults: whole.length,
      itemsPerPage: 0,
    });
  });

  test('groups of a user in a filter are read for it', async () => {
    const [first] = await found('userName sw "w1@"');
    const [user] = resourcesOf(await bridge.scim('GET', filterBy('/Users', `userName eq "${first}"`)));
    const id = String(user?.['id']);
    const group = await bridge.newGroup('Walked', [id]);
    expect(await found(`groups.value eq "${group}"`)).toEqual([first]);
    expect(await found('groups.display sw "walk"')).toEqual([first]);
    expect(await found('groups pr')).toEqual([first]);
  });
});

describe('what a walk reads (I15)', () => {
  let scim: TestScim;
  const asked = { attributes: new Set<string>(), groupsOf: 0, provisioningOf: 0 };
  beforeAll(async () => {
    scim = await openTestScim();
    for (let n = 0; n < 12; n += 1) await scim.newUser(`r${n}`, { active: n % 3 === 0, title: 'x' });
    const { glimpseUsers, groupsOf, provisioningOf } = scim.directory;
    Object.assign(scim.directory, {
      onBehalfOf: () => scim.directory,
      glimpseUsers: (...[c, request, attributes]: Parameters<typeof glimpseUsers>) => {
        for (const name of attributes) asked.attributes.add(name);
        return glimpseUsers(c, request, attributes);
      },
      groupsOf: (...[c, users]: Parameters<typeof groupsOf>) => {
        asked.groupsOf += users.length;
        return groupsOf(c, users);
      },
      provisioningOf: (...[c, users]: Parameters<typeof provisioningOf>) => {
        asked.provisioningOf += users.length;
        return provisioningOf(c, users);
      },
    });
  });
  afterAll(() => scim.close());

  const adobe = 'urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User';
  test.each<[string, string, string[], number, number]>([
    ['only what the filter names', 'title eq "y" or name.givenName pr', ['title', 'name'], 0, 0],
    ['an extension as a whole', `${enterprise}:department eq "y"`, [enterprise], 0, 0],
    ['nothing of the resource for its dates', 'meta.lastModified gt "2030-01-01T00:00:00Z"', ['meta'], 0, 0],
    ['groups of those that the rest leaves', 'groups pr and active eq true', ['groups', 'active'], 4, 0],
    ['groups of nobody where nobody is left', 'title eq "y" and groups pr', ['title', 'groups'], 0, 0],
    ['groups of everybody where they decide alone', 'groups pr or title eq "y"', ['groups', 'title'], 12, 0],
    ['provisioning the same way', `${adobe}:status eq "x" and active eq true`, [adobe, 'active'], 0, 4],
    ['what the sort asks of those that match', 'active eq true', ['active', 'groups'], 4, 0],
  ])('%s', async (label, filter, attributes, groups, provisioning) => {
    Object.assign(asked, { attributes: new Set(), groupsOf: 0, provisioningOf: 0 });
    const sort = label.includes('sort') ? '&sortBy=groups.display' : '';
    // Nobody is shown, so what is read is read to judge.
    const { status } = await scim.scim('GET', `${filterBy('/Users', filter)}&count=0${sort}`);
    expect(status).toBe(200);
    expect([...asked.attributes].sort()).toEqual([...attributes].sort());
    expect([asked.groupsOf, asked.provisioningOf]).toEqual([groups, provisioning]);
  });
});

describe('groups are walked, too', () => {
  let scim: TestScim;
  let ada: string;
  beforeAll(async () => {
    scim = await openTestScim();
    ada = await scim.newUser('ada@example.com');
    for (const name of ['North', 'South', 'north-east'])
      await scim.newGroup(name, name === 'South' ? [] : [ada]);
  });
  afterAll(() => scim.close());
  test.each([
    ['displayName sw "NORTH"', ['North', 'north-east']],
    ['members pr', ['North', 'north-east']],
    ['not (members pr)', ['South']],
    ['displayName ne "south"', ['North', 'north-east']],
    ['meta.created gt "2026-01-01T00:00:00Z"', ['North', 'South', 'north-east']],
    ['members.value ne "x" and displayName co "east"', ['north-east']],
  ])('%s', async (filter, names) => {
    const { json } = await scim.scim('GET', filterBy('/Groups', filter));
    const shown = (json['Resources'] as Record<string, unknown>[]).map((group) =>
      String(group['displayName']),
    );
    expect(shown.sort()).toEqual([...names].sort());
  });
});

describe('the budget of a walk (row 112)', () => {
  test('when time runs out the answer is 400 tooMany with a way out', async () => {
    const scim = await openTestScim();
    try {
      for (let n = 0; n < 3; n += 1) await scim.newUser(`b${n}@example.com`);
      const { glimpseUsers } = scim.directory;
      scim.directory.onBehalfOf = () => scim.directory;
      // Each stretch is one user, and takes half of the time there is.
      scim.directory.glimpseUsers = (c, request, attributes) => {
        scim.reading.realMs += WALK_LIMITS.ms / 2;
        return glimpseUsers(c, { ...request, limit: 1 }, attributes);
      };
      const refused = await scim.scim('GET', filterBy('/Users', 'title eq "x"'));
      expect(errorOf(refused)).toEqual([400, 'tooMany']);
      expect(refused.json['detail']).toContain('userName, externalId, id and emails.value');
      expect(errorOf(await scim.scim('GET', '/Users?sortBy=userName'))).toEqual([400, 'tooMany']);
      // With a cursor the same query is answered in parts.
      const part = await scim.scim('GET', `${filterBy('/Users', 'title eq null')}&cursor&count=10`);
      expect([part.status, part.json['itemsPerPage'], typeof part.json['nextCursor']]).toEqual([
        200,
        2,
        'string',
      ]);
      const rest = await scim.scim(
        'GET',
        `${filterBy('/Users', 'title eq null')}&cursor=${part.json['nextCursor']}&count=10`,
      );
      expect([rest.status, rest.json['itemsPerPage'], rest.json['nextCursor']]).toEqual([200, 1, undefined]);
    } finally {
      await scim.close();
    }
  });

  test('a look-up by an index has no such limit', async () => {
    bridge.reading.realMs += 10 * WALK_LIMITS.ms;
    expect(await found('userName eq "w3@example.com" and title ne "x"')).toEqual(['w3@example.com']);
  });
});
