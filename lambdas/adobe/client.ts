/**
 * The User Management API over an injected `fetch` (`umapi.md` sections 3, 5, 8, 9 and 11). It decides what an answer
 * means for what was asked. It never repeats a call, except once after a refused access token: pacing, waiting and
 * repeating are the drain's.
 *
 * Invariants: `refused` only where surely nothing happened; a request that may have reached Adobe and has no parsed
 * answer is `unknown` (I12). Absence is told only by Adobe's own code for it, never by another 404 (I11, F42).
 */
import type {
  AdobeClient,
  AdobeCredential,
  AdobeError,
  ObservedAdobeUser,
  PackedCommand,
  ReadOutcome,
  RequestOutcome,
} from './adobe.ts';
import { readActionAnswer } from './answers.ts';
import { BugError, httpError, transportError } from './errors.ts';
import {
  type Exchange,
  exchange,
  type Fetch,
  type HttpAnswer,
  type TimeoutSignal,
  untilAborted,
} from './exchange.ts';
import { normalName } from './identity.ts';
import { readGroupPage, readUserAnswer, readUserPage } from './listings.ts';
import { refuseUnknownSteps } from './outbound-guard.ts';
import { retryAfter } from './retry-after.ts';
import type { TokenSource } from './token.ts';

export interface AdobeClientDeps {
  readonly credential: AdobeCredential;
  readonly fetch: Fetch;
  /** The bridge's clock, milliseconds since 1970. Deadlines and `blockedUntil` are instants of it. */
  readonly now: () => number;
  readonly token: TokenSource;
  /** A new `X-Request-Id` for every call. */
  readonly newRequestId: () => string;
  /** `product/version`: default agents have been blamed for odd 429s (`umapi.md` 3). */
  readonly userAgent: string;
  readonly timeoutSignal: TimeoutSignal;
}

const MAX_ACTION_BYTES = 5_000_000;
/** 2,000 people with many memberships each are several megabytes. */
const MAX_PAGE_BYTES = 40_000_000;
const MAX_COMMANDS = 10;

/** Makes the client of one credential. Its functions never throw for anything that Adobe or the network does. */
export function createAdobeClient(deps: AdobeClientDeps): AdobeClient {
  const org = pathSegment(deps.credential.orgId);
  return {
    send: (commands, deadline) => sendCommands(deps, { org, commands, deadline, testOnly: false }),
    validate: (commands, deadline) => sendCommands(deps, { org, commands, deadline, testOnly: true }),
    async readUser(email, deadline, domain) {
      const query = domain === undefined ? '' : `?domain=${encodeURIComponent(domain)}`;
      const path = `/organizations/${org}/users/${pathSegment(email)}${query}`;
      return await read<ObservedAdobeUser | undefined>(deps, { path, deadline }, (answer, text) => {
        if (answer.status === 404)
          return saysAbsent(answer, text, ABSENT_USER) ? { value: undefined } : undefined;
        const user = readUserAnswer(text);
        return user && { value: user };
      });
    },
    async listUsers(page, deadline) {
      return await read(
        deps,
        { path: `/users/${org}/${pageSegment(page)}`, deadline },
        ({ status, headers }, text) => {
          const rows = status === 200 ? readUserPage(text, page, headers) : undefined;
          return rows && { value: rows };
        },
      );
    },
    async listGroups(page, deadline) {
      return await read(
        deps,
        { path: `/groups/${org}/${pageSegment(page)}`, deadline },
        ({ status, headers }, text) => {
          const rows = status === 200 ? readGroupPage(text, page, headers) : undefined;
          return rows && { value: rows };
        },
      );
    },
    readGroupMembers: (nameOrId, page, deadline) => readMembers(deps, { org, nameOrId, page, deadline }),
    listUnlicensed: (nameOrId, page, deadline) =>
      readMembers(deps, { org, nameOrId, page, deadline, query: '?status=inactive&excludeGroups=true' }),
  };
}

interface Batch {
  readonly org: string;
  readonly commands: readonly PackedCommand[];
  readonly deadline: number;
  readonly testOnly: boolean;
}

async function sendCommands(
  deps: AdobeClientDeps,
  { org, commands, deadline, testOnly }: Batch,
): Promise<RequestOutcome> {
  if (commands.length < 1 || commands.length > MAX_COMMANDS) {
    throw new BugError(`an action request of ${commands.length} commands`);
  }
  for (const { command } of commands) refuseUnknownSteps(command);
  const body = JSON.stringify(commands.map((packed) => packed.command));
  const path = `/action/${org}${testOnly ? '?testOnly=true' : ''}`;
  const called = await call(deps, { path, body, deadline, maxBytes: MAX_ACTION_BYTES });
  if (called.kind === 'notSent') return { ...called, kind: 'refused' };
  if (called.kind === 'lost') return { kind: 'unknown', error: called.error };
  const { status } = called;
  if (status >= 200 && status < 300) {
    return called.body.ok
      ? readActionAnswer(commands, called.body.text, testOnly)
      : { kind: 'unknown', error: called.body.error };
  }
  const error = httpError(status, called.body.ok ? called.body.text : '', called.headers);
  const wait = waitOf(called, deps.now());
  // 503 once was the answer of the global limit, before anything is done (`umapi.md` 4.1).
  if (status === 429 || status === 503) return { kind: 'refused', reason: 'throttled', error, ...wait };
  if (status === 401) return { kind: 'refused', reason: 'auth', error };
  if (status >= 500 || status === 408) return { kind: 'unknown', error, ...wait };
  return { kind: 'refused', reason: 'rejected', error, ...wait };
}

type Failed = Extract<ReadOutcome<unknown>, { kind: 'failed' }>;

/** Calls a read; `interpret` gives the value of an answer of 200 or 404, or undefined when it has none. */
async function read<T>(
  deps: AdobeClientDeps,
  { path, deadline }: { path: string; deadline: number },
  interpret: (answer: HttpAnswer, text: string) => { readonly value: T } | undefined,
): Promise<ReadOutcome<T>> {
  const called = await call(deps, { path, deadline, maxBytes: MAX_PAGE_BYTES });
  if (called.kind === 'notSent') return { ...called, kind: 'failed' };
  if (called.kind === 'lost') return { kind: 'failed', reason: 'unreachable', error: called.error };
  const { status, body } = called;
  if (status === 200 || status === 404) {
    const found = body.ok ? interpret(called, body.text) : undefined;
    if (found !== undefined) return { kind: 'ok', value: found.value };
  }
  return readFailure(called, deps.now());
}

function readFailure(answer: HttpAnswer, now: number): Failed {
  const { status, headers, body } = answer;
  const wait = waitOf(answer, now);
  if (status === 200) {
    const error = body.ok
      ? transportError('answer.unreadable', 'HTTP 200 without the expected content')
      : body.error;
    return { kind: 'failed', reason: 'unreachable', error, ...wait };
  }
  const error = httpError(status, body.ok ? body.text : '', headers);
  if (status === 429 || status === 503) return { kind: 'failed', reason: 'throttled', error, ...wait };
  if (status === 401) return { kind: 'failed', reason: 'auth', error };
  return {
    kind: 'failed',
    reason: status >= 500 || status === 408 ? 'unreachable' : 'rejected',
    error,
    ...wait,
  };
}

interface MembersWish {
  readonly org: string;
  readonly nameOrId: string;
  readonly page: number;
  readonly deadline: number;
  readonly query?: string;
}

async function readMembers(
  deps: AdobeClientDeps,
  { org, nameOrId, page, deadline, query = '' }: MembersWish,
): ReturnType<AdobeClient['readGroupMembers']> {
  // Adobe cuts such names, also when encoded, and would answer for another group (`umapi.md` 11.2).
  if (/[/\\%]|\. |^\.{1,2}$/.test(nameOrId)) {
    return { kind: 'failed', reason: 'rejected', error: transportError('name.unreadable', `"${nameOrId}"`) };
  }
  const path = `/users/${org}/${pageSegment(page)}/${pathSegment(nameOrId)}${query}`;
  return await read(deps, { path, deadline }, (answer, text) => {
    // A group that vanishes between two pages is no end of the list.
    if (answer.status === 404) {
      return page === 0 && saysAbsent(answer, text, ABSENT_GROUP) ? { value: undefined } : undefined;
    }
    const rows = readUserPage(text, page, answer.headers);
    if (rows === undefined) return undefined;
    const { groupName, ...members } = rows;
    const other = groupName !== undefined && normalName(groupName) !== normalName(nameOrId);
    return other && !/^\d+$/.test(nameOrId) ? undefined : { value: members };
  });
}

const ABSENT_USER = ['error.user.not_found'];
const ABSENT_GROUP = ['error.group.not_found', 'GROUP_NOT_FOUND', 'PLC_NOT_FOUND'];

function saysAbsent({ headers }: HttpAnswer, text: string, codes: readonly string[]): boolean {
  return codes.includes(httpError(404, text, headers).code);
}

interface Call {
  readonly path: string;
  readonly body?: string;
  readonly deadline: number;
  readonly maxBytes: number;
}
type Refusal = Extract<RequestOutcome, { kind: 'refused' }>;
type Called =
  | HttpAnswer
  | Extract<Exchange, { kind: 'lost' }>
  | (Omit<Refusal, 'kind'> & { readonly kind: 'notSent' });

/** One call, repeated once with a new token when Adobe refuses the first (`umapi.md` 9: 401). Until `deadline`. */
async function call(deps: AdobeClientDeps, { path, body, deadline, maxBytes }: Call): Promise<Called> {
  const leftMs = deadline - deps.now();
  if (leftMs <= 0) return unreachable(transportError('deadline.passed', 'no time left to send'));
  const signal = deps.timeoutSignal(leftMs);
  const url = `${deps.credential.umapiUrl.replace(/\/+$/, '')}${path}`;
  for (let refused = false; ; refused = true) {
    const token = await tokenUntil(deps.token, signal);
    if (token.kind === 'failed') return { ...token, kind: 'notSent' };
    const headers = headersOf(deps, token.token, { isPost: body !== undefined });
    const method = body === undefined ? 'GET' : 'POST';
    const request = { url, method, headers, maxBytes, ...(body === undefined ? {} : { body }) } as const;
    const answer = await exchange(deps.fetch, request, signal);
    if (answer.kind === 'notSent') return unreachable(answer.error);
    if (answer.kind !== 'answer' || answer.status !== 401 || refused) return answer;
    deps.token.invalidate(token.token);
  }
}

async function tokenUntil(source: TokenSource, signal: AbortSignal): ReturnType<TokenSource['get']> {
  try {
    return await untilAborted(source.get(), signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    const error = transportError('deadline.passed', 'no access token in time');
    return { kind: 'failed', reason: 'unreachable', error };
  }
}

function unreachable(error: AdobeError): Omit<Refusal, 'kind'> & { readonly kind: 'notSent' } {
  return { kind: 'notSent', reason: 'unreachable', error };
}

function headersOf(
  { credential, newRequestId, userAgent }: AdobeClientDeps,
  token: string,
  { isPost }: { isPost: boolean },
): Record<string, string> {
  return {
    Authorization: `Bearer ${token}`,
    'X-Api-Key': credential.clientId,
    'X-Request-Id': newRequestId(),
    'User-Agent': userAgent,
    Accept: 'application/json',
    ...(isPost ? { 'Content-Type': 'application/json' } : {}),
  };
}

function waitOf({ headers }: HttpAnswer, now: number): { blockedUntil?: number } {
  const blockedUntil = retryAfter(headers.get('retry-after'), now);
  return blockedUntil === undefined ? {} : { blockedUntil };
}

/** One path segment (T47). The `@` stays as Adobe's own samples have it. */
function pathSegment(text: string): string {
  if (/^\.{0,2}$/.test(text)) throw new BugError('an empty or dotted path segment');
  return encodeURIComponent(text).replaceAll('%40', '@');
}

function pageSegment(page: number): string {
  if (!Number.isInteger(page) || page < 0) throw new BugError(`page ${page}`);
  return String(page);
}
