/** Planted bugs of the drain: its lease, its intents, its decisions and what it makes of outcomes (F15-F31, R16-R32). */
import type { Plant } from './plant.ts';

const one = (file: string, text: string, becomes: string) => [{ file, text, becomes }];

export const syncPlants: readonly Plant[] = [
  {
    name: 'inactive-keeps-rights',
    rows: 'I07',
    says: 'somebody deactivated wants what his groups give',
    changes: one(
      'sync/desired.ts',
      'const live = account.owner !== undefined && wanted.active;',
      'const live = account.owner !== undefined;',
    ),
  },
  {
    name: 'orphaned-rule-grants',
    rows: 'R12',
    says: 'a rule goes on granting after its group was deleted, and members who left stay in it',
    changes: one(
      'sync/desired.ts',
      "return rule.binding?.state === 'bound' && account.wanted.groups.includes(rule.binding.groupId);",
      'return rule.binding !== undefined;',
    ),
  },
  {
    name: 'empty-intent',
    rows: 'F15 I12',
    says: 'the intent on an account does not say what is sent',
    changes: one('sync/send.ts', '    actions: [...actions],', '    actions: [],'),
  },
  {
    name: 'no-lease',
    rows: 'F18',
    says: 'every worker drains at any time',
    changes: [
      {
        file: 'directory/dynamo-work.ts',
        text: "condition: 'attribute_not_exists(pk) OR #until < :now OR attribute_not_exists(holder)',",
        becomes:
          "condition: 'attribute_not_exists(pk) OR #until < :now OR attribute_not_exists(holder) OR attribute_exists(pk)',",
      },
      {
        file: 'directory/dynamo-work.ts',
        text: "    expression: 'SET #until = :until',\n    condition: 'holder = :holder AND #number = :number',",
        becomes:
          "    expression: 'SET #until = :until',\n    condition: '(holder = :holder AND #number = :number) OR attribute_exists(pk)',",
      },
      {
        file: 'directory/dynamo-ledger.ts',
        text: "condition: '#number = :number AND holder = :holder',",
        becomes: "condition: '(#number = :number AND holder = :holder) OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'short-lease',
    rows: 'F19 R29',
    says: 'the lease may run out while its holder is still calling Adobe',
    hidden: 'the next holder takes what is under way for a lost answer and repeats it: late, not wrong',
    changes: [
      {
        file: 'times.ts',
        text: 'export const LEASE_MS = HTTP_TIMEOUT_MS + LEASE_MARGIN_MS;',
        becomes: 'export const LEASE_MS = 5_000 + 0 * LEASE_MARGIN_MS;',
      },
      {
        file: 'directory/dynamo-ledger.ts',
        text: "condition: '#number = :number AND holder = :holder',",
        becomes: "condition: '(#number = :number AND holder = :holder) OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'outcome-dropped-when-moved',
    rows: 'R24 I12',
    says: 'an outcome is not recorded when the identity provider spoke meanwhile',
    changes: one(
      'sync/send.ts',
      '  return { ledger, clearIntent: open !== true, standing, facts, seen };',
      '  if (fresh.intent?.wantedRev !== fresh.wantedRev) return { ledger: ledgerOf(fresh), clearIntent: true, standing };\n  return { ledger, clearIntent: open !== true, standing, facts, seen };',
    ),
  },
  {
    name: 'mark-cleared-though-moved',
    rows: 'R24 I07',
    says: 'recording an outcome takes away a mark that came meanwhile',
    changes: one(
      'sync/send.ts',
      'function standingAfter(run: Run, { fresh, absorbed, answered }: Recording): Standing {\n  if (fresh.intent?.wantedRev !== fresh.wantedRev) return inRun(fresh);',
      "function standingAfter(run: Run, { fresh, absorbed, answered }: Recording): Standing {\n  if (fresh.intent?.wantedRev !== fresh.wantedRev) return { place: { kind: 'none' }, status: 'idle', attempts: 0 };",
    ),
  },
  {
    name: 'decision-though-moved',
    rows: 'F26 R16',
    says: 'what was decided on an old state is written over a newer one',
    changes: one(
      'sync/step.ts',
      'compute: (fresh) => (isSame(fresh, account) ? { ledger, standing, clearIntent, facts } : undefined),',
      'compute: () => ({ ledger, standing, clearIntent, facts }),',
    ),
  },
  {
    name: 'old-intent-forgotten',
    rows: 'F15 R26',
    says: 'an intent that nobody closed is taken for not done',
    changes: one(
      'sync/settle.ts',
      '  if (intent === undefined) return { ledger: before };',
      '  if (intent !== undefined || intent === undefined) return { ledger: before };',
    ),
  },
  {
    name: 'old-intent-believed',
    rows: 'F15 I12',
    says: 'grants of an intent that nobody closed are taken for done',
    changes: one(
      'sync/settle.ts',
      "      case 'revoke':\n        ledger = withUnknown(ledger, { name: action.name, at: intent.at });",
      "      case 'revoke':\n        ledger = action.kind === 'revoke' ? { ...ledger, applied: { ...ledger.applied, entitlements: Object.fromEntries(Object.entries(ledger.applied.entitlements).filter(([key]) => key !== entitlementKey(action.name))) } } : { ...ledger, applied: { ...ledger.applied, entitlements: { ...ledger.applied.entitlements, [entitlementKey(action.name)]: { name: action.name, kind: 'profile', since: intent.at } } } };",
    ),
  },
  {
    name: 'revoke-forgotten-after-error',
    rows: 'I07 F39',
    says: 'a revoke that Adobe refused for now is taken for done',
    changes: one(
      'sync/outcome.ts',
      'function failed(state: Absorbed, { action, error }: Failure, input: OutcomeInput): Absorbed {',
      "function failed(state: Absorbed, { action, error }: Failure, input: OutcomeInput): Absorbed {\n  if (action.kind === 'revoke') return done(state, action, input);",
    ),
  },
  {
    name: 'listing-short-of-a-page',
    profile: 'full',
    rows: 'F44 I11',
    says: 'a listing that failed ends there, and counts as the whole org',
    changes: one(
      'sync/listing.ts',
      "    if (answer.kind === 'failed')\n      return {",
      "    if (answer.kind === 'failed') return rows;\n    if (answer.kind === 'failed')\n      return {",
    ),
  },
  {
    name: 'failed-read-is-absence',
    rows: 'F42 I11 T35',
    says: 'a read that failed says that nobody is there',
    changes: one(
      'sync/inventory.ts',
      "    deps.log('read-failed', { reason: answer.reason, code: answer.error.code });\n    return { kind: 'failed', failure: answer };",
      "    deps.log('read-failed', { reason: answer.reason, code: answer.error.code });\n    await deps.directory.observe(o, identity.email, { at, users: [] });\n    return { kind: 'known' };",
    ),
  },
  {
    name: 'everybody-adopted-as-ours',
    rows: 'T14 R33',
    says: 'people who were at Adobe before are renamed like our own',
    changes: one(
      'sync/plan.ts',
      "origin: identity.as === undefined ? (input.knownOrigin[identity.type] ?? 'found') : 'found',",
      "origin: 'made',",
    ),
  },
  {
    name: 'twins-overwritten',
    rows: 'T17',
    says: 'a user of another identity type under the same address counts as ours',
    changes: one(
      'sync/known.ts',
      "return type === 'businessID' || user.type.toLowerCase() === (as ?? type).toLowerCase();",
      'return as === undefined || type === user.type;',
    ),
  },
  {
    name: 'administrators-touched',
    rows: 'V8',
    says: 'holding an admin group protects nobody',
    changes: one(
      'sync/policy.ts',
      'return emails.some((email) => known.get(email)?.users.some((user) => user.admin) === true);',
      'return false && emails.length > known.size;',
    ),
  },
  {
    name: 'mode-ignored',
    rows: 'V6 V10',
    says: 'a connection that only reports is drained like any other',
    changes: one(
      'sync/policy.ts',
      '  if (!allows(mode, needs)) return',
      '  if (!allows(mode, needs) && mode === needs) return',
    ),
  },
  {
    name: 'grace-forgets-return',
    rows: 'R22',
    says: 'an entitlement that is wanted again within the grace is revoked all the same',
    changes: one(
      'sync/leaving.ts',
      '    if (desired.entitlements.has(key)) {\n      entitlements[key] = rest;',
      '    if (desired.entitlements.has(key) && unwantedSince === undefined) {\n      entitlements[key] = rest;',
    ),
  },
  {
    name: 'slot-given-back',
    rows: 'I16 R30',
    says: 'a slot of the budget frees a second after the answer',
    changes: one('adobe/pace.ts', 'const WINDOW_MS = 60_000;', 'const WINDOW_MS = 1_000;'),
    hidden: 'eleven calls within a minute take more people than a run has',
  },
  {
    name: 'block-not-kept',
    rows: 'F32 I16',
    says: 'Retry-After is noted nowhere',
    changes: one(
      'sync/send.ts',
      "  if (blockedUntil !== undefined) await run.slots.block('action', blockedUntil);",
      '',
    ),
  },
];
