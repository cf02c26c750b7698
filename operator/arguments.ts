/**
 * The command line of the operator, parsed: words in, a call (or help, or a usage error) out. Pure: it reads no file
 * and knows no bridge. A word or option it does not know is an error that shows the right line.
 */
import { parseArgs } from 'node:util';

export type Call =
  | { readonly command: 'token.create'; readonly args: TokenCreateArgs }
  | { readonly command: 'token.list' | 'mapping.show' | 'status'; readonly args: Record<string, never> }
  | { readonly command: 'token.revoke'; readonly args: { readonly id: string } }
  /** `file` is read by the caller and sent as `rules`. */
  | { readonly command: 'mapping.apply'; readonly file: string; readonly args: MappingApplyArgs }
  | { readonly command: 'status.person'; readonly args: { readonly email: string } }
  | { readonly command: 'who'; readonly args: { readonly entitlement: string } };

interface TokenCreateArgs {
  readonly label: string;
  readonly scopes?: readonly string[];
  readonly expiresInDays?: number;
}
interface MappingApplyArgs {
  readonly yes: boolean;
  readonly take?: 'revoke' | 'leave';
}

export type Parsed =
  | { readonly kind: 'call'; readonly call: Call; readonly json: boolean; readonly data: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly message: string };

export const defaultData = '.bridge';

export const help = `Usage: npm run bridge -- <command> [options]

  status                        what is done, pending, waiting and refused
  status jane@example.com       one person: what the identity provider wants, what Adobe has, what is in the way
  who "Chat agents EU"          who holds a product profile or user group, and through which IdP group

  mapping show                  the rules in force
  mapping apply FILE            shows who would gain and lose what; changes nothing
      --yes                     ... and does it
      --revoke | --leave        for entitlements that a rule no longer names: take them away, or leave them as they are

  token create [LABEL]          makes a bearer token for an identity provider and shows it once
      --scopes read,write       (default: both)
      --expires-in-days N       (default: never)
  token list
  token revoke ID

  help

Options of every command:
  --data DIR                    the folder of the running bridge (default ${defaultData})
  --json                        data for machines instead of lines for people (with npm: npm run -s bridge -- ...)

Ends with 0 when done, 1 when refused or failed, 2 when the command line is wrong.`;

const options = {
  data: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  label: { type: 'string' },
  scopes: { type: 'string' },
  'expires-in-days': { type: 'string' },
  yes: { type: 'boolean' },
  revoke: { type: 'boolean' },
  leave: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof readWords>['values'];
type Outcome = Call | { readonly usage: string };

const generalOptions = ['data', 'json', 'help'];

interface Form {
  readonly words: readonly string[];
  /** Own options, beside the general ones. */
  readonly options?: readonly string[];
  readonly read: (rest: readonly string[], values: Values) => Outcome;
}

/** The longest matching words win: `status` alone and `status EMAIL` are one form. */
const forms: readonly Form[] = [
  { words: ['token', 'create'], options: ['label', 'scopes', 'expires-in-days'], read: readTokenCreate },
  { words: ['token', 'list'], read: bare('token.list', 'token list') },
  { words: ['token', 'revoke'], read: readTokenRevoke },
  { words: ['mapping', 'apply'], options: ['yes', 'revoke', 'leave'], read: readMappingApply },
  { words: ['mapping', 'show'], read: bare('mapping.show', 'mapping show') },
  { words: ['status'], read: readStatus },
  { words: ['who'], read: readWho },
];

export function parseCommandLine(argv: readonly string[]): Parsed {
  let words: ReturnType<typeof readWords>;
  try {
    words = readWords(argv);
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
  const { values, positionals } = words;
  if (values.help === true || positionals.length === 0 || positionals[0] === 'help') return { kind: 'help' };
  const form = forms.find((candidate) => candidate.words.every((word, i) => positionals[i] === word));
  if (form === undefined) return usage(unknownCommand(positionals));
  const foreign = Object.keys(values).find(
    (name) => ![...generalOptions, ...(form.options ?? [])].includes(name),
  );
  if (foreign !== undefined) return usage(`--${foreign} is not an option of ${form.words.join(' ')}`);
  const outcome = form.read(positionals.slice(form.words.length), values);
  if ('usage' in outcome) return usage(outcome.usage);
  return { kind: 'call', call: outcome, json: values.json === true, data: values.data ?? defaultData };
}

function readWords(argv: readonly string[]) {
  return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
}

function usage(message: string): Parsed {
  return { kind: 'usage', message };
}

function unknownCommand(positionals: readonly string[]): string {
  const siblings = forms.filter(({ words }) => words[0] === positionals[0]);
  if (siblings.length === 0) return `there is no command ${positionals[0]}`;
  return `say ${siblings.map(({ words }) => words.join(' ')).join(', or ')}`;
}

function bare(command: 'token.list' | 'mapping.show', words: string): Form['read'] {
  return (rest) => (rest.length === 0 ? { command, args: {} } : { usage: `${words} takes nothing more` });
}

function readTokenCreate(rest: readonly string[], values: Values): Outcome {
  if (rest.length > 0 && values.label !== undefined) return { usage: 'name the token once' };
  const label = values.label ?? (rest.length > 0 ? rest.join(' ') : 'made with the CLI');
  const scopes = values.scopes?.split(',').map((scope) => scope.trim());
  if (scopes?.some((scope) => scope !== 'read' && scope !== 'write')) {
    return { usage: '--scopes is read, write, or read,write' };
  }
  const days = values['expires-in-days'];
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

function readMappingApply([file, ...more]: readonly string[], values: Values): Outcome {
  if (file === undefined || more.length > 0) return { usage: 'mapping apply FILE: one YAML file' };
  if (values.revoke === true && values.leave === true)
    return { usage: 'choose --revoke or --leave, not both' };
  const take = values.revoke === true ? 'revoke' : values.leave === true ? 'leave' : undefined;
  return {
    command: 'mapping.apply',
    file,
    args: { yes: values.yes === true, ...(take === undefined ? {} : { take }) },
  };
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
