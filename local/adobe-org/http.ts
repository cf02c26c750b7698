/** Answers as Adobe shapes them (`umapi.md` sections 3, 4.1, 8, 9), and the break of a connection. */
import type { Knobs } from './knobs.ts';

/**
 * The connection broke: the caller gets no answer. It is what `fetch` itself rejects with, so that a client cannot tell
 * the simulated org from a network; the process turns it into a destroyed socket.
 */
export class ConnectionReset extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
    this.name = 'TypeError';
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

export function empty(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers });
}

/** A rejected request: the code stands in `result` (section 8). */
export function rejected(status: number, code: string, message: string): Response {
  return json(status, { result: code, message });
}

/** What the gateway in front of UMAPI answers for a wrong method or path (section 9). */
export function gatewayPage(status: number): Response {
  const title = status === 403 ? '403 Forbidden' : `${status} Gateway error`;
  const page = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n`;
  return new Response(page, { status, headers: { 'Content-Type': 'text/html' } });
}

/** Too many requests (4.1); `Retry-After` in the form that the knob says. */
export function throttled(knobs: Knobs, at: number, retryAfterSeconds: number): Response {
  const headers: Record<string, string> = { Server: 'APIP' };
  if (knobs.retryAfterForm === 'seconds') headers['Retry-After'] = String(retryAfterSeconds);
  if (knobs.retryAfterForm === 'date') {
    headers['Retry-After'] = new Date(at + retryAfterSeconds * 1000).toUTCString();
  }
  return json(knobs.throttleStatus, { error_code: '429050', message: 'Too many requests' }, headers);
}
