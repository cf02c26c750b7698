/** `settings show|apply`. */
import { bare, type Form, type Outcome, type Values } from '../form.ts';

export const settingsForms: readonly Form[] = [
  bare(
    'settings.show',
    'settings show',
    'e-mail domains, grace and protected people, as a file that apply reads',
  ),
  {
    words: ['settings', 'apply'],
    options: { yes: 'boolean' },
    help: [['settings apply FILE', 'shows what would change; with --yes it does']],
    read: readApply,
  },
];

function readApply([file, ...more]: readonly string[], values: Values): Outcome {
  if (file === undefined || more.length > 0) return { usage: 'settings apply FILE: one YAML file' };
  return {
    command: 'settings.apply',
    file: { path: file, as: 'settings' },
    args: { yes: values['yes'] === true },
  };
}
