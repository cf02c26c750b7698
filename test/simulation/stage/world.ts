/** What one run consists of, and what everything in it is given: tapes, clock, faults, table, org, books, a place for findings. */
import type { AdobeCredential } from '../../../lambdas/adobe/adobe.ts';
import type { AdobeOrg } from '../../../local/adobe-org.ts';
import type { Cuts } from '../dynamo/model.ts';
import type { Table } from '../dynamo/table.ts';
import type { Books } from '../oracle/books.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tape } from './tape.ts';

export interface Violation {
  /** The invariant, such as `I03`. */
  readonly rule: string;
  readonly text: string;
  readonly step: number;
}

/** The table under a run: the model, or an engine. */
export interface Store {
  readonly tableName: string;
  perform(command: object, cuts: Cuts): unknown;
  /** Everything in it, as it is now. */
  table(): Promise<Table>;
}

export interface Tenant {
  readonly connection: string;
  readonly token: string;
}

export interface World {
  readonly scheduler: Scheduler;
  /** Schedule and faults. */
  readonly schedule: Tape;
  /** Ids and secrets of the product. */
  readonly ids: Tape;
  readonly faults: Faults;
  readonly store: Store;
  readonly org: AdobeOrg;
  readonly credential: AdobeCredential;
  readonly tenants: readonly Tenant[];
  /** Texts that no answer and no log line may hold (I18). */
  readonly secrets: readonly string[];
  readonly books: Books;
  /** Entitlements that any mapping names, by `sameName`. */
  readonly managed: ReadonlySet<string>;
  /** The journal is sealed as the run goes on. */
  readonly seals: boolean;
  /** The log is kept at its usual level. */
  readonly says: boolean;
  /** The nightly comparison runs. */
  readonly nights: boolean;
  /** Some people are at Adobe from the start. */
  readonly settlers: boolean;
  readonly violations: Violation[];
  /** Transactions that were done; a repeat sends the same command again. */
  readonly committed: WeakSet<object>;
  /** A line about what just happened; built only when somebody keeps it. */
  trace(line: () => string): void;
  violate(rule: string, text: string): void;
  /** A log line of the product. */
  log(line: string): void;
}
