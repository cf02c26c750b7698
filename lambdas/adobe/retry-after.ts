/**
 * Reads one header, `Retry-After` (RFC 9110 section 10.2.3; `umapi.md` 4.1; F32). It decides the instant before which
 * nothing may be sent; what to do without a header is the drain's business.
 * Invariant: the answer, if any, lies between `now` + 1 second and `now` + 1 day + 1 second.
 */

/** Adobe's own sample code waits one second longer than it was told (`umapi.md` 4.1). */
const MARGIN_MS = 1_000;
/** The longest wait seen in the field is 75 minutes. Beyond a day the value is absurd: look again once a day. */
const LONGEST_MS = 24 * 60 * 60 * 1_000;

/**
 * The instant, on the clock of `now` (milliseconds since 1970), until which Adobe wants quiet. A date in the past and
 * a delay of 0 mean one second from now; a missing header or one that is neither seconds nor an HTTP-date: undefined.
 */
export function retryAfter(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  const delayMs = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1_000) : delayToDate(text, now);
  if (delayMs === undefined) return undefined;
  return now + Math.min(Math.max(delayMs, 0), LONGEST_MS) + MARGIN_MS;
}

/** The three date forms that a recipient must accept (RFC 9110 section 5.6.7). `Date.parse` alone accepts prose. */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];

function delayToDate(text: string, now: number): number | undefined {
  if (!HTTP_DATES.some((form) => form.test(text))) return undefined;
  // The third form names no zone and means UTC.
  const instant = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(instant) ? undefined : instant - now;
}
