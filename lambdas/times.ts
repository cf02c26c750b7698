/**
 * Every time that one part waits for another, in one place: the handlers and the stack that sets the timeouts of the
 * functions read it from here (R29). The order that must hold between them is a test: test/infra/times.test.ts.
 */

/** One HTTP call to Adobe is given up after this long (`umapi.md` 3). */
export const HTTP_TIMEOUT_MS = 120_000;
/** From the renewal of the lease to the latest moment at which a call may still be open (R29). */
export const LEASE_MARGIN_MS = 30_000;
export const LEASE_MS = HTTP_TIMEOUT_MS + LEASE_MARGIN_MS;
/** A renewal older than this is renewed again before the call is sent (R29). */
export const RENEWAL_AGE_MS = 5_000;
/** One request for a token at Adobe's identity service. */
export const TOKEN_TIMEOUT_MS = 10_000;

/** An HTTP API gives a request up after this long, whatever its function does. */
export const GATEWAY_TIMEOUT_MS = 30_000;
/** Below the gateway's, so that the caller gets our answer. */
export const SCIM_FUNCTION_MS = 29_000;
/** Kept back at the end of an HTTP invocation to still answer. */
export const ANSWER_RESERVE_MS = 500;

/** The longest that Lambda allows. */
export const WORK_FUNCTION_MS = 900_000;
/** Kept back at the end of a background invocation to record what it did. */
export const WORK_RESERVE_MS = 5_000;
/** As long as the operator's program waits. */
export const ADMIN_FUNCTION_MS = 300_000;
