/** `mode`, `pause`, `holds`, `restore`: what may be sent at all, and what waits for an operator's yes. */
import { bare, type Form, type Outcome, textOf, type Values } from '../form.ts';

export const safetyForms: readonly Form[] = [
  {
    words: ['mode'],
    options: { yes: 'boolean' },
    help: [
      ['mode', 'report-only, additive or full: what the connection may send'],
      ['mode full', 'shows what would be sent in this mode; changes nothing'],
      ['    --yes', '... and changes it'],
    ],
    read: readMode,
  },
  {
    words: ['pause'],
    options: { connection: 'boolean', org: 'boolean', all: 'boolean', reason: 'string' },
    help: [
      ['pause --reason TEXT', 'sends nothing to Adobe any more; the identity provider is served as always'],
      ['    --connection | --org | --all', 'how far it reaches (default: the connection)'],
    ],
    read: (rest, values) => readPause('pause', rest, values),
  },
  {
    words: ['resume'],
    options: { connection: 'boolean', org: 'boolean', all: 'boolean' },
    help: [['resume', '... and goes on (--connection, --org or --all)']],
    read: (rest, values) => readPause('resume', rest, values),
  },
  bare(
    'holds.list',
    'holds list',
    'removals beyond the limit that wait for you, and what became of earlier ones',
  ),
  {
    words: ['holds', 'show'],
    help: [['holds show ID', 'who would lose what']],
    read: (rest) => withId('holds.show', rest, 'holds show ID: one number, as holds list shows it'),
  },
  {
    words: ['holds', 'approve'],
    options: { pairs: 'string', person: 'string' },
    help: [
      ['holds approve ID --pairs N', 'takes away what holds show listed, N removals; later ones wait on'],
      ['holds approve ID --person jane@example.com', ''],
      ['', 'takes it away from this person only'],
    ],
    read: readApprove,
  },
  {
    words: ['holds', 'reject'],
    help: [['holds reject ID', 'leaves it as it is at Adobe, visibly']],
    read: (rest) => withId('holds.reject', rest, 'holds reject ID: one number, as holds list shows it'),
  },
  {
    words: ['restore'],
    options: { yes: 'boolean' },
    help: [
      [
        'restore jane@example.com',
        'memberships from before a long absence that the identity provider did not repeat',
      ],
      ['    --yes', '... let them count again'],
    ],
    read: ([email, ...more], values) =>
      email?.includes('@') && more.length === 0
        ? { command: 'restore', args: { email, yes: values['yes'] === true } }
        : { usage: 'restore takes one e-mail address' },
  },
];

const modes = ['report-only', 'additive', 'full'];

function readMode([mode, ...more]: readonly string[], values: Values): Outcome {
  const yes = values['yes'] === true;
  if (mode === undefined && !yes) return { command: 'mode', args: {} };
  if (mode === undefined || more.length > 0 || !modes.includes(mode)) {
    return { usage: `mode takes ${modes.join(', ')}, or nothing` };
  }
  return { command: 'mode', args: { mode, yes } };
}

const scopes = ['connection', 'org', 'all'];

function readPause(command: 'pause' | 'resume', rest: readonly string[], values: Values): Outcome {
  const given = scopes.filter((scope) => values[scope] === true);
  if (given.length > 1) return { usage: 'choose one of --connection, --org and --all' };
  const scope = given[0] ?? 'connection';
  if (command === 'resume') {
    return rest.length > 0 ? { usage: 'resume takes nothing more' } : { command, args: { scope } };
  }
  // Who types in a hurry does not quote.
  const reason = textOf(values, 'reason') ?? rest.join(' ');
  if (reason.trim() === '') return { usage: 'say why: pause --reason TEXT; status shows it to the others' };
  return { command, args: { scope, reason } };
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && Number.isInteger(number) && number > 0 ? number : undefined;
}

function withId(command: string, [id, ...more]: readonly string[], usage: string): Outcome {
  const number = wholeNumber(id);
  return number === undefined || more.length > 0 ? { usage } : { command, args: { id: number } };
}

function readApprove([id, ...more]: readonly string[], values: Values): Outcome {
  const usage = 'holds approve ID --pairs N (as holds show says), or holds approve ID --person EMAIL';
  const number = wholeNumber(id);
  const [pairs, person] = [textOf(values, 'pairs'), textOf(values, 'person')];
  if (number === undefined || more.length > 0 || (pairs === undefined) === (person === undefined))
    return { usage };
  if (person !== undefined) return { command: 'holds.approve', args: { id: number, person } };
  const seen = wholeNumber(pairs);
  return seen === undefined ? { usage } : { command: 'holds.approve', args: { id: number, pairs: seen } };
}
