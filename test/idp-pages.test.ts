/**
 * The pages for administrators of identity providers: each message that they quote stands in the code, and those that a
 * request can provoke are what the real handler answers, with the status of the page.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestBridge, type TestBridge } from './build.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['docs/idp/okta.md', 'docs/idp/entra.md'];

interface Quoted {
  readonly status: number;
  readonly message: string;
}

/** Rows `| 401 | \`message\` | what to do |`. */
function quotedIn(page: string): Quoted[] {
  return [...read(page).matchAll(/^\| (\d{3}) \| `([^`]+)` \| .+ \|$/gm)].map(([, status, message]) => ({
    status: Number(status),
    message: message ?? '',
  }));
}

/** `…` stands for whatever a message says of the request at hand. */
function pattern(message: string): RegExp {
  const parts = message.split('…').map((part) => part.replaceAll(/[^\w\s]/g, '\\$&'));
  return new RegExp(`^${parts.join('.+')}$`, 's');
}

/** Every text of the code that answers, with `…` where a template fills something in. */
function texts(): string[] {
  const code = [...globSync('lambdas/scim/*.ts', { cwd: root }), 'lambdas/edge.ts'].map(read).join('\n');
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(([, plain, template]) =>
    (plain ?? template ?? '').replaceAll(/\$\{[^}]*\}/g, '…'),
  );
}

const known = texts();

describe('each message that a page quotes stands in the code', () => {
  for (const page of pages) {
    test(`${page} quotes many`, () => expect(quotedIn(page).length).toBeGreaterThan(12));
    for (const { status, message } of quotedIn(page))
      test(`${page}: ${status} ${message.slice(0, 60)}`, () => {
        // Kinds of resources are filled in; a page names them.
        const spellings = [message, message.replace(/ (user|group) with/, ' … with')];
        const found = known.some((text) => spellings.some((one) => text === one || pattern(one).test(text)));
        expect(found ? '' : message).toBe('');
      });
  }

  test('a message that nobody sends is found out', () => {
    expect(known.some((text) => pattern('This token is not walid: …').test(text))).toBe(false);
  });
});

let bridge: TestBridge;
beforeAll(async () => {
  bridge = await openTestBridge();
});
afterAll(() => bridge.close());

const NOBODY = '019cad8f-ac00-7000-8000-000000000000';
const user = (userName: string, more: object = {}) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  ...more,
});
const group = (displayName: string, members: object[] = []) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
  displayName,
  members,
});
const patch = (...Operations: object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
});

interface Provoked {
  readonly label: string;
  readonly begins: string;
  readonly ask: () => Promise<{ readonly status: number; readonly json: { readonly detail: string } }>;
}

const provoked: readonly Provoked[] = [
  {
    label: 'no token',
    begins: 'Send the header',
    ask: () => bridge.scim('GET', '/scim/v2/Users', undefined, { authorization: '' }),
  },
  {
    label: 'a wrong token',
    begins: 'This token is not valid: it',
    ask: () => bridge.scim('GET', '/scim/v2/Users', undefined, { authorization: 'Bearer scimb_wrong' }),
  },
  {
    label: 'a token that may only read',
    begins: 'This token may only read',
    ask: async () => {
      const { secret } = await bridge.directory.createToken(bridge.connection, {
        label: 'reader',
        scopes: ['read'],
      });
      return bridge.scim('POST', '/scim/v2/Users', user('x'), { authorization: `Bearer ${secret}` });
    },
  },
  {
    label: 'a slash at the end',
    begins: 'There is nothing at this address',
    ask: () => bridge.scim('GET', '/scim/v2//Users'),
  },
  {
    label: 'a user that is gone',
    begins: 'There is no user',
    ask: () => bridge.scim('GET', `/scim/v2/Users/${NOBODY}`),
  },
  {
    label: 'a group that is gone',
    begins: 'There is no group',
    ask: () =>
      bridge.scim(
        'PATCH',
        `/scim/v2/Groups/${NOBODY}`,
        patch({ op: 'replace', value: { displayName: 'x' } }),
      ),
  },
  {
    label: 'a userName twice',
    begins: 'Another user',
    ask: async () => {
      await bridge.scim('POST', '/scim/v2/Users', user('twice@example.com'));
      return bridge.scim('POST', '/scim/v2/Users', user('TWICE@example.com'));
    },
  },
  {
    label: 'a displayName twice',
    begins: 'Another group',
    ask: async () => {
      await bridge.scim('POST', '/scim/v2/Groups', group('Twice'));
      return bridge.scim('POST', '/scim/v2/Groups', group('Twice'));
    },
  },
  {
    label: 'no userName',
    begins: 'userName is required',
    ask: () => bridge.scim('POST', '/scim/v2/Users', user('')),
  },
  {
    label: 'a group in a group',
    begins: '… is a group',
    ask: () => bridge.scim('POST', '/scim/v2/Groups', group('Outer', [{ value: NOBODY, type: 'Group' }])),
  },
];

describe('what a page quotes is what the bridge answers', () => {
  for (const { label, begins, ask } of provoked)
    test(label, async () => {
      const answer = await ask();
      for (const page of pages) {
        const quoted = quotedIn(page).find(({ message }) => message.startsWith(begins));
        expect([page, quoted?.status]).toEqual([page, answer.status]);
        expect(answer.json.detail).toMatch(pattern(quoted?.message ?? 'not quoted'));
      }
    });
});
