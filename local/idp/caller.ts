/**
 * How a client treats answers that are no answers: too fast (429), overloaded (503), or lost on the way.
 *
 * A lost answer is repeated as it was, except a create: a create that may have happened has to go back to the match
 * look-up, or it would make a second person (`repeat: 'caller'` hands the loss on). Everything else in SCIM that these
 * clients send is safe to repeat.
 */
import {
  AnswerLost,
  type DialectDeps,
  type ScimAnswer,
  type ScimRequest,
  UnexpectedAnswer,
} from './dialect.ts';

export interface CallOptions {
  readonly query?: string;
  readonly body?: unknown;
  /** Statuses that this client takes for success. */
  readonly accept: readonly number[];
  /** Who repeats after a lost answer. Default: this function. */
  readonly repeat?: 'caller';
}

export type Call = (method: ScimRequest['method'], path: string, options: CallOptions) => Promise<ScimAnswer>;

export interface CallerHabits {
  readonly headersFor: (method: ScimRequest['method']) => Record<string, string>;
  /** Wait before the repeat of a 429 or 503 that names no `Retry-After` in whole seconds; `attempt` counts from 1. */
  readonly backoffMs: (attempt: number) => number;
}

/** Tries per call after which the task fails for good (Okta: 10, developer docs, docs/concepts/scim). */
const MAX_ATTEMPTS = 10;

/**
 * Makes the function through which a dialect talks.
 * It throws `UnexpectedAnswer` on a status outside `accept`, `AnswerLost` when all repeats were lost.
 */
export function createCaller(deps: DialectDeps, habits: CallerHabits): Call {
  return async (method, path, options) => {
    const request: ScimRequest = {
      method,
      path,
      headers: { ...habits.headersFor(method), authorization: `Bearer ${deps.token}` },
      ...(options.query === undefined ? {} : { query: options.query }),
      ...(options.body === undefined ? {} : { body: options.body }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await sendOnce(deps, request, options.repeat === 'caller' || attempt === MAX_ATTEMPTS);
      if (answer === 'lost') continue;
      if (options.accept.includes(answer.status)) return answer;
      const later = answer.status === 429 || answer.status === 503;
      if (!later || attempt === MAX_ATTEMPTS) throw new UnexpectedAnswer(request, answer);
      await deps.wait(retryAfterMs(answer) ?? habits.backoffMs(attempt));
    }
  };
}

async function sendOnce(
  deps: DialectDeps,
  request: ScimRequest,
  final: boolean,
): Promise<ScimAnswer | 'lost'> {
  try {
    return await deps.send(request);
  } catch (error) {
    if (error instanceof AnswerLost && !final) return 'lost';
    throw error;
  }
}

function retryAfterMs(answer: ScimAnswer): number | undefined {
  const value = answer.headers['retry-after'];
  return value !== undefined && /^\d+$/.test(value) ? Number(value) * 1000 : undefined;
}

/** Runs a look-up-then-create once more from its start when the answer to the create was lost. */
export async function untilAnswered<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof AnswerLost) || tries === MAX_ATTEMPTS) throw error;
    }
  }
}
