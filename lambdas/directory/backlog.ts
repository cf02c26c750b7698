/** What waits in the work index, in numbers. */
/** Counted up to 10,000 of a kind; instants in epoch milliseconds. */
export interface Backlog {
  readonly pending: number;
  readonly parked: number;
  /** Since when the first revoke of the queue stands there. */
  readonly revokeSince?: number;
  readonly grantSince?: number;
}
