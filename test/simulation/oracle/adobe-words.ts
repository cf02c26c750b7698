/** What is asked of the book of calls to Adobe, and what it needs for that. */
import type { Table } from '../dynamo/table.ts';
import type { Process } from '../stage/process.ts';
import type { Endpoint } from '../stage/wire.ts';
import type { Sent } from './sent.ts';

export interface AdobeBook {
  started(process: Process, endpoint: Endpoint): void;
  /** An action call reached Adobe: who is meant, for when it was taken. */
  arrived(body: string): readonly Sent[];
  /** It was executed, whatever became of the answer. */
  taken(sent: readonly Sent[]): void;
  answered(process: Process, answer: { readonly endpoint: Endpoint; readonly response: Response }): void;
  /** What was executed, in order. */
  readonly commands: readonly Sent[];
  /** Action calls that arrived. */
  calls(): number;
}

export interface AdobeBookDeps {
  readonly now: () => number;
  readonly violate: (rule: string, text: string) => void;
  /** Nothing on an engine. */
  readonly table: () => Table | undefined;
  readonly mappingChangedAt: () => number;
  readonly permitChangedAt: (pk: string) => number;
  /** Clocks jump or requests land late: what an intent says may be out of date by then. */
  readonly isLoose: boolean;
  /** People who may lose something in an hour; nothing while that is of no interest. */
  readonly limit: () => number | undefined;
  /** Entitlements that any mapping ever named, by `sameName`. */
  readonly managed: ReadonlySet<string>;
  /** E-mails that any user ever had. */
  readonly knownEmails: ReadonlySet<string>;
}
