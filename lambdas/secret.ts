/**
 * Reads a secret from AWS Secrets Manager: one signed call with the connection, credentials and region of the table's client.
 * The SDK's own client for this one call takes a tenth of the time that the first caller of a sleeping function waits
 * (decision 5). What passes is tried again, as the SDK does, because a start that fails is an error to an identity provider.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod';

const TRIES = 4;
/** Of one try. */
const TIMEOUT_MS = 1_500;
const FIRST_PAUSE_MS = 50;

const Secret = z.object({ SecretString: z.string().min(1) });
/** AWS spells the message either way. */
const Refused = z.object({
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
});

type Outcome = { readonly text: string } | { readonly error: Error; readonly passes: boolean };

/** The newest text of a secret, by its name or ARN. @throws Error that names the secret, never its value */
export async function readSecret(client: DynamoDBClient, secretId: string): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    const outcome = await tryOnce(client, secretId);
    if ('text' in outcome) return outcome.text;
    if (tried === TRIES || !outcome.passes) throw outcome.error;
    await pause(FIRST_PAUSE_MS * 2 ** tried * Math.random());
  }
}

async function tryOnce(client: DynamoDBClient, secretId: string): Promise<Outcome> {
  try {
    const { status, body } = await ask(client, JSON.stringify({ SecretId: secretId }));
    if (status === 200) return textOf(body, secretId);
    const { __type = String(status), message, Message } = Refused.safeParse(jsonOf(body)).data ?? {};
    const code = __type.replace(/^.*#/, '');
    return {
      error: named(
        code,
        `the secret ${secretId} cannot be read: ${code}: ${message ?? Message ?? 'no reason given'}`,
      ),
      passes: status >= 500 || status === 429 || code.startsWith('Throttl'),
    };
  } catch (cause) {
    const error = named('Unreachable', `Secrets Manager cannot be reached for the secret ${secretId}`);
    return { error: Object.assign(error, { cause }), passes: true };
  }
}

/** `GetSecretValue` of the API (version 2017-10-17), as AWS JSON 1.1. */
async function ask({ config }: DynamoDBClient, body: string): Promise<{ status: number; body: string }> {
  const { credentials, sha256, requestHandler } = config;
  const region = await config.region();
  const signer = new SignatureV4({ service: 'secretsmanager', region, credentials, sha256 });
  const { protocol, hostname, port, host } = new URL(await secretsAddress(config));
  const request = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    path: '/',
    query: {},
    headers: {
      host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    },
    body,
  });
  const { response } = await requestHandler.handle(request, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  const answer = await config.streamCollector(response.body);
  return { status: response.statusCode, body: config.utf8Encoder(answer) };
}

/** Where the SDK looks for it: the service's own variable, else beside DynamoDB. Exported for tests. */
export async function secretsAddress(config: DynamoDBClient['config']): Promise<string> {
  const given = process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'];
  if (given) return given;
  const { url } = config.endpointProvider({
    Region: await config.region(),
    UseFIPS: await config.useFipsEndpoint(),
    // Of Secrets Manager the plain address answers to both.
    UseDualStack: false,
  });
  return url.href.replace('//dynamodb', '//secretsmanager');
}

function textOf(body: string, secretId: string): Outcome {
  const { data } = Secret.safeParse(jsonOf(body));
  if (data !== undefined) return { text: data.SecretString };
  const message = `the secret ${secretId} holds no text: store its value, then try again`;
  return { error: named('EmptySecret', message), passes: false };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Undefined where somebody else than the service answered. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
