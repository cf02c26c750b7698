/**
 * Log lines as JSON, one per event, with everything masked that a log must not keep.
 *
 * Invariant: no token, secret or e-mail address leaves through here, whoever put it into a message, a field or an
 * error. It works on values, not on good will: every string is searched, at any depth. Ids (UUIDs) stay readable,
 * because they are how an operator follows a person through the logs.
 */
import { embedded, figuresOf } from './metrics.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

export interface LogSettings {
  readonly level: LogLevel;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly write: (line: string) => void;
  readonly fields?: LogFields;
  /** The table whose metrics these are: lines that count carry their figures. Absent: nobody measures. */
  readonly measures?: string | undefined;
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Lines that prove something later, and only if none is missing: the journal's seals (I14). */
const witnesses: ReadonlySet<string> = new Set(['journal-sealed']);

export function createLog(settings: LogSettings): Log {
  const line = (level: LogLevel) => (message: string, fields?: LogFields) => {
    const at = settings.now();
    const figures = measured(settings, message, fields);
    // Whatever level is written, what is measured is measured, and a witness speaks.
    const isKept = figures !== undefined || witnesses.has(message);
    if (ranks[level] < ranks[settings.level] && !isKept) return;
    const entry = { time: new Date(at).toISOString(), level, message };
    const clean = redact({ ...entry, ...settings.fields, ...fields });
    // Numbers, and the name of the table, which looks as random as a token does: neither is masked.
    const line = figures === undefined ? clean : Object.assign({}, clean, figures(at));
    settings.write(onOneLine(JSON.stringify(line)));
  };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => createLog({ ...settings, fields: { ...settings.fields, ...fields } }),
  };
}

function measured({ measures }: LogSettings, message: string, fields: LogFields = {}) {
  const figures = measures === undefined ? {} : figuresOf(message, fields);
  if (measures === undefined || Object.keys(figures).length === 0) return undefined;
  return (at: number) => embedded(figures, { table: measures, at });
}

/** T43: JSON escapes the control characters of ASCII only, and some readers end a line or move a cursor at the others, too. */
function onOneLine(json: string): string {
  return json.replaceAll(
    /[\u007F-\u009F\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const masked = '[redacted]';
const deepest = 8;
const longestText = 2_000;
/** More than this is dropped unread, so that masking a hostile text stays cheap. */
const longestRead = 10_000;

/** Field names whose value is never written, whatever its shape. */
const secretName =
  /^(authorization|cookie|password|secret|token|pepper|api-?key)$|(secret|password|[_-]token|Token)$/i;
/** Harmless fields that the pattern above would catch. */
const publicName = /^(nextToken|page_?token)$/i;

/** Ids are how an operator follows something through the logs; the longest of them look random, too. */
const idName = /(^i|I)d$/;

/** A copy that may be written to a log: JSON values only, e-mails and token-shaped texts masked. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return value;
  if (depth >= deepest) return '[deeper]';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return redact(Object.fromEntries(value), depth);
  if (value instanceof Set) return redact([...value], depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redactText(name), redactField(name, item, depth)]),
  );
}

function redactField(name: string, item: unknown, depth: number): unknown {
  if (item !== undefined && secretName.test(name) && !publicName.test(name)) return masked;
  if (typeof item === 'string' && idName.test(name)) return redactText(item, { keepIds: true });
  return redact(item, depth + 1);
}

function redactError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  // The first line of a stack repeats the message; both pass through the same mask.
  return redact(
    { name, message, ...(stack === undefined ? {} : { stack }), ...(cause === undefined ? {} : { cause }) },
    depth + 1,
  );
}

/**
 * Begins only where a run of its characters begins, so that a long run without an @ is read once (T32), and takes every
 * address along that touches the one before, so that none is hidden in its tail; of those the last domain shows.
 */
const email =
  /(?<![\p{L}\p{N}._%+'-])([.%+'-]*[\p{L}\p{N}_])[\p{L}\p{N}._%+'-]*(?:@|%40)((?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]{2,})(?:[\p{L}\p{N}._%+'-]*(?:@|%40)((?:[\p{L}\p{N}-]+\.)+[\p{L}\p{N}-]{2,}))*/gu;
const bearer = /\b(Bearer|Basic)\s+[^\s"',;]+/gi;
/** Ours and Adobe's, which say what they are: masked also where the rest is short or of one kind of characters. */
const prefixed = /\b(?:scim[abc]_|p8e-)[\w-]{8,}/g;
const jsonWebToken = /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;
/** An ARN is a name, and its tail looks random; it is read whole, so that its parts are not judged for themselves. */
const longRun = /\barn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{0,12}:[\w:/-]+|[A-Za-z0-9_-]{32,}/g;

/** `jane.doe@example.com` becomes `j***@example.com`; anything shaped like a credential becomes `[redacted]`. */
export function redactText(text: string, { keepIds = false } = {}): string {
  const clean = text
    .slice(0, longestRead)
    .replace(bearer, `$1 ${masked}`)
    .replace(prefixed, masked)
    .replace(jsonWebToken, masked)
    .replace(longRun, (run) => (!keepIds && !run.startsWith('arn:') && looksRandom(run) ? masked : run))
    .replace(email, (_text, first: string, domain: string, last?: string) => `${first}***@${last ?? domain}`);
  // Cut after masking: half a token no longer looks like one.
  return clean.length > longestText ? `${clean.slice(0, longestText)}... (${text.length} characters)` : clean;
}

/** Random base64url has all three kinds of characters; random hex has no dash. UUIDs and slugs have neither. */
function looksRandom(run: string): boolean {
  const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run);
  return mixed || /^[0-9a-fA-F]{32,}$/.test(run);
}
