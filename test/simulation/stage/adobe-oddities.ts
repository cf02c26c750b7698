/** What a network and a gateway make of Adobe's answers: errors, throttles in every form, answers that contradict themselves. */
import { ConnectionReset } from '../../../local/adobe-org/http.ts';
import type { Tape } from './tape.ts';
import type { Answer } from './wire.ts';

export type Oddity = 'adobeUnreadable' | 'adobeContradiction';

export function unreachable(): Error {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
  return new TypeError('fetch failed', { cause });
}

/** After these nobody knows whether the request took effect. */
export function errorInstead(tape: Tape): Answer {
  if (tape.chance(0.5)) return { error: new ConnectionReset() };
  return { response: new Response(null, { status: tape.pick([500, 502, 504]) }) };
}

/** F32: the waits that were seen in the field, and odd ones. */
const WAITS_S = [0, 1, 38, 60, 299, 301, 3_244] as const;
const DAY_S = 86_400;

export function throttle(tape: Tape, now: number): Response {
  const seconds = tape.chance(0.02) ? DAY_S : tape.pick(WAITS_S);
  const text = tape.pick([
    String(seconds),
    new Date(now + seconds * 1_000).toUTCString(),
    undefined,
    new Date(now - 60_000).toUTCString(),
    'soon',
  ]);
  const headers = text === undefined ? {} : { 'Retry-After': text };
  const body = JSON.stringify({ error_code: '429050', message: 'Too many requests' });
  return new Response(body, { status: tape.chance(0.2) ? 503 : 429, headers });
}

export async function distort(tape: Tape, response: Response, oddity: Oddity): Promise<Answer> {
  const text = await response.text();
  if (oddity === 'adobeUnreadable') {
    return { response: new Response(tape.pick(['', '<html></html>', text.slice(0, -2)]), { status: 200 }) };
  }
  // Whatever the org said, one of these denies it.
  const fields = tape.pick<object>([{ completed: 77 }, { notCompleted: 77 }, { result: 'half done' }]);
  // Some refusals have no body.
  const whole: unknown = text === '' ? {} : JSON.parse(text);
  const body = JSON.stringify(typeof whole === 'object' ? { ...whole, ...fields } : fields);
  return { response: new Response(body, { status: response.status }) };
}
