/**
 * What a check sees of the server under test: requests with the token, resources that are deleted at the end of the run,
 * and names that nobody else uses. The suite knows a base URL and a token and nothing else.
 */
import type { Json } from './json.ts';
import type { Received } from './transport.ts';

/** What a server may leave out: announced in its ServiceProviderConfig, or found out by one request. */
export type Feature =
  | 'patch'
  | 'filter'
  | 'sort'
  | 'etag'
  | 'bulk'
  | 'cursor'
  | 'changePassword'
  | 'securityEvents'
  | 'search'
  | 'rootQuery'
  | 'me'
  | 'https';

export type CastName = 'ada' | 'bob' | 'cem' | 'dan' | 'eve' | 'fay';
export type Drafts = Readonly<Record<CastName, Json>>;

export interface Cast {
  readonly drafts: Drafts;
  readonly ids: Readonly<Record<string, string>>;
  /** Names of those whom the filter finds among the six, in the order of the answer. */
  find(filter: string, more?: { readonly query?: string }): Promise<readonly string[]>;
}

export interface Ask {
  readonly method: string;
  /** Behind the base URL, or absolute. */
  readonly path: string;
  /** null leaves a header out that is otherwise sent. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Buffer;
}

export interface Answer extends Received {
  readonly json: unknown;
  /** `GET /Users?count=1`, for messages. */
  readonly request: string;
  readonly method: string;
  /** Without the base URL and the query. */
  readonly path: string;
}

type Headers = Ask['headers'];

export interface Session {
  readonly baseUrl: string;
  readonly token: string;
  /** The ServiceProviderConfig; undefined when it could not be read. */
  readonly config: unknown;
  readonly features: ReadonlySet<Feature>;
  /** Every answer of the run so far. */
  readonly seen: readonly Answer[];
  ask(ask: Ask): Promise<Answer>;
  get(path: string, headers?: Headers): Promise<Answer>;
  post(path: string, body: unknown, headers?: Headers): Promise<Answer>;
  put(path: string, body: unknown, headers?: Headers): Promise<Answer>;
  /** A PatchOp with these operations. */
  patch(path: string, operations: unknown, headers?: Headers): Promise<Answer>;
  remove(path: string, headers?: Headers): Promise<Answer>;
  /** A text that occurs nowhere else on the server. */
  unique(label: string): string;
  /** The same as an address, in a mail domain that belongs to nobody. */
  address(label: string): string;
  /** A person there. */
  draftUser(more?: Json): Json;
  draftGroup(more?: Json): Json;
  /** Creates and returns the representation. */
  makeUser(more?: Json): Promise<Json>;
  makeGroup(more?: Json): Promise<Json>;
  /** GET that has to succeed. */
  fetch(path: string): Promise<Json>;
  /** The six people of the filter, sorting and paging checks, made once per run. */
  cast(): Promise<Cast>;
}
