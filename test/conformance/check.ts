/**
 * What a conformance check is: one rule of the SCIM RFCs, the section it stands in, the rows of the checklist it
 * covers, and a function that finds out. A check sees the server only through its `Session`.
 *
 * The grade of a check that fails follows from its level: a MUST is an error, everything weaker is a deviation. A check
 * whose feature the server does not announce is skipped, and says so.
 */
import type { Feature, Session } from './session.ts';

export type Level = 'must' | 'should' | 'may' | 'practice';
export type Grade = 'pass' | 'deviation' | 'error' | 'skipped';

export interface About {
  /** One sentence that says what a conforming server does. */
  readonly rule: string;
  /** `C 3.1` = RFC 7643 section 3.1, `P` = RFC 7644, `K` = RFC 9865, `V` = RFC 9967; `-` = practice. */
  readonly rfc: string;
  /** Numbers in the checklist. */
  readonly rows: readonly number[];
  readonly level: Level;
  /** Without it the check is skipped. */
  readonly needs?: Feature;
  /** Runs with nothing else at the same time, after the others: it looks at lists that every writer changes. */
  readonly alone?: boolean;
  /** Judges what was seen in the whole run, so it comes last. */
  readonly last?: boolean;
}

export interface Check extends About {
  readonly id: string;
  readonly run: (session: Session) => Promise<void>;
}

export interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}

export interface Result {
  readonly check: Check;
  readonly section: string;
  readonly grade: Grade;
  /** Why it is no pass. */
  readonly reason: string;
  readonly ms: number;
}

export function check(id: string, about: About, run: (session: Session) => Promise<void>): Check {
  return { id, ...about, run };
}

/** The server did not do what the rule says. */
export class Unmet extends Error {}

/** There is nothing to judge here. */
export class Skip extends Error {}

const documents: Readonly<Record<string, string>> = {
  C: 'RFC 7643',
  P: 'RFC 7644',
  K: 'RFC 9865',
  V: 'RFC 9967',
};

/** `P 3.3` becomes `RFC 7644 3.3`. */
export function fullSection(rfc: string): string {
  return rfc
    .split(' / ')
    .map((part) => part.replace(/^([CPKV]) /, (_, letter: string) => `${documents[letter] ?? letter} `))
    .join(', ');
}

export function gradeOfFailure(level: Level): Grade {
  return level === 'must' ? 'error' : 'deviation';
}
