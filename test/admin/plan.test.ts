/** `plan`, `retry`, `mapping relink` and `settings`: what would happen, and what an operator may do about it. */
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

const CHAT = 'Chat agents EU';
const AGENTS = { group: 'Agents', grants: [{ userGroup: CHAT }] };
const PROFILE = { group: 'Experts', grants: [{ profile: 'Marketo Standard' }] };

function calls(desk: Desk): number {
  return desk.bridge.org.calls().filter(({ endpoint }) => endpoint === 'action').length;
}

describe('plan', () => {
  test('report-only: says what full would send, sends nothing, and counts who would be created', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    await desk.addGroup('Agents', [
      await desk.addUser('jane@example.com'),
      await desk.addUser('joe@example.com'),
    ]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    const before = calls(desk);
    const { text, data } = await desk.run('plan');
    expect(data).toMatchObject({
      before: 'report-only',
      under: 'full',
      sent: 2,
      created: { total: 2, people: ['jane@example.com', 'joe@example.com'] },
      gains: { [CHAT]: { total: 2 } },
    });
    expect(text[0]).toMatch(/In mode full.*The mode is report-only: nothing of this is sent/);
    expect(calls(desk)).toBe(before);
  });

  test('names leavers whose user is gone, twins, and people outside the domains, each with what to do', async () => {
    const desk = await openSmall();
    const jane = await desk.addUser('jane@example.com');
    await desk.addGroup('Agents', [jane]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    await desk.bridge.scim('DELETE', `/scim/v2/Users/${jane}`);
    await desk.addGroup('More', [
      await desk.addUser('twin@example.com'),
      await desk.addUser('far@elsewhere.test'),
    ]);
    await desk.apply([AGENTS, { ...AGENTS, group: 'More' }]);
    const { data, text } = await desk.run('plan');
    expect(data).toMatchObject({
      loses: { [CHAT]: { total: 1 } },
      losers: { total: 1 },
      stopped: {
        twin: { people: ['twin@example.com'] },
        'domain-not-allowed': { people: ['far@elsewhere.test'] },
      },
    });
    expect(text.join('\n')).toMatch(/twin: Adobe holds somebody of another identity type/);
  });

  test('tells who has it by hand from who gains it, and counts no second seat for them (F46)', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    desk.bridge.org.byHand({ action: 'setQuota', group: 'Marketo Standard', quota: 2 });
    desk.bridge.clock.advance(24 * 3_600_000);
    await desk.run('reconcile');
    desk.bridge.clock.advance(3_600_000);
    const people = [await desk.addUser('hanna.made@example.com'), await desk.addUser('jane@example.com')];
    await desk.addGroup('Experts', people);
    await desk.apply([PROFILE]);
    const { text, data } = await desk.run('plan');
    expect(data).toMatchObject({
      gains: { 'Marketo Standard': { people: ['jane@example.com'] } },
      adopts: { 'Marketo Standard': { people: ['hanna.made@example.com'] } },
    });
    expect(text.join('\n')).toContain('Have "Marketo Standard" by hand, managed from now on: 1');
    expect(text.join('\n')).toContain('1 of 2 used at the last listing, 2 after.');
  });

  test('says which seats it takes, and who would be without a licence (F46)', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    const { org } = desk.bridge;
    org.byHand({ action: 'setQuota', group: 'Marketo Standard', quota: 0 });
    desk.bridge.clock.advance(25 * 3_600_000);
    await desk.bridge.reconcile();
    await desk.bridge.drain();
    await desk.addGroup('Experts', [await desk.addUser('jane@example.com')]);
    await desk.apply([PROFILE]);
    await desk.bridge.drain();
    const { text } = await desk.run('plan');
    expect(text.join('\n')).toMatch(
      /Seats of "Marketo Standard": \d+ of 0 used.*would be members? without a licence/s,
    );
  });

  test('of one group only its members; of a group that nobody sent it is refused', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    await desk.addGroup('Agents', [await desk.addUser('jane@example.com')]);
    await desk.addGroup('Experts', [await desk.addUser('joe@example.com')]);
    await desk.apply([AGENTS, PROFILE]);
    expect((await desk.run('plan', { group: 'Experts' })).data).toMatchObject({
      people: 1,
      gains: { 'Marketo Standard': {} },
    });
    expect(await desk.refusal('plan', { group: 'Nobody' })).toMatch(/has sent no group "Nobody"/);
  });

  test('--check has Adobe judge the requests, and changes nothing (umapi 5.2)', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    await desk.addGroup('Agents', [
      await desk.addUser('jane@example.com'),
      await desk.addUser('joe@example.com'),
    ]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    const atAdobe = () => {
      const { users, groups } = desk.bridge.org.state();
      return { users, groups };
    };
    const before = atAdobe();
    const { text, data } = await desk.run('plan', { check: 1 });
    expect(data).toMatchObject({ checked: { requests: 1, passed: 2, refused: {} } });
    expect(text.join('\n')).toMatch(/asked about 2 people in 1 test: it would do 2, and refuse 0/);
    expect(atAdobe()).toEqual(before);
    expect(desk.bridge.org.calls().at(-1)).toMatchObject({ endpoint: 'action', testOnly: true });
  });

  test('--check names whom Adobe would refuse, with the code and what to do', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    await desk.addGroup('Agents', [await desk.addUser('jane@example.com')]);
    await desk.addGroup('Experts', [await desk.addUser('joe@example.com')]);
    await desk.apply([AGENTS, PROFILE]);
    await desk.bridge.drain();
    desk.bridge.org.byHand({ action: 'deleteGroup', group: CHAT });
    const { text, data } = await desk.run('plan', { check: 4 });
    expect(data).toMatchObject({
      checked: { passed: 1, refused: { 'error.group.not_found': { people: ['jane@example.com'] } } },
    });
    expect(text.join('\n')).toMatch(
      /Would be refused with error\.group\.not_found: .+\n {2}jane@example\.com/,
    );
  });

  test('--check leaves the drain every second call, and says when there is one again', async () => {
    const desk = await openSmall({ mode: 'report-only' });
    await desk.addGroup('Agents', [await desk.addUser('jane@example.com')]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    for (let times = 0; times < 4; times++) await desk.run('plan', { check: 1 });
    expect(await desk.refusal('plan', { check: 1 })).toMatch(/no more calls now: try again after 20\d\d-/);
  });

  test('when nothing is to do it says so', async () => {
    const desk = await openSmall();
    expect((await desk.run('plan')).text.join('\n')).toMatch(/Nothing would be sent/);
  });
});

describe('retry', () => {
  test('somebody parked on a fault that was mended goes on at once, with everybody of that fault', async () => {
    const desk = await openSmall();
    await desk.addGroup('Agents', [
      await desk.addUser('jane@example.com'),
      await desk.addUser('joe@example.com'),
    ]);
    await desk.apply([AGENTS]);
    desk.bridge.org.byHand({ action: 'deleteGroup', group: CHAT });
    await desk.bridge.drain();
    desk.bridge.org.byHand({ action: 'addUserGroup', name: CHAT, readOnly: false });
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual([]);
    await desk.run('retry', { email: 'jane@example.com' });
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT).sort()).toEqual(['jane@example.com', 'joe@example.com']);
  });

  test('--all looks again at all who are parked, and says when there is nobody', async () => {
    const desk = await openSmall();
    expect((await desk.run('retry', { all: true })).text).toEqual([
      'Nobody is parked and no fault is known.',
    ]);
    await desk.addGroup('Agents', [await desk.addUser('jane@example.com')]);
    await desk.apply([AGENTS]);
    desk.bridge.org.byHand({ action: 'deleteGroup', group: CHAT });
    await desk.bridge.drain();
    desk.bridge.org.byHand({ action: 'addUserGroup', name: CHAT, readOnly: false });
    await desk.run('retry', { all: true });
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual(['jane@example.com']);
  });

  test('nobody of that name is refused', async () => {
    const desk = await openSmall();
    expect(await desk.refusal('retry', { email: 'ghost@example.com' })).toMatch(/nothing to try again/);
  });
});

describe('mapping relink (R12, T27)', () => {
  async function orphaned(): Promise<Desk> {
    const desk = await openSmall();
    const group = await desk.addGroup('Agents', [await desk.addUser('jane@example.com')]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    await desk.bridge.scim('DELETE', `/scim/v2/Groups/${group}`);
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual([]);
    await desk.addGroup('Agents', [await desk.addUser('joe@example.com')]);
    await desk.bridge.drain();
    return desk;
  }

  test('a new group of the old name grants nothing until the operator says that it is the same', async () => {
    const desk = await orphaned();
    expect(desk.bridge.holders(CHAT)).toEqual([]);
    const shown = await desk.run('mapping.relink', { rule: 'Agents' });
    expect(shown.text.join('\n')).toMatch(/Gain "Chat agents EU".*joe@example.com.*Add --yes/s);
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual([]);
    await desk.run('mapping.relink', { rule: 'Agents', yes: true });
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual(['joe@example.com']);
    const again = await desk.run('mapping.relink', { rule: 'Agents', yes: true });
    expect(again.data).toMatchObject({ relinked: false });
  });

  test('a bound rule can follow another group: members of the old one lose, those of the new one gain', async () => {
    const desk = await openSmall();
    await desk.addGroup('Agents', [await desk.addUser('jane@example.com')]);
    await desk.addGroup('Successors', [await desk.addUser('joe@example.com')]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    const { text } = await desk.run('mapping.relink', { rule: 'Agents', to: 'Successors', yes: true });
    expect(text.join('\n')).toMatch(/Lose "Chat agents EU".*jane@example.com/s);
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual(['joe@example.com']);
  });

  test('a rule or a group that is not there is refused with what is', async () => {
    const desk = await orphaned();
    expect(await desk.refusal('mapping.relink', { rule: 'Nobody' })).toMatch(/rules for "Agents"/);
    expect(await desk.refusal('mapping.relink', { rule: 'Agents', to: 'Nobody' })).toMatch(/Push it there/);
  });
});

describe('settings', () => {
  test('what show prints, apply reads, and finds nothing to do', async () => {
    const desk = await openSmall();
    const { data } = await desk.run('settings.show');
    const { mode: _mode, ...settings } = (data as { settings: Record<string, unknown> }).settings;
    expect((await desk.run('settings.apply', { settings })).text).toEqual([
      'Nothing to do: this is how it is.',
    ]);
  });

  test('a new domain lets its people in; without --yes nothing changes', async () => {
    const com = { type: 'federatedID', country: 'US', username: 'email' } as const;
    const desk = await openSmall({ domains: { 'example.com': com } });
    await desk.addGroup('Agents', [await desk.addUser('far@example.org')]);
    await desk.apply([AGENTS]);
    await desk.bridge.drain();
    const domains = { 'example.com': com, 'Example.org': { ...com, country: 'DE' } };
    const shown = await desk.run('settings.apply', { settings: { domains } });
    expect(shown.text.join('\n')).toMatch(/\+ example\.org.*Add --yes/s);
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual([]);
    await desk.run('settings.apply', { settings: { domains }, yes: true });
    await desk.bridge.drain();
    expect(desk.bridge.holders(CHAT)).toEqual(['far@example.org']);
  });

  const warned: readonly { label: string; domain: object; says: RegExp }[] = [
    {
      label: 'another type',
      domain: { type: 'enterpriseID', country: 'US', username: 'email' },
      says: /keeps the old one/,
    },
    {
      label: 'another country',
      domain: { type: 'federatedID', country: 'DE', username: 'email' },
      says: /Adobe never changes it/,
    },
  ];
  test.each(warned)('$label of a domain is said with what it cannot undo', async ({ domain, says }) => {
    const desk = await openSmall();
    const { text } = await desk.run('settings.apply', { settings: { domains: { 'example.com': domain } } });
    expect(text.join('\n')).toMatch(says);
    expect(text.join('\n')).toMatch(/- example\.org/);
    expect(text.join('\n')).toMatch(/Nobody is protected/);
  });

  const wrong: readonly { label: string; settings: unknown; says: RegExp }[] = [
    { label: 'the mode', settings: { mode: 'full' }, says: /mode/ },
    { label: 'an unknown key', settings: { colour: 1 }, says: /colour/ },
    {
      label: 'a domain that is none',
      settings: { domains: { 'a b': { type: 'federatedID' } } },
      says: /no e-mail domain/,
    },
    {
      label: 'a domain twice',
      settings: { domains: { 'A.com': { type: 'adobeID' }, 'a.com': { type: 'adobeID' } } },
      says: /twice/,
    },
    { label: 'no object', settings: [], says: /the file/ },
  ];
  test.each(wrong)('$label is refused and nothing changes', async ({ settings, says }) => {
    const desk = await openSmall();
    const before = (await desk.run('settings.show')).data;
    expect(await desk.refusal('settings.apply', { settings, yes: true })).toMatch(says);
    expect((await desk.run('settings.show')).data).toEqual(before);
  });
});
