/**
 * What an intent that nobody closed means (R26): everything in it may or may not have happened. Grants and revokes go
 * on the list of unknown entitlements, a create becomes "maybe", a rename waits for two reads. Nothing is assumed.
 */
import { Action } from '../adobe/adobe.ts';
import { emailKey, entitlementKey, watchKey } from '../directory/keys.ts';
import type { Account, Identity, Intent } from '../directory/records.ts';
import type { Fact, Ledger } from '../directory/work.ts';
import { readBackFacts } from './read-back.ts';

export interface Renaming {
  readonly from: Identity;
  readonly to: Identity;
  readonly at: number;
}

export interface Settled {
  readonly ledger: Ledger;
  /** A rename whose outcome only reads can tell; the intent stands until then. */
  readonly renaming?: Renaming;
}

export function ledgerOf(account: Account): Ledger {
  const { applied, origin, maybe, unknown, watch, goneAt, refused, drift } = account;
  return {
    applied,
    unknown,
    watch,
    ...(origin === undefined ? {} : { origin }),
    ...(maybe === undefined ? {} : { maybe }),
    ...(goneAt === undefined ? {} : { goneAt }),
    ...(refused === undefined ? {} : { refused }),
    ...(drift === undefined ? {} : { drift }),
  };
}

export function settleIntent(account: Account): Settled {
  const before = ledgerOf(account);
  const { intent } = account;
  if (intent === undefined) return { ledger: before };
  let ledger = before;
  let renaming: Renaming | undefined;
  for (const stored of intent.actions) {
    const action = Action.parse(stored);
    switch (action.kind) {
      case 'createUser':
        if (ledger.applied.identity === undefined) {
          ledger = { ...ledger, maybe: maybeOf(ledger.maybe, action, intent) };
        }
        break;
      case 'updateUser':
        ledger = withNamesUnknown(ledger, intent.at);
        break;
      case 'renameUser':
        renaming = { from: action.identity, to: action.to, at: intent.at };
        break;
      case 'removeFromOrg':
        // It may land after the person came back: reads decide, whatever the drift policy says (R27).
        ledger = { ...ledger, goneAt: intent.at };
        break;
      case 'grant':
      case 'revoke':
        ledger = withUnknown(ledger, { name: action.name, at: intent.at });
        break;
    }
  }
  return { ledger, ...(renaming === undefined ? {} : { renaming }) };
}

/** A create that may have happened. */
export function maybeOf(
  before: Ledger['maybe'],
  { identity }: Extract<Action, { kind: 'createUser' }>,
  { at, absentBefore }: Pick<Intent, 'at' | 'absentBefore'>,
): NonNullable<Ledger['maybe']> {
  return { identity, at, absentBefore, ...(before?.['beside'] === true ? { beside: true } : {}) };
}

/** What a decision alone found out, for the journal (I14): an outcome's facts come from `outcome.ts`. */
export function factsBetween(before: Ledger, after: Ledger): Fact[] {
  const [was, is] = [before.applied.identity, after.applied.identity];
  if (was === undefined && is !== undefined)
    return [{ fact: before.maybe === undefined ? 'adopted' : 'created' }];
  if (was !== undefined && is === undefined) {
    return [{ fact: 'goneFromAdobe', entitlements: Object.keys(before.applied.entitlements) }];
  }
  const moved = was !== undefined && is !== undefined && emailKey(was.email) !== emailKey(is.email);
  return [...(moved ? [{ fact: 'renamed' }] : []), ...readBackFacts(before, after)];
}

/** Names that may or may not have arrived are sent again. */
export function withoutNames(ledger: Ledger): Ledger['applied'] {
  const { firstname: _first, lastname: _last, ...rest } = ledger.applied;
  return rest;
}

/** Sent again at once, and looked at later: what has no answer yet may still land over it (R28). */
export function withNamesUnknown(ledger: Ledger, at: number): Ledger {
  return { ...ledger, applied: withoutNames(ledger), watch: { ...ledger.watch, [watchKey.names]: at } };
}

/** R28: on the watch list until a complete listing that began at least 30 minutes later. */
export function withUnknown(ledger: Ledger, entry: Ledger['unknown'][string]): Ledger {
  const key = entitlementKey(entry.name);
  return {
    ...ledger,
    unknown: { ...ledger.unknown, [key]: entry },
    watch: { ...ledger.watch, [key]: entry.at },
  };
}
