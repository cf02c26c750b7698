/** What holds of every answer to a client: an expected status (I17), SCIM's error body, bounded work (I15), no leak (I18). */
import type { World } from '../stage/world.ts';
import type { Request } from '../traffic/dialects.ts';
import type { Answer } from '../traffic/exchange.ts';

/** Requests of a run are well-formed, so these are all that may come of them. */
const EXPECTED: Readonly<Record<Request['method'], readonly number[]>> = {
  GET: [200, 404, 429],
  POST: [201, 409, 429],
  PUT: [200, 404, 409, 429],
  PATCH: [200, 204, 404, 409, 429],
  DELETE: [204, 404, 429],
};
/** Calls of the table by one request, with everything that can go wrong on the way. */
const MOST_CALLS = 600;
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

export function judgeAnswer(
  world: World,
  { request, said, calls }: { request: Request; said: Answer; calls: number },
): void {
  const { books } = world;
  const about = `${request.method} ${request.path}`;
  if (!EXPECTED[request.method].includes(said.status))
    world.violate('I17', `${about} answered ${said.status}: ${JSON.stringify(said.json)}`);
  if (said.status >= 400 && said.json?.schemas?.[0] !== ERROR)
    world.violate('I17', `${about} answered ${said.status} without a SCIM error`);
  books.mostCalls = Math.max(books.mostCalls, calls);
  if (calls > MOST_CALLS) world.violate('I15', `${about} made ${calls} calls of the table`);
  const text = said.status >= 400 ? JSON.stringify(said.json) : '';
  const leak = world.secrets.find((secret) => text.includes(secret));
  if (leak !== undefined) world.violate('I18', `${about} answers with a secret`);
}
