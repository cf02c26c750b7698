/** All that the oracle writes down while a run goes on: the clients' history, the table's changes, the calls to Adobe. */
import type { AdobeBook } from './adobe-words.ts';
import type { History } from './history.ts';
import type { TableBook } from './table-book.ts';

/** A create that happened or may have; whose id it was shows when somebody sees its marker. */
export interface Birth {
  readonly kind: 'user' | 'group';
  readonly connection: string;
  /** Stands in the resource and is never changed. */
  readonly marker: string;
  readonly values: Readonly<Record<string, string>>;
  readonly members?: readonly string[];
  /** Its end is set when it is known. */
  readonly stretch: { start: number; end: number; sure: boolean };
}

export interface Met {
  readonly kind: 'user' | 'group';
  readonly connection: string;
}

export interface Question {
  readonly step: number;
  /** What is wrong, or nothing. */
  readonly ask: () => string | undefined;
}

export interface Books {
  readonly history: History;
  readonly table: TableBook;
  readonly adobe: AdobeBook;
  readonly births: Birth[];
  /** Ids that were seen, and whose they are. */
  readonly met: Map<string, Met>;
  /** Judged when the run is over: what explains an answer may still be under way when it comes. */
  readonly questions: Question[];
  /** Every address that a client ever sent, by `sameName`. */
  readonly knownEmails: Set<string>;
  /** Holds that an operator approved (I10). */
  approvals: number;
  /** The most calls of the table by one request (I15). */
  mostCalls: number;
}
