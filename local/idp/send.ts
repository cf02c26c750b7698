/** Ways over which a dialect's requests travel: real HTTP, a bad line in front of any other way, and a counter. */
import { type Endpoint, readEndpoint, readLiveEndpoint } from '../endpoint.ts';
import { AnswerLost, type ScimAnswer, type ScimRequest, type Send } from './dialect.ts';
import type { Random } from './random.ts';

/** Okta closes the socket after 60 s (developer docs, docs/concepts/scim/faqs). */
const ANSWER_TIMEOUT_MS = 60_000;

/** Throws a sentence for the person at the terminal when no bridge ever ran on `dataDir`. */
export function findBridge(dataDir: string): Endpoint {
  const endpoint = readEndpoint(dataDir);
  if (endpoint) return endpoint;
  if (readLiveEndpoint(dataDir) !== undefined) {
    throw new Error(`The bridge on ${dataDir} drives a real Adobe org: nobody invented is sent there.`);
  }
  throw new Error(
    `There is no bridge in ${dataDir}. Start one with \`npm start\` in another terminal, or name its folder with --data.`,
  );
}

/** Sends to a base URL over HTTP. No answer in time, or none at all, is `AnswerLost`. */
export function httpSend(baseUrl: string, fetchFn: typeof fetch = fetch): Send {
  const base = baseUrl.replace(/\/+$/, '');
  return async (request) => {
    const query = request.query === undefined ? '' : `?${request.query}`;
    const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) };
    try {
      const response = await fetchFn(`${base}${request.path}${query}`, {
        method: request.method,
        headers: { ...request.headers },
        ...body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        json: parseJson(await response.text()),
      };
    } catch (error) {
      throw new AnswerLost(request, { cause: error });
    }
  };
}

/** What is not JSON (a gateway's page, for example) reads as no body. */
export function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface BadLine {
  readonly random: Random;
  /** Share of requests that are processed while their answer never arrives. */
  readonly lostAnswers: number;
  /** Share of requests that never arrive. */
  readonly lostRequests: number;
  /** Share of requests that arrive twice; the client sees the second answer. */
  readonly repeated: number;
}

/** Puts a line that loses and repeats in front of `send`. */
export function overBadLine(send: Send, line: BadLine): Send {
  return async (request) => {
    const fate = line.random();
    if (fate < line.lostRequests) throw new AnswerLost(request);
    const answer = await send(request);
    if (fate < line.lostRequests + line.lostAnswers) throw new AnswerLost(request);
    if (fate < line.lostRequests + line.lostAnswers + line.repeated) return send(request);
    return answer;
  };
}

/** Shows every request with its answer to `onAnswer` on the way. */
export function observed(send: Send, onAnswer: (request: ScimRequest, answer: ScimAnswer) => void): Send {
  return async (request) => {
    const answer = await send(request);
    onAnswer(request, answer);
    return answer;
  };
}
