import { describe, expect, test } from 'vitest';
import { aBench, add, federated, problems } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';
const NEW = 'new@example.com';
const enterprise = (email: string) => ({ createEnterpriseID: { email, firstname: 'E', lastname: 'N' } });
const adobeId = (email: string, more = {}) => ({ addAdobeID: { email, ...more } });

describe('umapi.md 20 semantics: create', () => {
  test('a create makes the person, and the steps behind it find the person', async () => {
    const bench = aBench();
    const answer = await bench.post([{ user: NEW, do: [federated(NEW), add('Agents')] }]);
    expect(answer.body).toMatchObject({ result: 'success', completed: 1 });
    expect(bench.org.people().find(({ email }) => email === NEW)).toEqual({
      email: NEW,
      username: NEW,
      type: 'federatedID',
      firstname: 'New',
      lastname: 'Person',
      country: 'NL',
      groups: ['Agents'],
      access: ['Chat: Chat Agent'],
      unlicensed: [],
    });
  });

  test.each([
    ['absent: an error, and the later steps run', undefined, ['0.0 error.user.already_in_org'], 'ada'],
    ['ignoreIfAlreadyExists: skipped', 'ignoreIfAlreadyExists', [], 'ada'],
    ['updateIfAlreadyExists: first and last name only', 'updateIfAlreadyExists', [], 'New'],
  ])('option %s', async (_, option, expected, firstname) => {
    const bench = aBench();
    const create = federated(ADA, option === undefined ? {} : { option });
    const answer = await bench.post([{ user: ADA, do: [create, add('Readers')] }]);
    expect(problems(answer)).toEqual(expected);
    const ada = bench.org.people().find(({ email }) => email === ADA);
    expect(ada).toMatchObject({ firstname, country: 'DE', groups: ['Readers'] });
  });

  test.each<[string, string, unknown, string, string?]>([
    [
      'a domain of nobody',
      'x@nowhere.example',
      federated('x@nowhere.example'),
      'error.domain.trust.nonexistent',
      'Changes to users are only allowed in claimed domains.',
    ],
    [
      'a domain of another org',
      'x@rival.example',
      federated('x@rival.example'),
      'error.user.belongs_to_another_org',
      "Illegal to invite user from another organization's owned auth src",
    ],
    [
      'a Federated ID in an Enterprise directory',
      'x@ent.example',
      federated('x@ent.example'),
      'error.user.type_mismatch',
    ],
    ['an Enterprise ID in a Federated directory', NEW, enterprise(NEW), 'error.user.type_mismatch'],
    [
      'a synced directory',
      'x@synced.example',
      federated('x@synced.example'),
      'error.internal.create_failed',
      'Could not create person of type createFederatedID',
    ],
    [
      'a user name other than the e-mail where not allowed',
      'y@plain.example',
      federated('x@plain.example'),
      'error.user.must_match_email',
    ],
    [
      'a user name in an unclaimed domain',
      'x@nowhere.example',
      federated(NEW),
      'error.internal.create_failed',
      'Could not create person of type createFederatedID',
    ],
    [
      'an e-mail where people log in by name',
      'x@bare.example',
      federated('x@bare.example'),
      'error.user.name.contains.email',
    ],
    ['a user name that is taken', 'c.leo@example.com', federated(NEW), 'error.user.name_in_use'],
    ['no first name', NEW, federated(NEW, { firstname: '' }), 'error.user.firstname_missing'],
    [
      'no last name',
      NEW,
      { createFederatedID: { email: NEW, firstname: 'A', country: 'NL' } },
      'error.user.lastname_missing',
    ],
    [
      'no country',
      NEW,
      { createFederatedID: { email: NEW, firstname: 'A', lastname: 'B' } },
      'error.country.invalid',
    ],
    ['a country in small letters', NEW, federated(NEW, { country: 'nl' }), 'error.country.invalid'],
    [
      'a country that Adobe does not trade with',
      NEW,
      federated(NEW, { country: 'KP' }),
      'error.country.invalid',
    ],
    ['UD for a Federated ID', NEW, federated(NEW, { country: 'UD' }), 'error.country.invalid'],
    [
      'an e-mail of 61 characters',
      `${'a'.repeat(49)}@example.com`,
      federated(`${'a'.repeat(49)}@example.com`),
      'error.user.email.invalid',
    ],
    ['an e-mail with a blank', 'a b@example.com', federated('a b@example.com'), 'error.user.email.invalid'],
    ['an e-mail without at-sign', NEW, federated('new.example.com'), 'error.user.email.invalid'],
    [
      'no e-mail',
      NEW,
      { createFederatedID: { firstname: 'A', lastname: 'B', country: 'NL' } },
      'error.user.email.invalid',
    ],
    ['an Adobe ID on an enforced domain', NEW, adobeId(NEW), 'error.user.domain_enforcement'],
    ['a Gmail address with a dot', 'a.b@gmail.com', adobeId('a.b@gmail.com'), 'error.user.email.invalid'],
    [
      'an Adobe ID under another name',
      'x@free.example',
      adobeId('y@free.example'),
      'error.user.must_match_email',
    ],
  ])('%s is refused', async (_, user, step, code, message) => {
    const bench = aBench();
    const before = bench.org.state().users;
    const answer = await bench.post([{ user, do: [step] }]);
    expect(problems(answer)).toEqual([`0.0 ${code}`]);
    if (message !== undefined) expect(answer.body.errors?.[0]?.message).toBe(message);
    expect(bench.org.state().users).toEqual(before);
  });

  test('an identity type without any directory is not available', async () => {
    const state = aBench().org.state();
    state.meta.directories = state.meta.directories.filter(({ type }) => type !== 'enterpriseID');
    const answer = await aBench({}, { state }).post([{ user: NEW, do: [enterprise(NEW)] }]);
    expect(problems(answer)).toEqual(['0.0 error.user.type_not_available']);
  });

  test.each<[string, Record<string, unknown>, string, Record<string, unknown>]>([
    [
      'Enterprise ID, country UD',
      {
        user: 'a@ent.example',
        do: [
          { createEnterpriseID: { email: 'a@ent.example', firstname: 'A', lastname: 'B', country: 'UD' } },
        ],
      },
      'a@ent.example',
      { type: 'enterpriseID', username: 'a@ent.example' },
    ],
    [
      'Federated ID under another user name',
      { user: 'n.ew@example.org', do: [federated(NEW)] },
      NEW,
      { type: 'federatedID', username: 'n.ew@example.org' },
    ],
    [
      'bare name and domain',
      { user: 'jo', domain: 'bare.example', do: [federated('jo@bare.example')] },
      'jo@bare.example',
      { username: 'jo' },
    ],
    [
      '60 characters',
      { user: `${'a'.repeat(48)}@example.com`, do: [federated(`${'a'.repeat(48)}@example.com`)] },
      `${'a'.repeat(48)}@example.com`,
      {},
    ],
    [
      'Adobe ID without names',
      { user: 'a@free.example', useAdobeID: true, do: [adobeId('a@free.example')] },
      'a@free.example',
      { type: 'adobeID' },
    ],
    [
      'a trusted domain',
      { user: 'a@trusted.example', do: [federated('a@trusted.example')] },
      'a@trusted.example',
      {},
    ],
  ])('%s is created', async (_, command, email, expected) => {
    const bench = aBench();
    expect((await bench.post([command])).body.result).toBe('success');
    expect(bench.org.people().find((one) => one.email === email)).toMatchObject(expected);
  });

  test('business storage: addAdobeID on a claimed domain links the directory account (13)', async () => {
    const bench = aBench({ businessStorage: true });
    expect((await bench.post([{ user: NEW, useAdobeID: false, do: [adobeId(NEW)] }])).body.result).toBe(
      'success',
    );
    expect(bench.org.people().find(({ email }) => email === NEW)?.type).toBe('federatedID');
  });
});

describe('umapi.md 20 semantics: twins', () => {
  const commands = [{ user: 'twin@example.com', do: [federated('twin@example.com'), add('Readers')] }];

  test('a managed create over an Adobe ID answers success, makes nobody, and lands on the Adobe ID', async () => {
    const bench = aBench();
    const before = bench.org.people().length;
    expect((await bench.post(commands)).body).toMatchObject({ result: 'success', completed: 1 });
    expect(bench.org.people()).toHaveLength(before);
    expect(bench.org.people().find(({ email }) => email === 'twin@example.com')).toMatchObject({
      type: 'adobeID',
      firstname: 'Twi',
      groups: ['Readers'],
    });
  });

  test('with the knob the managed identity is made beside it, and wins unless useAdobeID is set', async () => {
    const bench = aBench({ twinCreate: 'creates beside' });
    await bench.post(commands);
    await bench.post([{ user: 'twin@example.com', do: [add('Silent')] }]);
    await bench.post([{ user: 'TWIN@example.com', useAdobeID: true, do: [add('Chat Viewer')] }]);
    const twins = bench.org.people().filter(({ email }) => email === 'twin@example.com');
    expect(Object.fromEntries(twins.map(({ type, groups }) => [type, groups]))).toEqual({
      adobeID: ['Chat Viewer'],
      federatedID: ['Readers', 'Silent'],
    });
  });

  test('useAdobeID for a person who has only a managed identity is a conflict', async () => {
    const answer = await aBench().post([{ user: ADA, useAdobeID: true, do: [add('Readers')] }]);
    expect(problems(answer)).toEqual(['0.0 error.user.nonexistent_or_has_conflicting_parameters']);
  });
});
