/**
 * One HTTP request and its answer, read whole within a size and a deadline. It decides only what is known about a
 * request without an answer: `notSent` = surely nothing reached Adobe, `lost` = it may have (I12, F35). It knows nothing
 * of tokens, statuses or bodies.
 * Invariant: settles when the signal aborts, whatever `fetch` does; never throws for anything the other side can do.
 */
import type { AdobeError } from './adobe.ts';
import { plain, transportError } from './errors.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * A signal that aborts after `ms` milliseconds of the injected clock, which may run faster than real time. At normal
 * speed: `AbortSignal.timeout`, of whole milliseconds of at least 0.
 */
export type TimeoutSignal = (ms: number) => AbortSignal;

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A longer answer is not read to its end (F40). */
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  /** The body, or why it could not be read although the status came. */
  readonly body:
    | { readonly ok: true; readonly text: string }
    | { readonly ok: false; readonly error: AdobeError };
}
export type Exchange =
  | HttpAnswer
  | { readonly kind: 'notSent'; readonly error: AdobeError }
  | { readonly kind: 'lost'; readonly error: AdobeError };

/** Sends one request. Redirects are not followed: nothing goes to a host that the settings do not name (T46). */
export async function exchange(fetch: Fetch, request: HttpRequest, signal: AbortSignal): Promise<Exchange> {
  if (signal.aborted)
    return { kind: 'notSent', error: transportError('deadline.passed', 'no time left to send') };
  const { url, maxBytes, ...init } = request;
  let response: Response;
  try {
    response = await untilAborted(fetch(url, { ...init, redirect: 'manual', signal }), signal);
  } catch (cause) {
    return explainFailure(cause, signal);
  }
  const { status, headers } = response;
  try {
    const text = await readText(response, { maxBytes, signal });
    if (text !== undefined) return { kind: 'answer', status, headers, body: { ok: true, text } };
    const error = transportError(
      'answer.unreadable',
      `HTTP ${status}, an answer of more than ${maxBytes} bytes`,
    );
    return { kind: 'answer', status, headers, body: { ok: false, error } };
  } catch (cause) {
    const { error } = explainFailure(cause, signal);
    return { kind: 'answer', status, headers, body: { ok: false, error } };
  }
}

/** What `work` gives, or a rejection as soon as the signal aborts: not every `fetch` listens to its signal. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The body as text; undefined when it is longer than `maxBytes`. */
async function readText(
  response: Response,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await untilAborted(reader.read(), signal);
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > maxBytes) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    // Ends the download where it was left early. Not awaited: a stream that hangs would hang this too.
    reader.cancel().catch(() => undefined);
  }
}

/** Faults that occur before the first byte of a request has left: name look-up, connect, TLS handshake, bad URL. */
const BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function explainFailure(cause: unknown, signal: AbortSignal): Exclude<Exchange, HttpAnswer> {
  const { code, syscall } = innermost(cause);
  if (BEFORE_SENDING.has(code) || syscall === 'connect') {
    return {
      kind: 'notSent',
      error: transportError('network.unreachable', `no connection (${plain(code)})`),
    };
  }
  if (signal.aborted) return { kind: 'lost', error: transportError('network.timeout', 'no answer in time') };
  const seen = code === '' ? 'connection lost' : `connection lost (${plain(code)})`;
  return { kind: 'lost', error: transportError('network.lost', seen) };
}

/** `fetch` wraps the fault of the socket in `cause`; only the code is taken: messages may quote the request. */
function innermost(thrown: unknown): { code: string; syscall: string } {
  let fault: unknown = thrown;
  let found = { code: '', syscall: '' };
  for (let depth = 0; depth < 5 && typeof fault === 'object' && fault !== null; depth += 1) {
    const code: unknown = Reflect.get(fault, 'code');
    const syscall: unknown = Reflect.get(fault, 'syscall');
    if (typeof code === 'string') found = { code, syscall: typeof syscall === 'string' ? syscall : '' };
    // Several addresses tried and failed: Node makes this only while connecting.
    if (fault instanceof AggregateError) found = { ...found, syscall: 'connect' };
    fault = Reflect.get(fault, 'cause');
  }
  return found;
}
