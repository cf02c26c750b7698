/** The one call to Secrets Manager that is our own: signed as AWS wants it, to the place that the SDK would ask, tried again. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readSecret, secretsAddress } from '../../lambdas/secret.ts';
import { close, listen } from '../../local/serve.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a/key', sessionToken: 'of+the role' };
const client = new DynamoDBClient({ region: 'eu-central-1', credentials });

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
type Reply = { readonly status: number; readonly body: string } | 'silence';
const ok = { status: 200, body: JSON.stringify({ Name: 'pepper', SecretString: 'its text' }) };
const failing = (status: number, code: string): Reply => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.secretsmanager#${code}`, Message: 'so it is' }),
});

let server: Server;
let seen: Seen[];
let replies: Reply[];

beforeEach(async () => {
  [seen, replies] = [[], []];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ headers: request.headers, body });
    const reply = replies.shift() ?? ok;
    if (reply !== 'silence') response.writeHead(reply.status).end(reply.body);
  });
  await listen(server, 0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await close(server);
});

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const keyed = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Signature Version 4 of a received request, reckoned from AWS's description of it. */
function signatureOf({ headers, body }: Seen): string {
  const [, signed = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = ['POST', '/', '', lines.join(''), signed, hash(body)].join('\n');
  const time = String(headers['x-amz-date']);
  const scope = [time.slice(0, 8), 'eu-central-1', 'secretsmanager', 'aws4_request'];
  const key = scope.reduce<string | Buffer>(keyed, `AWS4${credentials.secretAccessKey}`);
  return keyed(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(canonical)].join('\n')).toString('hex');
}

describe('a secret', () => {
  test('is asked for by name, signed for Secrets Manager with the credentials of the role', async () => {
    expect(await readSecret(client, 'arn:pepper')).toBe('its text');
    const [request] = seen;
    if (request === undefined) throw new Error('nothing was asked');
    const { headers, body } = request;
    expect(JSON.parse(body)).toEqual({ SecretId: 'arn:pepper' });
    expect(headers).toMatchObject({
      'x-amz-target': 'secretsmanager.GetSecretValue',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-security-token': credentials.sessionToken,
    });
    expect(headers.authorization).toContain(`Signature=${signatureOf(request)}`);
    expect(headers.authorization).toMatch(/SignedHeaders=.*host.*x-amz-security-token.*x-amz-target/);
  });

  for (const { label, first } of [
    { label: 'an error of the service', first: failing(500, 'InternalServiceError') },
    { label: 'a page of a proxy', first: { status: 502, body: '<html>' } },
    { label: 'throttling', first: failing(400, 'ThrottlingException') },
    { label: 'silence', first: 'silence' },
  ] as const) {
    test(`is asked for again after ${label}`, async () => {
      replies = [first];
      expect(await readSecret(client, 'pepper')).toBe('its text');
      expect(seen).toHaveLength(2);
    });
  }

  test('is given up after four tries, by name and with the last reason', async () => {
    replies = Array.from({ length: 9 }, () => failing(503, 'ServiceUnavailable'));
    await expect(readSecret(client, 'pepper')).rejects.toThrow(
      'the secret pepper cannot be read: ServiceUnavailable: so it is',
    );
    expect(seen).toHaveLength(4);
  });

  for (const code of ['ResourceNotFoundException', 'AccessDeniedException']) {
    test(`is given up at once after ${code}, which is the name of the error, too`, async () => {
      replies = [failing(400, code)];
      await expect(readSecret(client, 'pepper')).rejects.toMatchObject({
        name: code,
        message: `the secret pepper cannot be read: ${code}: so it is`,
      });
      expect(seen).toHaveLength(1);
    });
  }

  for (const body of ['{}', '{"SecretBinary":"AAAA"}', '{"SecretString":""}', 'its text']) {
    test(`that is answered with ${body} holds no text, and the answer is in no message`, async () => {
      replies = [{ status: 200, body }];
      await expect(readSecret(client, 'pepper')).rejects.toThrow(/^the secret pepper holds no text: store/);
    });
  }

  test('that nobody listens for names the secret', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', 'http://127.0.0.1:1');
    await expect(readSecret(client, 'pepper')).rejects.toThrow(
      'Secrets Manager cannot be reached for the secret pepper',
    );
  });
});

describe('without a variable of AWS, Secrets Manager is asked where the SDK asks it', () => {
  for (const { region, ...rest } of [
    { region: 'us-east-1' },
    { region: 'eu-central-1' },
    { region: 'us-gov-west-1' },
    { region: 'cn-north-1' },
    { region: 'eusc-de-east-1' },
    { region: 'us-iso-east-1' },
    { region: 'us-east-1', useFipsEndpoint: true },
    { region: 'us-east-1', useDualstackEndpoint: true },
  ]) {
    test(`${region} ${Object.keys(rest).join()}`, async () => {
      vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', '');
      const own = await secretsAddress(new DynamoDBClient({ region, credentials, ...rest }).config);
      const { config } = new SecretsManagerClient({ region, credentials, ...rest });
      const [UseFIPS, UseDualStack] = [await config.useFipsEndpoint(), await config.useDualstackEndpoint()];
      expect(own).toBe(config.endpointProvider({ Region: region, UseFIPS, UseDualStack }).url.href);
    });
  }
});
