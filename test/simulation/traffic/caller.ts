/**
 * One request through the real handler in a process of the run: it may die on the way, and its answer may get lost. What
 * the caller learns and what really happened are told apart, because the oracle knows more than a client.
 */
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { lambdaContext } from '../../../local/lambda-context.ts';
import { judgeAnswer } from '../oracle/answers.ts';
import type { Product } from '../stage/product.ts';
import type { World } from '../stage/world.ts';
import type { Request } from './dialects.ts';
import type { Answer, Exchange } from './exchange.ts';

/** Processes that wait for work, by role. */
export interface Pool {
  take(role: string): Product;
  give(role: string, product: Product): void;
}

export interface Caller {
  readonly world: World;
  readonly pool: Pool;
}

const NETWORK_MS = [5, 50] as const;

export async function callScim(caller: Caller, token: string, request: Request): Promise<Exchange> {
  const { world, pool } = caller;
  const product = pool.take('scim');
  const start = world.scheduler.step();
  const name = `scim ${product.process.id} ${request.method} ${request.path}`;
  world.trace(() => `${name} ${JSON.stringify(request.body ?? '')}`);
  let calls = 0;
  const ended = await world.scheduler.spawn(name, async (task) => {
    product.process.task = task;
    const result = await product.scim(eventOf(request, token), contextOf(name));
    calls = task.calls;
    return result;
  });
  const end = world.scheduler.step();
  if (ended.kind === 'failed') throw ended.error;
  if (ended.kind === 'killed') return { heard: undefined, said: undefined, start, end };
  product.process.task = undefined;
  pool.give('scim', product);
  const { statusCode = 0, body } = ended.value;
  const said: Answer = {
    status: statusCode,
    json: body === undefined || body === '' ? undefined : JSON.parse(body),
  };
  judgeAnswer(world, { request, said, calls });
  const lost = world.faults.strikes('answerLost');
  world.trace(
    () =>
      `${name} = ${said.status}${lost ? ' !answerLost' : ''} ${said.status >= 400 ? String(said.json?.detail) : ''}`,
  );
  await world.scheduler.sleep(undefined, world.schedule.between(NETWORK_MS));
  return { heard: lost ? undefined : said, said, start, end };
}

/** No early answer by a timer: real timers have no place in a run, and a client that gives up is drawn as a fault. */
function contextOf(requestId: string): Context {
  const { getRemainingTimeInMillis: _, ...rest } = lambdaContext({
    functionName: 'scim',
    requestId,
    remainingMs: () => 0,
  });
  return rest as Context;
}

function eventOf({ method, path, body }: Request, token: string): APIGatewayProxyEventV2 {
  const [rawPath = '', rawQueryString = ''] = `/scim/v2${path}`.split(/\?(.*)/s);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      accountId: '000000000000',
      apiId: 'simulation',
      domainName: 'bridge.example.test',
      domainPrefix: 'bridge',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'simulation' },
      requestId: 'simulated',
      routeKey: '$default',
      stage: '$default',
      time: '02/Mar/2026:08:00:00 +0000',
      timeEpoch: 0,
    },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
    isBase64Encoded: body !== undefined,
  };
}
