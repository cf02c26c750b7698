/**
 * A local server that speaks the two calls of AWS that the operator's program makes: Lambda's Invoke (REST) and Secrets
 * Manager's PutSecretValue (JSON 1.1). The real SDK clients reach it by the environment's endpoint variables.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { close, listen } from '../../local/serve.ts';

export interface Invocation {
  readonly function: string;
  readonly event: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

export interface Reply {
  readonly status?: number;
  /** The error's name, as AWS sends it. */
  readonly error?: string;
  /** The function ended without an answer. */
  readonly functionError?: boolean;
  readonly body?: unknown;
}

export interface AwsServer {
  readonly url: string;
  readonly invocations: Invocation[];
  readonly secrets: Map<string, string>;
  /** What the next calls are answered; `undefined` lets them wait. */
  answer: (invocation: Invocation) => Promise<Reply | undefined> | Reply;
  refuseSecrets: Reply | undefined;
  close(): Promise<void>;
}

export async function openAwsServer(): Promise<AwsServer> {
  const server = createServer(async (request, response) => {
    const body = await readText(request);
    const reply = await replyTo(aws, request, body);
    if (reply === undefined) return;
    const { status = 200, error, functionError, body: content = {} } = reply;
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(error === undefined ? {} : { 'x-amzn-errortype': error }),
      ...(functionError === true ? { 'x-amz-function-error': 'Unhandled' } : {}),
    });
    response.end(
      JSON.stringify(
        error === undefined
          ? content
          : { __type: error, message: 'as AWS says it', Message: 'as AWS says it' },
      ),
    );
  });
  await listen(server, 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const aws: AwsServer = {
    url: `http://127.0.0.1:${address.port}`,
    invocations: [],
    secrets: new Map(),
    answer: () => ({}),
    refuseSecrets: undefined,
    close: async () => {
      server.closeAllConnections();
      await close(server);
    },
  };
  return aws;
}

async function replyTo(aws: AwsServer, request: IncomingMessage, body: string): Promise<Reply | undefined> {
  const target = request.headers['x-amz-target'];
  if (target === 'secretsmanager.PutSecretValue') {
    if (aws.refuseSecrets !== undefined) return aws.refuseSecrets;
    const { SecretId, SecretString } = JSON.parse(body);
    aws.secrets.set(SecretId, SecretString);
    return { body: { ARN: SecretId, VersionId: 'v' } };
  }
  const path = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '');
  if (request.method !== 'POST' || path === null) return { status: 404, error: 'UnknownOperationException' };
  const invocation = {
    function: decodeURIComponent(path[1] ?? ''),
    event: JSON.parse(body),
    headers: request.headers,
  };
  aws.invocations.push(invocation);
  return aws.answer(invocation);
}
