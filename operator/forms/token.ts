/** `token create|list|revoke`. */
import { bare, type Form, type Outcome, textOf, type Values } from '../form.ts';

export const tokenForms: readonly Form[] = [
  {
    words: ['token', 'create'],
    options: { label: 'string', scopes: 'string', 'expires-in-days': 'string' },
    help: [
      ['token create [LABEL]', 'makes a bearer token for an identity provider and shows it once'],
      ['    --scopes read,write', '(default: both)'],
      ['    --expires-in-days N', '(default: never)'],
    ],
    read: readTokenCreate,
  },
  bare('token.list', 'token list', ''),
  { words: ['token', 'revoke'], help: [['token revoke ID', '']], read: readTokenRevoke },
];

function readTokenCreate(rest: readonly string[], values: Values): Outcome {
  const given = textOf(values, 'label');
  if (rest.length > 0 && given !== undefined) return { usage: 'name the token once' };
  const label = given ?? (rest.length > 0 ? rest.join(' ') : 'made with the CLI');
  const scopes = textOf(values, 'scopes')
    ?.split(',')
    .map((scope) => scope.trim());
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
      ...(scopes === undefined ? {} : { scopes }),
      ...(expiresInDays === undefined ? {} : { expiresInDays }),
    },
  };
}

function readTokenRevoke([id, ...more]: readonly string[]): Outcome {
  if (id === undefined || more.length > 0)
    return { usage: 'token revoke ID: one id, as token list shows it' };
  return { command: 'token.revoke', args: { id } };
}
