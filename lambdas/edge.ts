/**
 * The edge that all handlers share: middy around a plain function.
 *
 * It knows API Gateway events, Lambda deadlines and log lines, and nothing of SCIM or Adobe. What it decides: how an
 * event becomes a request (bodies arrive in base64, because API Gateway takes `application/scim+json` for binary), how
 * a response becomes a result, when an invocation has run out of time, and what a caller sees of an error nobody
 * caught: a fixed sentence with the request id. The error itself goes to the log.
 */
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { compression } from './compression.ts';
import { isWithin } from './directory/networks.ts';
import type { Log } from './log.ts';
import type { ScimRequest, ScimResponse } from './scim/request.ts';
import { ANSWER_RESERVE_MS, WORK_RESERVE_MS } from './times.ts';

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;
export type WorkHandler = (event: unknown, context: Context) => Promise<unknown>;

export interface HttpEdgeDeps {
  readonly handle: (request: ScimRequest, signal: AbortSignal) => Promise<ScimResponse>;
  /** The service's address without a slash at the end; absent = the host that the request came to. */
  readonly baseUrl?: string | undefined;
  /** Where requests may come from; absent = from anywhere. */
  readonly networks?: readonly string[] | undefined;
  readonly log: Log;
}

/** An HTTP API handler: event in, request to `handle`, result out. It never throws. */
export function httpEdge({ handle, baseUrl, networks, log }: HttpEdgeDeps): HttpHandler {
  const wrapped = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Error, Context>(
    async (event: APIGatewayProxyEventV2, _context: Context, { signal }: { signal: AbortSignal }) =>
      networks === undefined || isWithin(networks, event.requestContext.http.sourceIp)
        ? toResult(await handle(toRequest(event, baseUrl), signal))
        : errorResult(403, 'This network may not use the bridge. Its operator keeps the list of networks.'),
    {
      timeoutEarlyInMillis: ANSWER_RESERVE_MS,
      timeoutEarlyResponse: () =>
        errorResult(503, 'The request took too long. Repeating it is safe.', { 'retry-after': '5' }),
    },
  );
  // Hooks after the handler run from the last to the first: the line is written when the answer is final.
  wrapped.use(accessLine(log)).use(lastResort(log)).use(compression());
  return (event, context) => wrapped(event, context);
}

export interface WorkEdgeDeps {
  readonly name: string;
  /** Works until `until` (epoch milliseconds by `now`) at the latest, and reports what it did. */
  readonly run: (until: number) => Promise<unknown>;
  readonly now: () => number;
  readonly log: Log;
}

/**
 * A handler that is only told to look: whatever the event says, `run` finds the work in the table. An error passes
 * through after its line in the log, so that the trigger repeats and alarms see it.
 */
export function workEdge({ name, run, now, log }: WorkEdgeDeps): WorkHandler {
  const wrapped = middy<unknown, unknown, Error, Context>(
    async (_event: unknown, context: Context) =>
      run(now() + Math.max(0, context.getRemainingTimeInMillis() - WORK_RESERVE_MS)),
    // `run` keeps its own deadline; cutting it off would lose the outcome of a call already made.
    { timeoutEarlyInMillis: 0 },
  );
  wrapped.after(({ context, response }) => {
    log.info(`${name} done`, { requestId: context.awsRequestId, report: response });
  });
  wrapped.onError(({ context, error }) => {
    log.error(`${name} failed`, { requestId: context.awsRequestId, error });
  });
  return (event, context) => wrapped(event, context);
}

/**
 * Builds a handler at its first call and keeps it. When building fails the error goes to that caller, and the next
 * call tries again: a secret store that is briefly away does not poison the function.
 */
export function lazily<E, R>(
  make: () => Promise<(event: E, context: Context) => Promise<R>>,
): (event: E, context: Context) => Promise<R> {
  let made: Promise<(event: E, context: Context) => Promise<R>> | undefined;
  return async (event, context) => {
    made ??= make();
    try {
      await made;
    } catch (error) {
      made = undefined;
      throw error;
    }
    return (await made)(event, context);
  };
}

/** Exported for tests: the request that an event stands for. */
export function toRequest(event: APIGatewayProxyEventV2, baseUrl: string | undefined): ScimRequest {
  const { http, requestId, domainName, stage } = event.requestContext;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  return {
    method: http.method,
    rawPath: event.rawPath,
    rawQuery: event.rawQueryString,
    headers,
    ...toBody(event),
    baseUrl: baseUrl ?? `https://${domainName}${stage === '$default' ? '' : `/${stage}`}`,
    requestId,
    // The connection's own end. X-Forwarded-For holds what a caller wrote into it.
    source: http.sourceIp,
  };
}

function toBody({
  body,
  isBase64Encoded,
}: APIGatewayProxyEventV2): Pick<ScimRequest, 'body' | 'bodyProblem'> {
  if (body === undefined || body === '') return { body: undefined };
  if (!isBase64Encoded) return { body };
  try {
    return { body: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64')) };
  } catch {
    // TextDecoder throws for one reason only: bytes that are not UTF-8 (RFC 7644 section 3.1 asks for UTF-8).
    return { body: undefined, bodyProblem: 'notUtf8' };
  }
}

function toResult({ status, headers, body }: ScimResponse): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  };
}

/** As the routes give them (T45, T49). */
const always = {
  'content-type': 'application/scim+json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

function errorResult(
  status: number,
  detail: string,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 {
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), detail };
  return {
    statusCode: status,
    headers: { ...always, ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

type HttpMiddleware = middy.MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;

/** One line per request: who asked is in the handler's own lines, a query may hold an address and stays out. */
function accessLine(log: Log): HttpMiddleware {
  const began = new WeakMap<object, number>();
  const write = ({
    event,
    response,
  }: middy.Request<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>) => {
    const { http, requestId } = event.requestContext;
    const ms = Math.round(performance.now() - (began.get(event) ?? performance.now()));
    log.debug('request', {
      requestId,
      method: http.method,
      path: withoutValues(event.rawPath),
      status: response?.statusCode,
      ms,
    });
  };
  return {
    before: ({ event }) => {
      began.set(event, performance.now());
    },
    after: write,
    onError: write,
  };
}

/** Words and ids of a path; whatever else stands in it may be anything, also a secret in the wrong place. */
function withoutValues(path: string): string {
  const known = /^(?:[A-Za-z.]{0,24}|v[0-9]|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
  return path
    .split('/')
    .map((segment) => (known.test(segment) ? segment : '*'))
    .join('/');
}

function lastResort(log: Log): HttpMiddleware {
  return {
    onError: (request) => {
      const { requestId } = request.event.requestContext;
      log.error('request failed', { requestId, error: request.error });
      request.response = errorResult(
        500,
        `The bridge failed on this request. Repeat it later; if it fails again, give the operator this request id: ${requestId}`,
      );
    },
  };
}
