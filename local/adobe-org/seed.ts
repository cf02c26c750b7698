/**
 * Orgs to start with. The small one holds every trap that a first `npm start` should show: two subscriptions whose
 * profiles share a name, a person whose e-mail and user name differ, an Adobe ID where a Federated ID would be wanted,
 * a profile without free seats, a grant made by hand, administrators.
 * Secrets and ids come from `random`, so that two seeds of one generator are equal.
 */
import { doByHand, type HandAction } from './by-hand.ts';
import { type KnobSettings, Knobs, turnKnobs } from './knobs.ts';
import { groupsNamed } from './names.ts';
import type { Run } from './people.ts';
import { randomHex } from './random.ts';
import type { Credential, Directory, OrgState } from './state.ts';
import { dumpStore, openStore, type Store } from './store.ts';

export interface SeedOptions {
  readonly random: () => number;
  /** Epoch milliseconds, for the mails of the seeded people. */
  readonly at: number;
  readonly knobs?: KnobSettings;
}

const FEDERATED: Directory = {
  name: 'Example SSO',
  type: 'federatedID',
  domains: ['example.com', 'example.org'],
  synced: false,
  usernameLogin: false,
  usernameMayDiffer: true,
  enforcement: true,
};

/** An org with a credential and a directory that claims example.com and example.org, and nothing else. */
export function seedEmptyOrg({ random, knobs }: SeedOptions): OrgState {
  return {
    version: 1,
    meta: {
      orgId: '5F2A1C20B7D44E9A0A49@AdobeOrg',
      migrating: false,
      signingKey: randomHex(random, 64),
      tokensValidFrom: 0,
      credentials: [makeCredential(random)],
      directories: [structuredClone(FEDERATED)],
      foreignDomains: ['rival.example'],
      products: [],
      adminGroupIds: {},
      nextNumber: 71_200_300,
      knobs: turnKnobs(Knobs.parse({}), knobs ?? {}),
      traffic: {},
      faults: [],
      sentinelUses: {},
      lateEffects: [],
    },
    users: [],
    groups: [],
    mails: [],
    calls: [],
  };
}

export function makeCredential(random: () => number): Credential {
  return {
    clientId: randomHex(random, 32),
    clientSecrets: [`p8e-${randomHex(random, 32)}`],
    scopes: ['openid', 'AdobeID', 'user_management_sdk'],
    umapi: true,
  };
}

const EU = 'Dynamic Chat (EU)';
const US = 'Dynamic Chat (US)';

const SMALL_ORG: readonly HandAction[] = [
  ...['EU', 'US'].flatMap((region): HandAction[] =>
    ['Marketing User', 'Calendar Agent', 'Marketing Admin', 'Sales Admin'].map((name) => ({
      action: 'addProfile',
      name: `${name} ${region}`,
      product: `Dynamic Chat (${region})`,
    })),
  ),
  // The trap: two subscriptions, one name. No write by that name can say which is meant (12.2).
  { action: 'addProfile', name: 'Live Agent', product: EU },
  { action: 'addProfile', name: 'Live Agent', product: US },
  { action: 'addProfile', name: 'Marketo Standard', product: 'Marketo Engage' },
  { action: 'addProfile', name: 'Sales Insight', product: 'Sales Insight Actions', quota: 1 },
  // The way out: a user group of a unique name, attached to the right profile.
  { action: 'addUserGroup', name: 'Chat agents EU' },
  { action: 'attach', group: 'Chat agents EU', profile: 'Live Agent', product: EU },
  { action: 'addUserGroup', name: 'Chat agents US' },
  { action: 'attach', group: 'Chat agents US', profile: 'Live Agent', product: US },
  { action: 'addUserGroup', name: 'Marketing' },
  { action: 'addUserGroup', name: 'All staff' },
  { action: 'addUserGroup', name: 'Partners (shared)', readOnly: true },
  ...person('Olga', 'Admin', 'olga.admin@example.com'),
  ...person('Chris', 'Lead', 'chris.lead@example.com'),
  // Signs in under another name than the e-mail.
  ...person('Mina', 'Osei', 'mina.osei@example.com', 'm.osei@example.com'),
  { action: 'addUser', email: 'twin@example.com', type: 'adobeID', firstname: 'Tom', lastname: 'Winter' },
  { action: 'grant', email: 'twin@example.com', group: 'Marketing' },
  ...person('Quentin', 'Seat', 'quentin.seat@example.com'),
  { action: 'grant', email: 'quentin.seat@example.com', group: 'Sales Insight' },
  // Nobody asked an identity provider for this one.
  ...person('Hanna', 'Made', 'hanna.made@example.com'),
  { action: 'grant', email: 'hanna.made@example.com', group: 'Marketo Standard' },
  { action: 'addUser', email: 'partner@example.net', type: 'adobeID', firstname: 'Pat', lastname: 'Ner' },
  { action: 'addUser', email: 'bridge@example.com', username: 'bridge@techacct.adobe.com', technical: true },
  { action: 'makeAdmin', email: 'olga.admin@example.com', role: 'org' },
];

function person(firstname: string, lastname: string, email: string, username = email): HandAction[] {
  return [{ action: 'addUser', email, username, firstname, lastname, country: 'DE' }];
}

/** The org of a first `npm start`. Its outbox begins empty: what people got before is history. */
export function seedSmallOrg(options: SeedOptions): OrgState {
  return fill(options, (run) => {
    for (const action of SMALL_ORG) doByHand(run, action);
    const [agents] = groupsNamed(run.store, 'Chat agents EU');
    doByHand(run, { action: 'makeAdmin', email: 'chris.lead@example.com', role: `group:${agents?.groupId}` });
  });
}

/** Many user groups and profiles (`Group 1`.., `Profile 1`.. of `Product 1`..), and people if wanted, for tests. */
export function seedLargeOrg(
  options: SeedOptions & { readonly groups: number; readonly profiles: number; readonly people?: number },
): OrgState {
  return fill(options, (run) => {
    for (let n = 1; n <= options.groups; n += 1)
      doByHand(run, { action: 'addUserGroup', name: `Group ${n}` });
    for (let n = 1; n <= options.profiles; n += 1) {
      doByHand(run, { action: 'addProfile', name: `Profile ${n}`, product: `Product ${Math.ceil(n / 5)}` });
    }
    for (let n = 1; n <= (options.people ?? 0); n += 1) {
      const email = `person${n}@example.com`;
      doByHand(run, { action: 'addUser', email, firstname: 'Person', lastname: String(n), country: 'DE' });
    }
  });
}

function fill(options: SeedOptions, work: (run: Run) => void): OrgState {
  const store: Store = openStore(seedEmptyOrg(options));
  work({ store, random: options.random, at: options.at, by: 'console' });
  return { ...dumpStore(store), mails: [] };
}
