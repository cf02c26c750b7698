import { describe, expect, test } from 'vitest';
import { deriveIdentity, domainOf, emailOf, sameIdentity } from '../../lambdas/directory/identity.ts';
import type { ConnectionSettings, DomainSettings, UserResource } from '../../lambdas/directory/records.ts';
import { settings } from '../open.ts';

type Emails = NonNullable<UserResource['emails']>;

function resource(over: Partial<UserResource> = {}): UserResource {
  return {
    userName: 'ada',
    active: true,
    emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
    ...over,
  };
}

function withDomain(domain: DomainSettings): ConnectionSettings {
  return { ...settings, domains: { 'example.com': domain } };
}

const federated: DomainSettings = { type: 'federatedID', country: 'US', username: 'email' };

describe('the e-mail (design.md section 5, Identity)', () => {
  const rows: [string, string, Emails | undefined, string | undefined][] = [
    [
      'primary work before primary',
      'u',
      [
        { value: 'p@a', primary: true },
        { value: 'w@a', type: 'work', primary: true },
      ],
      'w@a',
    ],
    [
      'primary before work',
      'u',
      [
        { value: 'w@a', type: 'work' },
        { value: 'p@a', type: 'home', primary: true },
      ],
      'p@a',
    ],
    [
      'work before others when none is primary',
      'u',
      [
        { value: 'h@a', type: 'home' },
        { value: 'w@a', type: 'Work' },
      ],
      'w@a',
    ],
    [
      'of two primaries the first',
      'u',
      [
        { value: 'a@a', primary: true },
        { value: 'b@a', primary: true },
      ],
      'a@a',
    ],
    ['an e-mail-shaped userName when no e-mail is usable', 'u@a', [{ value: 'h@a', type: 'home' }], 'u@a'],
    ['an e-mail-shaped userName when there is none', 'u@a', undefined, 'u@a'],
    ['an e-mail before the userName', 'u@a', [{ value: 'w@a', type: 'work', primary: true }], 'w@a'],
    [
      'no value without an @',
      'u@a',
      [
        { value: 'w', type: 'work', primary: true },
        { type: 'work', primary: true },
      ],
      'u@a',
    ],
    ['without outer blanks', 'u', [{ value: ' w@a ', primary: true }], 'w@a'],
    ['the only one, without a description', 'u', [{ value: ' o@a ' }], 'o@a'],
    ['an e-mail-shaped userName before the only one', 'u@a', [{ value: 'o@a' }], 'u@a'],
    ['not the only one of another type', 'u', [{ value: 'h@a', type: 'home' }], undefined],
    ['none of two without a description', 'u', [{ value: 'o@a' }, { value: 'p@a' }], undefined],
    ['nothing', 'u', [], undefined],
  ];
  test.each(rows)('%s', (_, userName, emails, expected) => {
    expect(emailOf({ userName, active: true, ...(emails === undefined ? {} : { emails }) })).toBe(expected);
  });

  test('its domain is what follows the last @, in lower case', () => {
    expect([domainOf('a@Example.COM'), domainOf('"a@b"@x.org')]).toEqual(['example.com', 'x.org']);
  });
});

describe('an identity (R2)', () => {
  const rows: [string, DomainSettings, Partial<UserResource>, object][] = [
    [
      'federated, by e-mail',
      federated,
      {},
      { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' },
    ],
    [
      'federated, by userName',
      { ...federated, username: 'userName' },
      { userName: ' ada.o ' },
      { email: 'ada@example.com', username: 'ada.o' },
    ],
    [
      'federated, undecided, both the same',
      { type: 'federatedID', country: 'US' },
      { userName: 'ADA@example.com' },
      { username: 'ada@example.com' },
    ],
    [
      'enterprise: the userName does not matter',
      { type: 'enterpriseID', username: 'userName' },
      {},
      { username: 'ada@example.com', type: 'enterpriseID' },
    ],
    [
      'business, without a country',
      { type: 'businessID' },
      {},
      { type: 'businessID', username: 'ada@example.com' },
    ],
    ['Adobe ID, without a country', { type: 'adobeID' }, {}, { type: 'adobeID' }],
    [
      'a directory with username login',
      { ...federated, username: 'userName', loginDomain: 'acme' },
      {},
      { username: 'ada', domain: 'acme' },
    ],
    [
      'the e-mail as spelled',
      federated,
      { emails: [{ value: 'Ada.O@Example.com', primary: true }] },
      { email: 'Ada.O@Example.com' },
    ],
  ];
  test.each(rows)('%s', (_, domain, over, expected) => {
    const derived = deriveIdentity(resource(over), withDomain(domain));
    expect(derived.problem).toBeUndefined();
    expect(derived.identity).toMatchObject(expected);
  });

  test('a case-only change is no rename, another username or type is (R2)', () => {
    const ada = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' } as const;
    expect(sameIdentity(ada, { ...ada, email: 'ADA@Example.com', username: 'Ada@example.com' })).toBe(true);
    expect(sameIdentity(ada, { ...ada, username: 'ada' })).toBe(false);
    expect(sameIdentity(ada, { ...ada, type: 'businessID' })).toBe(false);
    expect(sameIdentity(ada, { ...ada, email: 'bo@example.com' })).toBe(false);
  });
});

describe('a problem instead of an identity (R2, T18, T20)', () => {
  const mail = (value: string): Partial<UserResource> => ({ emails: [{ value, primary: true }] });
  const local = (length: number) => `${'a'.repeat(length - '@example.com'.length)}@example.com`;
  const rows: [string, string | undefined, DomainSettings, Partial<UserResource>][] = [
    ['no e-mail', 'email-missing', federated, { emails: [] }],
    ['a domain outside the allow-list', 'domain-not-allowed', federated, mail('a@other.com')],
    [
      'a domain called like a property of every object',
      'domain-not-allowed',
      federated,
      mail('a@constructor'),
    ],
    ['a domain called __proto__', 'domain-not-allowed', federated, mail('a@__proto__')],
    ['60 characters', undefined, federated, mail(local(60))],
    ['61 characters', 'email-too-long', federated, mail(local(61))],
    ['an umlaut before the @', 'email-characters', federated, mail('\u00e4da@example.com')],
    ['a Kelvin sign', 'email-characters', federated, mail('\u212Aim@example.com')],
    ['a full-width letter', 'email-characters', federated, mail('\uFF41da@example.com')],
    ['a slash', 'email-characters', federated, mail('a/b@example.com')],
    ['a question mark', 'email-characters', federated, mail('a?b@example.com')],
    ['a percent sign', 'email-characters', federated, mail('a%2Fb@example.com')],
    ['a blank inside', 'email-characters', federated, mail('a b@example.com')],
    ['two dots in a row', 'email-characters', federated, mail('a..b@example.com')],
    ['two @', 'email-characters', federated, mail('a@b@example.com')],
    ['nothing before the @', 'email-characters', federated, mail('@example.com')],
    ['a plus sign', undefined, federated, mail('ada+chat@example.com')],
    ['an apostrophe', undefined, federated, mail("o'neill@example.com")],
    [
      'names of 250 characters',
      undefined,
      federated,
      { name: { givenName: 'g'.repeat(250), familyName: 'f'.repeat(250) } },
    ],
    ['a first name of 251', 'name-too-long', federated, { name: { givenName: 'g'.repeat(251) } }],
    [
      'a last name of 251',
      'name-too-long',
      federated,
      { name: { givenName: 'g', familyName: 'f'.repeat(251) } },
    ],
    ['federated without any country', 'country-missing', { type: 'federatedID', username: 'email' }, {}],
    [
      'federated, country of the person',
      undefined,
      { type: 'federatedID', username: 'email' },
      { addresses: [{ country: 'NL' }] },
    ],
    [
      'username and e-mail differ, undecided',
      'username-undecided',
      { type: 'federatedID', country: 'US' },
      {},
    ],
    [
      'a username with an umlaut',
      'username-characters',
      { ...federated, username: 'userName' },
      { userName: 'j\u00f6rg' },
    ],
    [
      'a username with a slash',
      'username-characters',
      { ...federated, username: 'userName' },
      { userName: 'a/b' },
    ],
    [
      'a username of 251 characters',
      'username-too-long',
      { ...federated, username: 'userName' },
      { userName: 'u'.repeat(251) },
    ],
    ['an umlaut in a userName that is not sent', undefined, federated, { userName: 'j\u00f6rg' }],
  ];
  test.each(rows)('%s: %s', (_, code, domain, over) => {
    const derived = deriveIdentity(resource(over), withDomain(domain));
    expect(derived.problem?.code).toBe(code);
    expect(derived.identity === undefined).toBe(code !== undefined);
    if (code !== undefined) expect(derived.problem?.detail).toMatch(/\.$/);
  });

  test('Gmail takes neither a dot nor a plus before the @', () => {
    const gmail = { ...settings, domains: { 'gmail.com': { type: 'businessID' as const } } };
    const codes = ['a.b@gmail.com', 'a+b@gmail.com', 'ab@gmail.com'].map(
      (value) => deriveIdentity(resource(mail(value)), gmail).problem?.code,
    );
    expect(codes).toEqual(['email-gmail-policy', 'email-gmail-policy', undefined]);
  });

  test('a problem of a whole domain names the domain', () => {
    expect(deriveIdentity(resource(mail('a@Other.com')), settings).problem?.domain).toBe('other.com');
    const noCountry = deriveIdentity(resource(), withDomain({ type: 'federatedID', username: 'email' }));
    expect(noCountry.problem?.domain).toBe('example.com');
  });
});

describe('names and country', () => {
  const rows: [string, Partial<UserResource>, string, string][] = [
    ['as given', { name: { givenName: ' Ada ', familyName: 'Okafor' } }, 'Ada', 'Okafor'],
    ['from displayName', { displayName: 'Ada van Okafor' }, 'Ada', 'van Okafor'],
    ['a displayName of one word', { displayName: 'Ada' }, 'Ada', 'Ada'],
    ['from the e-mail when there is nothing else', {}, 'ada', 'ada'],
    [
      'a missing last name from displayName',
      { name: { givenName: 'A' }, displayName: 'Ada Okafor' },
      'A',
      'Okafor',
    ],
    ['a missing last name from the first', { name: { givenName: 'Ada' } }, 'Ada', 'Ada'],
    ['a missing first name from the e-mail', { name: { familyName: 'Okafor' } }, 'ada', 'Okafor'],
    [
      'empty ones count as missing',
      { name: { givenName: '', familyName: ' ' }, displayName: ' ' },
      'ada',
      'ada',
    ],
  ];
  test.each(rows)('names: %s', (_, over, firstname, lastname) => {
    expect(deriveIdentity(resource(over), settings)).toMatchObject({ firstname, lastname });
  });

  const countries: [string, UserResource['addresses'], string][] = [
    ['the primary address', [{ country: 'FR' }, { country: 'NL', primary: true }], 'NL'],
    ['the first with a country', [{}, { country: 'fr' }], 'FR'],
    ["the domain's when there is none", undefined, 'US'],
    ["the domain's for a name instead of a code", [{ country: 'Netherlands' }], 'US'],
  ];
  test.each(countries)('country: %s', (_, addresses, country) => {
    const about = addresses === undefined ? {} : { addresses };
    expect(deriveIdentity(resource(about), settings).country).toBe(country);
  });
});
