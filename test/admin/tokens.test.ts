import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Desk, openDesk } from './desk.ts';

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
    expect(text[0]).toContain(`Token "Okta prod" (${id}), read and write, does not expire`);
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
      `${id}  "Okta"  read, does not expire, made 2026-03-02 08:00:00 UTC, never used`,
    );
    expect(data).toContainEqual({ id, label: 'Okta', scopes: ['read'], created: desk.bridge.clock.now() });
  });

  test('token list tells when a token was last used and that it has expired', async () => {
    const { id, secret } = await create({ expiresInDays: 30 });
    const ofToken = async () => (await desk.run('token.list')).text.find((line) => line.startsWith(id));
    await statusWith(secret);
    expect(await ofToken()).toContain('expires 2026-04-01 08:00:00 UTC');
    desk.bridge.clock.advance(31 * 24 * 3600 * 1000);
    const line = await ofToken();
    expect(line).toContain('expired 2026-04-01 08:00:00 UTC');
    expect(line).toContain('last used 2026-03-02 08:00:00 UTC');
    expect(await statusWith(secret)).toBe(401);
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
    { label: 'with an unknown argument', args: { label: 'x', days: 3 }, says: 'days' },
  ];
  for (const { label, args, says } of rows) {
    test(`token create ${label} is refused`, async () => {
      expect(await desk.refusal('token.create', args)).toContain(says);
      expect(await desk.bridge.directory.listTokens(desk.bridge.connection)).toHaveLength(1);
    });
  }
});
