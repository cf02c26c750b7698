import { expect, test } from 'vitest';
import type { AdobeUser } from '../../local/admin-console.ts';
import { DemoFailed, describeRequest, runDemo } from '../../local/demo.ts';
import { createDialect } from '../../local/idp/dialects.ts';
import { createTinyScim, type TinyScim } from './idp/tiny-scim.ts';

const GRANTS: Record<string, string[]> = { Marketing: ['Marketing', 'Marketo Standard'] };

/** An Adobe that follows the SCIM server at once: who has a group has what it grants. */
function adobeOf(scim: TinyScim, email: string): AdobeUser | undefined {
  for (const [id, user] of scim.users) {
    if (user.userName !== email) continue;
    const groups = [...scim.groups.values()].filter(({ members }) => members.has(id) && user.active === true);
    const held = groups.flatMap(({ displayName }) => GRANTS[displayName] ?? [displayName]);
    const [firstname, lastname] = String(user.displayName).split(' ');
    return held.length === 0 ? undefined : { email, firstname, lastname, groups: ['By hand', ...held] };
  }
  return undefined;
}

function stage(person: (scim: TinyScim, email: string) => AdobeUser | undefined) {
  const scim = createTinyScim();
  const lines: string[] = [];
  let nowMs = 0;
  const wait = async (ms: number) => {
    nowMs += ms;
  };
  const deps = {
    dialect: createDialect('okta-catalog', { send: scim.send, token: 't', wait, newId: () => 'x' }),
    deleteUser: async (userId: string) => {
      await scim.send({ method: 'DELETE', path: `/Users/${userId}`, headers: {} });
    },
    adobe: { person: async (email: string) => person(scim, email), holders: async () => [] },
    tag: 'k3f',
    print: (line: string) => lines.push(line),
    wait,
    now: () => nowMs,
    patienceMs: 90_000,
  };
  return { scim, lines, deps, elapsedMs: () => nowMs };
}

test('the demo tells its story to the end and leaves nobody behind', async () => {
  const { scim, lines, deps } = stage(adobeOf);
  await runDemo(deps);
  const shown = lines
    .filter((line) => line.includes('Adobe shows'))
    .map((line) => line.split(': ')[1]?.split('  (after')[0]);
  expect(shown).toEqual([
    'no such person',
    'Chat agents EU for Ada Park',
    'Chat agents US for Ada Park',
    'Chat agents US, Marketing, Marketo Standard for Ada Park',
    'Chat agents US, Marketing, Marketo Standard for Ada Lindqvist',
    'no such person',
    'Chat agents US for Ada Lindqvist',
    'nothing',
    'Chat agents US for Ada Lindqvist',
    'nothing',
  ]);
  expect(scim.users.size).toBe(0);
});

test('other members of the groups stay', async () => {
  const { scim, deps } = stage(adobeOf);
  await deps.dialect.ensureGroup({ key: 'g', name: 'Chat agents EU' });
  const [group] = scim.groups.values();
  group?.members.add('U-other');
  await runDemo(deps);
  expect([...(group?.members ?? [])]).toEqual(['U-other']);
});

test('what Adobe never shows ends the demo when patience ends, and the person is taken out', async () => {
  const { scim, deps, elapsedMs } = stage((tiny, email) => {
    const user = adobeOf(tiny, email);
    return user?.groups.includes('Chat agents US') ? { ...user, groups: ['Chat agents EU'] } : user;
  });
  const run = runDemo(deps);
  await expect(run).rejects.toBeInstanceOf(DemoFailed);
  await expect(run).rejects.toThrow('Expected: Chat agents US for Ada Park');
  expect(elapsedMs()).toBeGreaterThanOrEqual(90_000);
  expect(scim.users.size).toBe(0);
});

test('a printed request holds no password and is one short line', () => {
  const line = describeRequest({
    method: 'POST',
    path: '/Users',
    headers: { authorization: 'Bearer secret' },
    body: { schemas: ['urn:x'], userName: 'ada', password: 'hidden', note: 'n'.repeat(500) },
  });
  expect(line.startsWith('POST /Users  {"userName":"ada"')).toBe(true);
  expect(line).not.toMatch(/hidden|secret/);
  expect(line).toHaveLength(200);
});
