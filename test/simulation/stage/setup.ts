/**
 * Where every run begins: a table with org, connections, tokens and a mapping, and an Adobe org with the names that it
 * gives. Made once per shape by the product itself, then copied: items are never changed in place.
 */

import type { AdobeCredential } from '../../../lambdas/adobe/adobe.ts';
import { openDirectory } from '../../../lambdas/directory/dynamo.ts';
import { openIds } from '../../../lambdas/directory/ids.ts';
import { ruleIdOf } from '../../../lambdas/directory/keys.ts';
import { ConnectionId, type ConnectionSettings, OrgKey } from '../../../lambdas/directory/records.ts';
import { seedEmptyOrg } from '../../../local/adobe-org/seed.ts';
import type { OrgState } from '../../../local/adobe-org/state.ts';
import { createAdobeOrg } from '../../../local/adobe-org.ts';
import { clientOf, createModel } from '../dynamo/model.ts';
import type { Table } from '../dynamo/table.ts';
import { MAPPINGS, type MappingRule, nameOf, PROFILES, USER_GROUPS } from '../traffic/company.ts';
import type { Shape } from '../traffic/operations.ts';
import { openTape } from './tape.ts';
import type { Tenant } from './world.ts';

export const STARTS_AT = Date.parse('2026-03-02T08:00:00Z');
/** What the model's table is called. */
export const MODEL = 'model';
export const ORG = OrgKey.parse('acme');
export const PEPPER = 'simulated-pepper-of-thirty-two-characters';
const TENANTS = ['okta', 'entra', 'ping'] as const;

export interface Beginning {
  readonly table: Table;
  readonly tenants: readonly Tenant[];
}

function settingsWith({ graceSeconds, limit }: Shape): ConnectionSettings {
  return {
    mode: 'full',
    domains: {
      'example.com': { type: 'federatedID', country: 'US', username: 'email' },
      'example.org': { type: 'federatedID', country: 'NL', username: 'email' },
      'example.net': { type: 'businessID', country: 'US' },
    },
    graceSeconds: { active: graceSeconds, gone: 0 },
    protected: [],
    removalLimit:
      limit === undefined
        ? { people: 1_000, percent: 100, emptyingFrom: 1_000, reason: 'a run about something else' }
        : { people: limit },
  };
}

const beginnings = new Map<string, Promise<Beginning>>();

export function beginning(shape: Shape): Promise<Beginning> {
  const { tenants, graceSeconds, limit } = shape;
  const name = `${tenants} ${graceSeconds} ${limit}`;
  const known = beginnings.get(name);
  if (known !== undefined) return known;
  const made = begin(shape);
  beginnings.set(name, made);
  return made;
}

async function begin(shape: Shape): Promise<Beginning> {
  const tape = openTape(0, 'beginning');
  const now = (): number => STARTS_AT;
  const model = createModel({ now });
  const directory = openDirectory({
    client: clientOf(model),
    table: MODEL,
    now,
    newId: openIds(now, tape.bytes),
    random: tape.random,
    randomBytes: tape.bytes,
    pepper: PEPPER,
    realNow: now,
    pause: async () => undefined,
  });
  const tenants: Tenant[] = [];
  const { orgId, clientId } = adobeBeginning().credential;
  for (const name of TENANTS.slice(0, shape.tenants)) {
    const id = ConnectionId.parse(name);
    const settings = settingsWith(shape);
    const connection = { id, settings, tableId: await directory.tableId() };
    await directory.setUp({ org: { key: ORG, adobeOrgId: orgId, clientId }, connection });
    const { secret } = await directory.createToken(id, { label: 'simulation' });
    tenants.push({ connection: name, token: secret });
    const rules = (MAPPINGS[0] ?? []).map(ruleOf);
    await directory.applyMapping(id, { rules, expectedVersion: 0, left: [] });
    await directory.runSweeps(ORG, STARTS_AT + 1);
  }
  return { table: model.table, tenants };
}

function ruleOf(
  rule: MappingRule,
): Parameters<ReturnType<typeof openDirectory>['applyMapping']>[1]['rules'][number] {
  const { group, everyone } = rule;
  const grants = rule.grants.map((grant) =>
    'profile' in grant
      ? { name: grant.profile, kind: 'profile' as const }
      : { name: grant.userGroup, kind: 'userGroup' as const },
  );
  const id = ruleIdOf({ group });
  return { id, everyone: everyone === true, grants, ...(group === undefined ? {} : { group }) };
}

export interface AdobeBeginning {
  readonly state: OrgState;
  readonly credential: AdobeCredential;
}

const adobe = new Map<boolean, AdobeBeginning>();

/** With `settlers`, some of the company's people are there already: one like ours, one of another type, an administrator. */
export function adobeBeginning(settlers = false): AdobeBeginning {
  const known = adobe.get(settlers);
  if (known !== undefined) return known;
  const tape = openTape(0, 'adobe');
  const now = (): number => STARTS_AT;
  const org = createAdobeOrg({
    now,
    random: tape.random,
    state: seedEmptyOrg({ random: tape.random, at: STARTS_AT }),
  });
  for (const profile of PROFILES) org.byHand({ action: 'addProfile', ...profile });
  for (const name of USER_GROUPS) org.byHand({ action: 'addUserGroup', name });
  if (settlers) for (const settler of SETTLERS) settle(org, settler);
  const state = org.state();
  const [first] = state.meta.credentials;
  const credential = {
    orgId: state.meta.orgId,
    clientId: first?.clientId ?? '',
    clientSecret: first?.clientSecrets[0] ?? '',
    imsUrl: 'https://ims.example.test',
    umapiUrl: 'https://umapi.example.test/v2/usermanagement',
  };
  const made = { state: { ...state, mails: [] }, credential };
  adobe.set(settlers, made);
  return made;
}

export interface Settler {
  readonly name: number;
  readonly type: 'federatedID' | 'adobeID';
  readonly holds: readonly string[];
  readonly admin: boolean;
}

export const SETTLERS: readonly Settler[] = [
  { name: 0, type: 'federatedID', holds: ['Marketing'], admin: false },
  { name: 1, type: 'adobeID', holds: ['Sales Insight'], admin: false },
  { name: 2, type: 'federatedID', holds: [], admin: false },
  { name: 3, type: 'federatedID', holds: ['Chat agents EU'], admin: true },
];

function settle(org: ReturnType<typeof createAdobeOrg>, { name, type, holds, admin }: Settler): void {
  const { email } = nameOf(name, 'plain');
  org.byHand({ action: 'addUser', email, type, firstname: 'Set', lastname: 'Tler', country: 'US' });
  for (const group of holds) org.byHand({ action: 'grant', email, group });
  if (admin) org.byHand({ action: 'makeAdmin', email, role: 'support' });
}
