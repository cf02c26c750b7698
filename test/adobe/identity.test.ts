import { describe, expect, test } from 'vitest';
import type { AdobeIdentity } from '../../lambdas/adobe/adobe.ts';
import { normalName, sameHandle } from '../../lambdas/adobe/identity.ts';

const ada: AdobeIdentity = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' };
const bare: AdobeIdentity = { ...ada, username: 'ada', domain: 'd.example' };

describe('two identities', () => {
  const rows: { label: string; a: AdobeIdentity; b: AdobeIdentity; handle: boolean }[] = [
    { label: 'equal', a: ada, b: { ...ada }, handle: true },
    {
      label: 'different in case only: no rename (R2)',
      a: ada,
      b: { ...ada, email: 'Ada@Example.com', username: 'ADA@example.com' },
      handle: true,
    },
    {
      label: 'with another e-mail',
      a: ada,
      b: { ...ada, email: 'a@example.com' },
      handle: false,
    },
    {
      label: 'with another username',
      a: ada,
      b: { ...ada, username: 'x@example.com' },
      handle: true,
    },
    { label: 'of another type (T17)', a: ada, b: { ...ada, type: 'adobeID' }, handle: false },
    { label: 'with and without login domain', a: ada, b: bare, handle: false },
    {
      label: 'with another bare username',
      a: bare,
      b: { ...bare, username: 'eve' },
      handle: false,
    },
    {
      label: 'Business ID and what Adobe shows for it (R2)',
      a: { ...ada, type: 'businessID' },
      b: { ...ada, username: 'other@example.com', type: 'federatedID' },
      handle: false,
    },
  ];
  test.each(rows)('$label: one handle $handle', ({ a, b, handle }) => {
    expect([sameHandle(a, b), sameHandle(b, a)]).toEqual([handle, handle]);
  });
});

test('names compare without case and outer blanks, composed or not (umapi.md 12)', () => {
  expect(normalName(' Live Agent ')).toBe('live agent');
  expect(normalName('Cafe\u0301')).toBe(normalName('CAF\u00c9'));
});
