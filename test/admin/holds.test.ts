/** What an operator sees of held removals, and what a yes or no does (V3-V5), by the commands as they come over the wire. */
import { afterEach, describe, expect, test } from 'vitest';
import type { TestBridgeOptions } from '../build.ts';
import { type Desk, openDesk } from './desk.ts';

const HOUR = 3_600_000;
const profile = 'Agent EU';

let open: Desk | undefined;

afterEach(async () => {
  await open?.bridge.close();
  open = undefined;
});

/** A team of five at Adobe whose group was emptied: five removals on hold 1. */
async function emptied(
  options: TestBridgeOptions = {},
): Promise<{ desk: Desk; ids: string[]; group: string }> {
  const desk = await openDesk({
    profiles: [{ name: profile, product: 'Dynamic Chat' }],
    settings: { removalLimit: {} },
    ...options,
  });
  open = desk;
  const ids: string[] = [];
  for (const name of ['ann', 'ben', 'cem', 'dee', 'eve']) ids.push(await desk.addUser(`${name}@example.com`));
  const group = await desk.addGroup('Chat', ids);
  await desk.bridge.map([{ group: 'Chat', grants: [{ kind: 'profile', name: profile }] }]);
  await desk.bridge.drain();
  await desk.patchMembers(group, 'remove', ids);
  await desk.bridge.drain();
  expect(desk.bridge.holders(profile)).toHaveLength(5);
  return { desk, ids, group };
}

const holders = ({ bridge }: Desk) => bridge.holders(profile).map((email) => email.split('@')[0]);

describe('holds show', () => {
  test('names who would lose what, why, and the line that approves exactly this', async () => {
    const { desk } = await emptied();
    expect((await desk.run('holds.list')).text).toEqual([
      '1  open  5 removals, 2026-03-02 08:00:02 UTC, because of "emptied agent eu"',
    ]);
    expect((await desk.run('holds.show', { id: 1 })).text).toEqual([
      '1  open  5 removals, 2026-03-02 08:00:02 UTC, because of "emptied agent eu"',
      'Lose "Agent EU": 5',
      ...['ann', 'ben', 'cem', 'dee', 'eve'].map((name) => `  ${name}@example.com`),
      'To take this away: holds approve 1 --pairs 5. To leave it as it is: holds reject 1. Who is assigned again is off the list by that.',
    ]);
  });

  test('names what waits under its new name after a rename at Adobe, and it can be approved (F45)', async () => {
    const { desk, ids, group } = await emptied();
    desk.bridge.org.byHand({ action: 'renameGroup', group: profile, to: 'Agent Europe' });
    desk.bridge.clock.advance(24 * HOUR);
    await desk.run('reconcile');
    await desk.patchMembers(group, 'add', ids.slice(0, 1));
    await desk.bridge.drain();
    const { text, data } = await desk.run('holds.show', { id: 1 });
    expect(data).toMatchObject({ pairs: 5, waiting: 4 });
    expect(text).toContain('Lose "Agent Europe": 4');
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    await desk.bridge.drain();
    expect(desk.bridge.holders('Agent Europe')).toEqual(['ann@example.com']);
  });

  test('shows less as people are assigned again, and nothing at the end', async () => {
    const { desk, ids, group } = await emptied();
    await desk.patchMembers(group, 'add', ids.slice(0, 2));
    await desk.bridge.drain();
    expect(await desk.run('holds.show', { id: 1 })).toMatchObject({ data: { pairs: 5, waiting: 3 } });
    await desk.patchMembers(group, 'add', ids);
    await desk.bridge.drain();
    expect((await desk.run('status')).text.join('\n')).toContain(
      'Hold 1 waits for you: 5 removals came onto it.',
    );
    const { text } = await desk.run('holds.show', { id: 1 });
    expect(text.slice(1)).toEqual([
      'Nothing of it waits any more.',
      'To close it, which takes nothing from anybody: holds reject 1.',
    ]);
    await desk.run('holds.reject', { id: 1 });
    expect((await desk.run('status')).text.join('\n')).not.toContain('Hold 1 waits');
    expect(desk.bridge.holders(profile)).toHaveLength(5);
    expect((await desk.run('status')).text).toContain('Everything is up to date.');
  });

  test('of a hold that does not exist is refused with where to look', async () => {
    const { desk } = await emptied();
    expect(await desk.refusal('holds.show', { id: 7 })).toBe(
      'There is no hold 7. holds list shows the holds.',
    );
  });
});

describe('holds approve', () => {
  test('takes away what is still to go, and only that', async () => {
    const { desk, ids, group } = await emptied();
    await desk.patchMembers(group, 'add', ids.slice(0, 1));
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    await desk.bridge.drain();
    expect(holders(desk)).toEqual(['ann']);
  });

  test('after everybody was assigned again removes nobody', async () => {
    const { desk, ids, group } = await emptied();
    await desk.patchMembers(group, 'add', ids);
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    await desk.bridge.drain();
    expect(holders(desk)).toHaveLength(5);
    expect(
      desk.bridge.org.calls().filter(({ body }) => JSON.stringify(body ?? '').includes('remove')),
    ).toEqual([]);
  });

  test('of the first three leaves the later two to a new hold (V5)', async () => {
    const { desk } = await emptied();
    expect((await desk.run('holds.approve', { id: 1, pairs: 3 })).text.at(-1)).toBe(
      '2 removals came later and go into a new hold.',
    );
    await desk.bridge.drain();
    expect(holders(desk)).toHaveLength(2);
    expect((await desk.run('holds.show', { id: 2 })).data).toMatchObject({
      state: 'open',
      pairs: 2,
      waiting: 2,
    });
  });

  test('ends after 24 hours: what is left then goes into a new hold', async () => {
    const { desk } = await emptied({ settings: { removalLimit: {}, graceSeconds: { active: 0, gone: 0 } } });
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    // Nothing ran for a day.
    desk.bridge.clock.advance(24 * HOUR);
    await desk.bridge.drain();
    expect(holders(desk)).toHaveLength(5);
    expect((await desk.run('holds.list')).text[0]).toMatch(/^2 {2}open {2}5 removals.*not approved in time/);
  });

  test('one second before its end still counts', async () => {
    const { desk } = await emptied();
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    desk.bridge.clock.advance(24 * HOUR - 60_000);
    await desk.bridge.drain();
    expect(holders(desk)).toEqual([]);
  });

  test('of one person takes from this person only, also a deleted one (V4)', async () => {
    const { desk, ids } = await emptied();
    await desk.run('holds.approve', { id: 1, person: 'cem@example.com' });
    await desk.bridge.drain();
    expect(holders(desk)).toEqual(['ann', 'ben', 'dee', 'eve']);
    expect((await desk.bridge.scim('DELETE', `/scim/v2/Users/${ids[4]}`)).status).toBe(204);
    await desk.bridge.drain();
    expect(holders(desk)).toEqual(['ann', 'ben', 'dee', 'eve']);
    await desk.run('holds.approve', { id: 1, person: 'eve@example.com' });
    await desk.bridge.drain();
    expect(holders(desk)).toEqual(['ann', 'ben', 'dee']);
  });

  test.each([
    {
      label: 'more than are listed',
      args: { id: 1, pairs: 6 },
      says: /lists 5 removals, not 6.*holds show 1/,
    },
    {
      label: 'nobody on it',
      args: { id: 1, person: 'zoe@example.com' },
      says: /Nothing of zoe@example.com waits/,
    },
  ])('$label is refused', async ({ args, says }) => {
    const { desk } = await emptied();
    expect(await desk.refusal('holds.approve', args)).toMatch(says);
  });

  test('of what was approved already is refused, with who approved it', async () => {
    const { desk } = await emptied();
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    expect(await desk.refusal('holds.approve', { id: 1, pairs: 5 })).toMatch(
      /approved up to 5 by unknown at 2026-03-02/,
    );
  });
});

describe('holds reject', () => {
  test('leaves it at Adobe, visibly, until somebody approves it after all', async () => {
    const { desk } = await emptied();
    await desk.run('holds.reject', { id: 1 });
    await desk.bridge.drain();
    expect(holders(desk)).toHaveLength(5);
    expect((await desk.run('status')).text.join('\n')).toContain(
      '5 removal-rejected: An operator rejected this removal',
    );
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    await desk.bridge.drain();
    expect(holders(desk)).toEqual([]);
  });

  test('stops an approval that has not run yet', async () => {
    const { desk } = await emptied();
    await desk.run('holds.approve', { id: 1, pairs: 5 });
    await desk.run('holds.reject', { id: 1 });
    await desk.bridge.drain();
    expect(holders(desk)).toHaveLength(5);
  });

  test('concerns nobody who leaves later: they are held anew', async () => {
    const { desk, ids, group } = await emptied();
    await desk.run('holds.reject', { id: 1 });
    await desk.bridge.drain();
    await desk.patchMembers(group, 'add', ids.slice(0, 1));
    await desk.bridge.drain();
    await desk.patchMembers(group, 'remove', ids.slice(0, 1));
    await desk.bridge.drain();
    expect(holders(desk)).toHaveLength(5);
    expect((await desk.run('holds.list')).data).toMatchObject([
      { id: 2, pairs: 1 },
      { id: 1, state: 'rejected' },
    ]);
  });
});

describe('restore (R21)', () => {
  test('gives back the memberships from before a long absence, after a yes', async () => {
    const desk = await openDesk({ profiles: [{ name: profile, product: 'Dynamic Chat' }] });
    open = desk;
    const ann = await desk.addUser('ann@example.com');
    await desk.addGroup('Chat', [ann]);
    await desk.bridge.map([{ group: 'Chat', grants: [{ kind: 'profile', name: profile }] }]);
    await desk.bridge.drain();
    const active = async (value: boolean) => {
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
      const Operations = [{ op: 'replace', path: 'active', value }];
      expect((await desk.bridge.scim('PATCH', `/scim/v2/Users/${ann}`, { schemas, Operations })).status).toBe(
        200,
      );
      await desk.bridge.drain();
    };
    await active(false);
    desk.bridge.clock.advance(31 * 24 * HOUR);
    await active(true);
    expect(holders(desk)).toEqual([]);
    const shown = await desk.run('restore', { email: 'ann@example.com', yes: false });
    expect(shown.text).toEqual([
      '1 membership of ann@example.com from before a long absence: "Chat".',
      'Nothing was changed. Add --yes to let them count again.',
    ]);
    await desk.bridge.drain();
    expect(holders(desk)).toEqual([]);
    await desk.run('restore', { email: 'ann@example.com', yes: true });
    await desk.bridge.drain();
    expect(holders(desk)).toEqual(['ann']);
    expect(await desk.refusal('restore', { email: 'ann@example.com', yes: true })).toMatch(/No membership/);
  });
});
