import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Desk, openDesk } from './desk.ts';

const DAY_MS = 24 * 3600 * 1000;

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.bridge.close());

async function create(args: object = {}): Promise<{ id: string; secret: string }> {
  const { data } = await desk.run('token.create', { label: 'Okta', ...args });
  // The command's own answer; its fields are what the tests assert.
  return data as { id: string; secret: string };
}

async function statusWith(secret: string): Promise<number> {
  const answer = await desk.bridge.scim('GET', '/scim/v2/Users?count=0', undefined, {
    authorization: `Bearer ${secret}`,
  });
  return answer.status;
}

describe('tokens', () => {
  test('token create shows a secret that opens the bridge, and says that it is shown once', async () => {
    const { text, data } = await desk.run('token.create', { label: ' Okta prod ' });
    const { id, secret } = data as { id: string; secret: string };
    expect(text[0]).toContain(`Token "Okta prod" (${id}), read and write, expires 2027-03-02 08:00:00 UTC:`);
    expect(text[1]).toBe(secret);
    expect(text[2]).toContain('cannot be shown again');
    expect(await statusWith(secret)).toBe(200);
  });

  test('token list never shows a secret or a hash (T07)', async () => {
    const { id, secret } = await create({ scopes: ['read'] });
    const { text, data } = await desk.run('token.list');
    const stored = (await desk.bridge.directory.listTokens(desk.bridge.connection)).find(
      (token) => token.id === id,
    );
    expect(stored?.hash).toMatch(/.{20}/);
    for (const hidden of [stored?.hash ?? '', secret])
      expect(JSON.stringify({ text, data })).not.toContain(hidden);
    expect(text.join('\n')).toContain(
      `${id}  "Okta"  read, expires 2027-03-02 08:00:00 UTC, made 2026-03-02 08:00:00 UTC by unknown, never used`,
    );
    const created = desk.bridge.clock.now();
    const expiresAt = created + 365 * DAY_MS;
    const about = {
      id,
      kind: 'bearer',
      label: 'Okta',
      scopes: ['read'],
      created,
      createdBy: 'unknown',
      expiresAt,
    };
    expect(data).toContainEqual(about);
  });

  test('token list tells when a token was last used and that it has expired', async () => {
    const { id, secret } = await create({ expiresInDays: 30 });
    const ofToken = async () => (await desk.run('token.list')).text.find((line) => line.startsWith(id));
    await statusWith(secret);
    expect(await ofToken()).toContain('expires 2026-04-01 08:00:00 UTC');
    desk.bridge.clock.advance(31 * DAY_MS);
    const line = await ofToken();
    expect(line).toContain('expired 2026-04-01 08:00:00 UTC');
    expect(line).toContain('last used 2026-03-02 08:00:00 UTC (seen from 127.0.0.0/24)');
    expect(await statusWith(secret)).toBe(401);
  });

  test('token list says 30 days ahead what ends, and what to do', async () => {
    const { id } = await create({ expiresInDays: 40 });
    const warnings = async () => (await desk.run('token.list')).text.filter((line) => line.startsWith('!'));
    desk.bridge.clock.advance(10 * DAY_MS - 1);
    expect(await warnings()).toEqual([]);
    desk.bridge.clock.advance(1);
    expect(await warnings()).toEqual([
      `! "Okta" ends within 30 days. Make a new one (token create), give it to the identity provider, then: token revoke ${id}`,
    ]);
    desk.bridge.clock.advance(29.5 * DAY_MS);
    expect(await warnings()).toEqual([expect.stringContaining('ends within 1 day.')]);
    expect((await desk.run('status')).text).toContain((await warnings())[0]);
    // Its line says that it is over; there is nothing left to prepare.
    desk.bridge.clock.advance(DAY_MS);
    expect(await warnings()).toEqual([]);
  });

  test('without a live token status says that nobody gets in', async () => {
    desk.bridge.clock.advance(366 * DAY_MS);
    const says = 'There is no live token, so no identity provider gets in. Make one: token create LABEL';
    expect((await desk.run('status')).text).toContain(says);
    expect((await desk.run('token.list')).text.at(-1)).toBe(says);
  });

  test('token create keeps who asked for it, and the list tells (T07)', async () => {
    const operator = 'arn:aws:sts::123456789012:assumed-role/Admin/ada';
    const answer = await desk.ask('token.create', { label: 'Okta' }, operator);
    expect(answer).toMatchObject({ ok: true, result: { data: { createdBy: operator } } });
    const lines = (await desk.run('token.list')).text.filter((line) =>
      line.includes(`by ${operator}, never used`),
    );
    expect(lines).toHaveLength(1);
  });

  test('token create --networks shows them in one spelling, and elsewhere the token is refused (T11)', async () => {
    const networks = ['::ffff:192.0.2.0/120', '2001:DB8::/32', '192.0.2.0/24'];
    const { text, data } = await desk.run('token.create', { label: 'Okta', networks });
    expect(text[0]).toContain('only from 192.0.2.0/24, 2001:db8::/32');
    expect(data).toMatchObject({ networks: ['192.0.2.0/24', '2001:db8::/32'] });
    // The test bridge is called from 127.0.0.1.
    expect(await statusWith((data as { secret: string }).secret)).toBe(401);
    expect(await statusWith((await create({ networks: ['127.0.0.0/8'] })).secret)).toBe(200);
  });

  test('token create --oauth shows a client id, a secret once, and where tokens come from', async () => {
    const { text, data } = await desk.run('token.create', { label: 'Ping', oauth: true });
    const { id, secret } = data as { id: string; secret: string };
    expect(text[0]).toContain('OAuth client "Ping"');
    expect(text).toContain(`client id      ${id}`);
    expect(text).toContain(`client secret  ${secret}`);
    expect(text.join('\n')).toContain('/oauth/token');
    expect(text.at(-1)).toContain('cannot be shown again');
    expect((await desk.run('token.list')).text.join('\n')).toContain(
      `${id}  "Ping"  OAuth client, read and write`,
    );
    const form = `grant_type=client_credentials&client_id=${id}&client_secret=${secret}`;
    const granted = await desk.bridge.scim('POST', '/oauth/token', form, {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: '',
    });
    expect(granted.status).toBe(200);
    expect(await statusWith(granted.json.access_token)).toBe(200);
    await desk.run('token.revoke', { id });
    expect(await statusWith(granted.json.access_token)).toBe(401);
  });

  test('token revoke closes the door at once', async () => {
    const { id, secret } = await create();
    const { text } = await desk.run('token.revoke', { id });
    expect(text).toEqual(['Revoked: requests with this token are refused from now on.']);
    expect(await statusWith(secret)).toBe(401);
  });

  test('token revoke of the last one says that nobody gets in', async () => {
    const [only] = await desk.bridge.directory.listTokens(desk.bridge.connection);
    const { text } = await desk.run('token.revoke', { id: only?.id ?? '' });
    expect(text.at(-1)).toContain('token create LABEL');
    expect((await desk.run('token.list')).text).toEqual([text.at(-1)]);
  });

  test('token revoke of an unknown id is refused and points to the list', async () => {
    expect(await desk.refusal('token.revoke', { id: 'nope' })).toContain('token list shows the ids');
  });

  const rows: readonly { label: string; args: object; says: string }[] = [
    { label: 'without a label', args: {}, says: 'label: write a label that says who uses the token' },
    { label: 'with an empty label', args: { label: ' ' }, says: 'write a label' },
    { label: 'with a very long label', args: { label: 'x'.repeat(101) }, says: 'at most 100 characters' },
    { label: 'with an unprintable label', args: { label: 'a\u0007b' }, says: 'printable' },
    { label: 'with an unknown scope', args: { label: 'x', scopes: ['admin'] }, says: 'scopes.0' },
    { label: 'without a scope', args: { label: 'x', scopes: [] }, says: 'name read, write or both' },
    { label: 'with no day to live', args: { label: 'x', expiresInDays: 0 }, says: 'expiresInDays' },
    { label: 'with more than 365 days', args: { label: 'x', expiresInDays: 366 }, says: 'at most 365 days' },
    {
      label: 'with what is no network',
      args: { label: 'x', networks: ['here'] },
      says: '"here" is no network',
    },
    { label: 'with no network', args: { label: 'x', networks: [] }, says: 'at least one network' },
    { label: 'with an unknown argument', args: { label: 'x', days: 3 }, says: 'days' },
  ];
  for (const { label, args, says } of rows) {
    test(`token create ${label} is refused`, async () => {
      expect(await desk.refusal('token.create', args)).toContain(says);
      expect(await desk.bridge.directory.listTokens(desk.bridge.connection)).toHaveLength(1);
    });
  }
});
