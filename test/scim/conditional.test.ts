/** `If-Match` names a representation: any that is current lets a write through, any that is not is 412 (row 232, I19). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, openTestScim, patchOp, type TestScim } from './bridge.ts';

const adobe = 'urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User';
let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

const shapes = [
  ['the whole user', ''],
  ['the user without groups', '?excludedAttributes=groups'],
  ['the name alone', '?attributes=userName'],
  ['the state of provisioning', `?attributes=${adobe}`],
  ['groups and the state of provisioning', `?attributes=groups,${adobe}:status`],
] as const;
const tagOf = async (id: string, shape: string) => {
  const { headers, status } = await bridge.scim('GET', `/Users/${id}${shape}`);
  expect(status).toBe(200);
  return headers['etag'] ?? '';
};
const patch = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
let serial = 0;
const retitle = (id: string, tag: string) => {
  serial += 1;
  const operation = { op: 'replace', path: 'title', value: `T${serial}` };
  return bridge.scim('PATCH', `/Users/${id}`, patch(operation), { 'if-match': tag });
};

describe.each([
  ['in no group', false],
  ['in a group', true],
])('a user %s', (_label, isMember) => {
  test.each(shapes)('the tag of %s lets one write through, and not a second', async (label, shape) => {
    const id = await bridge.newUser(`${label} ${isMember}`);
    if (isMember) await bridge.newGroup(`G ${label}`, [id]);
    const tag = await tagOf(id, shape);
    expect((await retitle(id, tag)).status).toBe(200);
    expect(errorOf(await retitle(id, tag))).toEqual([412, undefined]);
    expect(errorOf(await bridge.scim('DELETE', `/Users/${id}`, undefined, { 'if-match': tag }))).toEqual([
      412,
      undefined,
    ]);
  });
});

test.each<[string, (ids: { user: string; group: string }) => Promise<unknown>, boolean]>([
  ['joins another group', ({ user }) => bridge.newGroup('Joined', [user]), false],
  [
    'leaves its only group',
    ({ group }) => bridge.scim('PATCH', `/Groups/${group}`, patch({ op: 'remove', path: 'members' })),
    false,
  ],
  [
    'sees its group renamed',
    ({ group }) =>
      bridge.scim('PATCH', `/Groups/${group}`, patch({ op: 'replace', path: 'displayName', value: 'Other' })),
    false,
  ],
  ['sees its group deleted', ({ group }) => bridge.scim('DELETE', `/Groups/${group}`), false],
  ['is left alone', async () => undefined, true],
])('a user who %s: the tag with the groups in it follows', async (label, happens, isCurrent) => {
  const user = await bridge.newUser(`seen ${label}`);
  const group = await bridge.newGroup(`Seen ${label}`, [user]);
  const [whole, bare] = [await tagOf(user, ''), await tagOf(user, '?excludedAttributes=groups')];
  await happens({ user, group });
  const body = { userName: `seen ${label}`, title: 'after' };
  const put = await bridge.scim('PUT', `/Users/${user}`, body, { 'if-match': whole });
  expect(put.status).toBe(isCurrent ? 200 : 412);
  const shown = await bridge.scim('GET', `/Users/${user}`);
  expect(shown.json['title']).toBe(isCurrent ? 'after' : undefined);
  // What does not show groups is the same whatever happens to them.
  if (!isCurrent) expect((await retitle(user, bare)).status).toBe(200);
});

test('the tag of a user in no group is not that of one whose groups are not shown', async () => {
  const user = await bridge.newUser('alone');
  const whole = await tagOf(user, '');
  expect(whole).not.toBe(await tagOf(user, '?attributes=userName'));
  await bridge.newGroup('First', [user]);
  expect(errorOf(await retitle(user, whole))).toEqual([412, undefined]);
});

test('what provisioning does makes only the tags stale that show it', async () => {
  const user = await bridge.newUser('provisioned');
  const [whole, state] = [await tagOf(user, ''), await tagOf(user, `?attributes=${adobe}`)];
  bridge.clock.advance(60_000);
  // A membership and its end: the user is as before, the account is not.
  const group = await bridge.newGroup('Passing', [user]);
  await bridge.scim('DELETE', `/Groups/${group}`);
  expect(await tagOf(user, `?attributes=${adobe}`)).not.toBe(state);
  expect(errorOf(await retitle(user, state))).toEqual([412, undefined]);
  expect((await retitle(user, whole)).status).toBe(200);
});
