/** The parts of set-up inside the bridge: connected once, repeated, interrupted, with wrong credentials (V6, R19). */
import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import { openTestBridge, type TestBridge, type TestBridgeOptions } from '../build.ts';
import { testClock } from '../open.ts';
import { type Desk, freshDesk } from './desk.ts';

let open: TestBridge | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function fresh(options: TestBridgeOptions = {}): Promise<Desk & { bridge: TestBridge }> {
  const clock = testClock();
  const state = seedSmallOrg({ random: seededRandom(3), at: clock.now() });
  open = await openTestBridge({ clock, state, ...options });
  return freshDesk(open);
}

const reads = ({ bridge }: Desk) => bridge.org.calls().map(({ endpoint }) => endpoint);
const org = ({ bridge }: Desk) => bridge.directory.getOrg(bridge.orgKey);
const connection = ({ bridge }: Desk) => bridge.directory.getConnection(bridge.connection);

describe('setup.look', () => {
  test('before anything says what is missing, without asking Adobe', async () => {
    const desk = await fresh();
    const { data } = await desk.run('setup.look');
    expect(data).toMatchObject({ ready: false, credential: { orgId: expect.stringContaining('@AdobeOrg') } });
    expect(reads(desk)).toEqual([]);
  });

  test('shows the domains that Adobe lists and that the identity provider sends, with usernames that differ', async () => {
    const desk = await fresh();
    await desk.run('setup.connect');
    const { seen } = (await desk.run('setup.look')).data as { seen: unknown };
    // Adobe lists no technical accounts; of the federated people Mina alone has a username of her own.
    const listed = [
      { domain: 'example.com', people: 6, types: { federatedID: 5, adobeID: 1 }, differ: 1, country: 'DE' },
      { domain: 'example.net', people: 1, types: { adobeID: 1 }, differ: 0 },
    ];
    const none = { people: 0, differ: 0 };
    expect(seen).toEqual(listed.map((one) => ({ ...one, sent: none })));
    const { bridge } = desk;
    const emails = [{ value: 'bob@example.com', primary: true }];
    for (const resource of [{ userName: 'eve@elsewhere.example' }, { userName: 'bob', emails }])
      await bridge.directory.createUser(bridge.connection, { active: true, ...resource });
    expect((await desk.run('setup.look')).data).toMatchObject({
      seen: [
        { domain: 'example.com', people: 6, sent: { people: 1, differ: 1 } },
        { domain: 'example.net', sent: none },
        { domain: 'elsewhere.example', people: 0, types: {}, sent: { people: 1, differ: 0 } },
      ],
    });
  });
});

describe('setup.connect', () => {
  test('tests the credential, stores org and connection in report-only mode, and lists Adobe once', async () => {
    const desk = await fresh();
    const { text } = await desk.run('setup.connect');
    expect(text.join('\n')).toMatch(/Adobe accepts the credential: org .+@AdobeOrg/);
    expect(text.join('\n')).toMatch(/Adobe's list of .* \d+ people, \d+ profiles and groups/);
    const { settings, restored } = await connection(desk);
    expect([settings.mode, settings.domains, settings.removalLimit, restored]).toEqual([
      'report-only',
      {},
      undefined,
      false,
    ]);
    expect(reads(desk).sort()).toEqual(['groups', 'token', 'user', 'users']);
  });

  test('again changes nothing, reads no list, and leaves mode and settings as the operator set them', async () => {
    const desk = await fresh();
    await desk.run('setup.connect');
    await desk.run('settings.apply', {
      settings: { domains: { 'example.com': { type: 'federatedID', country: 'US', username: 'email' } } },
      yes: true,
    });
    await desk.run('mode', { mode: 'additive', yes: true });
    const before = [await org(desk), await connection(desk)];
    const calls = reads(desk).length;
    await desk.run('setup.connect');
    expect([await org(desk), await connection(desk)]).toEqual(before);
    expect(reads(desk).slice(calls)).toEqual(['user']);
  });

  test('after a run that died between the list and its end finds the list, and says so', async () => {
    let lose = true;
    const desk = await fresh({
      wrapFetch: (fetch) => async (url, init) => {
        if (lose && String(url).includes('/usermanagement/users/'))
          throw new TypeError('the way to Adobe broke');
        return fetch(url, init);
      },
    });
    const first = await desk.run('setup.connect');
    expect(first.text.join('\n')).toMatch(/! Adobe was not listed to the end/);
    lose = false;
    expect((await desk.run('setup.connect')).text.join('\n')).toMatch(/within the last two hours/);
    desk.bridge.clock.advance(2 * 3_600_000 + 1);
    expect((await desk.run('setup.connect')).text.join('\n')).toMatch(/Adobe's list of/);
  });

  test('stores nothing when Adobe refuses the credential, and says what to do', async () => {
    const desk = await fresh({
      wrapFetch: () => async () =>
        Response.json({ error: 'invalid_client', error_description: 'invalid client' }, { status: 400 }),
    });
    expect(await desk.refusal('setup.connect')).toMatch(/invalid_client.*\n.*Developer Console/);
    expect(await org(desk)).toBeUndefined();
  });

  test('does not mistake a broken line for a wrong credential', async () => {
    const desk = await fresh({
      wrapFetch: () => async () => {
        throw new TypeError('fetch failed');
      },
    });
    expect(await desk.refusal('setup.connect')).toMatch(/could not be asked.*again in a minute/);
  });

  test('refuses the credential of another Adobe org, whatever is stored', async () => {
    const desk = await fresh();
    await desk.run('setup.connect');
    const { clientId = '' } = (await org(desk)) ?? {};
    const other = freshDesk(desk.bridge, { renew: async () => ({ orgId: 'B@AdobeOrg', clientId }) });
    const before = reads(desk);
    expect(await other.refusal('setup.connect')).toMatch(/set up for the Adobe org .*second stack/);
    expect(reads(desk)).toEqual(before);
  });

  test('with another client of the same org goes on with its budget', async () => {
    const desk = await fresh();
    await desk.run('setup.connect');
    const { adobeOrgId = '' } = (await org(desk)) ?? {};
    const other = freshDesk(desk.bridge, { renew: async () => ({ orgId: adobeOrgId, clientId: 'other' }) });
    await other.run('setup.connect');
    expect((await org(desk))?.clientId).toBe('other');
  });

  test('lets the drain go on at once after a credential was repaired', async () => {
    const desk = await fresh();
    await desk.run('setup.connect');
    const authFault = { code: 'invalid_client', message: 'No.', hint: 'h', at: desk.bridge.clock.now() };
    await desk.bridge.directory.changeOrg(desk.bridge.orgKey, { authFault });
    await desk.run('setup.connect');
    expect((await org(desk))?.authFault).toBeUndefined();
  });

  test('names the secret while nothing usable is stored there', async () => {
    const desk = await fresh();
    const empty = freshDesk(desk.bridge, { secret: 'arn:aws:secret', renew: async () => undefined });
    expect(await empty.refusal('setup.connect')).toMatch(/arn:aws:secret holds no Adobe credential/);
  });
});
