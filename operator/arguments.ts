/**
 * The command line of the operator, parsed: words in, a call (or help, or a usage error) out. Pure: it reads no file
 * and knows no bridge. A word or option it does not know is an error that shows the right line.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { AwsPlace } from './connect-aws.ts';
import { type Call, type Form, textOf, type Values } from './form.ts';
import { sections } from './forms/all.ts';

export interface Line {
  readonly kind: 'call';
  readonly call: Call;
  readonly json: boolean;
  readonly data: string;
  /** A bridge in AWS, instead of the local one of `data`. */
  readonly aws?: AwsPlace;
}

export type Parsed = Line | { readonly kind: 'help' } | { readonly kind: 'usage'; readonly message: string };

export const defaultData = '.bridge';

const forms: readonly Form[] = sections.flat();

const leftColumn = 30;
const helpLines = (section: readonly Form[]): string =>
  section
    .flatMap(({ help }) => help.map(([left, right]) => `  ${left.padEnd(leftColumn - 1)} ${right}`.trimEnd()))
    .join('\n');

export const help = `Usage: npm run bridge -- <command> [options]

${sections.map(helpLines).join('\n\n')}

  help

Options of every command:
  --data DIR                    the folder of the running bridge (default ${defaultData})
  --stack NAME                  the bridge in AWS that npm run deploy made from this machine (or set BRIDGE_STACK)
  --function NAME --region R    ... or one that was deployed elsewhere: its admin function
  --json                        data for machines instead of lines for people (with npm: npm run -s bridge -- ...)

Ends with 0 when done, 1 when refused or failed, 2 when the command line is wrong.`;

const generalOptions: ParseArgsOptionsConfig = {
  data: { type: 'string' },
  stack: { type: 'string' },
  function: { type: 'string' },
  region: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/** Options of the same name mean the same in every command that takes them. */
const allOptions: ParseArgsOptionsConfig = {
  ...generalOptions,
  ...Object.fromEntries(
    forms.flatMap((form) => Object.entries(form.options ?? {}).map(([name, type]) => [name, { type }])),
  ),
};

/** `stack` is the one that the environment names; a --data on the line means the local bridge all the same. */
export function parseCommandLine(argv: readonly string[], stack?: string): Parsed {
  let words: ReturnType<typeof readWords>;
  try {
    words = readWords(argv);
  } catch (error) {
    return usage(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error));
  }
  const { values, positionals } = words;
  if (values['help'] === true || positionals.length === 0 || positionals[0] === 'help')
    return { kind: 'help' };
  const form = longestMatch(positionals);
  if (form === undefined) return usage(unknownCommand(positionals));
  const known = { ...generalOptions, ...form.options };
  const foreign = Object.keys(values).find((name) => !Object.hasOwn(known, name));
  if (foreign !== undefined) return usage(`--${foreign} is not an option of ${form.words.join(' ')}`);
  const outcome = form.read(positionals.slice(form.words.length), values);
  if ('usage' in outcome) return usage(outcome.usage);
  const aws = awsPlace(values, stack);
  if (aws !== undefined && 'usage' in aws) return usage(aws.usage);
  return {
    kind: 'call',
    call: outcome,
    json: values['json'] === true,
    data: textOf(values, 'data') ?? defaultData,
    ...(aws === undefined ? {} : { aws }),
  };
}

function awsPlace(
  values: Values,
  fromEnvironment: string | undefined,
): AwsPlace | { usage: string } | undefined {
  const [data, named, lambda, region] = ['data', 'stack', 'function', 'region'].map((name) =>
    textOf(values, name),
  );
  if (data !== undefined) {
    const other = ['stack', 'function', 'region'].find((name) => textOf(values, name) !== undefined);
    return other === undefined ? undefined : { usage: `--data is the local bridge, --${other} one in AWS` };
  }
  const stack = named ?? (lambda === undefined ? fromEnvironment || undefined : undefined);
  if (stack === undefined && lambda === undefined)
    return region === undefined ? undefined : { usage: '--region goes with --stack or --function' };
  return {
    ...(stack === undefined ? {} : { stack }),
    ...(lambda === undefined ? {} : { function: lambda }),
    ...(region === undefined ? {} : { region }),
  };
}

function readWords(argv: readonly string[]): { values: Values; positionals: string[] } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: allOptions,
    allowPositionals: true,
    strict: true,
  });
  // No option of ours may be repeated, so no value is a list.
  return { values: values as Values, positionals };
}

function usage(message: string): Parsed {
  return { kind: 'usage', message };
}

/** `token create` wins over a `token` that takes words. */
function longestMatch(positionals: readonly string[]): Form | undefined {
  return forms
    .filter(({ words }) => words.every((word, i) => positionals[i] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}

function unknownCommand(positionals: readonly string[]): string {
  const siblings = forms.filter(({ words }) => words[0] === positionals[0]);
  if (siblings.length === 0) return `there is no command ${positionals[0]}`;
  return `say ${siblings.map(({ words }) => words.join(' ')).join(', or ')}`;
}
