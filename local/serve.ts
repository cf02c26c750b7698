/**
 * A localhost server that stands where API Gateway stands: it turns a socket into an HTTP API event of payload format
 * 2.0, calls the handler, and turns its result back into an answer.
 *
 * It behaves as API Gateway does where a handler can tell the difference: header names in lower case and repeated ones
 * joined, cookies apart, the path decoded and the query not, bodies in base64 unless their media type is text, the
 * limits of size and time, and API Gateway's own answers when the handler fails. It knows nothing of SCIM.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod';
import { lambdaContext } from './lambda-context.ts';

export interface ServeOptions {
  readonly handler: (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>;
  /** 0 or absent = any free port. */
  readonly port?: number;
  readonly functionName?: string;
  /** Called with each finished exchange. */
  readonly onExchange?: (exchange: { readonly method: string; readonly status: number }) => void;
}

export interface Served {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Takes no new request, lets running ones finish for up to two seconds. */
  close(): Promise<void>;
}

/** Limits of an HTTP API: 10 MB of body, 10,240 bytes of request line and headers, 30 seconds. */
const largestBodyBytes = 10 * 1024 * 1024;
const largestHeadBytes = 10_240;
const integrationTimeoutMs = 30_000;
const functionTimeoutMs = 29_000;
const closeGraceMs = 2_000;

/** @throws Error when the port is taken */
export async function serve(options: ServeOptions): Promise<Served> {
  const server = createServer({ maxHeaderSize: largestHeadBytes }, (request, response) => {
    exchange(options, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port ?? 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, close: () => close(server) };
}

export async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      listening();
    });
  });
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise((done) => server.close(done));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
}

async function exchange(
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request, largestBodyBytes);
  if (body === undefined) {
    response.setHeader('connection', 'close');
    return answer(request, response, own(413, 'Request Entity Too Large'));
  }
  const event = toEvent(request, body);
  if (event === undefined) return answer(request, response, own(400, 'Bad Request'));
  const result = await invoke(options, event);
  answer(request, response, result, event.requestContext.requestId);
  options.onExchange?.({ method: event.requestContext.http.method, status: result.statusCode ?? 200 });
}

/** The body, or undefined when it is larger than the limit. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    // The rest is read and dropped, so that the client gets to see the answer.
    if (size <= limitBytes) chunks.push(chunk);
  }
  return size > limitBytes ? undefined : Buffer.concat(chunks);
}

async function invoke(
  { handler, functionName = 'scim' }: ServeOptions,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> {
  const began = performance.now();
  const context = lambdaContext({
    functionName,
    requestId: randomUUID(),
    remainingMs: () => functionTimeoutMs - (performance.now() - began),
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<APIGatewayProxyStructuredResultV2>((done) => {
    timer = setTimeout(() => done(own(503, 'Service Unavailable')), integrationTimeoutMs);
  });
  // API Gateway tells the caller nothing of a failed function; the function's own log does.
  const called = handler(event, context).then(toAnswer, () => own(500, 'Internal Server Error'));
  try {
    return await Promise.race([called, late]);
  } finally {
    clearTimeout(timer);
  }
}

const HandlerResult = z.object({
  statusCode: z.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().optional(),
  cookies: z.array(z.string()).optional(),
});

/** An object with a status is a response; anything else is a body of JSON under 200 (payload format 2.0). */
function toAnswer(result: unknown): APIGatewayProxyStructuredResultV2 {
  if (result === undefined) return own(500, 'Internal Server Error');
  if (typeof result === 'object' && result !== null && 'statusCode' in result) {
    const parsed = HandlerResult.safeParse(result);
    return parsed.success ? parsed.data : own(500, 'Internal Server Error');
  }
  const body = typeof result === 'string' ? result : JSON.stringify(result);
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body };
}

/** What API Gateway says by itself. */
function own(statusCode: number, message: string): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  result: APIGatewayProxyStructuredResultV2,
  requestId?: string,
): void {
  const body = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8');
  const status = result.statusCode ?? 200;
  response.statusCode = status;
  for (const [name, value] of Object.entries(result.headers ?? {})) response.setHeader(name, String(value));
  if (result.cookies !== undefined) response.setHeader('set-cookie', result.cookies);
  if (requestId !== undefined) response.setHeader('apigw-requestid', requestId);
  const bodiless = status === 204 || status === 304;
  if (!bodiless) response.setHeader('content-length', body.length);
  response.end(bodiless || request.method === 'HEAD' ? undefined : body);
}

/** The event of a request; undefined when the path is not valid percent-encoding. Exported for tests. */
export function toEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 | undefined {
  const [rawTarget = '/', ...rest] = (request.url ?? '/').split('?');
  const rawPath = decodePath(rawTarget);
  if (rawPath === undefined) return undefined;
  const rawQueryString = rest.join('?');
  const { headers, cookies } = toHeaders(request);
  const query = toQuery(rawQueryString);
  const text = isText(headers['content-type']);
  const now = new Date();
  const host = headers.host ?? 'localhost';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers,
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'localhost',
      domainName: host,
      domainPrefix: host.split('.')[0] ?? host,
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      // API Gateway's ids of this kind are 16 characters.
      requestId: randomBytes(12).toString('base64url'),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 ? { body: body.toString(text ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: body.length > 0 && !text,
  };
}

function decodePath(target: string): string | undefined {
  try {
    return decodeURIComponent(target);
  } catch {
    // URIError is the only thing it throws.
    return undefined;
  }
}

/** Hop-by-hop headers end at API Gateway. */
const notForwarded = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'cookie',
]);

function toHeaders(request: IncomingMessage): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values !== undefined && !notForwarded.has(name)) headers[name] = values.join(',');
  }
  headers['x-forwarded-for'] = request.socket.remoteAddress ?? '127.0.0.1';
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-port'] = String(request.socket.localPort ?? 0);
  const cookies = (request.headersDistinct.cookie ?? []).flatMap((line) => line.split(/;\s*/));
  return { headers, cookies };
}

function toQuery(rawQueryString: string): Record<string, string> | undefined {
  if (rawQueryString === '') return undefined;
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value;
  }
  return query;
}

/** `application/scim+json` is not among them: its bodies arrive in base64. */
function isText(contentType: string | undefined): boolean {
  const mediaType = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return /^(text\/.+|application\/(json|xml|javascript))$/.test(mediaType);
}
