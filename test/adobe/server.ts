/** A real HTTP server for the tests of what goes over the wire: answers are functions, requests are kept. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}
export type Answer = (response: ServerResponse, seen: Seen) => void;

export interface TestServer extends AsyncDisposable {
  url: string;
  seen: Seen[];
  /** Answers the next request; a request without one gets 599. */
  next(...answers: Answer[]): void;
}

export async function startServer(): Promise<TestServer> {
  const seen: Seen[] = [];
  const answers: Answer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(one);
      const answer = answers.shift() ?? ((unplanned: ServerResponse) => unplanned.writeHead(599).end());
      answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server that listens has an address object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    next: (...more) => void answers.push(...more),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function reply(status: number, body: unknown = '', headers: Record<string, string> = {}): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (response) => response.writeHead(status, headers).end(text);
}
/** Reads the request, then breaks the connection without a word. */
export const reset: Answer = (response) => response.destroy();
/** Never answers. */
export const silence: Answer = () => undefined;
