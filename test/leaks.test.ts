/** The watch over secrets can fail: a leak that is planted is found, wherever and in whatever form. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openTestBridge, type TestBridge } from './build.ts';
import { guard, guardPasswords, guardToken, hear, takeLeaks } from './leaks.ts';
import { CONNECTION } from './open.ts';
import { openTestScim, type TestScim } from './scim/bridge.ts';

const secret = () => randomBytes(32).toString('base64url');

describe('a guarded secret is heard', () => {
  const forms: [string, (text: string) => string][] = [
    ['as it is', (text) => text],
    ['within a sentence', (text) => `the token ${text}, which is wrong`],
    ['its first half', (text) => text.slice(0, 24)],
    ['its second half', (text) => text.slice(-22)],
    ['in base64', (text) => Buffer.from(text).toString('base64')],
    ['in base64url', (text) => Buffer.from(text).toString('base64url')],
    ['in Basic, behind a user of one character', (text) => Buffer.from(`a:${text}`).toString('base64')],
    ['in Basic, behind a user of two', (text) => Buffer.from(`ab:${text}x`).toString('base64')],
    ['in Basic, behind a user of three', (text) => Buffer.from(`abc:${text}xy`).toString('base64')],
    ['in hexadecimal', (text) => Buffer.from(text).toString('hex')],
    ['in capital hexadecimal', (text) => Buffer.from(text).toString('hex').toUpperCase()],
    ['percent-encoded', (text) => encodeURIComponent(text)],
    [
      'every byte percent-encoded',
      (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join(''),
    ],
  ];
  test.each(forms)('%s', (_label, encode) => {
    const token = secret();
    guardToken('a token', `scimb_${'0'.repeat(32)}_${token}`);
    hear('log', JSON.stringify({ message: encode(token) }));
    expect(takeLeaks()).toEqual([expect.stringContaining('log: a token')]);
    hear('log', JSON.stringify({ message: encode(secret()), id: '0'.repeat(32) }));
    expect(takeLeaks()).toEqual([]);
  });

  test.each([
    ['a short one', 'hunter2!x'],
    ['one with signs of its own', 'p"a\\s/s+w ö%rd'],
  ])('a password: %s', (_label, password) => {
    guard('a password', password);
    const spellings = [
      password,
      JSON.stringify(password),
      encodeURIComponent(password),
      Buffer.from(password).toString('base64'),
      Buffer.from(password).toString('hex'),
    ];
    for (const text of spellings) {
      hear('log', text);
      expect([text, takeLeaks().length > 0]).toEqual([text, true]);
    }
  });

  test('a failure does not repeat the secret', () => {
    const token = secret();
    guard('a token', token);
    hear('log', `before ${token} after`);
    expect(JSON.stringify(takeLeaks())).not.toContain(token.slice(0, 8));
  });

  test('passwords of requests are guarded, unless they stand in the request a second time', () => {
    guardPasswords({ userName: 'ada', password: 'correct horse battery' });
    hear('log', 'correct horse battery');
    expect(takeLeaks()).toHaveLength(1);
    guardPasswords({ userName: 'staple staple staple', password: 'staple staple staple' });
    hear('log', 'staple staple staple');
    expect(takeLeaks()).toEqual([]);
  });
});

describe('every test bridge listens, and its process', () => {
  async function minted(bridge: Pick<TestBridge | TestScim, 'directory'>): Promise<string> {
    return (await bridge.directory.createToken(CONNECTION, { label: 'planted' })).secret;
  }
  const heard = (where: string) => [expect.stringContaining(`${where}: the bearer "planted"`)];

  test('to its log', async () => {
    const bridge = await openTestBridge();
    // Short enough to pass the mask of the log.
    bridge.drainDeps.log('planted', { word: (await minted(bridge)).slice(-20) });
    expect(takeLeaks()).toEqual(heard('log'));
    await bridge.close();
  });

  test('to what it refuses', async () => {
    const bridge = await openTestScim();
    const answer = await bridge.send({ rawPath: '/nowhere', baseUrl: `https://${await minted(bridge)}` });
    expect(answer.status).toBe(404);
    expect(takeLeaks()).toEqual(heard('answer'));
    await bridge.close();
  });

  test.each([
    ['a test bridge', () => openTestBridge()],
    ['the routes alone', () => openTestScim()],
  ])('to its table, when it is closed: %s', async (_label, open) => {
    const bridge = await open();
    await bridge.directory.createUser(CONNECTION, { userName: await minted(bridge), active: true });
    expect(takeLeaks()).toEqual([]);
    await bridge.close();
    expect(takeLeaks()).toEqual(expect.arrayContaining(heard('store')));
  });

  test('to what the process writes', async () => {
    const bridge = await openTestScim();
    const token = await minted(bridge);
    process.stderr.write(`planted by a test: ${token}\n`);
    expect(takeLeaks()).toEqual(heard('output'));
    console.info(`planted by a test: ${token}`);
    expect(takeLeaks().length).toBeGreaterThan(0);
    await bridge.close();
  });
});
