/**
 * One HTTP exchange with the server under test, on node's own client: nothing is added to a request, so that a check can
 * leave out `Accept` or send odd bodies, and no redirect is followed.
 *
 * `patient` is the only manners it has: 429 and 503 with a Retry-After in seconds are waited out.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

export interface Sent {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface Received {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Such as `TLSv1.3`; absent on plain HTTP. */
  readonly tls?: string;
}

export type Send = (sent: Sent) => Promise<Received>;

export interface Transport {
  readonly send: Send;
  close(): void;
}

export function openTransport({ timeoutMs }: { readonly timeoutMs: number }): Transport {
  const plain = new HttpAgent({ keepAlive: true });
  const secure = new HttpsAgent({ keepAlive: true });
  return {
    send: (sent) => exchange(sent, { plain, secure, timeoutMs }),
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

interface Wires {
  readonly plain: HttpAgent;
  readonly secure: HttpsAgent;
  readonly timeoutMs: number;
}

function exchange(
  { method, url, headers, body }: Sent,
  { plain, secure, timeoutMs }: Wires,
): Promise<Received> {
  const isSecure = url.startsWith('https:');
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const options = {
    method,
    headers: { ...headers, ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }) },
    timeout: timeoutMs,
  };
  return new Promise((done, failed) => {
    const answered = (response: IncomingMessage) => collect(response).then(done, failed);
    const request = isSecure
      ? httpsRequest(url, { ...options, agent: secure }, answered)
      : httpRequest(url, { ...options, agent: plain }, answered);
    request.on('error', failed);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.end(bytes);
  });
}

async function collect(response: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(response.headersDistinct))
    headers[name] = (values ?? []).join(', ');
  const tls = response.socket instanceof TLSSocket ? response.socket.getProtocol() : null;
  return {
    status: response.statusCode ?? 0,
    headers,
    text: decompress(Buffer.concat(chunks), headers['content-encoding']).toString('utf8'),
    ...(tls === null ? {} : { tls }),
  };
}

function decompress(bytes: Buffer, encoding: string | undefined): Buffer {
  if (bytes.length === 0) return bytes;
  switch (encoding) {
    case 'gzip':
      return gunzipSync(bytes);
    case 'br':
      return brotliDecompressSync(bytes);
    case 'deflate':
      return inflateSync(bytes);
    default:
      return bytes;
  }
}

const MOST_REPEATS = 8;
const LONGEST_WAIT_SECONDS = 120;

/** Repeats what was refused for being too fast, after the seconds that the server names. */
export function patient(send: Send, pause: (ms: number) => Promise<void>): Send {
  return async (sent) => {
    for (let repeats = 0; ; repeats += 1) {
      const received = await send(sent);
      const wait = received.headers['retry-after'] ?? '';
      const isBusy = received.status === 429 || received.status === 503;
      if (!isBusy || repeats >= MOST_REPEATS || !/^\d{1,4}$/.test(wait)) return received;
      await pause(Math.min(Number(wait), LONGEST_WAIT_SECONDS) * 1_000);
    }
  };
}
