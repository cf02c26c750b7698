/** What part of a plan may run (design.md section 6; R16, R17, T26): modes, protection, faults, refusals. */
import { describe, expect, test } from 'vitest';
import type { Action } from '../../lambdas/adobe/adobe.ts';
import {
  type AccountError,
  AccountId,
  type BoundRule,
  Connection,
  type Mode,
} from '../../lambdas/directory/records.ts';
import type { Fault } from '../../lambdas/directory/work.ts';
import { desiredOf } from '../../lambdas/sync/desired.ts';
import type { Plan, PlannedAction } from '../../lambdas/sync/planning.ts';
import { type PolicyInput, permit } from '../../lambdas/sync/policy.ts';
import type { World } from '../../lambdas/sync/world.ts';
import { CONNECTION, ORG, settings } from '../open.ts';

const NOW = 1_800_000_000_000;
const ada = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' } as const;
const error: AccountError = {
  code: 'error.group.not_found',
  message: 'Adobe’s words',
  hint: 'Ours',
  at: NOW,
};

function of(action: Action): PlannedAction {
  return 'name' in action ? { action, key: action.name.toLowerCase() } : { action };
}
const create = of({ kind: 'createUser', identity: ada });
const rename = of({ kind: 'renameUser', identity: ada, to: { ...ada, email: 'a@example.org' } });
const grant = (name: string) => of({ kind: 'grant', identity: ada, name });
const revoke = (name: string) => of({ kind: 'revoke', identity: ada, name });

function rule(id: string, name: string, mode?: Mode): BoundRule {
  const binding = { rule: id, groupId: groups[0], state: 'bound' as const, at: NOW };
  return {
    id,
    everyone: false,
    grants: [{ name, kind: 'profile' }],
    binding,
    ...(mode === undefined ? {} : { mode }),
  };
}
const groups = ['019cad8f-ac00-7c3d-8b52-728116a45d68'] as unknown as BoundRule['binding'] extends infer B
  ? B extends { groupId: infer G }
    ? [G]
    : never
  : never;

interface Setting {
  readonly mode?: Mode;
  readonly rules?: readonly BoundRule[];
  readonly faults?: readonly Fault[];
  readonly held?: readonly string[];
  readonly admin?: boolean;
  readonly protectedOnes?: readonly string[];
  readonly twice?: string;
  readonly refused?: readonly string[];
}

function inputOf(setting: Setting): { plan: (actions: PlannedAction[]) => Plan; input: PolicyInput } {
  const connection = Connection.parse({
    id: CONNECTION,
    org: ORG,
    settings: { ...settings, mode: setting.mode ?? 'full', protected: [...(setting.protectedOnes ?? [])] },
    settingsVersion: 1,
    mappingVersion: 1,
    left: [],
    rev: 1,
  });
  const rules = setting.rules ?? [rule('x', 'X'), rule('y', 'Y')];
  const held = Object.fromEntries(
    (setting.held ?? []).map((id) => [
      id,
      { name: id.toUpperCase(), kind: 'profile' as const, since: 1, rule: id },
    ]),
  );
  const refused =
    setting.refused === undefined ? {} : { refused: { wantedRev: 1, actions: [...setting.refused], error } };
  const ledger = { applied: { identity: ada, entitlements: held }, unknown: {}, watch: {}, ...refused };
  const account = {
    id: AccountId.parse('019cad8f-ac00-7c3d-8b52-728116a45d69'),
    org: ORG,
    connection: CONNECTION,
    owner: { connection: CONNECTION, userId: '019cad8f-ac00-7c3d-8b52-728116a45d70' as never },
    wanted: { active: true, since: 1, groups: [...groups], suspended: [], identity: ada },
    ...ledger,
    claims: [],
    wantedRev: 1,
    ledgerRev: 1,
    touchedAt: 1,
    status: 'pending' as const,
    attempts: 0,
  };
  const entry = (groupId: string, name: string) => ({
    groupId,
    name,
    type: 'PRODUCT_PROFILE',
    productName: `Product ${groupId}`,
  });
  const world: World = {
    now: NOW,
    org: { key: ORG, adobeOrgId: 'o', clientId: 'c', connections: [CONNECTION] },
    connections: new Map([[connection.id, connection]]),
    rules: new Map([[connection.id, rules]]),
    holds: new Map(),
    faults: new Map((setting.faults ?? []).map((fault) => [fault.scope, fault])),
    catalogue: new Map(
      setting.twice === undefined
        ? []
        : [[setting.twice, [entry('1', setting.twice), entry('2', setting.twice)]]],
    ),
  };
  const users = [{ ...ada, status: 'active', groups: [], admin: setting.admin === true }];
  return {
    plan: (actions) => ({ actions, obstacles: [], ledger, absentBefore: false, intentOpen: false }),
    input: {
      account,
      desired: desiredOf(account, rules),
      world,
      connection,
      rules,
      known: new Map([[ada.email, { at: NOW, users }]]),
    },
  };
}

function verdict(setting: Setting, actions: PlannedAction[]): string {
  const { plan, input } = inputOf(setting);
  const { actions: go, held, obstacles } = permit(plan(actions), input);
  const sent = go.map(({ action }) => ('name' in action ? `${action.kind} ${action.name}` : action.kind));
  const parked = obstacles.map((one) =>
    one.kind === 'park' ? `parked on ${one.on}: ${one.code}` : one.kind,
  );
  return [...sent, ...held.map((why) => `held: ${why}`), ...parked].join(', ');
}

const fault = (scope: string, over: Partial<Fault> = {}): Fault => ({
  scope,
  error,
  retryAt: NOW + 1,
  ...over,
});
const firstTime = [create, grant('X')];

const rows: [string, Setting, PlannedAction[], string][] = [
  ['full: everything', {}, [create, grant('X')], 'createUser, grant X'],
  ['full: a revoke', { held: ['x'] }, [revoke('X')], 'revoke X'],
  ['report-only: nothing', { mode: 'report-only' }, firstTime, 'held: report-only'],
  ['report-only: no revoke either', { mode: 'report-only', held: ['x'] }, [revoke('X')], 'held: report-only'],
  [
    'additive: what adds',
    { mode: 'additive', held: ['y'] },
    [revoke('Y'), grant('X')],
    'grant X, held: additive',
  ],
  ['additive: a rename', { mode: 'additive' }, [rename], 'renameUser'],
  [
    'a stricter rule holds its own grant',
    { rules: [rule('x', 'X', 'report-only'), rule('y', 'Y')] },
    [grant('X'), grant('Y')],
    'grant Y, held: report-only',
  ],
  [
    'a stricter rule holds its own revoke',
    { held: ['x', 'y'], rules: [rule('x', 'X', 'additive'), rule('y', 'Y')] },
    [revoke('X'), revoke('Y')],
    'revoke Y, held: additive',
  ],
  [
    'a rule is never milder than its connection',
    { mode: 'report-only', rules: [rule('x', 'X', 'full')] },
    firstTime,
    'held: report-only',
  ],
  [
    'two rules want it: the milder one decides',
    { rules: [rule('x', 'X', 'report-only'), rule('z', 'X')] },
    [grant('X')],
    'grant X',
  ],
  [
    'nobody is created for a rule that only reports',
    { rules: [rule('x', 'X', 'report-only')] },
    firstTime,
    'held: report-only',
  ],
  ['protected by name', { protectedOnes: ['ADA@example.com'] }, [revoke('X'), grant('Y')], 'held: protected'],
  ['protected as an administrator', { admin: true }, [revoke('X'), grant('Y')], 'held: protected'],
  ['protected under the new address too', { protectedOnes: ['a@example.org'] }, [rename], 'held: protected'],
  [
    'a fault of an entitlement parks its grant on it, the other goes',
    { faults: [fault('x')] },
    [create, grant('X'), grant('Y')],
    'createUser, grant Y, parked on x: error.group.not_found',
  ],
  [
    'a fault of the only entitlement creates nobody',
    { faults: [fault('x')] },
    firstTime,
    'parked on x: error.group.not_found',
  ],
  [
    'a fault that grants met does not stop revokes (R17)',
    { held: ['x'], faults: [fault('x')] },
    [revoke('X')],
    'revoke X',
  ],
  [
    'a group that Adobe does not know stops them',
    { held: ['x'], faults: [fault('x', { stopsRevokes: true })] },
    [revoke('X')],
    'parked on x: error.group.not_found',
  ],
  [
    'a fault of the domain parks what adds, never a revoke (R17)',
    { held: ['x'], faults: [fault('example.com')] },
    [revoke('X'), grant('Y')],
    'revoke X, parked on example.com: error.group.not_found',
  ],
  [
    'a fault of the new domain parks a rename',
    { faults: [fault('example.org')] },
    [rename],
    'parked on example.org: error.group.not_found',
  ],
  [
    'a name that occurs twice is never granted',
    { twice: 'x' },
    [grant('X'), grant('Y')],
    'grant Y, parked on x: name-not-unique',
  ],
  [
    'an admin group is never named (T26)',
    { rules: [rule('x', '_org_admin')] },
    [grant('_org_admin')],
    'parked on _org_admin: admin-group',
  ],
  [
    'what Adobe refused for this person stays out until something changes',
    { refused: ['grant:x'] },
    [grant('X'), grant('Y')],
    'grant Y, parked on person: error.group.not_found',
  ],
  [
    'a refused create grants nothing',
    { refused: ['createUser'] },
    firstTime,
    'parked on person: error.group.not_found',
  ],
];

describe('permit', () => {
  test.each(rows)('%s', (_label, setting, actions, expected) => {
    expect(verdict(setting, actions)).toBe(expected);
  });
});
