/** `journal show|verify|export` and `erase`. */
import { type Form, type Outcome, textOf, type Values } from '../form.ts';

const time = { days: 'string', person: 'string', fact: 'string' } as const;

export const journalForms: readonly Form[] = [
  {
    words: ['journal', 'show'],
    options: time,
    help: [
      ['journal show', 'what happened, by account id'],
      ['    --days N', '(default 7)'],
      ['    --person EMAIL', 'only what concerns the accounts that ever had this e-mail'],
      ['    --fact NAME', 'only records of this kind, such as granted'],
    ],
    read: (rest, values) => read('journal.show', rest, values),
  },
  {
    words: ['journal', 'verify'],
    options: { days: 'string' },
    help: [['journal verify', 'whether anybody changed, removed or added a record']],
    read: (rest, values) => read('journal.verify', rest, values),
  },
  {
    words: ['journal', 'export'],
    options: { ...time, format: 'string' },
    help: [['journal export', 'the same for machines: --format jsonl (default) or csv']],
    read: (rest, values) => read('journal.export', rest, values),
  },
  {
    words: ['erase'],
    options: { yes: 'boolean' },
    help: [
      ['erase jane@example.com', 'takes the addresses of somebody who left out of the table, with --yes'],
    ],
    read: readErase,
  },
];

function read(command: string, rest: readonly string[], values: Values): Outcome {
  if (rest.length > 0) return { usage: `${command.replace('.', ' ')} takes options only` };
  const days = textOf(values, 'days');
  const number = days === undefined ? undefined : Number(days);
  if (number !== undefined && !(number > 0)) return { usage: '--days is a number above 0' };
  const format = textOf(values, 'format');
  if (format !== undefined && format !== 'jsonl' && format !== 'csv')
    return { usage: '--format is jsonl or csv' };
  const person = textOf(values, 'person');
  const fact = textOf(values, 'fact');
  return {
    command,
    args: {
      ...(number === undefined ? {} : { days: number }),
      ...(person === undefined ? {} : { person }),
      ...(fact === undefined ? {} : { fact }),
      ...(format === undefined ? {} : { format }),
    },
  };
}

function readErase([email, ...more]: readonly string[], values: Values): Outcome {
  if (email === undefined || more.length > 0 || !email.includes('@'))
    return { usage: 'erase EMAIL: one e-mail address' };
  return { command: 'erase', args: { email, yes: values['yes'] === true } };
}
