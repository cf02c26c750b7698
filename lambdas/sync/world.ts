/**
 * What one pass of the drain knows besides the accounts: connections with their modes, the rules in force, faults and
 * the catalogue (R18 reads them after the accounts, so that no decision ages). Pure; read by `drain.ts`.
 */

import type { CatalogueEntry } from '../directory/catalogue.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { BoundRule, Connection, ConnectionId, EntitlementKey, Mode, Org } from '../directory/records.ts';
import type { Hold, Pause } from '../directory/safety.ts';
import type { Fault } from '../directory/work.ts';
import type { Members } from './read-back.ts';
import type { Renames } from './renames.ts';

export interface World {
  readonly now: number;
  readonly org: Org;
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  readonly rules: ReadonlyMap<ConnectionId, readonly BoundRule[]>;
  readonly faults: ReadonlyMap<string, Fault>;
  /** Those that the accounts in question are on, by id. */
  readonly holds: ReadonlyMap<number, Hold>;
  /** By normal name; more than one entry under a name is a name that nobody may write to (`umapi.md` 12). */
  readonly catalogue: ReadonlyMap<EntitlementKey, readonly CatalogueEntry[]>;
  /** What was renamed at Adobe, by its old name. */
  readonly renames?: Renames;
  /** Groups whose members were read in this run. */
  readonly members?: ReadonlyMap<EntitlementKey, Members>;
  /** The org or the whole bridge is stopped (V10); a stopped connection says so itself. */
  readonly paused?: Pause;
}

const STRICTNESS: readonly Mode[] = ['report-only', 'additive', 'full'];

export function stricter(a: Mode, b: Mode): Mode {
  return STRICTNESS.indexOf(a) <= STRICTNESS.indexOf(b) ? a : b;
}

/** `mode` allows what `needs` asks for. */
export function allows(mode: Mode, needs: Mode): boolean {
  return STRICTNESS.indexOf(mode) >= STRICTNESS.indexOf(needs);
}

/** While username and e-mail differ and nobody chose, or after a restore, the whole connection only reports (V6). */
export function connectionMode(connection: Connection): Mode {
  const undecided = connection['usernameUndecided'] === true || connection.restored === true;
  return undecided ? 'report-only' : connection.settings.mode;
}

export function ruleMode(connection: Connection, rule: BoundRule): Mode {
  const mode = connectionMode(connection);
  return rule.mode === undefined ? mode : stricter(mode, rule.mode);
}

export function indexCatalogue(entries: readonly CatalogueEntry[]): Map<EntitlementKey, CatalogueEntry[]> {
  const index = new Map<EntitlementKey, CatalogueEntry[]>();
  for (const entry of entries) {
    const key = entitlementKey(entry.name);
    index.set(key, [...(index.get(key) ?? []), entry]);
  }
  return index;
}
