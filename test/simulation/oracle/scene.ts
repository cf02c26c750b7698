/** The end of a run as the oracle sees it: the company's people with what they want, and Adobe's with what they hold. */
import type { World } from '../stage/world.ts';
import type { Row } from './rows.ts';

export interface UserState {
  readonly connection: string;
  readonly id: string;
  readonly active: boolean;
  readonly email: string;
  /** The address as compared. */
  readonly handle: string;
  readonly given: string;
  readonly groups: ReadonlySet<string>;
  readonly account: Row;
}

/** Somebody at Adobe, with what a mapping may give. */
export interface Record {
  readonly email: string;
  readonly handle: string;
  readonly type: string;
  readonly firstname: string | undefined;
  readonly held: ReadonlySet<string>;
  readonly admin: boolean;
}

export interface Case extends UserState {
  readonly desired: ReadonlySet<string>;
  /** Every address that he ever had. */
  readonly handles: ReadonlySet<string>;
}

export interface Scene {
  readonly world: World;
  readonly cases: readonly Case[];
  readonly records: readonly Record[];
  readonly settlers: boolean;
}

export function standing(account: Row): string {
  const { status, reason, error, intent } = account;
  const code = (error as Row | undefined)?.['code'];
  return `the account is ${status}${reason === undefined ? '' : `, ${reason}`}${code === undefined ? '' : `, ${code}`}${intent === undefined ? '' : ', with an intent'}`;
}

/** What the settings of the run say about a domain. */
export function typeOf(email: string): string {
  return email.endsWith('@example.net') ? 'adobeID' : 'federatedID';
}
