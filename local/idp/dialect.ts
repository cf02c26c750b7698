/**
 * What a simulated identity provider can be told to do, whatever its client sends for it, and the border it sends over.
 *
 * A dialect knows the wire habits of one real client (`okta.ts`, `entra.ts`) and remembers what that client would
 * remember: ids that the server issued, names it gave, who is assigned. It knows nothing about the bridge: the only way
 * out is `send`. Every operation may be repeated after a lost answer; that is the client's duty, so it is done in here.
 */
import * as z from 'zod';

export const dialectNames = ['okta-catalog', 'okta-wizard', 'entra', 'entra-flag'] as const;
export type DialectName = (typeof dialectNames)[number];

/** A person as the identity provider's own directory knows them. */
export interface Person {
  /** The provider's object id: stays through renames. */
  readonly key: string;
  readonly userName: string;
  readonly email?: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly department?: string;
}

export interface PushedGroup {
  /** The provider's object id: stays through renames. */
  readonly key: string;
  readonly name: string;
}

export interface ScimRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL, for example `/Users/2819`. */
  readonly path: string;
  /** As it goes over the wire, already encoded the way this client encodes it, without the question mark. */
  readonly query?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface ScimAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body, `undefined` where there is none. */
  readonly json: unknown;
}

/** Delivers one request. Throws `AnswerLost` when nobody knows whether the server acted on it. */
export type Send = (request: ScimRequest) => Promise<ScimAnswer>;

/** The request may or may not have been processed; the client has to repeat it. */
export class AnswerLost extends Error {
  constructor(request: ScimRequest, options?: ErrorOptions) {
    super(`no answer to ${request.method} ${request.path}`, options);
    this.name = 'AnswerLost';
  }
}

/** The server said something that this client takes for a failure. */
export class UnexpectedAnswer extends Error {
  readonly request: ScimRequest;
  readonly answer: ScimAnswer;
  constructor(request: ScimRequest, answer: ScimAnswer) {
    super(`${request.method} ${request.path} answered ${answer.status}: ${detailOf(answer.json)}`);
    this.name = 'UnexpectedAnswer';
    this.request = request;
    this.answer = answer;
  }
}

export interface Dialect {
  readonly name: DialectName;
  /** Whether this provider ever sends DELETE for a user. */
  readonly deletesUsers: boolean;
  testConnection(): Promise<void>;
  /** Match look-up, then create or adopt. Answers the id that the server issued. */
  ensureUser(person: Person): Promise<string>;
  updateProfile(userId: string, person: Person): Promise<void>;
  /** `userName` and e-mail change; the id stays. */
  renamePerson(userId: string, person: Person): Promise<void>;
  deactivate(userId: string): Promise<void>;
  reactivate(userId: string): Promise<void>;
  /** A provider that never deletes deactivates instead. */
  deleteUser(userId: string): Promise<void>;
  ensureGroup(group: PushedGroup): Promise<string>;
  renameGroup(groupId: string, name: string): Promise<void>;
  addMembers(groupId: string, userIds: readonly string[]): Promise<void>;
  removeMembers(groupId: string, userIds: readonly string[]): Promise<void>;
  /** Makes `userIds` the whole membership of the group. */
  pushMembers(groupId: string, userIds: readonly string[]): Promise<void>;
  deleteGroup(groupId: string): Promise<void>;
}

/** What every dialect is made from. */
export interface DialectDeps {
  readonly send: Send;
  readonly token: string;
  readonly wait: (ms: number) => Promise<void>;
}

/** A resource as far as a client reads it. */
export const Resource = z.looseObject({ id: z.string().min(1) });

export type Resource = z.infer<typeof Resource>;

export const ListResponse = z.looseObject({
  totalResults: z.number().int(),
  Resources: z.array(Resource).optional(),
});

const ErrorBody = z.object({ detail: z.string() });

function detailOf(json: unknown): string {
  const parsed = ErrorBody.safeParse(json);
  return parsed.success ? parsed.data.detail : 'no detail';
}

/** Splits a list into runs of at most `size`, in order. */
export function inBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE_USER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
