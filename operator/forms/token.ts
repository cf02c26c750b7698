/** `token create|list|revoke`. */
import { bare, type Form, type Outcome, textOf, type Values } from '../form.ts';

export const tokenForms: readonly Form[] = [
  {
    words: ['token', 'create'],
    options: {
      label: 'string',
      oauth: 'boolean',
      scopes: 'string',
      'expires-in-days': 'string',
      networks: 'string',
    },
    help: [
      ['token create [LABEL]', 'makes a bearer token for an identity provider and shows it once'],
      ['    --oauth', 'a client id and secret instead, for one that fetches its tokens from a token URL'],
      ['    --scopes read,write', '(default: both)'],
      ['    --expires-in-days N', '(default, and at most: 365)'],
      ['    --networks A,B', 'accepted only from there, such as 192.0.2.0/24 (default: from everywhere)'],
    ],
    read: readTokenCreate,
  },
  bare('token.list', 'token list', 'who has one, until when, last used from where, and what ends soon'),
  { words: ['token', 'revoke'], help: [['token revoke ID', '']], read: readTokenRevoke },
];

function readTokenCreate(rest: readonly string[], values: Values): Outcome {
  const given = textOf(values, 'label');
  if (rest.length > 0 && given !== undefined) return { usage: 'name the token once' };
  const label = given ?? (rest.length > 0 ? rest.join(' ') : 'made with the CLI');
  const scopes = listOf(values, 'scopes');
  const networks = listOf(values, 'networks');
  if (scopes?.some((scope) => scope !== 'read' && scope !== 'write')) {
    return { usage: '--scopes is read, write, or read,write' };
  }
  const days = textOf(values, 'expires-in-days');
  const expiresInDays = days === undefined ? undefined : Number(days);
  if (expiresInDays !== undefined && !(Number.isInteger(expiresInDays) && expiresInDays > 0)) {
    return { usage: '--expires-in-days is a whole number above 0' };
  }
  return {
    command: 'token.create',
    args: {
      label,
      ...(values['oauth'] === true ? { oauth: true } : {}),
      ...(networks === undefined ? {} : { networks }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(expiresInDays === undefined ? {} : { expiresInDays }),
    },
  };
}

function listOf(values: Values, name: string): readonly string[] | undefined {
  return textOf(values, name)
    ?.split(',')
    .map((part) => part.trim());
}

function readTokenRevoke([id, ...more]: readonly string[]): Outcome {
  if (id === undefined || more.length > 0)
    return { usage: 'token revoke ID: one id, as token list shows it' };
  return { command: 'token.revoke', args: { id } };
}
