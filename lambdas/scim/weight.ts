/**
 * What one answer may weigh. A function's answer is at most 6 MB on its way to the gateway, as JSON in a JSON string, or
 * compressed in base64 where the client accepts gzip. Members are what makes answers heavy, so they are counted before
 * they are shown: who asks for more than fits is told what to ask for instead, and nothing is ever cut off silently (I11).
 */
import { badRequest, type ScimError } from './errors.ts';
import type { ScimRequest } from './request.ts';

type Asked = Pick<ScimRequest, 'headers'>;

/** Below the 6,291,556 bytes of the platform, by what status and headers need. */
export const LARGEST_ANSWER_BYTES = 6 * 1024 * 1024 - 16 * 1024;
/** What else may stand beside the members. */
const REST_BYTES = 512 * 1024;
/** Compressed, a member takes about 27 bytes: this is a bound of memory and time, not of weight. */
const MOST_MEMBERS = 100_000;

/** RFC 9110 section 12.5.3: gzip by name or by star, and not with a weight of zero. */
export function acceptsGzip(header: string | undefined): boolean {
  const weights = new Map(
    (header ?? '').split(',').map((item) => {
      const [coding = '', ...parameters] = item.toLowerCase().split(';');
      const weight = parameters.map((text) => /^\s*q\s*=\s*([0-9.]+)\s*$/.exec(text)?.[1]).find(Boolean);
      return [coding.trim(), Number(weight ?? 1)];
    }),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

/** How many members one answer to this request can hold. */
export function mostMembersShown({ headers }: Asked, memberOf: (id: string) => unknown): number {
  if (acceptsGzip(headers['accept-encoding'])) return MOST_MEMBERS;
  const member = JSON.stringify(memberOf('00000000-0000-7000-8000-000000000000'));
  // Quoted once more, without the two quotes that this adds, and with the comma between two members.
  const bytes = new TextEncoder().encode(JSON.stringify(member)).length - 1;
  return Math.floor((LARGEST_ANSWER_BYTES - REST_BYTES) / bytes);
}

/** Row 112. */
export function tooManyMembers(most: number, { headers }: Asked): ScimError {
  const packed = acceptsGzip(headers['accept-encoding']) ? '' : 'send Accept-Encoding: gzip, ';
  return badRequest(
    'tooMany',
    `The answer would show more than ${most} members, which is more than it can hold. To read it, ${packed}ask for fewer groups at once, leave the members out with excludedAttributes=members, or ask for one person's groups with the filter members.value eq "<id of the user>".`,
  );
}

/** For what is heavy for any other reason. */
export const TOO_HEAVY =
  'The answer is larger than the 6 MB that can be sent. Send Accept-Encoding: gzip, ask for fewer resources at once with count, or leave parts out with excludedAttributes.';
