/** `drift` and `reconcile`: where Adobe differs. */
import { bare, type Form, type Outcome } from '../form.ts';

export const driftForms: readonly Form[] = [
  {
    words: ['drift'],
    help: [
      ['drift', 'what was changed at Adobe by hand or by another tool, as of the last comparison'],
      ['drift jane@example.com', 'one person'],
    ],
    read: readDrift,
  },
  bare('reconcile', 'reconcile', 'compares with Adobe now instead of tonight'),
];

function readDrift([email, ...more]: readonly string[]): Outcome {
  if (email === undefined) return { command: 'drift', args: {} };
  if (more.length > 0 || !email.includes('@')) return { usage: 'drift takes one e-mail address, or nothing' };
  return { command: 'drift.person', args: { email } };
}
