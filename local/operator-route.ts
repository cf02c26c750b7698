/**
 * The local door to the operator's commands: one POST route on a loopback port of its own, which asks for a key and
 * invokes the admin handler. In AWS there is no such route; there the same handler is invoked with IAM.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AdminHandler } from '../lambdas/admin.ts';
import { lambdaContext } from './lambda-context.ts';
import { close, listen, readBody } from './serve.ts';

export interface OperatorRouteOptions {
  readonly handler: AdminHandler;
  readonly key: string;
  /** 0 or absent = any free port. */
  readonly port?: number;
}

const largestBodyBytes = 6 * 1024 * 1024;
const commandTimeoutMs = 300_000;

export async function serveOperator(
  options: OperatorRouteOptions,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    exchange(options, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await listen(server, options.port ?? 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the operator route has no port');
  return { url: `http://127.0.0.1:${address.port}/`, close: () => close(server) };
}

async function exchange(
  { handler, key }: OperatorRouteOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, largestBodyBytes);
  if (!sameKey(request.headers.authorization, key))
    return send(
      response,
      401,
      refusal('the key is wrong: start the bridge again, or read endpoint.json anew'),
    );
  if (request.method !== 'POST') return send(response, 405, refusal('POST a command'));
  if (body === undefined) return send(response, 413, refusal('the command is larger than 6 MB'));
  let event: unknown;
  try {
    event = JSON.parse(body.toString('utf8'));
  } catch {
    // JSON.parse throws for one reason only.
    return send(response, 400, refusal('the body is not JSON'));
  }
  const began = performance.now();
  const context = lambdaContext({
    functionName: 'admin',
    requestId: randomUUID(),
    remainingMs: () => commandTimeoutMs - (performance.now() - began),
  });
  send(response, 200, await handler(event, context));
}

/** Digests have one length, so the comparison takes one time whatever was sent. */
function sameKey(authorization: string | undefined, key: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${key}`));
}

function refusal(message: string): unknown {
  return { ok: false, error: { message } };
}

function send(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(content));
}
