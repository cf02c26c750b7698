import { afterEach, describe, expect, test } from 'vitest';
import { minutesFor } from '../../lambdas/admin/status.ts';
import type { ConnectionSettings } from '../../lambdas/directory/records.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import type { TestBridgeOptions } from '../build.ts';
import { testClock } from '../open.ts';
import { type Desk, openDesk } from './desk.ts';

const opened: Desk[] = [];
afterEach(async () => {
  for (const desk of opened.splice(0)) await desk.bridge.close();
});

const AGENTS = { group: 'Agents', grants: [{ userGroup: 'Chat agents EU' }] };

async function openSmall(
  settings?: Partial<ConnectionSettings>,
  options: Partial<TestBridgeOptions> = {},
): Promise<Desk> {
  const clock = testClock();
  const state = seedSmallOrg({ random: seededRandom(3), at: clock.now() });
  const desk = await openDesk({ clock, state, ...(settings === undefined ? {} : { settings }), ...options });
  opened.push(desk);
  await desk.bridge.drain();
  return desk;
}

/** People in the mapped group, drained. */
async function withAgents(people: readonly string[], desk: Desk): Promise<{ group: string; ids: string[] }> {
  const ids: string[] = [];
  for (const one of people) ids.push(await desk.addUser(one));
  const group = await desk.addGroup('Agents', ids);
  await desk.apply([AGENTS]);
  await desk.bridge.drain();
  return { group, ids };
}

async function statusText(desk: Desk): Promise<string> {
  return (await desk.run('status')).text.join('\n');
}

async function personText(desk: Desk, email: string): Promise<string> {
  return (await desk.run('status.person', { email })).text.join('\n');
}

describe('status', () => {
  test('of a new bridge says that nothing is mapped and nobody listed Adobe', async () => {
    const desk = await openDesk();
    opened.push(desk);
    const text = await statusText(desk);
    expect(text).toContain('Mode full, mapping version 0 (none was applied yet: mapping apply FILE).');
    expect(text).toContain('0 users, 0 groups');
    expect(text).toContain('Adobe was not listed yet');
  });

  test('counts what is pending and says when it is done by the budget', async () => {
    const desk = await openSmall();
    const ids: string[] = [];
    for (let n = 0; n < 95; n++) ids.push(await desk.addUser(`p${n}@example.com`));
    await desk.addGroup('Agents', ids);
    await desk.apply([AGENTS]);
    const { text, data } = await desk.run('status');
    expect(data).toMatchObject({
      users: 95,
      groups: 1,
      pending: 95,
      doneAt: desk.bridge.clock.now() + 60_000,
    });
    expect(text.join('\n')).toContain('Pending: 95 (10 calls if everybody needs one;');
    await desk.bridge.drain();
    expect(await statusText(desk)).toContain('Everything is up to date.');
  });

  const rows = [
    { people: 0, minutes: 0 },
    { people: 1, minutes: 0 },
    { people: 90, minutes: 0 },
    { people: 91, minutes: 1 },
    { people: 900, minutes: 9 },
    { people: 10_000, minutes: 111 },
  ];
  for (const { people, minutes } of rows) {
    test(`expects ${people} people to take ${minutes} full minutes at nine calls a minute`, () => {
      expect(minutesFor(people)).toBe(minutes);
    });
  }

  test('counts parked people by reason with what to do, also of domains that nobody set', async () => {
    const desk = await openSmall();
    await withAgents(['twin@example.com', 'a@elsewhere.test', 'b@elsewhere.test', 'c@nowhere.test'], desk);
    const { text, data } = await desk.run('status');
    expect(data).toMatchObject({ parked: { total: 4, reasons: { twin: 1, 'domain-not-allowed': 3 } } });
    expect(text.join('\n')).toContain('3 domain-not-allowed: The e-mail domain');
    expect(text.join('\n')).toContain('1 twin: Nothing was sent. Remove that user');
  });

  test('remembers by name what people are parked on, without a scan', async () => {
    const desk = await openSmall();
    await withAgents(['a@elsewhere.test'], desk);
    const places = await desk.bridge.directory.readPlaces(desk.bridge.orgKey);
    expect(places.parked.map(({ scope }) => scope)).toEqual(['elsewhere.test']);
  });

  test('counts what a mode holds back and what waits for the end of the grace', async () => {
    const desk = await openSmall({ graceSeconds: { active: 300, gone: 0 } });
    const { group, ids } = await withAgents(['ann@example.com'], desk);
    await desk.patchMembers(group, 'remove', ids);
    await desk.bridge.drainOnce();
    expect((await desk.run('status')).data).toMatchObject({ waiting: { total: 1, reasons: { grace: 1 } } });
    await desk.bridge.directory.changeSettings(desk.bridge.connection, (before) => ({
      ...before,
      mode: 'report-only',
    }));
    await desk.addUser('bob@example.com').then((bob) => desk.patchMembers(group, 'add', [bob]));
    await desk.bridge.drainOnce();
    const { data } = await desk.run('status');
    expect(data).toMatchObject({ mode: 'report-only', held: { total: 1, reasons: { 'report-only': 1 } } });
  });

  test('shows a fault once with its hint and when it is tried again', async () => {
    const desk = await openSmall();
    desk.bridge.org.byHand({ action: 'addUserGroup', name: 'Short lived' });
    const ann = await desk.addUser('ann@example.com');
    await desk.addGroup('Agents', [ann]);
    await desk.apply([{ group: 'Agents', grants: [{ userGroup: 'Short lived' }] }]);
    desk.bridge.org.byHand({ action: 'deleteGroup', group: 'Short lived' });
    await desk.bridge.drain();
    const text = await statusText(desk);
    expect(text).toContain('Fault on "short lived": error.group.not_found');
    expect(text).toContain('The bridge tries again at 2026-03-02 09:00');
  });

  test('says first of all that Adobe refuses the credential (F42)', async () => {
    const desk = await openSmall();
    const authFault = {
      code: 'invalid_client',
      message: 'No.',
      hint: 'Make a new secret.',
      at: desk.bridge.clock.now(),
    };
    await desk.bridge.directory.changeOrg(desk.bridge.orgKey, { authFault });
    const text = await statusText(desk);
    expect(text).toContain('Adobe does not accept the credential (invalid_client, 0 minutes ago): No.');
    expect(text).toContain('Make a new secret.');
  });

  test('looks at the budget and takes nothing from it (R30)', async () => {
    const desk = await openSmall();
    for (let n = 0; n < 12; n++) await desk.run('status');
    expect((await desk.run('status')).data).toMatchObject({ nextActionSlot: desk.bridge.clock.now() });
  });
});

describe('status of a person', () => {
  test('says what is sent next, and after it what Adobe has since when', async () => {
    const desk = await openSmall();
    const ann = await desk.addUser('ann@example.com');
    await desk.addGroup('Agents', [ann]);
    await desk.apply([AGENTS]);
    const before = await personText(desk, 'Ann@Example.com');
    expect(before).toContain('groups: "Agents"');
    expect(before).toContain('"Chat agents EU" (user group) by group "Agents" - not there yet');
    expect(before).toContain('next: create ann@example.com, grant "Chat agents EU"');
    await desk.bridge.drain();
    const after = await personText(desk, 'ann@example.com');
    expect(after).toContain('at Adobe: ann@example.com, made by the bridge');
    expect(after).toMatch(/"Chat agents EU" since 2026-03-02 08:00:\d\d UTC/);
    expect(after).toContain('status: up to date\n  next: nothing to do');
  });

  test('is found by userName too, and says that without a rule nothing is wanted', async () => {
    const desk = await openSmall();
    await desk.addUser('ann@login.example', { emails: [{ value: 'ann@example.com', primary: true }] });
    const text = await personText(desk, 'ann@login.example');
    expect(text).toContain('identity: ann@example.com, federatedID');
    expect(text).toContain('groups: none');
    expect(text).toContain('wanted: nothing, no rule of the mapping speaks of this person');
  });

  const parked: readonly { label: string; email: string; says: readonly string[] }[] = [
    {
      label: 'a twin (V8)',
      email: 'twin@example.com',
      says: [
        'parked',
        '(twin)',
        'a user of type adobeID',
        'What to do: Nothing was sent.',
        'adobeID, active: "Marketing"',
      ],
    },
    {
      label: 'a domain outside the allow-list (T15)',
      email: 'ann@elsewhere.test',
      says: [
        'identity: none that Adobe can take (domain-not-allowed)',
        'not in the connection',
        'nothing can be sent until',
      ],
    },
    {
      label: 'an administrator',
      email: 'olga.admin@example.com',
      says: [
        'held back by a setting (protected)',
        'an administrator, so the bridge never touches the person',
      ],
    },
  ];
  for (const { label, email, says } of parked) {
    test(`who is ${label} says why nothing is sent and what to do`, async () => {
      const desk = await openSmall();
      await withAgents([email], desk);
      const text = await personText(desk, email);
      for (const words of says) expect(text).toContain(words);
    });
  }

  test('who was there before the bridge shows what was given by hand beside', async () => {
    const desk = await openSmall();
    await withAgents(['hanna.made@example.com'], desk);
    const text = await personText(desk, 'hanna.made@example.com');
    expect(text).toContain('was there before the bridge');
    expect(text).toContain('given by hand');
    expect(text).toContain('"Marketo Standard"');
  });

  test('who loses something shows since when it is not wanted and when it goes (R22)', async () => {
    const desk = await openSmall({ graceSeconds: { active: 300, gone: 0 } });
    const { group, ids } = await withAgents(['ann@example.com'], desk);
    await desk.patchMembers(group, 'remove', ids);
    await desk.bridge.drainOnce();
    const text = await personText(desk, 'ann@example.com');
    expect(text).toMatch(/"Chat agents EU" since .*, no longer wanted since 2026/);
    expect(text).toMatch(/waiting for a moment \(grace\), looked at again at 2026/);
  });

  test('whose call has no answer shows what is in flight (R26)', async () => {
    let lose = false;
    const desk = await openSmall(undefined, {
      wrapFetch: (fetch) => async (url, init) => {
        const answer = await fetch(url, init);
        if (lose && String(url).includes('/action/')) throw new TypeError('fetch failed');
        return answer;
      },
    });
    const ann = await desk.addUser('ann@example.com');
    await desk.addGroup('Agents', [ann]);
    await desk.apply([AGENTS]);
    lose = true;
    await desk.bridge.drainOnce(60_000);
    const text = await personText(desk, 'ann@example.com');
    expect(text).toMatch(/in flight since 2026.*: create ann@example.com, grant "Chat agents EU"/);
  });

  test('whose address another account has names the other one (R3)', async () => {
    const desk = await openSmall();
    await withAgents(['ann@example.com'], desk);
    const second = await desk.addUser('ann2@example.com', {
      emails: [{ value: 'ann@example.com', primary: true }],
    });
    const group = await desk.bridge.directory.groupNamed(desk.bridge.connection, 'Agents');
    await desk.patchMembers(group?.id ?? '', 'add', [second]);
    await desk.bridge.drainOnce();
    const { text, data } = await desk.run('status.person', { email: 'ann@example.com' });
    expect(data).toMatchObject({
      people: expect.arrayContaining([expect.objectContaining({ reason: 'identity-taken' })]),
    });
    expect(text.join('\n')).toContain('! the identity ann@example.com belongs to ann@example.com for now');
    expect(text.join('\n')).toContain('Otherwise correct one of the two addresses');
  });

  test('who was deleted is found until Adobe is clean (R7)', async () => {
    const desk = await openSmall({ graceSeconds: { active: 0, gone: 3_600 } });
    const { ids } = await withAgents(['ann@example.com'], desk);
    await desk.bridge.scim('DELETE', `/scim/v2/Users/${ids[0]}`);
    const text = await personText(desk, 'ann@example.com');
    expect(text).toContain('The user was deleted in the identity provider');
    expect(text).toContain('"Chat agents EU" since');
  });

  test('whom only Adobe knows is shown as not managed', async () => {
    const desk = await openSmall();
    const text = await personText(desk, 'quentin.seat@example.com');
    expect(text).toContain('The identity provider sent nobody');
    expect(text).toContain('federatedID, active: "Sales Insight"');
    expect(text).toContain('does not manage this person');
  });

  test('whom nobody knows is refused, and says where to look', async () => {
    const desk = await openSmall();
    const message = await desk.refusal('status.person', { email: 'who@example.com' });
    expect(message).toContain('sent nobody with the e-mail or userName who@example.com');
    expect(message).toContain('Adobe showed nobody under this address when it was listed');
    expect(message).toContain('assigned to this application');
  });

  test('without an @ is refused', async () => {
    const desk = await openSmall();
    expect(await desk.refusal('status.person', { email: 'ann' })).toContain('write an e-mail address');
  });
});
