/**
 * The table seen commit by commit: who owns which name and which identity at every instant (I03), when users came, moved
 * and went, and what was ever mapped. Fed by the model; on an engine it stays empty and its checks are left to the end.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Change } from '../dynamo/table.ts';
import { sameName } from './rows.ts';

interface LiveUser {
  readonly name: string;
  /** The step of its last change. */
  readonly since: number;
}

export interface TableBook {
  change(change: Change): void;
  /** After every step, not after every write: a transaction moves a claim in two of them. */
  checkClaims(): void;
  /** False when nobody tells of changes. */
  isFed(): boolean;
  liveUser(connection: string, id: string): LiveUser | undefined;
  /** Ids of users that live since before `step` under this name and did not change. */
  steadyUsers(connection: string, name: string, step: number): string[];
  allSteady(connection: string, step: number): string[];
  /** Whether anybody but `except` had the name at any time since `step`. */
  wasTaken(
    connection: string,
    name: string,
    { since, except }: { since: number; except: string | undefined },
  ): boolean;
  /** When rules, bindings or groups of any connection last changed, by the scheduler's clock. */
  mappingChangedAt(): number;
  /** When mode or pause of a connection, the org or the bridge last changed. */
  permitChangedAt(pk: string): number;
}

export interface TableBookDeps {
  readonly step: () => number;
  readonly now: () => number;
  readonly violate: (rule: string, text: string) => void;
  readonly onWake: () => void;
}

interface State {
  readonly deps: TableBookDeps;
  readonly users: Map<string, LiveUser>;
  readonly owners: Map<string, Set<string>>;
  /** Name -> user -> the last step at which it had it; infinity while it has it. */
  readonly held: Map<string, Map<string, number>>;
  readonly claims: Map<string, Set<string>>;
  /** Claims that moved since they were last looked at. */
  readonly moved: Set<string>;
  /** By partition of the settings. */
  readonly permits: Map<string, number>;
  mappingChangedAt: number;
  changes: number;
}

const USER = /^([a-z0-9-]+)#U$/;
const ACCOUNT = /^[a-z0-9-]+#A#(.+)$/;
const GROUP = /^[a-z0-9-]+#G$/;

export function openTableBook(deps: TableBookDeps): TableBook {
  const state: State = {
    deps,
    users: new Map(),
    owners: new Map(),
    held: new Map(),
    claims: new Map(),
    moved: new Set(),
    permits: new Map(),
    mappingChangedAt: 0,
    changes: 0,
  };
  const steady = (connection: string, step: number): [string, LiveUser][] =>
    [...state.users].filter(([key, user]) => key.startsWith(`${connection} `) && user.since < step);
  const idOf = (key: string): string => key.slice(key.indexOf(' ') + 1);
  return {
    change: (change) => changed(state, change),
    checkClaims: () => checkClaims(state),
    isFed: () => state.changes > 0,
    liveUser: (connection, id) => state.users.get(`${connection} ${id}`),
    allSteady: (connection, step) => steady(connection, step).map(([key]) => idOf(key)),
    steadyUsers: (connection, name, step) =>
      steady(connection, step)
        .filter(([, user]) => user.name === sameName(name))
        .map(([key]) => idOf(key)),
    wasTaken: (connection, name, { since, except }) =>
      [...(state.held.get(`${connection} ${sameName(name)}`) ?? [])].some(
        ([id, until]) => id !== except && until >= since,
      ),
    mappingChangedAt: () => state.mappingChangedAt,
    permitChangedAt: (pk) => state.permits.get(pk) ?? 0,
  };
}

function changed(state: State, { pk, sk, before, after }: Change): void {
  state.changes += 1;
  const connection = USER.exec(pk)?.[1];
  if (connection !== undefined) userChanged(state, { connection, id: sk, after: after?.['resource'] });
  const account = ACCOUNT.exec(pk)?.[1];
  if (account !== undefined) {
    claimsChanged(state, account, { before: before?.['claims'], after: after?.['claims'] });
    if (after?.['wake'] !== undefined && after['wake'].N !== before?.['wake']?.N) state.deps.onWake();
  }
  if (sk === 'CONFIG' && permitIn(before) !== permitIn(after)) state.permits.set(pk, state.deps.now());
  const lives = GROUP.test(pk) && before?.['state']?.S !== after?.['state']?.S;
  if (lives || /^(RULE|BIND|CONFIG)/.test(sk)) state.mappingChangedAt = state.deps.now();
}

type Image = Change['after'];

const permitIn = (item: Image): string =>
  `${item?.['settings']?.M?.['mode']?.S} ${item?.['paused'] !== undefined}`;

interface UserChange {
  readonly connection: string;
  readonly id: string;
  readonly after: AttributeValue | undefined;
}

function userChanged(state: State, { connection, id, after }: UserChange): void {
  const { step, violate } = state.deps;
  const key = `${connection} ${id}`;
  const before = state.users.get(key);
  const name = after === undefined ? undefined : sameName(after.M?.['userName']?.S ?? '');
  if (before !== undefined && before.name !== name) {
    state.owners.get(`${connection} ${before.name}`)?.delete(id);
    state.held.get(`${connection} ${before.name}`)?.set(id, step());
  }
  if (name === undefined) {
    state.users.delete(key);
    return;
  }
  state.users.set(key, { name, since: step() });
  const owners = state.owners.get(`${connection} ${name}`) ?? new Set();
  state.owners.set(`${connection} ${name}`, owners.add(id));
  const held = state.held.get(`${connection} ${name}`) ?? new Map<string, number>();
  state.held.set(`${connection} ${name}`, held.set(id, Number.POSITIVE_INFINITY));
  if (owners.size > 1) violate('I03', `${owners.size} live users of ${connection} are called ${name}`);
}

function claimsChanged(
  state: State,
  account: string,
  { before, after }: { before: AttributeValue | undefined; after: AttributeValue | undefined },
): void {
  if (before === after) return;
  for (const claim of claimTexts(before)) state.claims.get(claim)?.delete(account);
  for (const claim of claimTexts(after)) {
    const accounts = state.claims.get(claim) ?? new Set();
    state.claims.set(claim, accounts.add(account));
    state.moved.add(claim);
  }
}

function claimTexts(value: AttributeValue | undefined): string[] {
  return (value?.L ?? []).map((one) => `${sameName(one.M?.['email']?.S ?? '')} ${one.M?.['type']?.S ?? ''}`);
}

/** No two accounts stand on one identity, at any instant (R3). */
function checkClaims({ moved, claims, deps }: State): void {
  for (const claim of moved) {
    const accounts = claims.get(claim);
    if (accounts !== undefined && accounts.size > 1)
      deps.violate('I03', `the identity ${claim} is claimed by ${[...accounts].join(' and ')}`);
  }
  moved.clear();
}
