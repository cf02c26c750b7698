import { describe, expect, test } from 'vitest';
import { aBench, add, held, problems } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';

describe('umapi.md 20 semantics: update', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'an Adobe ID',
      { user: 'twin@example.com', do: [{ update: { firstname: 'X' } }] },
      'error.update.adobeid.no',
    ],
    ['a country', { user: ADA, do: [{ update: { country: 'FR' } }] }, 'error.update.country.no_update'],
    [
      'to a taken e-mail',
      { user: ADA, do: [{ update: { email: 'BEN@example.com', username: 'ada2@example.com' } }] },
      'error.user.email.name_in_use',
    ],
    [
      'to a taken user name',
      { user: ADA, do: [{ update: { username: 'c.leo@example.com' } }] },
      'error.user.name_in_use',
    ],
    [
      'by an e-mail-shaped user name',
      { user: 'c.leo@example.com', do: [{ update: { firstname: 'X' } }] },
      'error.user.nonexistent',
    ],
    ['of nobody', { user: 'no@example.com', do: [{ update: { firstname: 'X' } }] }, 'error.user.nonexistent'],
    [
      'into an unclaimed domain',
      { user: ADA, do: [{ update: { email: 'ada@nowhere.example' } }] },
      'error.user.change_domain_update.no',
    ],
    [
      'into another directory',
      { user: ADA, do: [{ update: { email: 'ada@plain.example' } }] },
      'error.update.domain.mismatch',
    ],
    [
      'of a user name in an Enterprise directory',
      { user: 'ent@ent.example', do: [{ update: { username: 'x@ent.example' } }] },
      'error.update.username.no',
    ],
    [
      "of another org's person",
      { user: 'guest@trusted.example', do: [{ update: { firstname: 'X' } }] },
      'error.api.user.not.parent.org',
    ],
    ['to an empty name', { user: ADA, do: [{ update: { lastname: '' } }] }, 'error.user.lastname_missing'],
    [
      'to an e-mail of 61 characters',
      { user: ADA, do: [{ update: { email: `${'a'.repeat(49)}@example.com` } }] },
      'error.user.email.invalid',
    ],
  ])('%s is refused', async (_, command, code) => {
    const bench = aBench();
    const before = bench.org.people();
    expect(problems(await bench.post([command]))).toEqual([`0.0 ${code}`]);
    expect(bench.org.people()).toEqual(before);
  });

  test('only what is sent changes', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [{ update: { lastname: 'Neu' } }] }]);
    expect(bench.org.people()[0]).toMatchObject({
      email: ADA,
      firstname: 'ada',
      lastname: 'Neu',
      username: ADA,
    });
  });

  test('a rename moves the person with all memberships, inside the directory', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Readers' });
    const update = { email: 'ada@example.org', username: 'ada@example.org' };
    expect(
      (await bench.post([{ user: 'ADA@example.com', do: [{ update }, add('Agents')] }])).body.result,
    ).toBe('success');
    expect(held(bench, 'ada@example.org')).toEqual(['Agents', 'Readers']);
    expect(held(bench, ADA)).toBeUndefined();
  });

  test.each([
    [false, 'ada@example.com'],
    [true, 'ada.b@example.com'],
  ])('an e-mail alone: emailMovesUsername %s', async (emailMovesUsername, username) => {
    const bench = aBench({ emailMovesUsername });
    await bench.post([{ user: ADA, do: [{ update: { email: 'ada.b@example.com' } }] }]);
    expect(bench.org.people().find(({ email }) => email === 'ada.b@example.com')?.username).toBe(username);
  });

  test('letter case of an e-mail cannot be changed', async () => {
    const bench = aBench();
    expect(
      (await bench.post([{ user: ADA, do: [{ update: { email: 'Ada@Example.com' } }] }])).body.result,
    ).toBe('success');
    expect(bench.org.people()[0]?.email).toBe(ADA);
  });

  test('in a username-login directory every step names user and domain', async () => {
    const bench = aBench();
    const answer = await bench.post([
      { user: 'bo', domain: 'bare.example', do: [{ update: { lastname: 'Neu' } }, add('Readers')] },
    ]);
    expect(answer.body.result).toBe('success');
    expect(held(bench, 'bo@bare.example')).toEqual(['Readers']);
    expect(problems(await bench.post([{ user: 'bo', domain: 'example.com', do: [add('Agents')] }]))).toEqual([
      '0.0 error.user.not_found',
    ]);
  });
});
