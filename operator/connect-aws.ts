/**
 * Hands commands to a bridge in AWS: the admin function has no public address and is invoked with IAM, so whoever may
 * invoke it is an operator, and CloudTrail says who did. A command is sent once, never repeated by the SDK: a repeated
 * `token create` would make two.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import type { CommandAnswer, CommandRequest } from '../lambdas/admin/command.ts';
import { Answer, type Connected, localUser, parseJson } from './answer.ts';
import { explainAwsError } from './aws-errors.ts';
import { type Environment, knownStacks, readStack } from './stacks.ts';

/** As the command line named it; what is absent comes from the file of the stack. */
export interface AwsPlace {
  readonly stack?: string;
  readonly function?: string;
  readonly region?: string;
}

interface Target {
  readonly function: string;
  readonly region: string;
  readonly scimUrl?: string;
}

export interface AwsTimeouts {
  /** Milliseconds; the admin function may run for five minutes. */
  readonly answerMs: number;
}

/** No request is repeated: after a lost answer nobody knows whether the command ran. */
const ONE_TRY = 1;
const CONNECT_MS = 10_000;

export function connectAws(
  place: AwsPlace,
  environment: Environment,
  { answerMs }: AwsTimeouts = { answerMs: 310_000 },
): Connected {
  const found = targetOf(place, environment);
  if ('message' in found) return { ok: false, message: found.message };
  const { region } = found;
  const requestHandler = { connectionTimeout: CONNECT_MS };
  const client = new LambdaClient({ region, maxAttempts: ONE_TRY, requestHandler });
  const signal = () => AbortSignal.timeout(answerMs);
  return {
    ok: true,
    place: 'aws',
    ...(found.scimUrl === undefined ? {} : { scimUrl: found.scimUrl }),
    call: (request) => invoke({ client, signal }, found, request),
    storeSecret: (secret, text) => putSecret(region, secret, text),
  };
}

function targetOf(place: AwsPlace, environment: Environment): Target | { readonly message: string } {
  const saved = place.stack === undefined ? undefined : readStack(environment, place.stack);
  const region =
    place.region ?? saved?.region ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  if (place.function === undefined && saved === undefined) {
    const known = knownStacks(environment);
    const others = known.length === 0 ? '' : ` Known here: ${known.join(', ')}.`;
    return {
      message: `this machine does not know the stack ${place.stack}.${others} Deploy it from here (npm run deploy), or name its function: --function NAME --region REGION (the output AdminFunction of the stack)`,
    };
  }
  if (region === undefined || region === '')
    return { message: 'name the AWS region: --region eu-central-1, or set AWS_REGION' };
  return {
    function: place.function ?? saved?.adminFunction ?? '',
    region,
    ...(saved === undefined ? {} : { scimUrl: saved.scimUrl }),
  };
}

interface Sender {
  readonly client: LambdaClient;
  /** The SDK's own request timeout only warns. */
  readonly signal: () => AbortSignal;
}

async function invoke(
  { client, signal }: Sender,
  target: Target,
  request: CommandRequest,
): Promise<CommandAnswer> {
  const where = {
    what: `the function ${target.function}`,
    region: target.region,
    action: 'lambda:InvokeFunction',
  };
  try {
    const operator = `${localUser()} ${(await client.config.credentials()).accessKeyId}`.slice(0, 256);
    const Payload = JSON.stringify({ operator, ...request });
    const answer = await client.send(new InvokeCommand({ FunctionName: target.function, Payload }), {
      abortSignal: signal(),
    });
    const text = answer.Payload === undefined ? '' : Buffer.from(answer.Payload).toString('utf8');
    return answer.FunctionError === undefined ? readAnswer(text) : failed(functionError(text));
  } catch (error) {
    return failed(explainAwsError(error, where));
  }
}

function failed(message: string): CommandAnswer {
  return { ok: false, error: { message } };
}

function readAnswer(text: string): CommandAnswer {
  const answer = Answer.safeParse(parseJson(text));
  return answer.success
    ? answer.data
    : failed(
        'what answers is not the admin function of this version: deploy again, or name the right --function',
      );
}

const FunctionError = z.object({ errorType: z.string().optional(), errorMessage: z.string() });

/** What Lambda says when the function ended without an answer. */
function functionError(text: string): string {
  const parsed = FunctionError.safeParse(parseJson(text));
  const { errorType = 'unknown', errorMessage = '' } = parsed.data ?? {};
  if (errorType === 'Sandbox.Timedout' || errorMessage.includes('Task timed out'))
    return 'The command ran longer than the function may, and was ended. Part of it may be done: ask for status before you repeat it.';
  return `The admin function failed (${errorType}): ${errorMessage}. Its log group has the cause.`;
}

/** With the rights of whoever types: the functions may read the secret and not write it. */
async function putSecret(region: string, secret: string, text: string): Promise<string | undefined> {
  const client = new SecretsManagerClient({ region });
  try {
    await client.send(new PutSecretValueCommand({ SecretId: secret, SecretString: text }));
    return undefined;
  } catch (error) {
    return explainAwsError(error, {
      what: `the secret ${secret}`,
      region,
      action: 'secretsmanager:PutSecretValue',
    });
  } finally {
    client.destroy();
  }
}
