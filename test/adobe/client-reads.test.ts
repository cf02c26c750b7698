import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BugError } from '../../lambdas/adobe/errors.ts';
import { aClient, DEADLINE, fresh, NOW, ORG } from './a-client.ts';
import { type Answer, reply, reset, startServer, type TestServer } from './server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const wireUser = {
  id: 'x',
  email: 'Ada@example.com',
  username: 'ada@example.com',
  status: 'active',
  type: 'federatedID',
  firstname: 'Ada',
  country: 'NL',
  groups: ['Live', '_support_admin'],
  adminRoles: [],
};
const observed = {
  email: 'Ada@example.com',
  username: 'ada@example.com',
  status: 'active',
  type: 'federatedID',
  firstname: 'Ada',
  country: 'NL',
  groups: ['Live', '_support_admin'],
};

describe('reading one user (umapi.md 11.3)', () => {
  test('asks under the e-mail, encoded as one path segment (T47)', async () => {
    server.next(fresh, reply(200, { result: 'success', user: wireUser }));
    const read = await aClient(server.url).readUser('a+d/a?b#c%@example.com', DEADLINE, 'example.com');
    expect(read).toEqual({ kind: 'ok', value: observed });
    const path = `/v2/usermanagement/organizations/${ORG}/users/a%2Bd%2Fa%3Fb%23c%25@example.com?domain=example.com`;
    expect(server.seen[1]?.path).toBe(path);
  });
  test.each(['.', '..', ''])('under "%s" is refused before it leaves (T47)', async (email) => {
    await expect(aClient(server.url).readUser(email, DEADLINE)).rejects.toThrow(BugError);
  });
  test('fields that Adobe leaves out are absent or empty', async () => {
    server.next(
      fresh,
      reply(200, { result: 'success', user: { email: 'a@example.com', type: 'AdobeID', firstname: null } }),
    );
    expect(await aClient(server.url).readUser('a@example.com', DEADLINE)).toEqual({
      kind: 'ok',
      value: {
        email: 'a@example.com',
        username: 'a@example.com',
        type: 'AdobeID',
        status: 'unknown',
        groups: [],
      },
    });
  });
  const notFound = { result: 'error.user.not_found', message: 'User not found' };
  const rows: { label: string; answer: Answer; expected: object }[] = [
    {
      label: '404 with its code means absent',
      answer: reply(404, notFound),
      expected: { kind: 'ok', value: undefined },
    },
    {
      label: 'any other 404 means nothing (I11)',
      answer: reply(404, '<html>'),
      expected: { kind: 'failed', reason: 'rejected' },
    },
    {
      label: 'an empty 404 means nothing (I11)',
      answer: reply(404),
      expected: { kind: 'failed', reason: 'rejected' },
    },
    {
      label: 'the code with another status means nothing',
      answer: reply(200, notFound),
      expected: { kind: 'failed', reason: 'unreachable' },
    },
    {
      label: '200 without user means nothing',
      answer: reply(200, { result: 'success' }),
      expected: { kind: 'failed', reason: 'unreachable' },
    },
    {
      label: '400 is rejected',
      answer: reply(400, { result: 'error.user.email.invalid' }),
      expected: { kind: 'failed', reason: 'rejected', error: { class: 'user' } },
    },
    {
      label: '429 is throttled',
      answer: reply(429, '', { 'Retry-After': '1938' }),
      expected: { kind: 'failed', reason: 'throttled', blockedUntil: NOW + 1_939_000 },
    },
    { label: '500 is unreachable', answer: reply(500), expected: { kind: 'failed', reason: 'unreachable' } },
    { label: 'a reset is unreachable', answer: reset, expected: { kind: 'failed', reason: 'unreachable' } },
  ];
  test.each(rows)('$label', async ({ answer, expected }) => {
    server.next(fresh, answer);
    const outcome = await aClient(server.url).readUser('a@example.com', DEADLINE);
    expect(outcome).toMatchObject(expected);
    expect(outcome).toEqual(
      expect.objectContaining(outcome.kind === 'ok' ? { value: undefined } : { error: expect.anything() }),
    );
  });
});

describe('listing users and groups (umapi.md 11.1, 11.4)', () => {
  test('a page of users has its rows, whether it is the last, and the page count', async () => {
    const users = [
      wireUser,
      { email: 'b@example.com', type: 'adobeID', status: 'active' },
      { id: 'no e-mail' },
    ];
    server.next(fresh, reply(200, { lastPage: false, result: 'success', users }, { 'X-Page-Count': '3' }));
    const second = {
      email: 'b@example.com',
      username: 'b@example.com',
      type: 'adobeID',
      status: 'active',
      groups: [],
    };
    expect(await aClient(server.url).listUsers(1, DEADLINE)).toEqual({
      kind: 'ok',
      value: { rows: [observed, second], page: 1, pageCount: 3, lastPage: false },
    });
    expect(server.seen[1]?.path).toBe(`/v2/usermanagement/users/${ORG}/1`);
  });
  test('a page of groups has ids as text, quotas and counts', async () => {
    const groups = [
      {
        groupId: 7,
        groupName: 'Live',
        type: 'PRODUCT_PROFILE',
        productName: 'Chat',
        memberCount: 2,
        licenseQuota: '60',
      },
      { groupId: '8', groupName: 'Agents', memberCount: '3' },
    ];
    server.next(fresh, reply(200, { lastPage: true, result: 'success', groups }));
    expect(await aClient(server.url).listGroups(0, DEADLINE)).toEqual({
      kind: 'ok',
      value: {
        rows: [
          {
            groupId: '7',
            name: 'Live',
            type: 'PRODUCT_PROFILE',
            productName: 'Chat',
            memberCount: 2,
            licenseQuota: '60',
          },
          { groupId: '8', name: 'Agents', type: 'UNKNOWN', memberCount: 3 },
        ],
        page: 0,
        lastPage: true,
      },
    });
    expect(server.seen[1]?.path).toBe(`/v2/usermanagement/groups/${ORG}/0`);
  });
  const rows: { label: string; answer: Answer }[] = [
    { label: '404', answer: reply(404, { lastPage: true, result: 'error.group.not_found' }) },
    {
      label: 'lastPage with another result',
      answer: reply(200, { lastPage: true, result: 'Not found', users: [], groups: [] }),
    },
    { label: 'a page without lastPage', answer: reply(200, { result: 'success', users: [], groups: [] }) },
    { label: 'a page without rows', answer: reply(200, { result: 'success', lastPage: true }) },
    {
      label: 'a row of another shape',
      answer: reply(200, { result: 'success', lastPage: true, users: [7], groups: [7] }),
    },
    { label: 'an empty answer', answer: reply(200) },
  ];
  test.each(rows)('$label is never the end of a list (I11, F44)', async ({ answer }) => {
    server.next(fresh, answer, answer);
    const client = aClient(server.url);
    expect((await client.listUsers(1, DEADLINE)).kind).toBe('failed');
    expect((await client.listGroups(1, DEADLINE)).kind).toBe('failed');
  });
});

describe('reading the members of a group (umapi.md 11.2)', () => {
  const page = { lastPage: true, result: 'success', groupName: 'Live Agent', users: [wireUser] };
  const absent = reply(404, {
    lastPage: false,
    result: 'error.group.not_found',
    message: 'Not found: Group 1',
  });

  test('by name gives a page like any other', async () => {
    server.next(fresh, reply(200, page));
    expect(await aClient(server.url).readGroupMembers('live agent', 0, DEADLINE)).toEqual({
      kind: 'ok',
      value: { rows: [observed], page: 0, lastPage: true },
    });
    expect(server.seen[1]?.path).toBe(`/v2/usermanagement/users/${ORG}/0/live%20agent`);
  });
  test('by id does not compare the name', async () => {
    server.next(fresh, reply(200, page));
    expect((await aClient(server.url).readGroupMembers('71200341', 0, DEADLINE)).kind).toBe('ok');
  });
  test('of another group than asked for is not believed', async () => {
    server.next(fresh, reply(200, page));
    expect((await aClient(server.url).readGroupMembers('Live', 0, DEADLINE)).kind).toBe('failed');
  });
  test('404 with its code on page 0 means no such group', async () => {
    server.next(fresh, absent);
    expect(await aClient(server.url).readGroupMembers('Live', 0, DEADLINE)).toEqual({
      kind: 'ok',
      value: undefined,
    });
  });
  test('404 on a later page, or without the code, means nothing (I11)', async () => {
    server.next(fresh, absent, reply(404));
    const client = aClient(server.url);
    expect((await client.readGroupMembers('Live', 1, DEADLINE)).kind).toBe('failed');
    expect((await client.readGroupMembers('Live', 0, DEADLINE)).kind).toBe('failed');
  });
  test.each(['Live. Agent', 'a/b', 'a\\b', '100%', '..'])(
    '"%s" is not asked by name: Adobe would answer for another',
    async (name) => {
      expect(await aClient(server.url).readGroupMembers(name, 0, DEADLINE)).toMatchObject({
        kind: 'failed',
        error: { code: 'name.unreadable' },
      });
      expect(server.seen).toEqual([]);
    },
  );
});
