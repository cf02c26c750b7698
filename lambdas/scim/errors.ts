/**
 * The closed vocabulary of SCIM errors (RFC 7644 section 3.12). Everything in `scim/` that refuses a request throws a
 * `ScimError`; `routes.ts` is the only place that catches one and writes the body.
 *
 * `detail` is read by the administrator of an identity provider: it says what to change, and never repeats a value that
 * was sent, because values are personal data (T44) and may be somebody else's (T30).
 */

const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** RFC 7644 table 9, and the three of RFC 9865. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount';

export class ScimError extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    detail: string,
    more: { readonly scimType?: ScimType; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.name = 'ScimError';
    this.status = status;
    this.scimType = more.scimType;
    this.headers = more.headers ?? {};
  }
}

/** The most frequent kind: 400 with one of the keywords. */
export function badRequest(scimType: ScimType, detail: string): ScimError {
  return new ScimError(400, detail, { scimType });
}

export function invalidValue(detail: string): ScimError {
  return badRequest('invalidValue', detail);
}

/** The same answer for an id that never existed, was deleted, or belongs to another connection (T30). */
export function notFound(kind: string): ScimError {
  return new ScimError(
    404,
    `There is no ${kind} with this id. It may have been deleted; look it up again or create it.`,
  );
}

export function preconditionFailed(kind: string): ScimError {
  return new ScimError(
    412,
    `The ${kind} has changed since the version named in If-Match. Read it again and repeat the change on what you find.`,
  );
}

/** RFC 7644 section 3.12: `status` is a string. */
export function errorBody(status: number, detail: string, scimType?: ScimType): Record<string, unknown> {
  return {
    schemas: [ERROR_SCHEMA],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
    detail,
  };
}
