/** `mapping show|apply`. */
import { bare, type Form, type Outcome, textOf, type Values } from '../form.ts';

export const mappingForms: readonly Form[] = [
  bare('mapping.show', 'mapping show', 'the rules in force'),
  {
    words: ['mapping', 'apply'],
    options: { yes: 'boolean', revoke: 'boolean', leave: 'boolean' },
    help: [
      ['mapping apply FILE', 'shows who would gain and lose what; changes nothing'],
      ['    --yes', '... and does it'],
      [
        '    --revoke | --leave',
        'for entitlements that a rule no longer names: take them away, or leave them as they are',
      ],
    ],
    read: readMappingApply,
  },
  {
    words: ['mapping', 'relink'],
    options: { to: 'string', yes: 'boolean' },
    help: [
      [
        'mapping relink "GROUP"',
        'binds the rule of this group to the group that has its name now; with --yes',
      ],
      ['    --to "NAME OR ID"', '... or to another one'],
    ],
    read: readRelink,
  },
];

function readRelink(rest: readonly string[], values: Values): Outcome {
  if (rest.length === 0) return { usage: 'mapping relink "GROUP": the group as the mapping file names it' };
  const to = textOf(values, 'to');
  return {
    command: 'mapping.relink',
    args: { rule: rest.join(' '), yes: values['yes'] === true, ...(to === undefined ? {} : { to }) },
  };
}

function readMappingApply([file, ...more]: readonly string[], values: Values): Outcome {
  if (file === undefined || more.length > 0) return { usage: 'mapping apply FILE: one YAML file' };
  if (values['revoke'] === true && values['leave'] === true)
    return { usage: 'choose --revoke or --leave, not both' };
  const take = values['revoke'] === true ? 'revoke' : values['leave'] === true ? 'leave' : undefined;
  return {
    command: 'mapping.apply',
    file: { path: file, as: 'rules' },
    args: { yes: values['yes'] === true, ...(take === undefined ? {} : { take }) },
  };
}
