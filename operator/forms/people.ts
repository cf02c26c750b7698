/** `status`, `who`, `explain`, `plan` and `retry`: where everybody stands, why, and what comes next. */
import { type Form, type Outcome, textOf, type Values } from '../form.ts';

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
  {
    words: ['explain'],
    help: [
      [
        'explain jane@example.com',
        'for each entitlement: from which group, by which request, and when it will be done',
      ],
    ],
    read: readExplain,
  },
  {
    words: ['plan'],
    options: { mode: 'string', group: 'string', check: 'string' },
    help: [
      ['plan', 'what would be sent, who would be created, seats needed, and what is in the way'],
      [
        '    --mode additive|full',
        'as if the connection were in this mode (default: full, while it only reports)',
      ],
      ['    --group NAME', 'only for the members of one group'],
      ['    --check 1..4', 'has Adobe judge so many requests of it, ten people each, without doing them'],
    ],
    read: readPlan,
  },
  {
    words: ['retry'],
    options: { all: 'boolean' },
    help: [
      ['retry jane@example.com | --all', 'looks again now at somebody who is parked, or at all who are'],
    ],
    read: readRetry,
  },
];

function readExplain([email, ...more]: readonly string[]): Outcome {
  if (email === undefined || more.length > 0 || !email.includes('@'))
    return { usage: 'explain EMAIL: one e-mail address' };
  return { command: 'explain', args: { email } };
}

function readPlan(rest: readonly string[], values: Values): Outcome {
  const mode = textOf(values, 'mode');
  const group = textOf(values, 'group');
  if (rest.length > 0) return { usage: 'plan takes options only' };
  if (mode !== undefined && mode !== 'additive' && mode !== 'full')
    return { usage: '--mode is additive or full' };
  const check = textOf(values, 'check');
  if (check !== undefined && !/^[1-4]$/.test(check)) return { usage: '--check takes a number from 1 to 4' };
  return {
    command: 'plan',
    args: {
      ...(mode === undefined ? {} : { mode }),
      ...(group === undefined ? {} : { group }),
      ...(check === undefined ? {} : { check: Number(check) }),
    },
  };
}

function readRetry([email, ...more]: readonly string[], values: Values): Outcome {
  const all = values['all'] === true;
  if (more.length > 0 || (email === undefined) !== all) return { usage: 'retry EMAIL, or retry --all' };
  return { command: 'retry', args: all ? { all } : { email } };
}

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
