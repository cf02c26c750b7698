/**
 * Compresses what is large and wanted compressed, and refuses what is still too large for the platform: an answer over 6 MB
 * would be lost as a bare 500 of the gateway, which no client can act on. Small answers stay as they are. Entity tags are
 * weak, so they hold for both forms. The only answer with a secret in it, an access token, is too small to be
 * compressed, so lengths tell nothing.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { errorBody } from './scim/errors.ts';
import { acceptsGzip, LARGEST_ANSWER_BYTES, TOO_HEAVY } from './scim/weight.ts';

type Result = APIGatewayProxyStructuredResultV2;

/** Below this the saving is not worth the work. */
const SMALLEST_BYTES = 8 * 1024;

/** The last step before a result leaves. */
export function compression(): middy.MiddlewareObj<APIGatewayProxyEventV2, Result> {
  return {
    after: async (request) => {
      if (request.response == null) return;
      const result = await compressed(request.response, request.event.headers['accept-encoding']);
      request.response = fits(result) ? result : refusal;
    },
  };
}

/** Headers of an error as the routes give them. */
const refusal: Result = {
  statusCode: 400,
  headers: {
    'content-type': 'application/scim+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  },
  body: JSON.stringify(errorBody(400, TOO_HEAVY, 'tooMany')),
  isBase64Encoded: false,
};

async function compressed(result: Result, acceptEncoding: string | undefined): Promise<Result> {
  const { body = '', headers = {} } = result;
  if (body.length < SMALLEST_BYTES || result.isBase64Encoded === true) return result;
  const varying = { ...headers, vary: 'Accept-Encoding' };
  if (!acceptsGzip(acceptEncoding)) return { ...result, headers: varying };
  const packed = await promisify(gzip)(body);
  return {
    ...result,
    headers: { ...varying, 'content-encoding': 'gzip' },
    body: packed.toString('base64'),
    isBase64Encoded: true,
  };
}

/** The body travels as a JSON string, with its quotes escaped: that is what the platform weighs. */
function fits({ body = '' }: Result): boolean {
  // No character takes more than six bytes so.
  if (body.length * 6 <= LARGEST_ANSWER_BYTES) return true;
  return Buffer.byteLength(JSON.stringify(body)) <= LARGEST_ANSWER_BYTES;
}
