/**
 * What an intent that nobody closed means (R26): everything in it may or may not have happened. Grants and revokes go
 * on the list of unknown entitlements, a create becomes "maybe", a rename waits for two reads. Nothing is assumed.
 */
import { Action } from '../adobe/adobe.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { Account, Identity } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';

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
  const { applied, origin, maybe, unknown, watch, goneAt, refused } = account;
  return {
    applied,
    unknown,
    watch,
    ...(origin === undefined ? {} : { origin }),
    ...(maybe === undefined ? {} : { maybe }),
    ...(goneAt === undefined ? {} : { goneAt }),
    ...(refused === undefined ? {} : { refused }),
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
          ledger = { ...ledger, maybe: { identity: action.identity, at: intent.at, absentBefore: intent.absentBefore } };
        }
        break;
      case 'updateUser':
        ledger = { ...ledger, applied: withoutNames(ledger) };
        break;
      case 'renameUser':
        renaming = { from: action.identity, to: action.to, at: intent.at };
        break;
      case 'grant':
      case 'revoke':
        ledger = withUnknown(ledger, { name: action.name, at: intent.at });
        break;
    }
  }
  return { ledger, ...(renaming === undefined ? {} : { renaming }) };
}

/** Names that may or may not have arrived are sent again. */
function withoutNames(ledger: Ledger): Ledger['applied'] {
  const { firstname: _first, lastname: _last, ...rest } = ledger.applied;
  return rest;
}

/** R28: on the watch list until a complete listing that began at least 30 minutes later. */
export function withUnknown(ledger: Ledger, { name, at }: { readonly name: string; readonly at: number }): Ledger {
  const key = entitlementKey(name);
  return {
    ...ledger,
    unknown: { ...ledger.unknown, [key]: { name, at } },
    watch: { ...ledger.watch, [key]: at },
  };
}
