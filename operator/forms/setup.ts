/** `setup` and `doctor`. */
import { bare, type Form, type Outcome, textOf, type Values } from '../form.ts';
import { identityTypes, usernameSources } from '../setup-domains.ts';

export const setupForms: readonly Form[] = [
  {
    words: ['setup'],
    options: {
      credential: 'string',
      yes: 'boolean',
      type: 'string',
      username: 'string',
      country: 'string',
      'new-token': 'boolean',
      label: 'string',
    },
    help: [
      ['setup', 'credential, Adobe, e-mail domains, first token; asks, and may be repeated'],
      ['    --credential FILE', 'the Adobe credential as JSON, - for the standard input (default: asks)'],
      ['    --yes', 'allows the e-mail domains it proposes, without asking'],
      ['    --username email|userName', '... with this one as the username at Adobe'],
      ['    --type T --country CC', '... of domains that Adobe does not know; where no country is sent'],
      ['    --new-token', 'makes a token although there is one'],
    ],
    read: readSetup,
  },
  bare(
    'doctor',
    'doctor',
    'looks at everything again: ok, warn or fail, and what to do; ends with 1 on a fail',
  ),
];

function readSetup(rest: readonly string[], values: Values): Outcome {
  if (rest.length > 0) return { usage: 'setup takes options only' };
  const [type, username, country] = ['type', 'username', 'country'].map((name) => textOf(values, name));
  if (type !== undefined && !identityTypes.some((one) => one === type))
    return { usage: `--type is ${identityTypes.join(', ')}` };
  if (username !== undefined && !usernameSources.some((one) => one === username))
    return { usage: '--username is email or userName' };
  if (country !== undefined && !/^[A-Z]{2}$/.test(country))
    return { usage: '--country is two capital letters, such as DE' };
  return {
    command: 'setup',
    args: {
      ...Object.fromEntries(
        ['credential', 'type', 'username', 'country', 'label']
          .map((name) => [name, textOf(values, name)] as const)
          .filter(([, value]) => value !== undefined),
      ),
      yes: values['yes'] === true,
      newToken: values['new-token'] === true,
    },
  };
}
