/**
 * Turns what went wrong into an `AdobeError`: Adobe's codes (by the table of `error-table.ts`), HTTP answers without
 * one (`umapi.md` section 9), and our own faults of transport. It decides class, scope and hint, and never whether
 * something is repeated: that is the drain's.
 * Invariant: total. Any status, code and text give an error, and its message holds no control characters.
 */
import type { AdobeError } from './adobe.ts';
import { ERROR_TABLE, type ErrorRow, type StepKind, SYNCED_DOMAIN, UNKNOWN_CODE } from './error-table.ts';

/** A promise of our own code was broken: a request that must never be built. Not for anything Adobe or an IdP can cause. */
export class BugError extends Error {
  constructor(message: string) {
    super(`bug: ${message}`);
    this.name = 'BugError';
  }
}

/** Class, scope and hint of one error of an action answer, `step` being what its step did (`umapi.md` section 10). */
export function classifyError(code: string, message: string, step?: StepKind): AdobeError {
  const found = rowOf(code, message);
  const verdict = (step === undefined ? undefined : found.on?.[step]) ?? found;
  return asError(code, message, verdict);
}

function rowOf(code: string, message: string): ErrorRow {
  // "Target user or group absent": only the message tells which (10.1).
  if (code === 'error.user.not_found' && /^\s*(not found: )?(user ?)?group\b/i.test(message)) {
    return known('error.group.not_found') ?? UNKNOWN_CODE;
  }
  if (
    code === 'error.internal.create_failed' &&
    /could not create person|externally managed/i.test(message)
  ) {
    return SYNCED_DOMAIN;
  }
  return known(code) ?? UNKNOWN_CODE;
}

function known(code: string): ErrorRow | undefined {
  return Object.hasOwn(ERROR_TABLE, code) ? ERROR_TABLE[code] : undefined;
}

/** Whether the table holds this code; others are repeated a few times and reported (`umapi.md` 10.4). */
export function isDocumented(code: string): boolean {
  return known(code) !== undefined;
}

/** The error of an answer whose status is not 2xx, or whose request was rejected as a whole (`umapi.md` section 9). */
export function httpError(status: number, bodyText: string, headers: Headers): AdobeError {
  const said = codeAndMessage(bodyText);
  const requestId = headers.get('x-request-id');
  const message = [
    said.message ?? describeBody(bodyText),
    `HTTP ${status}`,
    requestId && `request ${requestId}`,
  ]
    .filter(Boolean)
    .join(', ');
  const code = said.code ?? `http.${status}`;
  const row = said.code === undefined ? undefined : known(said.code);
  // The status decides where it is the clearer word; 403 alone has several causes.
  const byStatus = row === undefined || [401, 429].includes(status) || status >= 500;
  return asError(code, message, byStatus ? rowOfStatus(status) : row);
}

function rowOfStatus(status: number): ErrorRow {
  if (status === 429 || status === 503) return HTTP.throttled;
  if (status >= 500) return HTTP.trouble;
  if (status === 401) return HTTP.unauthorized;
  if (status === 403) return HTTP.forbidden;
  if (status === 404 || (status >= 300 && status < 400)) return HTTP.wrongPlace;
  return HTTP.wrongRequest;
}

const HTTP = {
  throttled: {
    class: 'retry',
    scope: 'org',
    hint: 'Adobe asked for a pause. The bridge waits and goes on by itself.',
  },
  trouble: {
    class: 'retry',
    scope: 'org',
    hint: 'Trouble at Adobe that usually passes; the bridge repeats it.',
  },
  unauthorized: {
    class: 'auth',
    scope: 'org',
    hint: 'Adobe refuses the access token, or the organisation id is not the one of the credential. Check organisation id, client id and secret.',
  },
  forbidden: {
    class: 'auth',
    scope: 'org',
    hint: 'Adobe refuses the credential. Check that the Developer Console project holds the User Management API and that the client id is right.',
  },
  wrongPlace: {
    class: 'config',
    scope: 'org',
    hint: 'Nothing answers at this address. Check the User Management API address and the organisation id in the settings.',
  },
  wrongRequest: {
    class: 'bug',
    scope: 'person',
    hint: 'The bridge built a request that Adobe does not accept. Report it with this code and message.',
  },
} as const satisfies Record<string, ErrorRow>;

/** What can go wrong without Adobe's word. */
export type TransportCode =
  | 'network.unreachable'
  | 'network.lost'
  | 'network.timeout'
  | 'deadline.passed'
  | 'answer.unreadable'
  | 'answer.contradictory'
  | 'name.unreadable';

const TRANSPORT: Readonly<Record<TransportCode, ErrorRow>> = {
  'network.unreachable': org('No connection to Adobe. Check the network and the addresses in the settings.'),
  'network.lost': org(
    'The connection broke before the answer was complete; the bridge finds out what happened.',
  ),
  'network.timeout': org('Adobe did not answer in time; the bridge finds out what happened.'),
  'deadline.passed': org('No time was left to ask Adobe; the bridge tries again.'),
  'answer.unreadable': org(
    'Adobe answered with something that is no result. If it stays, ask Adobe support.',
  ),
  'answer.contradictory': org('The answer of Adobe contradicts itself, so the bridge trusts none of it.'),
  'name.unreadable': {
    class: 'config',
    scope: 'entitlement',
    hint: 'Adobe cannot look up a name with a slash, or a dot before a blank. Look it up by its id in the catalogue, or rename it.',
  },
};

function org(hint: string): ErrorRow {
  return { class: 'retry', scope: 'org', hint };
}

/** An error of the way to Adobe and back; `message` says what was seen. */
export function transportError(code: TransportCode, message: string): AdobeError {
  return asError(code, message, TRANSPORT[code]);
}

function asError(code: string, message: string, { class: kind, scope, hint, tries }: ErrorRow): AdobeError {
  const about = { code: plain(code), message: plain(message), class: kind, scope, hint };
  return tries === undefined ? about : { ...about, tries };
}

/** The spellings of an error body (`umapi.md` 9): `result`, `error_code`, `errorCode`. */
function codeAndMessage(bodyText: string): { code?: string; message?: string } {
  const body = parseJson(bodyText);
  if (typeof body !== 'object' || body === null) return {};
  const fields = new Map(Object.entries(body).map(([key, value]) => [key.toLowerCase(), value]));
  const code = firstText(fields, ['result', 'error_code', 'errorcode']);
  const message = firstText(fields, ['message', 'errormessage']);
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
}

function firstText(fields: ReadonlyMap<string, unknown>, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = fields.get(key);
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}

function describeBody(bodyText: string): string {
  if (bodyText.trim() === '') return 'an empty answer';
  if (/^\s*</.test(bodyText)) return 'an HTML page';
  return 'an answer without a message';
}

/** The value of a JSON text, or undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    // Adobe's bodies are not always JSON (`umapi.md` 3); every caller treats undefined as "no answer".
    return undefined;
  }
}

const LONGEST_MESSAGE = 500;

/** Foreign text made safe for one line of a log or a table (T43). */
export function plain(text: string): string {
  return text
    .slice(0, LONGEST_MESSAGE)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .toWellFormed()
    .trim();
}
