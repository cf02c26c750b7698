/** One request, one line: whatever a client writes, it neither ends a line of the log nor begins one (T43). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FuzzRequest } from '../fuzz/requests.ts';
import { openWorld, type World } from '../fuzz/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld(43);
});
afterAll(() => world.close());

const forged = '{"level":"info","message":"scim","status":204}';
const breaks: readonly (readonly [string, string])[] = [
  ['a line feed', `\n${forged}`],
  ['a carriage return', `\r${forged}`],
  ['both', `\r\n${forged}\r\n`],
  ['the line separator of Unicode', `\u2028${forged}`],
  ['the paragraph separator', `\u2029${forged}`],
  ['next line of C1', `\u0085${forged}`],
  ['a vertical tab and a form feed', `\v\f${forged}`],
  ['colours of a terminal', '\u001B[2J\u001B[31mroot\u001B[0m'],
  ['the title of a window', '\u001B]0;owned\u0007'],
  ['a closing quote and brace', `","x":"y"}\n${forged}`],
  ['backspaces', `${'\b'.repeat(80)}root`],
  ['half of a surrogate pair', `\uD800\n${forged}`],
];

const send = (request: Partial<FuzzRequest>) =>
  world.send({
    method: 'POST',
    path: '/scim/v2/Users',
    query: '',
    headers: [
      ['authorization', 'Bearer {token}'],
      ['content-type', 'application/scim+json'],
    ],
    source: '127.0.0.1',
    ...request,
  });

test.each(breaks)(
  '%s in a name, a path, a method, a query, a header or a token (T43)',
  async (_label, text) => {
    const user = world.known.users[0] ?? '';
    const group = world.known.groups[0] ?? '';
    const attempts: readonly Partial<FuzzRequest>[] = [
      { text: JSON.stringify({ userName: `a${text}` }) },
      { text: JSON.stringify({ userName: 'lines@example.com', title: text, [text]: text }) },
      { path: '/scim/v2/Groups', text: JSON.stringify({ displayName: text, members: [{ value: text }] }) },
      {
        method: 'PATCH',
        path: `/scim/v2/Users/${user}`,
        text: JSON.stringify({ Operations: [{ op: text, path: text, value: text }] }),
      },
      {
        method: 'PATCH',
        path: `/scim/v2/Groups/${group}`,
        text: JSON.stringify({ Operations: [{ op: 'add', path: 'members', value: [`${text}`, user] }] }),
      },
      { method: 'PUT', path: `/scim/v2/Users/${text}`, text: '{}' },
      { method: text, path: `/scim/v2${text}` },
      {
        method: 'GET',
        query: `filter=${encodeURIComponent(`userName eq "${text}"`.toWellFormed())}&${text}=1`,
      },
      { method: 'GET', headers: [['authorization', `Bearer ${text}`]] },
      {
        method: 'GET',
        headers: [
          ['authorization', 'Bearer {token}'],
          ['if-match', text],
          [text, text],
        ],
      },
    ];
    for (const attempt of attempts) {
      world.takeLines();
      const { status } = await send(attempt);
      const lines = world.takeLines().filter((line) => line.includes('"message":"scim"'));
      expect([attempt, lines.length]).toEqual([attempt, 1]);
      for (const line of lines) {
        expect(controlsIn(line)).toEqual([]);
        expect(JSON.parse(line)).toMatchObject({ message: 'scim', status });
        // Of all that was sent only the method is in the line.
        if (attempt.method !== text) expect(line).not.toMatch(/owned|root|204/);
      }
    }
  },
);

/** C0, C1 and the line breaks of Unicode, by number. */
function controlsIn(line: string): readonly number[] {
  return [...line]
    .map((character) => character.charCodeAt(0))
    .filter((code) => code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x2028 || code === 0x2029);
}
