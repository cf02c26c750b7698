/** The command line of `npm start`, parsed. Pure; what is wrong becomes a sentence that shows the right form. */
import { parseArgs } from 'node:util';

export interface StartOptions {
  /** A simulated Adobe org, or the real one of a credential. */
  readonly adobe: 'simulated' | 'live';
  readonly dir: string;
  /** Absent = the port of the last start if it is free, else any. */
  readonly port: number | undefined;
  readonly adobePort: number | undefined;
  /** An Adobe org that already runs, instead of one started by the bridge. */
  readonly adobeUrl: string | undefined;
  readonly credential: Credential | undefined;
  /** Absent = as the folder was started with before, else 1. */
  readonly speed: number | undefined;
}

export interface Credential {
  readonly orgId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export type ParsedStart =
  | { readonly kind: 'start'; readonly options: StartOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'usage'; readonly message: string };

export const startHelp = `Usage: npm start -- [options]

Starts the bridge on this machine, with an embedded database and a simulated Adobe org.

  --adobe live            drives a real Adobe org instead, in report-only mode, on a folder of its own (default
                          .bridge-live); asks for the credential, or takes it from BRIDGE_ADOBE_ORG,
                          BRIDGE_ADOBE_CLIENT_ID and BRIDGE_ADOBE_CLIENT_SECRET, and writes it into no file
  --data DIR              where everything is kept (default .bridge)
  --port N                port of the SCIM service (default: the last one if it is free, else any)
  --adobe-port N          port of the simulated Adobe org
  --adobe-url URL         uses an Adobe org that already runs, such as one of npm run adobe-org
    --adobe-org ID --adobe-client-id ID --adobe-client-secret SECRET
                          its credential (default: read from adobe-org.json in --data)
  --speed N               runs the clock of bridge and org N times as fast, limits included; fixed at the first start
  --help`;

const options = {
  adobe: { type: 'string' },
  data: { type: 'string' },
  port: { type: 'string' },
  'adobe-port': { type: 'string' },
  'adobe-url': { type: 'string' },
  'adobe-org': { type: 'string' },
  'adobe-client-id': { type: 'string' },
  'adobe-client-secret': { type: 'string' },
  speed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

class Wrong extends Error {}

export function parseStart(argv: readonly string[]): ParsedStart {
  try {
    return read(argv);
  } catch (error) {
    if (!(error instanceof Wrong) && !(error instanceof TypeError)) throw error;
    // parseArgs explains itself in several sentences; the first one names the word that is wrong.
    return { kind: 'usage', message: error.message.split('. ')[0] ?? error.message };
  }
}

function read(argv: readonly string[]): ParsedStart {
  const { values } = parseArgs({ args: [...argv], options, allowPositionals: false, strict: true });
  if (values.help === true) return { kind: 'help' };
  const adobeUrl = values['adobe-url'] === undefined ? undefined : readUrl(values['adobe-url']);
  if (adobeUrl !== undefined && values['adobe-port'] !== undefined) {
    throw new Wrong('--adobe-url and --adobe-port exclude each other: an org that already runs has its port');
  }
  const adobe = readKind(values);
  return {
    kind: 'start',
    options: {
      adobe,
      dir: readDir(values.data, adobe),
      port: readPort('--port', values.port),
      adobePort: readPort('--adobe-port', values['adobe-port']),
      adobeUrl,
      credential: readCredential(
        values['adobe-org'],
        values['adobe-client-id'],
        values['adobe-client-secret'],
        adobeUrl !== undefined,
      ),
      speed: readSpeed(values.speed),
    },
  };
}

/** What only a simulated org knows; the clock of a real one runs as it runs. */
const simulatedOnly = [
  'adobe-port',
  'adobe-url',
  'adobe-org',
  'adobe-client-id',
  'adobe-client-secret',
  'speed',
] as const;

function readKind(values: Readonly<Record<string, unknown>>): StartOptions['adobe'] {
  const { adobe = 'simulated' } = values;
  if (adobe !== 'simulated' && adobe !== 'live')
    throw new Wrong(`--adobe is live or simulated, not ${String(adobe)}`);
  const foreign = simulatedOnly.find((name) => values[name] !== undefined);
  if (adobe === 'live' && foreign !== undefined)
    throw new Wrong(`--${foreign} is for a simulated Adobe org, and --adobe live drives a real one`);
  return adobe;
}

function readDir(text: string | undefined, adobe: StartOptions['adobe']): string {
  if (text?.trim() === '') throw new Wrong('--data is the name of a folder, such as .bridge, and not empty');
  return text ?? (adobe === 'live' ? '.bridge-live' : '.bridge');
}

function readPort(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new Wrong(`${name} is a number from 1 to 65535, not ${text}`);
  return port;
}

function readSpeed(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const speed = Number(text);
  if (text.trim() === '' || !Number.isFinite(speed) || speed < 1 || speed > 10_000) {
    throw new Wrong(`--speed is a number from 1 to 10000, not ${text}`);
  }
  return speed;
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Wrong(`--adobe-url is an address such as http://127.0.0.1:4300, not ${text}`);
  return text.replace(/\/+$/, '');
}

function readCredential(
  orgId: string | undefined,
  clientId: string | undefined,
  clientSecret: string | undefined,
  external: boolean,
): Credential | undefined {
  if (orgId === undefined && clientId === undefined && clientSecret === undefined) return undefined;
  if (!external)
    throw new Wrong('--adobe-org, --adobe-client-id and --adobe-client-secret go with --adobe-url');
  if (orgId === undefined || clientId === undefined || clientSecret === undefined) {
    throw new Wrong('--adobe-org, --adobe-client-id and --adobe-client-secret go together');
  }
  return { orgId, clientId, clientSecret };
}
