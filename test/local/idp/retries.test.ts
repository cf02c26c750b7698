import { describe, expect, test } from 'vitest';
import { AnswerLost, dialectNames } from '../../../local/idp/dialect.ts';
import { ada, connect } from './connect.ts';
import { createTinyScim } from './tiny-scim.ts';

describe('retries', () => {
  test.each(dialectNames)('%s waits as long as Retry-After says', async (name) => {
    const scim = createTinyScim();
    let refusals = 1;
    const { dialect, waits } = connect(name, scim, async (request) => {
      if (refusals-- > 0) return { status: 429, headers: { 'retry-after': '7' }, json: undefined };
      return scim.send(request);
    });
    await dialect.ensureUser(ada);
    expect(waits).toEqual([7000]);
    expect(scim.users.size).toBe(1);
  });

  test('Okta waits five minutes without Retry-After, doubles, and gives up after ten tries', async () => {
    const { dialect, waits } = connect('okta-catalog', createTinyScim(), async () => {
      return { status: 429, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, json: undefined };
    });
    await expect(dialect.testConnection()).rejects.toThrow('answered 429');
    expect(waits.slice(0, 3)).toEqual([300_000, 600_000, 1_200_000]);
    expect(waits).toHaveLength(9);
  });

  test.each(dialectNames)('%s makes one person when the answer to the create is lost', async (name) => {
    const scim = createTinyScim();
    let lost = false;
    const { dialect } = connect(name, scim, async (request) => {
      const answer = await scim.send(request);
      if (request.method !== 'POST' || lost) return answer;
      lost = true;
      throw new AnswerLost(request);
    });
    const id = await dialect.ensureUser(ada);
    expect([...scim.users.keys()]).toEqual([id]);
  });

  test.each(dialectNames)('%s adopts the person whose create was delivered twice (409)', async (name) => {
    const scim = createTinyScim();
    const { dialect } = connect(name, scim, async (request) => {
      const answer = await scim.send(request);
      return request.method === 'POST' ? scim.send(request) : answer;
    });
    const id = await dialect.ensureUser(ada);
    const group = await dialect.ensureGroup({ key: 'g', name: 'Marketing' });
    expect([...scim.users.keys()]).toEqual([id]);
    expect([...scim.groups.keys()]).toEqual([group]);
  });

  test('an answer outside what the client accepts stops it with the server’s own words', async () => {
    const { dialect } = connect('entra', createTinyScim(), async () => ({
      status: 400,
      headers: {},
      json: { detail: 'userName is missing' },
    }));
    await expect(dialect.ensureUser(ada)).rejects.toThrow('GET /Users answered 400: userName is missing');
  });
});
