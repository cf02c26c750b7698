/**
 * Walking, searching and large groups over 3,000 people: what `npm run size -- --users 100000 --members 50000` measures, at a
 * size for every run (I15, I02; rows 94, 112, 115, 154).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { measureGroup } from './large-group.ts';
import { faultOf, search, searches, searchInParts } from './searching.ts';
import { addGroup, addPeople, openStage, type Stage } from './stage.ts';
import { judgeWalk, openChurn, type Verdict, walkBack, walkByCursor, walkByIndex } from './walking.ts';

const USERS = 3_000;
const MEMBERS = 1_000;
let stage: Stage;
let people: readonly string[];
let groups: { readonly large: string; readonly small: string };
beforeAll(async () => {
  stage = await openStage();
  people = await addPeople(stage, USERS);
  groups = {
    large: await addGroup(stage, 'Large', people.slice(0, MEMBERS)),
    small: await addGroup(stage, 'Small', people.slice(0, 10)),
  };
}, 300_000);
afterAll(() => stage.close());

describe('a query that no index answers', () => {
  const [byTitle, ...others] = searches(MEMBERS);
  test.each([byTitle, ...others].filter((one) => one !== undefined))(
    '$label: finds all of them',
    async (one) => {
      const found = await search(stage, one, USERS);
      expect([found.status, found.total, faultOf(found)]).toEqual([200, found.expected, undefined]);
    },
  );

  test('reads pages of a thousand, and only the accounts of those whom the rest of the filter leaves', async () => {
    const [, , , byGroup, byBoth] = searches(MEMBERS);
    if (byGroup === undefined || byBoth === undefined) throw new Error('the list of searches has changed');
    const all = await search(stage, byGroup, USERS);
    // Token, four pages of users, thirty batches of accounts, the names of the groups, and who is shown.
    expect(all.cost.calls).toBeLessThan(45);
    const some = await search(stage, byBoth, USERS);
    // A fifth of the people are inactive: so many accounts, beside everybody's record.
    expect(some.cost.items).toBeLessThan(USERS * 1.2 + 100);
    expect(some.cost.items).toBeGreaterThan(USERS * 1.2);
  });

  test('is refused when its time is up, whatever the clock, and by cursor still answered to its end', async () => {
    if (byTitle === undefined) throw new Error('the list of searches is empty');
    stage.hurry(1_000_000);
    try {
      const refused = await search(stage, byTitle, USERS);
      expect([refused.status, faultOf(refused)]).toEqual([400, undefined]);
      // One stretch was read, and one was on its way.
      expect(refused.cost.items).toBeLessThan(2_100);
      const parts = await searchInParts(stage, byTitle);
      expect(parts.found).toBe(refused.expected);
      expect(parts.pages).toBeGreaterThan(2);
    } finally {
      stage.hurry(1);
    }
  });
});

test('the largest page is as large as announced, and no larger (row 31)', async () => {
  const config = await stage.ask('GET', '/ServiceProviderConfig');
  expect(config.json).toMatchObject({ filter: { maxResults: 200 }, pagination: { maxPageSize: 200 } });
  for (const query of ['count=99999', 'cursor&count=99999']) {
    const { json } = await stage.ask('GET', `/Users?attributes=userName&${query}`);
    expect([query, json['itemsPerPage']]).toEqual([query, 200]);
  }
});

describe('a group of 1,000 members and one of 10 (F09, F54)', () => {
  test('cost the same without their members, unchanged, and to change by one', async () => {
    const person = people.at(-1) ?? '';
    const large = await measureGroup(stage, groups.large, person);
    const small = await measureGroup(stage, groups.small, person);
    expect([large.members, small.members]).toEqual([MEMBERS, 10]);
    for (const what of ['without', 'unchanged'] as const) {
      expect([what, large[what].cost]).toEqual([what, small[what].cost]);
      // The token and the group: one item each.
      expect([what, large[what].cost]).toEqual([what, { calls: 2, units: 2, items: 2 }]);
    }
    expect([large.without.status, large.unchanged.status]).toEqual([200, 304]);
    expect([large.add, large.remove]).toEqual([small.add, small.remove]);
    expect(large.compressed.payloadBytes * 5).toBeLessThan(large.plain.payloadBytes);
  });
});

describe('a walk from the first page to the last while others create, rename and delete', () => {
  /** Who was there before, is there after, and was seen: everybody, once, at one price. */
  const expectWhole = ({ missed, twice, firstThird, lastThird, pages, writes }: Verdict) => {
    expect([missed, twice]).toEqual([0, 0]);
    expect(pages).toBeGreaterThan(13);
    expect(lastThird.calls).toBeCloseTo(firstThird.calls, 0);
    expect(lastThird.items / firstThird.items).toBeCloseTo(1, 1);
    expect(lastThird.units / firstThird.units).toBeCloseTo(1, 1);
    for (const count of Object.values(writes)) expect(count).toBeGreaterThan(0);
  };

  test('by startIndex, by cursor and back again', async () => {
    const present = new Set(people);
    const churn = openChurn(stage, present, seededRandom(7));
    expectWhole(judgeWalk(await walkByIndex(stage, churn), present));
    const there = await walkByCursor(stage, churn);
    expectWhole(judgeWalk(there, present));
    expectWhole(judgeWalk(await walkBack(stage, churn, there), present));
  }, 120_000);
});
