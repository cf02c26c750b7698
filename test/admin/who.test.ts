import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import type { TestBridgeOptions } from '../build.ts';
import { testClock } from '../open.ts';
import { type Desk, openDesk } from './desk.ts';

const opened: Desk[] = [];
afterEach(async () => {
  for (const desk of opened.splice(0)) await desk.bridge.close();
});

async function openSmall(settings?: TestBridgeOptions['settings']): Promise<Desk> {
  const clock = testClock();
  const state = seedSmallOrg({ random: seededRandom(3), at: clock.now() });
  const desk = await openDesk({ clock, state, ...(settings === undefined ? {} : { settings }) });
  opened.push(desk);
  await desk.bridge.drain();
  return desk;
}

/** Person to how it stands, as `who` has it. */
async function whoHas(desk: Desk, entitlement: string): Promise<Record<string, string>> {
  const { data } = await desk.run('who', { entitlement });
  // The command's own answer; a wrong shape fails the assertions on it.
  const { holders } = data as { holders: { person: string; holding: string; reason?: string }[] };
  return Object.fromEntries(
    holders.map((one) => [one.person, [one.holding, one.reason].filter(Boolean).join(' ')]),
  );
}

const AGENTS = { group: 'Agents', grants: [{ userGroup: 'Chat agents EU' }] };

describe('who (R35)', () => {
  test('names who has it, who is about to get it, who is parked and who is held', async () => {
    const desk = await openSmall();
    const ids: string[] = [];
    for (const one of ['ann', 'twin', 'olga.admin']) ids.push(await desk.addUser(`${one}@example.com`));
    const group = await desk.addGroup('Agents', [...ids, await desk.addUser('far@elsewhere.test')]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    await desk.patchMembers(group, 'add', [await desk.addUser('bob@example.com')]);
    await desk.addUser('outsider@example.com');
    expect(await whoHas(desk, ' chat AGENTS eu')).toEqual({
      'ann@example.com': 'has',
      'bob@example.com': 'pending',
      'far@elsewhere.test': 'parked domain-not-allowed',
      'olga.admin@example.com': 'held protected',
      'twin@example.com': 'parked twin',
    });
    const { text } = await desk.run('who', { entitlement: 'Chat agents EU' });
    expect(text[0]).toBe('"Chat agents EU" is granted by group "Agents".');
    expect(text.join('\n')).toMatch(/ann@example.com: has it since 2026.*, through group "Agents"/);
  });

  test('names who left the group until Adobe has taken it back', async () => {
    const desk = await openSmall({ graceSeconds: { active: 300, gone: 0 } });
    const ann = await desk.addUser('ann@example.com');
    const group = await desk.addGroup('Agents', [ann]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    await desk.patchMembers(group, 'remove', [ann]);
    expect(await whoHas(desk, 'Chat agents EU')).toEqual({ 'ann@example.com': 'leaving' });
    await desk.bridge.drainOnce();
    expect(await whoHas(desk, 'Chat agents EU')).toEqual({ 'ann@example.com': 'leaving grace' });
    desk.bridge.clock.advance(301_000);
    await desk.bridge.drain();
    expect(await whoHas(desk, 'Chat agents EU')).toEqual({});
  });

  test('names who has it by hand among the people it looks at', async () => {
    const desk = await openSmall();
    await desk.addGroup('Agents', [await desk.addUser('hanna.made@example.com')]);
    await desk.apply([AGENTS]);
    expect(await whoHas(desk, 'Marketo Standard')).toEqual({ 'hanna.made@example.com': 'outside' });
    const { text } = await desk.run('who', { entitlement: 'Marketo Standard' });
    expect(text.join('\n')).toContain('hanna.made@example.com: has it by hand, not through the bridge');
    expect(text.join('\n')).not.toContain('not known to the bridge');
  });

  test('counts who was found with it as known, not as given by hand', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    const people = [await desk.addUser('hanna.made@example.com'), await desk.addUser('ann@example.com')];
    await desk.addGroup('Marketeers', people);
    await desk.apply([{ group: 'Marketeers', grants: [{ profile: 'Marketo Standard' }] }]);
    await desk.bridge.drainOnce();
    expect(await whoHas(desk, 'Marketo Standard')).toEqual({
      'ann@example.com': 'held report-only',
      'hanna.made@example.com': 'has',
    });
    const { text } = await desk.run('who', { entitlement: 'Marketo Standard' });
    expect(text.join('\n')).not.toContain('not known to the bridge');
  });

  test('of an entitlement that no rule names tells how many have it by hand', async () => {
    const desk = await openSmall();
    const { text } = await desk.run('who', { entitlement: 'Sales Insight' });
    expect(text).toEqual([
      '"Sales Insight": no rule grants it, so the bridge gives it to nobody.',
      'Nobody has it through the bridge, and nobody is waiting for it.',
      expect.stringMatching(
        /^Adobe counted 1 member in PRODUCT_PROFILE \d+ of "Sales Insight Actions" at 2026/,
      ),
      '  1 of them is not known to the bridge: given by hand, or taken away since; the Admin Console names them.',
    ]);
  });

  test('of everyone looks at all people', async () => {
    const desk = await openSmall();
    await desk.addUser('ann@example.com');
    await desk.apply([{ everyone: true, grants: [{ userGroup: 'All staff' }] }]);
    await desk.bridge.drain();
    expect(await whoHas(desk, 'All staff')).toEqual({ 'ann@example.com': 'has' });
  });

  test('of an unknown name is refused with near names', async () => {
    const desk = await openSmall();
    const message = await desk.refusal('who', { entitlement: 'Sales Insigt' });
    expect(message).toContain('No rule names "Sales Insigt"');
    expect(message).toContain('Did you mean "Sales Insight"?');
    expect(await desk.refusal('who', { entitlement: 'Photoshop' })).toContain(
      'mapping show lists what the rules grant',
    );
  });
});
