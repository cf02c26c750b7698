import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import type { TestBridgeOptions } from '../build.ts';
import { withTransactionFaults } from '../directory/conflicts.ts';
import { testClock } from '../open.ts';
import { type Desk, openDesk } from './desk.ts';

const opened: Desk[] = [];
afterEach(async () => {
  for (const desk of opened.splice(0)) await desk.bridge.close();
});

/** The org of a first start, listed by a first drain. */
async function smallOrg(wrap?: TestBridgeOptions['wrap']): Promise<Desk> {
  const clock = testClock();
  const state = seedSmallOrg({ random: seededRandom(3), at: clock.now() });
  const desk = await openDesk({ clock, state, ...(wrap === undefined ? {} : { wrap }) });
  opened.push(desk);
  await desk.bridge.drain();
  return desk;
}

const AGENTS = { group: 'Agents', grants: [{ userGroup: 'Chat agents EU' }] };
const agentsOf = (...userGroups: string[]) => ({
  group: 'Agents',
  grants: userGroups.map((userGroup) => ({ userGroup })),
});

async function rulesInForce({ bridge }: Desk) {
  return bridge.directory.rulesOf(await bridge.directory.getConnection(bridge.connection));
}

async function versionOf({ bridge }: Desk): Promise<number> {
  return (await bridge.directory.getConnection(bridge.connection)).mappingVersion;
}

describe('mapping apply', () => {
  test('without yes prints who gains and who would be created, and changes nothing', async () => {
    const desk = await smallOrg();
    const ann = await desk.addUser('ann@example.com');
    const mina = await desk.addUser('mina.osei@example.com');
    await desk.addUser('bob@example.com');
    await desk.addGroup('Agents', [ann, mina]);
    const { text, data } = await desk.run('mapping.apply', { rules: [AGENTS] });
    expect(text.join('\n')).toContain(
      'Gain "Chat agents EU" (user group): 2\n  ann@example.com\n  mina.osei@example.com',
    );
    expect(text.join('\n')).toContain('Would be created at Adobe: 1\n  ann@example.com');
    expect(text.at(-1)).toBe('Nothing was changed. Add --yes to apply it.');
    expect(data).toMatchObject({ applied: false, people: 2 });
    await desk.bridge.drain();
    expect(await versionOf(desk)).toBe(0);
    expect(desk.bridge.holders('Chat agents EU')).toEqual([]);
  });

  test('with yes comes into force and reaches Adobe', async () => {
    const desk = await smallOrg();
    await desk.addGroup('Agents', [await desk.addUser('ann@example.com')]);
    const { text, data } = await desk.apply([AGENTS]);
    expect(text.at(-1)).toMatch(/^Applied: version \d+ is in force/);
    expect(data).toMatchObject({ applied: true });
    await desk.bridge.drain();
    expect(desk.bridge.holders('Chat agents EU')).toEqual(['ann@example.com']);
  });

  test('makes a user group that Adobe does not have where the mapping says so, with --yes only', async () => {
    const desk = await smallOrg();
    await desk.addGroup('Agents', [await desk.addUser('ann@example.com')]);
    const rules = [{ group: 'Agents', grants: [{ userGroup: 'Brand new', create: true }] }];
    const isThere = () => desk.bridge.org.state().groups.some(({ name }) => name === 'Brand new');
    const shown = await desk.run('mapping.apply', { rules });
    expect(shown.text[0]).toMatch(/"Brand new" does not exist at Adobe and is created, empty/);
    expect(isThere()).toBe(false);
    await desk.apply(rules);
    expect(isThere()).toBe(true);
    await desk.bridge.drain();
    expect(desk.bridge.holders('Brand new')).toEqual(['ann@example.com']);
    const again = await desk.run('mapping.apply', { rules });
    expect(again.text.at(-1)).toMatch(/Nothing to do/);
  });

  test('is not applied when the user group could not be made, or the profile should be', async () => {
    const desk = await smallOrg();
    const before = await versionOf(desk);
    desk.bridge.org.queueFaults([
      { kind: 'throttle', endpoint: 'action', retryAfterSeconds: 30, blocks: false },
    ]);
    const rules = [{ group: 'Agents', grants: [{ userGroup: 'Brand new', create: true }] }];
    expect(await desk.refusal('mapping.apply', { rules, yes: true })).toMatch(
      /could not be created, so the mapping was not applied/,
    );
    const profile = [{ group: 'Agents', grants: [{ profile: 'Brand new', create: true }] }];
    expect(await desk.refusal('mapping.apply', { rules: profile, yes: true })).toMatch(
      /"create" makes user groups only/,
    );
    expect(await versionOf(desk)).toBe(before);
  });

  test('stores names in the spelling of Adobe', async () => {
    const desk = await smallOrg();
    await desk.apply([
      { group: 'Agents', grants: [{ profile: ' marketing USER eu', product: 'dynamic chat (eu)' }] },
    ]);
    expect((await rulesInForce(desk))[0]?.grants).toEqual([
      { name: 'Marketing User EU', kind: 'profile', product: 'Dynamic Chat (EU)' },
    ]);
  });

  test('of the mapping in force does nothing and makes no version', async () => {
    const desk = await smallOrg();
    await desk.addGroup('Agents');
    await desk.apply([AGENTS]);
    const version = await versionOf(desk);
    const { text } = await desk.apply([AGENTS]);
    expect(text).toEqual([`Nothing to do: this mapping is in force as version ${version}.`]);
    expect(await versionOf(desk)).toBe(version);
  });

  test('says who is parked, and that seats run out', async () => {
    const desk = await smallOrg();
    const people = [await desk.addUser('twin@example.com'), await desk.addUser('ann@example.com')];
    await desk.addGroup('Agents', [...people, await desk.addUser('far@elsewhere.test')]);
    const { text, data } = await desk.run('mapping.apply', {
      rules: [{ group: 'Agents', grants: [{ profile: 'Sales Insight' }] }],
    });
    const lines = text.join('\n');
    expect(lines).toContain('  twin@example.com - not now: twin');
    expect(lines).toContain('Nothing is sent for 1 now, domain-not-allowed');
    expect(lines).toContain('Seats of "Sales Insight": 1 of 1 used at the last listing, 4 after.');
    expect(lines).toContain('3 people would be members without a licence');
    expect(data).toMatchObject({ entitlements: [{ seats: { quota: 1, used: 1, after: 4 } }] });
  });

  test('with everyone speaks of all people, in a group or not', async () => {
    const desk = await smallOrg();
    await desk.addUser('ann@example.com');
    await desk.addUser('gone@example.com', { active: false });
    const { text } = await desk.apply([{ everyone: true, grants: [{ userGroup: 'All staff' }] }]);
    expect(text.join('\n')).toContain('Gain "All staff" (user group): 1\n  ann@example.com');
    await desk.bridge.drain();
    expect(desk.bridge.holders('All staff')).toEqual(['ann@example.com']);
  });

  test('says that a group is not known yet, and the rule works when it comes (R11)', async () => {
    const desk = await smallOrg();
    const { text } = await desk.apply([AGENTS]);
    expect(text.join('\n')).toContain('group "Agents" is not known yet');
    await desk.addGroup('agents ', [await desk.addUser('ann@example.com')]);
    await desk.bridge.drain();
    expect(desk.bridge.holders('Chat agents EU')).toEqual(['ann@example.com']);
  });
});

describe('mapping apply refuses', () => {
  test('before Adobe was listed, and says what makes the list', async () => {
    const desk = await openDesk({ userGroups: ['Chat agents EU'] });
    opened.push(desk);
    expect(await desk.refusal('mapping.apply', { rules: [AGENTS], yes: true })).toContain(
      'wait a minute and apply again',
    );
  });

  test('with the reason of the credential when that is why there is no list', async () => {
    const desk = await openDesk();
    opened.push(desk);
    const authFault = {
      code: 'invalid_client',
      message: 'No.',
      hint: 'Make a new secret.',
      at: desk.bridge.clock.now(),
    };
    await desk.bridge.directory.changeOrg(desk.bridge.orgKey, { authFault });
    expect(await desk.refusal('mapping.apply', { rules: [] })).toContain('Make a new secret.');
  });

  const rows: readonly { label: string; grant: object; says: readonly string[] }[] = [
    {
      label: 'a name that occurs twice, with both and the remedy (12.3)',
      grant: { profile: 'Live Agent', product: 'Dynamic Chat (EU)' },
      says: [
        'rule 1 (group "Agents"), grant 1: "Live Agent" stands for 2 things',
        'PRODUCT_PROFILE',
        'of "Dynamic Chat (EU)", 0 members',
        'of "Dynamic Chat (US)", 0 members',
        'Rename one in the Admin Console, or make a user group',
      ],
    },
    {
      label: 'a product that is another one',
      grant: { profile: 'Marketing User EU', product: 'Dynamic Chat (US)' },
      says: ['belongs to the product "Dynamic Chat (EU)", not to "Dynamic Chat (US)"'],
    },
    {
      label: 'a profile written as a user group',
      grant: { userGroup: 'Marketo Standard' },
      says: [
        'is a product profile (of "Marketo Engage"), not a user group',
        'Write "profile: Marketo Standard"',
      ],
    },
    {
      label: 'a user group written as a profile',
      grant: { profile: 'Marketing' },
      says: ['is a user group, not a product profile', 'Write "userGroup: Marketing"'],
    },
    {
      label: 'a name that nobody knows, with near ones',
      grant: { userGroup: 'Chat agnts EU' },
      says: ['Adobe knows no user group "Chat agnts EU"', 'Did you mean "Chat agents EU"'],
    },
    {
      label: 'a name that nobody knows and nothing is near',
      grant: { profile: 'Photoshop' },
      says: ['Adobe knows no product profile "Photoshop"', 'create it there'],
    },
    { label: 'T26: an admin group', grant: { userGroup: '_org_admin' }, says: ['never mapped'] },
    { label: 'a wrong key', grant: { group: 'Marketing' }, says: ['"group" is not known here'] },
  ];
  for (const { label, grant, says } of rows) {
    test(label, async () => {
      const desk = await smallOrg();
      const message = await desk.refusal('mapping.apply', {
        rules: [{ group: 'Agents', grants: [grant] }],
        yes: true,
      });
      for (const words of says) expect(message).toContain(words);
      expect(await versionOf(desk)).toBe(0);
    });
  }

  test('several wrong names at once', async () => {
    const desk = await smallOrg();
    const grants = [{ userGroup: 'Marketo Standard' }, { profile: 'Photoshop' }];
    const message = await desk.refusal('mapping.apply', { rules: [{ group: 'Agents', grants }] });
    expect(message.split('\n')).toHaveLength(3);
  });

  test('a mapping that another one overtook', async () => {
    const desk = await smallOrg();
    const answers = await Promise.all(
      ['Chat agents EU', 'Chat agents US', 'Marketing', 'All staff'].map((name) =>
        desk.ask('mapping.apply', { rules: [agentsOf(name)], yes: true }),
      ),
    );
    const won = answers.filter((answer) => answer.ok);
    const lost = answers.flatMap((answer) => (answer.ok ? [] : [answer.error.message]));
    expect(won).toHaveLength(1);
    expect(lost).toHaveLength(3);
    for (const message of lost) expect(message).toContain('apply again');
    const rules = await rulesInForce(desk);
    expect(rules).toHaveLength(1);
    expect(rules[0]?.grants).toHaveLength(1);
  });
});

describe('a name newer than the last listing', () => {
  async function withNewGroup(): Promise<Desk> {
    const desk = await smallOrg();
    desk.bridge.org.byHand({ action: 'addUserGroup', name: 'Night shift' });
    return desk;
  }

  test('is asked for once and accepted with a note', async () => {
    const desk = await withNewGroup();
    const rules = [agentsOf('Night shift'), { group: 'B', grants: [{ userGroup: 'night shift' }] }];
    const before = desk.bridge.org.state().calls.length;
    const { text } = await desk.apply(rules);
    expect(desk.bridge.org.state().calls.length - before).toBe(1);
    expect(text[0]).toContain('"Night shift" is newer than the list of');
    expect(await versionOf(desk)).toBeGreaterThan(0);
  });

  test('is refused with a product, which cannot be checked', async () => {
    const desk = await smallOrg();
    desk.bridge.org.byHand({ action: 'addProfile', name: 'New seat', product: 'Dynamic Chat (EU)' });
    const grants = [{ profile: 'New seat', product: 'Dynamic Chat (US)' }];
    const message = await desk.refusal('mapping.apply', { rules: [{ group: 'A', grants }] });
    expect(message).toContain('its product cannot be checked. Take "product" out for now');
  });

  test('is refused while no call is free, with the time (R30)', async () => {
    const desk = await withNewGroup();
    const { directory, clock, orgKey } = desk.bridge;
    const until = clock.now() + 60_000;
    const clientId = (await directory.getOrg(orgKey))?.clientId ?? '';
    await directory.changeBudget(clientId, 'usersByGroup', () => ({
      next: { slots: [], blockedUntil: until },
      result: undefined,
    }));
    const message = await desk.refusal('mapping.apply', { rules: [agentsOf('Night shift')] });
    expect(message).toContain('no call is free before 2026-03-02 08:');
  });

  test('takes a slot of the persisted budget (R30)', async () => {
    const desk = await withNewGroup();
    await desk.run('mapping.apply', { rules: [agentsOf('Night shift')] });
    const { directory, orgKey } = desk.bridge;
    const clientId = (await directory.getOrg(orgKey))?.clientId ?? '';
    const stored = await directory.changeBudget(clientId, 'usersByGroup', (budget) => ({ result: budget }));
    expect(stored).toMatchObject({ slots: [{ answeredAt: expect.any(Number) }] });
  });
});

describe('mapping apply against POST of the group (R11)', () => {
  for (const first of ['apply', 'post'] as const) {
    test(`at the same moment, ${first} started first: the rule follows the group and its members get it`, async () => {
      const struck = { conflicts: 0, lostAnswers: 0 };
      const faults = { seed: 11, conflict: 0.25, lostAnswer: 0.1 };
      const desk = await smallOrg((deps) => withTransactionFaults(deps, faults, struck));
      const ann = await desk.addUser('ann@example.com');
      const apply = () => desk.apply([AGENTS]);
      const post = () => desk.addGroup('Agents', [ann]);
      const [one, other] = first === 'apply' ? [apply, post] : [post, apply];
      await Promise.all([one(), other()]);
      const [rule] = await rulesInForce(desk);
      const group = await desk.bridge.directory.groupNamed(desk.bridge.connection, 'Agents');
      expect(rule?.binding).toMatchObject({ state: 'bound', groupId: group?.id });
      await desk.bridge.drain();
      expect(desk.bridge.holders('Chat agents EU')).toEqual(['ann@example.com']);
      expect(struck.conflicts + struck.lostAnswers).toBeGreaterThan(0);
    });
  }

  test('with a drain in progress: nobody of the group is forgotten', async () => {
    const desk = await smallOrg();
    const people = await Promise.all(Array.from({ length: 12 }, (_, n) => desk.addUser(`p${n}@example.com`)));
    await Promise.all([desk.apply([AGENTS]), desk.addGroup('Agents', people), desk.bridge.drain()]);
    await desk.bridge.drain();
    expect(desk.bridge.holders('Chat agents EU')).toHaveLength(12);
  });
});

test('a person who has it by hand is not counted as gaining it, and is not mailed again', async () => {
  const desk = await smallOrg();
  await desk.addGroup('Marketeers', [await desk.addUser('hanna.made@example.com')]);
  const { text } = await desk.apply([{ group: 'Marketeers', grants: [{ profile: 'Marketo Standard' }] }]);
  expect(text.join('\n')).toContain('by hand, managed from now on: 1\n  hanna.made@example.com');
  const mails = desk.bridge.org.state().mails.length;
  await desk.bridge.drain();
  expect(desk.bridge.org.state().mails).toHaveLength(mails);
});

test('mapping apply with a mode that allows more says whom it frees', async () => {
  const desk = await smallOrg();
  await desk.addGroup('Agents', [await desk.addUser('ann@example.com')]);
  const held = await desk.apply([{ ...AGENTS, mode: 'report-only' }]);
  expect(held.text.join('\n')).toContain('ann@example.com - not now: report-only');
  await desk.bridge.drain();
  expect(desk.bridge.holders('Chat agents EU')).toEqual([]);
  const freed = await desk.apply([AGENTS]);
  expect(freed.text.join('\n')).toContain('Gain "Chat agents EU" (user group): 1\n  ann@example.com');
  await desk.bridge.drain();
  expect(desk.bridge.holders('Chat agents EU')).toEqual(['ann@example.com']);
});
