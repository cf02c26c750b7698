/**
 * Access tokens of OAuth clients (RFC 6749 section 1.4): `scima_<client id>_<scopes>_<end>_<seal>`. Everything that it
 * says is covered by the seal, so none is stored and issuing one writes nothing. It grants nothing by itself: each request
 * reads the client's record anew, so a client that is revoked ends all its access tokens with the next request.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenScope } from './records.ts';

export interface AccessToken {
  readonly clientId: string;
  readonly scopes: readonly TokenScope[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const FORM = /^(scima_([0-9a-f]{32})_(r|w|rw)_([0-9]{1,15}))_([A-Za-z0-9_-]{43})$/;

export function sealAccessToken(key: string, { clientId, scopes, expiresAt }: AccessToken): string {
  const letters = `${scopes.includes('read') ? 'r' : ''}${scopes.includes('write') ? 'w' : ''}`;
  const claims = `scima_${clientId}_${letters}_${expiresAt}`;
  return `${claims}_${sealOf(key, claims)}`;
}

/** Of the shape of ours, whoever made it. */
export function isShapedAsAccess(text: string): boolean {
  return FORM.test(text);
}

/** What a sealed token says; undefined for anything that was not sealed with this key. Its end is the caller's to judge. */
export function openAccessToken(key: string, text: string): AccessToken | undefined {
  const [, claims = '', clientId = '', letters = '', ends = '', seal = ''] = FORM.exec(text) ?? [];
  // Compared as text: the bytes behind base64url have several spellings, and both texts are 43 characters.
  if (claims === '' || !timingSafeEqual(Buffer.from(seal), Buffer.from(sealOf(key, claims))))
    return undefined;
  const scopes: TokenScope[] = [];
  if (letters.includes('r')) scopes.push('read');
  if (letters.includes('w')) scopes.push('write');
  return { clientId, scopes, expiresAt: Number(ends) };
}

function sealOf(key: string, claims: string): string {
  return createHmac('sha256', key).update(claims).digest('base64url');
}
