/**
 * What a hostile client cannot make the bridge do at Adobe (T40, T46, T47, T50): judged by the simulated org and by the requests
 * that reached it, not by what the bridge answered.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestBridge, type TestBridge } from './build.ts';

/** Some 3 s on an idle machine. */
const SLOW_MS = 240_000;

const profile = { name: 'Chat', product: 'Dynamic Chat' };
const grants = [{ kind: 'profile', name: profile.name } as const];
const patchOf = (value: unknown) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [{ op: 'replace', path: 'active', value }],
});

async function create(bridge: TestBridge, userName: string, more: object = {}): Promise<string> {
  const { status, json } = await bridge.scim('POST', '/scim/v2/Users', { userName, ...more });
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`);
  return json.id;
}

async function groupOf(bridge: TestBridge, displayName: string, members: readonly string[]): Promise<string> {
  const { json } = await bridge.scim('POST', '/scim/v2/Groups', {
    displayName,
    members: members.map((value) => ({ value })),
  });
  return json.id;
}

describe('40 spellings of a boolean (T40)', () => {
  const email = 'leaver@example.com';
  let bridge: TestBridge;
  let id: string;
  beforeAll(async () => {
    bridge = await openTestBridge({ profiles: [profile] });
    await bridge.map([{ group: 'Agents', grants }]);
    id = await create(bridge, email, { name: { givenName: 'Lea', familyName: 'Ver' } });
    await groupOf(bridge, 'Agents', [id]);
    await bridge.drain();
    expect(bridge.holders('Chat')).toEqual([email]);
  });
  afterAll(() => bridge.close());

  const off: readonly unknown[] = [false, 'false', 'False', 'FALSE', 'fAlSe', 'falsE'];
  const on: readonly unknown[] = [true, 'true', 'True', 'TRUE', 'tRuE', 'trUE'];
  const neither: readonly unknown[] = [
    ...[
      'f',
      't',
      'no',
      'yes',
      'n',
      'y',
      'off',
      'on',
      '0',
      '1',
      '-1',
      ' false',
      'false ',
      'false\n',
      '"false"',
      "'false'",
    ],
    ...[
      'fals',
      'falsee',
      'wahr',
      'null',
      'undefined',
      'NaN',
      '[]',
      '{}',
      'fal\u0455e',
      '\uFF46alse',
      'disabled',
      'inactive',
    ],
  ];

  test.each(off.map((value) => [JSON.stringify(value), value] as const))(
    '%s takes the profile away',
    async (_label, value) => {
      expect((await bridge.scim('PATCH', `/scim/v2/Users/${id}`, patchOf(value))).status).toBe(200);
      await bridge.drain();
      expect(bridge.holders('Chat')).toEqual([]);
      await bridge.scim('PATCH', `/scim/v2/Users/${id}`, patchOf(true));
      await bridge.drain();
      expect(bridge.holders('Chat')).toEqual([email]);
    },
  );

  test.each(on.map((value) => [JSON.stringify(value), value] as const))(
    '%s gives it back',
    async (_label, value) => {
      await bridge.scim('PATCH', `/scim/v2/Users/${id}`, patchOf(false));
      await bridge.drain();
      expect(bridge.holders('Chat')).toEqual([]);
      expect((await bridge.scim('PATCH', `/scim/v2/Users/${id}`, patchOf(value))).status).toBe(200);
      await bridge.drain();
      expect(bridge.holders('Chat')).toEqual([email]);
    },
  );

  test('every other spelling is 400, of an active person and of an inactive one, and changes nothing at Adobe', async () => {
    expect(off.length + on.length + neither.length).toBe(40);
    for (const [state, holders] of [
      [true, [email]],
      [false, []],
    ] as const) {
      await bridge.scim('PATCH', `/scim/v2/Users/${id}`, patchOf(state));
      await bridge.drain();
      for (const value of [...neither, 0, 1, null, [], {}, '', [false, true]]) {
        const { status, json } = await bridge.scim('PATCH', `/scim/v2/Users/${id}`, patchOf(value));
        expect([value, status, json.scimType]).toEqual([value, 400, 'invalidValue']);
      }
      await bridge.drain();
      expect(bridge.holders('Chat')).toEqual([...holders]);
    }
  });
});

describe('what reaches Adobe', () => {
  interface Sent {
    readonly url: URL;
    readonly text: string;
  }
  const sent: Sent[] = [];
  let bridge: TestBridge;
  beforeAll(async () => {
    bridge = await openTestBridge({
      profiles: [profile],
      wrapFetch: (fetch) => async (input, init) => {
        sent.push({ url: new URL(String(input)), text: typeof init?.body === 'string' ? init.body : '' });
        return fetch(input, init);
      },
    });
    await bridge.map([{ group: 'Agents', grants }]);
  });
  afterAll(() => bridge.close());

  /** As they would stand in a path, one segment per name. */
  const paths =
    /^\/v2\/usermanagement\/(action\/[^/]+|users\/[^/]+\/\d+|groups\/[^/]+\/\d+|organizations\/[^/]+\/users\/[A-Za-z0-9@%._+'!*()~-]+|users\/[^/]+\/\d+\/[A-Za-z0-9%._+ -]+)$/;

  test('names made to climb, to cut or to add to an address of Adobe arrive as one segment, or not at all (T47)', async () => {
    const names = [
      'a/../b@example.com',
      '../../../groups/x@example.com',
      'a?x=1@example.com',
      'a#x@example.com',
      'a%2f..%2fb@example.com',
      'a%00@example.com',
      'a\\b@example.com',
      'a;x=1@example.com',
      'a b@example.com',
      'a@example.com/../../x',
      'a@example.com?domain=evil.example',
      'a@evil.example@example.com',
      '"a/b"@example.com',
      '.@example.com',
      '..@example.com',
      'a&option=updateIfAlreadyExists@example.com',
      "a'@example.com",
      '{"do":[{"removeFromOrg":{}}]}@example.com',
      'plain@example.com',
      'plus+tag@example.com',
    ];
    const group = await groupOf(bridge, 'Agents', []);
    for (const name of names) {
      const id = await create(bridge, name, { emails: [{ value: name, primary: true }] });
      const join = { Operations: [{ op: 'add', path: 'members', value: [{ value: id }] }] };
      await bridge.scim('PATCH', `/scim/v2/Groups/${group}`, join);
      // One by one, a day apart: who is new is looked up by name then, not found in a listing of everybody.
      await bridge.drain();
      bridge.clock.advance(25 * 3_600_000);
    }
    expect(
      sent.filter(
        ({ url }) =>
          url.pathname.includes('/users/plain%40example.com') ||
          url.pathname.includes('/users/plain@example.com'),
      ),
    ).not.toEqual([]);
    expect(sent.length).toBeGreaterThan(3);
    for (const { url } of sent) {
      const isToken = url.origin === 'https://ims.example.test';
      expect([
        url.href,
        isToken || (url.origin === 'https://umapi.example.test' && paths.test(url.pathname)),
      ]).toEqual([url.href, true]);
      expect(decodeURIComponent(url.pathname)).not.toMatch(/\.\.|\\|\0/);
      expect(url.search).not.toMatch(/evil|x=1/);
    }
    const commands = sent
      .filter(({ url }) => url.pathname.includes('/action/'))
      .flatMap(({ text }): { do: object[] }[] => JSON.parse(text));
    expect(commands.length).toBeGreaterThan(1);
    expect(
      commands
        .flatMap((command) => command.do.flatMap(Object.keys))
        .filter((step) => step.startsWith('remove')),
    ).toEqual([]);
    const held = bridge.holders('Chat');
    // Whoever holds it holds it under the very name that was sent; the others wait, and say why.
    expect(held.filter((email) => !names.includes(email))).toEqual([]);
    expect(held).toContain('plain@example.com');
    const query = 'attributes=userName,urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User';
    const { json } = await bridge.scim('GET', `/scim/v2/Users?${query}&count=100`);
    const waiting: { userName: string; [extension: string]: unknown }[] = json.Resources;
    for (const { userName, ...rest } of waiting.filter((user) => !held.includes(user.userName))) {
      expect([userName, JSON.stringify(rest)]).toEqual([
        userName,
        expect.stringMatching(/"status":"parked".*"reason":"/),
      ]);
    }
  });

  test('addresses in photos, profileUrl, $ref and manager are never followed (T46)', async () => {
    sent.length = 0;
    const url = 'http://169.254.169.254/latest/meta-data';
    const id = await create(bridge, 'links@example.com', {
      profileUrl: url,
      photos: [{ value: url, type: 'photo' }],
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: url, $ref: url } },
      groups: [{ value: 'x', $ref: url }],
    });
    await bridge.scim('GET', `/scim/v2/Users/${id}`);
    await groupOf(bridge, 'Links', [id]);
    await bridge.map([
      { group: 'Agents', grants },
      { group: 'Links', grants },
    ]);
    await bridge.drain();
    expect(bridge.holders('Chat')).toContain('links@example.com');
    expect(sent.filter(({ url: { hostname } }) => !hostname.endsWith('.example.test'))).toEqual([]);
    expect(JSON.stringify(sent)).not.toContain('169.254');
  });

  test(
    'a client that makes and deletes one person 200 times costs a handful of calls and no invitation (T50)',
    async () => {
      const group = await groupOf(bridge, 'Agents again', []);
      await bridge.map([{ group: 'Agents again', grants }]);
      await bridge.drain();
      sent.length = 0;
      for (let round = 0; round < 200; round += 1) {
        const id = await create(bridge, 'loop@example.com');
        if (round % 20 === 0) {
          await bridge.scim('PATCH', `/scim/v2/Groups/${group}`, {
            Operations: [{ op: 'add', path: 'members', value: [{ value: id }] }],
          });
        }
        await bridge.scim('DELETE', `/scim/v2/Users/${id}`);
      }
      await bridge.drain();
      expect(bridge.holders('Chat')).not.toContain('loop@example.com');
      expect(sent.filter(({ text }) => text.includes('loop@example.com'))).toEqual([]);
      expect(sent.length).toBeLessThan(10);
    },
    SLOW_MS,
  );
});
