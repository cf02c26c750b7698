/**
 * What part of a plan may run now: modes, protection, faults and refusals (design.md section 6). It only ever takes
 * away. What it takes away is held (a mode or a protection must change) or parked (a fault must be repaired).
 *
 * A pause of the connection stops all of it.
 *
 *   action                       needs mode       also stopped by
 *   grant                        additive         protection, fault of the entitlement or domain, double name, refusal
 *   revoke                       full             protection, "no such group" fault, refusal, a hold (`removals.ts`)
 *   create, update, rename       additive         protection, fault of the domain, refusal; a create without any grant
 */
import { domainOf } from '../directory/identity.ts';
import { emailKey } from '../directory/keys.ts';
import { markOf } from '../directory/marks.ts';
import type { Account, AccountError, BoundRule, Connection, Mode } from '../directory/records.ts';
import type { Desired } from './desired.ts';
import type { Knowledge } from './known.ts';
import type { Obstacle } from './obstacles.ts';
import type { Plan, PlannedAction } from './planning.ts';
import { standingOf } from './removals.ts';
import { allows, connectionMode, ruleMode, stricter, type World } from './world.ts';

export interface Permitted {
  readonly actions: readonly PlannedAction[];
  readonly obstacles: readonly Obstacle[];
  /** Why something was held back, in a word. */
  readonly held: readonly string[];
}

export interface PolicyInput {
  readonly account: Account;
  readonly desired: Desired;
  readonly world: World;
  readonly connection: Connection;
  readonly rules: readonly BoundRule[];
  readonly known: ReadonlyMap<string, Knowledge>;
}

type Verdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'held'; readonly reason: string }
  | { readonly kind: 'parked'; readonly obstacle: Obstacle };

const GO: Verdict = { kind: 'go' };

/** The name under which a refusal of this action is remembered on the account. */
export function refusalName({ action, key }: PlannedAction): string {
  return key === undefined ? action.kind : `${action.kind}:${key}`;
}

export function permit(plan: Plan, input: PolicyInput): Permitted {
  const obstacles: Obstacle[] = [...plan.obstacles];
  const held = new Set<string>();
  const actions: PlannedAction[] = [];
  for (const planned of plan.actions) {
    const verdict = judge(planned, plan, input);
    if (verdict.kind === 'go') actions.push(planned);
    else if (verdict.kind === 'held') held.add(verdict.reason);
    else obstacles.push(verdict.obstacle);
  }
  if (plan.together && actions.length < plan.actions.length)
    return { actions: [], obstacles, held: [...held] };
  const creates = actions.some((one) => one.action.kind === 'createUser');
  const grants = actions.some((one) => one.action.kind === 'grant');
  const addressed = plan.actions.some((one) => one.action.kind === 'createUser') && !(creates && grants);
  // Nobody is created without an entitlement, and nothing is granted to somebody who does not exist yet.
  const reachable = addressed
    ? actions.filter((one) => one.action.kind === 'revoke')
    : actions.filter((one) => plan.createsAlone !== true || one.action.kind === 'createUser');
  return { actions: renameApart(reachable), obstacles, held: [...held] };
}

/** A rename travels alone (R31): after the revokes that may run, before everything else. */
function renameApart(actions: readonly PlannedAction[]): readonly PlannedAction[] {
  const rename = actions.find((one) => one.action.kind === 'renameUser');
  if (rename === undefined) return actions;
  const others = actions.filter((one) => one !== rename);
  return others.some((one) => one.action.kind === 'revoke') ? others : [rename];
}

function takesAway({ action }: PlannedAction): boolean {
  return action.kind === 'revoke' || action.kind === 'removeFromOrg';
}

function judge(planned: PlannedAction, plan: Plan, input: PolicyInput): Verdict {
  if (input.connection.paused !== undefined) return { kind: 'held', reason: 'paused' };
  if (isProtected(planned, input)) return { kind: 'held', reason: 'protected' };
  const mode = modeOf(planned, plan, input);
  const needs: Mode = takesAway(planned) ? 'full' : 'additive';
  if (!allows(mode, needs)) return { kind: 'held', reason: input.connection.restored ? 'restored' : mode };
  return refused(planned, plan, input) ?? faulty(planned, input) ?? onHold(planned, plan, input);
}

/** A removal that was held waits for an operator; all others meet the limit when they are about to be sent. */
function onHold({ action, key }: PlannedAction, { ledger }: Plan, { world }: PolicyInput): Verdict {
  if (action.kind !== 'revoke' || key === undefined) return GO;
  const standing = standingOf(markOf(ledger, key), world.holds, world.now);
  const waits = standing === 'removal-limit' || standing === 'removal-rejected';
  return waits ? { kind: 'held', reason: standing } : GO;
}

/** Named identities, and anyone seen holding a `_...` admin group: never touched (V8). */
function isProtected({ action }: PlannedAction, { connection, known }: PolicyInput): boolean {
  const emails = [action.identity.email, ...(action.kind === 'renameUser' ? [action.to.email] : [])].map(
    emailKey,
  );
  if (connection.settings.protected.some((email) => emails.includes(emailKey(email)))) return true;
  return emails.some((email) => known.get(email)?.users.some((user) => user.admin) === true);
}

/**
 * A grant runs in the most permissive mode of the rules that want it, a revoke in the mode of the rule that granted it:
 * a rule that only reports never stops another rule's work, and a mapping change never changes the mode of other rules.
 */
function modeOf({ action, key, rule: named }: PlannedAction, plan: Plan, input: PolicyInput): Mode {
  const { connection, desired, rules } = input;
  const base = connectionMode(connection);
  if (key === undefined) return base;
  if (action.kind === 'grant') {
    const modes = (desired.entitlements.get(key)?.rules ?? []).map((rule) => ruleMode(connection, rule));
    return modes.reduce((most, mode) => (stricter(most, mode) === most ? mode : most), 'report-only' as Mode);
  }
  const by = named ?? plan.ledger.applied.entitlements[key]?.rule;
  const rule = rules.find((one) => one.id === by);
  return rule === undefined ? base : ruleMode(connection, rule);
}

function refused(planned: PlannedAction, plan: Plan, { account }: PolicyInput): Verdict | undefined {
  const { refused: before } = plan.ledger;
  if (before === undefined || before.wantedRev !== account.wantedRev) return undefined;
  if (!before.actions.includes(refusalName(planned))) return undefined;
  return parked('person', before.error);
}

/** R17: a fault stops what adds. A revoke is stopped only where Adobe cannot take anybody out of the group at all. */
function faulty({ action, key }: PlannedAction, { world }: PolicyInput): Verdict | undefined {
  if (key?.startsWith('_')) return parked(key, adminGroup(world.now));
  const ofName = key === undefined ? undefined : world.faults.get(key);
  const stops = action.kind !== 'revoke' || ofName?.stopsRevokes === true;
  if (key !== undefined && ofName !== undefined && stops) return parked(key, ofName.error);
  if (action.kind === 'revoke' || action.kind === 'removeFromOrg') return undefined;
  const domain = domainOf(action.kind === 'renameUser' ? action.to.email : action.identity.email);
  const ofDomain = world.faults.get(domain);
  if (ofDomain !== undefined) return parked(domain, ofDomain.error);
  const entries = key === undefined ? [] : (world.catalogue.get(key) ?? []);
  if (key === undefined || entries.length < 2) return undefined;
  return parked(key, {
    code: 'name-not-unique',
    message: `${entries.length} groups or profiles of the Adobe org share this name: ${entries.map((entry) => `${entry.type} ${entry.groupId} of ${entry.productName ?? 'no product'}`).join('; ')}.`,
    hint: 'Rename one of them in the Admin Console, or attach a user group with a name of its own to the right profile and map to that user group.',
    at: world.now,
  });
}

/** T26: refused when a mapping is applied, and once more here. */
function adminGroup(at: number): AccountError {
  return {
    code: 'admin-group',
    message: 'The mapping names an admin group of Adobe, which the bridge never changes.',
    hint: 'Take the name that starts with an underscore out of the mapping and apply it again.',
    at,
  };
}

function parked(on: string, error: AccountError): Verdict {
  return {
    kind: 'parked',
    obstacle: { kind: 'park', on, code: error.code, message: error.message, hint: error.hint },
  };
}
