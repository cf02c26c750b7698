import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { readConfig, ScimConfig, variables } from '../../lambdas/config.ts';
import { httpEdge } from '../../lambdas/edge.ts';
import { createLog } from '../../lambdas/log.ts';
import { lambdaContext } from '../../local/lambda-context.ts';

const environment = { [variables.table]: 't', [variables.pepperSecret]: 'p' };
const networksOf = (list: string) =>
  readConfig(ScimConfig, { ...environment, [variables.networks]: list }).networks;

async function statusFrom(sourceIp: string, networks: readonly string[] | undefined): Promise<number> {
  const handler = httpEdge({
    networks,
    handle: async () => ({ status: 200, headers: {}, body: '{}' }),
    log: createLog({ level: 'error', now: () => 0, write: () => undefined }),
  });
  // The edge reads no more of an event than stands here.
  const event = {
    rawPath: '/scim/v2/Users',
    rawQueryString: '',
    headers: { 'x-forwarded-for': '203.0.113.7' },
    requestContext: { domainName: 'd', stage: '$default', requestId: 'r', http: { method: 'GET', sourceIp } },
  } as unknown as APIGatewayProxyEventV2;
  const context = lambdaContext({ functionName: 'scim', requestId: 'r', remainingMs: () => 1_000 });
  return Number((await handler(event, context)).statusCode);
}

describe('the networks of a deployment (T11)', () => {
  const networks = networksOf('203.0.113.0/24, 2001:db8::/32');

  for (const [source, status] of [
    ['203.0.113.9', 200],
    ['::ffff:203.0.113.9', 200],
    ['2001:db8::1', 200],
    ['203.0.114.9', 403],
    ['2001:db9::1', 403],
    ['', 403],
  ] as const) {
    test(`from "${source}": ${status}, whatever X-Forwarded-For says`, async () => {
      expect(await statusFrom(source, networks)).toBe(status);
    });
  }

  test('without a list requests come from anywhere', async () => {
    expect(await statusFrom('198.51.100.1', undefined)).toBe(200);
  });

  test('a list with a mistake starts nothing, and the error names the variable', () => {
    expect(() => networksOf('203.0.113.0/24,everywhere')).toThrow(/BRIDGE_NETWORKS/);
  });
});
