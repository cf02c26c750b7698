/** Removals beyond the limit wait for an operator, and nothing else does (design.md section 6; V2-V5; I07, I10; R16, R17). */
import { describe, expect } from 'vitest';
import { drainElsewhere, HOUR, MINUTE, rules, type Stage, scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const limited = { settings: { removalLimit: {} } };

/** People at Adobe with the given profile's group: their ids, and the group's. */
async function team(stage: Stage, size: number, group = 'Chat', name = 'p') {
  const ids: string[] = [];
  for (let at = 0; at < size; at++) ids.push(await stage.user(`${name}${at}@example.com`));
  const id = await stage.group(group, ids);
  await stage.drain();
  return { ids, group: id };
}

async function putMembers(stage: Stage, group: string, members: readonly string[], displayName = 'Chat') {
  const body = { displayName, members: members.map((value) => ({ value })) };
  const { status } = await stage.scim('PUT', `/scim/v2/Groups/${group}`, body);
  expect(status).toBe(200);
}

async function removeAll(stage: Stage, group: string) {
  const Operations = [{ op: 'remove', path: 'members' }];
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
  const { status } = await stage.scim('PATCH', `/scim/v2/Groups/${group}`, { schemas, Operations });
  expect(status).toBeLessThan(300);
}

async function approve(stage: Stage, id: number, upTo: number): Promise<void> {
  const [hold] = (await stage.directory.listHolds(stage.orgKey, 10)).filter((one) => one.id === id);
  const expiresAt = stage.clock.now() + 24 * HOUR;
  const decided = await stage.directory.decideHold(stage.orgKey, {
    id,
    from: hold?.state ?? 'open',
    by: 'olga',
    verdict: { kind: 'approved', upTo, expiresAt },
  });
  expect(decided).toBe(true);
}

const holds = (stage: Stage) => stage.directory.listHolds(stage.orgKey, 10);

describe('small teams', () => {
  scenario('a team of three that loses one, then all, is not held', limited, async (stage) => {
    const { ids, group } = await team(stage, 3);
    await stage.quit(group, ids[0] ?? '');
    await stage.drain();
    expect(stage.holders(X.name)).toHaveLength(2);
    await putMembers(stage, group, []);
    await stage.drain();
    expect(stage.holders(X.name)).toEqual([]);
    expect(await holds(stage)).toEqual([]);
  });

  for (const [how, empty] of [
    ['an empty PUT', (stage: Stage, group: string) => putMembers(stage, group, [])],
    ['a PATCH that removes all members', removeAll],
    ['a DELETE of the group', (stage: Stage, group: string) => stage.remove('Groups', group)],
  ] as const) {
    scenario(
      `five of a team of five emptied by ${how} are held, none slips through (F55)`,
      limited,
      async (stage) => {
        const { ids, group } = await team(stage, 5);
        await empty(stage, group);
        await stage.settle();
        expect(stage.holders(X.name)).toHaveLength(5);
        expect(await holds(stage)).toMatchObject([
          { id: 1, state: 'open', pairs: 5, causes: [`emptied ${X.name.toLowerCase()}`] },
        ]);
        for (const id of ids) {
          expect(await stage.account(id)).toMatchObject({ status: 'held', reason: 'removal-limit' });
        }
        await approve(stage, 1, 5);
        await stage.drain();
        expect(stage.holders(X.name)).toEqual([]);
      },
    );
  }

  scenario('four of five may go while one stays', limited, async (stage) => {
    const { ids, group } = await team(stage, 5);
    await putMembers(stage, group, ids.slice(4));
    await stage.drain();
    expect(stage.holders(X.name)).toEqual(['p4@example.com']);
    expect(await holds(stage)).toEqual([]);
  });
});

describe('what is held', () => {
  scenario(
    'is off the hold when it is wanted again, and a later removal is a new one',
    limited,
    async (stage) => {
      const { ids, group } = await team(stage, 5);
      await putMembers(stage, group, []);
      await stage.drain();
      await stage.join(group, ...ids);
      await stage.drain();
      for (const id of ids) {
        const account = await stage.account(id);
        expect(account.status).toBe('idle');
        expect(account.applied.entitlements[X.name.toLowerCase()]?.hold).toBeUndefined();
      }
      await approve(stage, 1, 5);
      await stage.settle();
      expect(stage.holders(X.name)).toHaveLength(5);
      await putMembers(stage, group, []);
      await stage.drain();
      expect((await holds(stage)).map(({ id, state, pairs }) => [id, state, pairs])).toEqual([
        [2, 'open', 5],
        [1, 'approved', 5],
      ]);
      expect(stage.holders(X.name)).toHaveLength(5);
    },
  );

  scenario(
    'of two entitlements stands on one hold, and what comes after a decision on a second',
    limited,
    async (stage) => {
      const chat = await team(stage, 5);
      const market = await team(stage, 5, 'Market', 'q');
      await putMembers(stage, chat.group, []);
      await stage.drain();
      await putMembers(stage, market.group, chat.ids.slice(0, 0), 'Market');
      await stage.drain();
      expect(await holds(stage)).toMatchObject([
        { id: 1, pairs: 10, causes: ['emptied agent eu', 'emptied standard'] },
      ]);
      await approve(stage, 1, 5);
      await stage.drain();
      expect([stage.holders(X.name).length, stage.holders(Y.name).length]).toEqual([0, 5]);
      expect(await holds(stage)).toMatchObject([
        { id: 2, state: 'open', pairs: 5 },
        { id: 1, state: 'approved' },
      ]);
      await approve(stage, 2, 5);
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual([]);
    },
  );

  scenario(
    'keeps nobody else waiting: grants of the same people and leavers below the limit go on',
    limited,
    async (stage) => {
      const { ids, group } = await team(stage, 5);
      const pair = await team(stage, 2, 'Market', 'q');
      await putMembers(stage, group, []);
      await stage.drain();
      await stage.join(pair.group, ids[0] ?? '');
      await stage.leave(pair.ids[0] ?? '');
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual(['p0@example.com', 'q1@example.com']);
      expect(stage.holders(X.name)).toHaveLength(5);
    },
  );

  scenario('stays held for deactivated and deleted people, visibly', limited, async (stage) => {
    const { ids } = await team(stage, 5);
    for (const id of ids.slice(0, 3)) await stage.leave(id);
    for (const id of ids.slice(3)) await stage.remove('Users', id);
    await stage.settle(2 * HOUR);
    expect(stage.holders(X.name)).toHaveLength(5);
    expect(await holds(stage)).toMatchObject([{ pairs: 5 }]);
    await approve(stage, 1, 5);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual([]);
  });
});

scenario('grants do not wait until a crowd of leavers is put on hold (V3)', limited, async (stage) => {
  const { group } = await team(stage, 250);
  await putMembers(stage, group, []);
  await stage.group('Market', [await stage.user('new@example.com')]);
  let heldSoFar = -1;
  stage.whileInFlight(async () => {
    heldSoFar = (await holds(stage))[0]?.pairs ?? 0;
  });
  await stage.drain();
  expect(stage.holders(Y.name)).toEqual(['new@example.com']);
  expect(heldSoFar).toBeGreaterThan(0);
  expect(heldSoFar).toBeLessThanOrEqual(120);
  expect(await holds(stage)).toMatchObject([{ pairs: 250 }]);
});

describe('the hour', () => {
  const ten = { settings: { removalLimit: { emptyingFrom: 1_000, percent: 100, reason: 'people only' } } };

  scenario(
    'ten people go, the eleventh is held, though its hour ends; who leaves in the next hour goes',
    ten,
    async (stage) => {
      const { ids, group } = await team(stage, 13);
      for (const id of ids.slice(0, 11)) await stage.quit(group, id);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['p10@example.com', 'p11@example.com', 'p12@example.com']);
      expect(await holds(stage)).toMatchObject([{ id: 1, pairs: 1, causes: ['people'] }]);
      // An hour, and as long as the clocks of two machines may differ (F23).
      stage.clock.advance(69 * MINUTE);
      await stage.quit(group, ids[11] ?? '');
      await stage.drain();
      expect(await holds(stage)).toMatchObject([{ id: 1, pairs: 2 }]);
      stage.clock.advance(2 * MINUTE);
      await stage.quit(group, ids[12] ?? '');
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['p10@example.com', 'p11@example.com']);
    },
  );

  scenario('a new process knows what the last one sent', ten, async (stage) => {
    const { ids, group } = await team(stage, 11);
    for (const id of ids.slice(0, 6)) await stage.quit(group, id);
    await stage.drain();
    for (const id of ids.slice(6)) await stage.quit(group, id);
    await drainElsewhere(stage);
    expect(stage.holders(X.name)).toHaveLength(1);
  });

  scenario(
    'a clock that jumps over it opens it once; put back, what was sent still counts',
    ten,
    async (stage) => {
      const { ids, group } = await team(stage, 31);
      const leave = async (from: number, to: number) => {
        for (const id of ids.slice(from, to)) await stage.quit(group, id);
        await stage.drain();
      };
      await leave(0, 10);
      stage.clock.advance(3 * HOUR);
      await leave(10, 20);
      expect(stage.holders(X.name)).toHaveLength(11);
      // Behind the second ten, and more than an hour after the first.
      stage.clock.advance(-90 * MINUTE);
      await leave(20, 31);
      expect(stage.holders(X.name)).toHaveLength(11);
      expect(await holds(stage)).toMatchObject([{ pairs: 11 }]);
    },
  );

  scenario('a removal whose answer was lost is sent again and counts once', ten, async (stage) => {
    const { ids, group } = await team(stage, 10);
    stage.loseNextAnswer();
    await putMembers(stage, group, []);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual([]);
    expect(await holds(stage)).toEqual([]);
    expect((await stage.account(ids[0] ?? '')).status).toBe('idle');
  });
});

scenario(
  'a mapping emptied by a bad deploy is held, and mended it is off the hold (V2)',
  limited,
  async (stage) => {
    await team(stage, 12);
    await stage.map([]);
    await stage.settle();
    expect(stage.holders(X.name)).toHaveLength(12);
    expect(await holds(stage)).toMatchObject([{ pairs: 12 }]);
    await stage.map(rules);
    await stage.settle();
    expect(stage.holders(X.name)).toHaveLength(12);
    const { held } = await stage.directory.readPlaces(stage.orgKey);
    expect(held).toEqual([]);
  },
);

scenario(
  'an entitlement that a rule for everyone names is wanted as long as anybody is active',
  {
    settings: { removalLimit: {} },
    rules: [{ grants: [X] }],
  },
  async (stage) => {
    const { ids } = await team(stage, 6);
    for (const id of ids.slice(0, 5)) await stage.leave(id);
    await stage.drain();
    expect(stage.holders(X.name)).toEqual(['p5@example.com']);
  },
);
