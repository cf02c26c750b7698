import { describe, expect, test } from 'vitest';
import { type AccessToken, openAccessToken, sealAccessToken } from '../../lambdas/directory/access-token.ts';

const key = 'a key of the service';
const clientId = '019cad8fb3d07b58acfcacd53aa9b3f7';
const said: AccessToken = { clientId, scopes: ['read', 'write'], expiresAt: 1_772_438_400_123 };

describe('an access token', () => {
  test.each<[string, AccessToken]>([
    ['reading and writing', said],
    ['reading', { ...said, scopes: ['read'] }],
    ['writing', { ...said, scopes: ['write'] }],
  ])('%s says what was sealed', (_label, token) => {
    expect(openAccessToken(key, sealAccessToken(key, token))).toEqual(token);
  });

  test('is the same for the same, so that issuing needs no store', () => {
    expect(sealAccessToken(key, said)).toBe(sealAccessToken(key, said));
  });

  test('opens with its own key only', () => {
    expect(openAccessToken('another key', sealAccessToken(key, said))).toBeUndefined();
  });

  test('that differs in one character, whichever, opens nothing', () => {
    const sealed = sealAccessToken(key, { ...said, scopes: ['read'] });
    for (const [at, was] of [...sealed].entries()) {
      for (const other of ['A', 'B', 'w', '0', '9', '_', '=', ' ', '\n'].filter((one) => one !== was)) {
        const text = sealed.slice(0, at) + other + sealed.slice(at + 1);
        expect([text, openAccessToken(key, text)]).toEqual([text, undefined]);
      }
      const shorter = sealed.slice(0, at) + sealed.slice(at + 1);
      expect([shorter, openAccessToken(key, shorter)]).toEqual([shorter, undefined]);
    }
  });

  test.each([
    ['more rights', (text: string) => text.replace('_r_', '_rw_')],
    ['a later end', (text: string) => text.replace('_1772438400123_', '_1872438400123_')],
    ['another client', (text: string) => text.replace(clientId, clientId.replace('0', '1'))],
    ['something behind', (text: string) => `${text}\n`],
    ['something before', (text: string) => ` ${text}`],
    ['another kind', (text: string) => text.replace('scima', 'scimb')],
    ['nothing', () => ''],
    ['a megabyte', () => `scima_${'x'.repeat(1_000_000)}`],
  ])('with %s opens nothing', (_label, change) => {
    expect(openAccessToken(key, change(sealAccessToken(key, { ...said, scopes: ['read'] })))).toBeUndefined();
  });
});
