/** The command line of `npm run conformance`, parsed. Pure. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** File that takes the report as JSON. */
  readonly json: string | undefined;
  /** Regular expression over check ids. */
  readonly only: RegExp | undefined;
  readonly domain: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
}

export type Parsed =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'list'; readonly only: RegExp | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly message: string };

export const help = `Usage: npm run conformance -- --url URL --token TOKEN [options]

Checks a SCIM 2.0 server, rule by rule. It creates users and groups whose names start with conf- and deletes them.

  --url URL          base URL, such as https://scim.example.com/scim/v2; plain http only for this machine
  --token TOKEN      bearer token that may read and write (default: the variable SCIM_TOKEN)
  --json FILE        writes the report as JSON, too
  --only PATTERN     only checks whose id matches this regular expression, such as ^patch
  --list             lists the checks and sends nothing
  --domain DOMAIN    mail domain of the people it creates (default conformance.example)
  --concurrency N    checks at the same time, 1 to 16 (default 4)
  --timeout SECONDS  longest wait for one answer (default 60)

Exit code 0: no error (deviations and skipped checks are none). 1: errors. 2: wrong use, or no server.`;

const flags = {
  url: { type: 'string' },
  token: { type: 'string' },
  json: { type: 'string' },
  only: { type: 'string' },
  list: { type: 'boolean' },
  domain: { type: 'string' },
  concurrency: { type: 'string' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

class Wrong extends Error {}

export function parseOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Parsed {
  try {
    return read(argv, environment);
  } catch (error) {
    if (!(error instanceof Wrong) && !(error instanceof TypeError)) throw error;
    return { kind: 'usage', message: error.message.split('. ')[0] ?? error.message };
  }
}

function read(argv: readonly string[], environment: Readonly<Record<string, string | undefined>>): Parsed {
  const { values } = parseArgs({ args: [...argv], options: flags, allowPositionals: false, strict: true });
  if (values.help === true) return { kind: 'help' };
  const only = values.only === undefined ? undefined : readPattern(values.only);
  if (values.list === true) return { kind: 'list', only };
  const token = values.token ?? environment['SCIM_TOKEN'] ?? '';
  if (token === '') throw new Wrong('--token is missing (or the variable SCIM_TOKEN)');
  return {
    kind: 'run',
    options: {
      url: readUrl(values.url),
      token,
      json: values.json,
      only,
      domain: values.domain ?? 'conformance.example',
      concurrency: readNumber('--concurrency', values.concurrency ?? '4', 16),
      timeoutMs: readNumber('--timeout', values.timeout ?? '60', 600) * 1_000,
    },
  };
}

/** A token must not travel in the clear, so plain HTTP only goes to this machine. */
function readUrl(text: string | undefined): string {
  if (text === undefined) throw new Wrong('--url is missing');
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Wrong(`--url is an address, not ${text}`);
  if (url.search !== '' || url.hash !== '')
    throw new Wrong('--url has no query and no fragment (RFC 7644 section 1.3)');
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'http:' && !isLocal)
    throw new Wrong('--url with http: is only for this machine; use https:');
  return text.replace(/\/+$/, '');
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    // SyntaxError is the only one.
    throw new Wrong(`--only is a regular expression, not ${text}`);
  }
}

function readNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most)
    throw new Wrong(`${name} is a number from 1 to ${most}, not ${text}`);
  return number;
}
