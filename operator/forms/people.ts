/** `status` and `who`: where everybody stands. */
import type { Form, Outcome } from '../form.ts';

export const peopleForms: readonly Form[] = [
  {
    words: ['status'],
    help: [
      ['status', 'what is done, pending, waiting and refused'],
      [
        'status jane@example.com',
        'one person: what the identity provider wants, what Adobe has, what is in the way',
      ],
    ],
    read: readStatus,
  },
  {
    words: ['who'],
    help: [
      ['who "Chat agents EU"', 'who holds a product profile or user group, and through which IdP group'],
    ],
    read: readWho,
  },
];

function readStatus([email, ...more]: readonly string[]): Outcome {
  if (email === undefined) return { command: 'status', args: {} };
  if (more.length > 0 || !email.includes('@'))
    return { usage: 'status takes one e-mail address, or nothing' };
  return { command: 'status.person', args: { email } };
}

function readWho(rest: readonly string[]): Outcome {
  // Names hold spaces, and nobody quotes at the first try.
  if (rest.length === 0) return { usage: 'who ENTITLEMENT: the name of a product profile or user group' };
  return { command: 'who', args: { entitlement: rest.join(' ') } };
}
