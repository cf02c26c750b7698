/** Words about calls to Adobe on their way. */
export type Endpoint = 'token' | 'action' | 'users' | 'usersByGroup' | 'singleUser' | 'groups';

export interface Wire {
  readonly url: string;
  readonly init: RequestInit;
  readonly endpoint: Endpoint;
}

/** What comes back: an answer, or the error of a broken connection. */
export type Answer = { readonly response: Response } | { readonly error: unknown };
