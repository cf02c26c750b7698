/**
 * The command line of the operator, parsed: words in, a call (or help, or a usage error) out. Pure: it reads no file
 * and knows no bridge. A word or option it does not know is an error that shows the right line.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type Call, type Form, textOf, type Values } from './form.ts';
import { sections } from './forms/all.ts';

export type Parsed =
  | { readonly kind: 'call'; readonly call: Call; readonly json: boolean; readonly data: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly message: string };

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
  --json                        data for machines instead of lines for people (with npm: npm run -s bridge -- ...)

Ends with 0 when done, 1 when refused or failed, 2 when the command line is wrong.`;

const generalOptions: ParseArgsOptionsConfig = {
  data: { type: 'string' },
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

export function parseCommandLine(argv: readonly string[]): Parsed {
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
  const data = textOf(values, 'data') ?? defaultData;
  return { kind: 'call', call: outcome, json: values['json'] === true, data };
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
