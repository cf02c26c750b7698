/** Removals beyond the limit wait for an operator, and nothing else does (design.md section 6; V2-V5; I07, I10; R16, R17). */
import { describe, expect } from 'vitest';
import { HOUR, type Stage, scenario, X } from './stage.ts';

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
      `five of a team of five emptied by ${how} are held, none slips through`,
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
