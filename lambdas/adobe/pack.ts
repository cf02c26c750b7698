/**
 * Fits actions into one action request (`umapi.md` 4.3, 5 to 7; `rules.md` R31, R33; F48, I16). It decides what
 * travels now and what is left for a LATER request; it does not decide what is wanted, and merges nothing that a plan
 * has not merged. Memberships in user groups travel by group where that saves requests (`pack-lists.ts`).
 *
 * Invariants: at most 10 commands of at most 10 steps of at most 10 names. One command per account, and an e-mail occurs
 * in one command only, since commands of a request run in any order: somebody who joins two user groups by lists joins
 * the second one in a later request. Every action is either in a step or left. There is
 * no empty list and no empty `do`, no admin group (T26), and no way to delete an account or to remove all.
 */
import type { AccountActions, Action, AdobeIdentity, GroupCommand, UserCommand } from './adobe.ts';
import { BugError } from './errors.ts';
import { normalAddress, normalName, sameHandle, typeAtAdobe } from './identity.ts';
import { closeList, type OpenList, placeInList, savesRequests } from './pack-lists.ts';

export interface PackOptions {
  /** The `requestID` of a command, echoed in its errors; `index` is its place in the request. Absent: none is sent. */
  readonly requestId?: (accountId: string, index: number) => string;
  readonly maxCommands?: number;
  readonly maxSteps?: number;
  readonly maxNames?: number;
}

export interface Packed {
  readonly commands: UserCommand[];
  /** Travel in the same request, behind `commands`. */
  readonly lists: GroupCommand[];
  /** What did not fit, in the given order: for a later request, after the outcome of this one is known. */
  readonly left: AccountActions[];
}

/** Adobe's limits (`umapi.md` 4.3). */
const MAX = 10;

/**
 * Packs as much of `work` as one request takes, first come first served.
 * @throws BugError for a name that no plan may contain: blank, or of an admin group (`_...`)
 */
export function packRequest(work: readonly AccountActions[], options: PackOptions = {}): Packed {
  const { maxCommands = MAX, maxSteps = MAX, maxNames = MAX, requestId } = options;
  const commands: UserCommand[] = [];
  const lists: OpenList[] = [];
  const left: AccountActions[] = [];
  const taken = new Set<string>();
  const limits = { maxCommands, maxSteps, maxNames };
  const byGroup = savesRequests(work, limits);
  for (const account of work) {
    if (account.actions.length === 0) continue;
    for (const action of account.actions) refuseForbidden(action);
    const inList = byGroup && account.byList === true;
    const steps = inList ? [] : stepsOf(account.actions, limits);
    const actions = inList ? account.actions : steps.flatMap((step) => step.actions);
    const marks = [`account ${account.accountId}`, ...actions.flatMap(addressesOf)];
    const room = maxCommands - commands.length - lists.length;
    const free = !marks.some((mark) => taken.has(mark));
    const listed = free && inList ? placeInList(lists, account, { ...limits, maxCommands: room }) : undefined;
    const packed = inList ? (listed === undefined ? [] : [listed]) : free && room > 0 ? actions : [];
    if (packed.length === 0) {
      left.push(account);
      continue;
    }
    for (const mark of marks) taken.add(mark);
    if (!inList) {
      commands.push({
        accountId: account.accountId,
        command: commandOf(steps, requestId?.(account.accountId, commands.length)),
        steps: steps.map((step) => step.actions),
      });
    }
    const rest = without(account.actions, packed);
    if (rest.length > 0) left.push({ ...account, actions: rest });
  }
  return { commands, lists: lists.map((list) => closeList(list, { maxNames, requestId })), left };
}

interface Step {
  readonly actions: readonly Action[];
  readonly wire: Readonly<Record<string, unknown>>;
}

/** The steps of one command, in the order create, update, removes, adds (`umapi.md` 18.2). */
function stepsOf(
  actions: readonly Action[],
  { maxSteps, maxNames }: { maxSteps: number; maxNames: number },
): readonly Step[] {
  const rename = actions.find((action) => action.kind === 'renameUser');
  if (rename !== undefined) return [{ actions: [rename], wire: updateStep(rename) }];
  const removal = actions.find((action) => action.kind === 'removeFromOrg');
  if (removal !== undefined && actions.length === 1)
    return [{ actions: [removal], wire: { removeFromOrg: {} } }];
  const create = actions.find((action) => action.kind === 'createUser');
  if (create !== undefined && createsAlone(create.identity)) {
    return [{ actions: [create], wire: createStep(create) }];
  }
  // A command addresses one identity: what names another one waits.
  const identity = (create ?? actions[0])?.identity;
  const fitting = actions.filter((action) => identity !== undefined && sameHandle(action.identity, identity));
  const steps: Step[] = create === undefined ? [] : [{ actions: [create], wire: createStep(create) }];
  for (const action of fitting) {
    if (action.kind === 'updateUser') steps.push({ actions: [action], wire: updateStep(action) });
  }
  steps.push(...listSteps(fitting, { kind: 'revoke', key: 'remove', maxNames }));
  steps.push(...listSteps(fitting, { kind: 'grant', key: 'add', maxNames }));
  return steps.slice(0, maxSteps);
}

/**
 * A create names the username, every later step the e-mail (`umapi.md` 6.1, 6.2), and a command has one `user`: where
 * the two differ, the memberships follow in a later request. Directories with username login name the username always.
 */
function createsAlone(identity: AdobeIdentity): boolean {
  return (
    typeAtAdobe(identity) === 'federatedID' &&
    identity.domain === undefined &&
    normalAddress(identity.username) !== normalAddress(identity.email)
  );
}

/** One step per `maxNames` different names; two actions on one name share its entry (`umapi.md` 10.3, duplicates). */
function listSteps(
  actions: readonly Action[],
  { kind, key, maxNames }: { kind: 'grant' | 'revoke'; key: 'add' | 'remove'; maxNames: number },
): Step[] {
  const byName = new Map<string, { name: string; actions: Action[] }>();
  for (const action of actions) {
    if (action.kind !== kind) continue;
    const entry = byName.get(normalName(action.name));
    if (entry === undefined) byName.set(normalName(action.name), { name: action.name, actions: [action] });
    else entry.actions.push(action);
  }
  const entries = [...byName.values()];
  const steps: Step[] = [];
  for (let start = 0; start < entries.length; start += maxNames) {
    const chunk = entries.slice(start, start + maxNames);
    steps.push({
      actions: chunk.flatMap((entry) => entry.actions),
      wire: { [key]: { group: chunk.map((entry) => entry.name) } },
    });
  }
  return steps;
}

function commandOf(steps: readonly Step[], requestId: string | undefined): Record<string, unknown> {
  const first = steps[0]?.actions[0];
  if (first === undefined) throw new BugError('a command without a step');
  const { identity } = first;
  const byUsername = typeAtAdobe(identity) === 'federatedID' && identity.domain !== undefined;
  const user = byUsername || first.kind === 'createUser' ? creationHandle(identity) : identity.email;
  return {
    user,
    ...(byUsername ? { domain: identity.domain } : {}),
    ...(isPersonal(identity) ? { useAdobeID: true } : {}),
    ...(requestId === undefined ? {} : { requestID: requestId }),
    do: steps.map((step) => step.wire),
  };
}

/** Only Federated IDs have a username of their own (`umapi.md` 13). */
function creationHandle(identity: AdobeIdentity): string {
  return typeAtAdobe(identity) === 'federatedID' ? identity.username : identity.email;
}

/** Adobe IDs, and Business IDs, which are sent as such (`rules.md` R2). */
function isPersonal(identity: AdobeIdentity): boolean {
  return typeAtAdobe(identity) === 'adobeID' || identity.type === 'businessID';
}

const CREATE_KEYS = {
  federatedID: 'createFederatedID',
  enterpriseID: 'createEnterpriseID',
  adobeID: 'addAdobeID',
  businessID: 'addAdobeID',
} as const satisfies Record<AdobeIdentity['type'], string>;

/** Without `option`: the answer tells whether the person existed (`rules.md` R33). */
function createStep(action: Extract<Action, { kind: 'createUser' }>): Record<string, unknown> {
  const { identity, firstname, lastname, country } = action;
  const fields = { email: identity.email, firstname, lastname, country: country?.toUpperCase() };
  return { [CREATE_KEYS[identity.type]]: onlyGiven(fields) };
}

function updateStep(action: Extract<Action, { kind: 'updateUser' | 'renameUser' }>): Record<string, unknown> {
  if (action.kind === 'renameUser') {
    const { email, username, type } = action.to;
    // Both, or the login may stay behind (`umapi.md` 6.2); Enterprise IDs have no username to set (10.1).
    return { update: type === 'enterpriseID' ? { email } : { email, username } };
  }
  const fields = onlyGiven({ firstname: action.firstname, lastname: action.lastname });
  if (Object.keys(fields).length === 0) throw new BugError('an updateUser that changes nothing');
  return { update: fields };
}

function onlyGiven(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) given[key] = value;
  return given;
}

/** Every address that an action names on the wire, as handle or as new value (`rules.md` R31). */
function addressesOf(action: Action): string[] {
  const { identity } = action;
  const handles = [identity.email];
  if (identity.domain !== undefined) handles.push(`${identity.username}@${identity.domain}`);
  if (action.kind === 'createUser') handles.push(identity.username);
  if (action.kind === 'renameUser') handles.push(action.to.email, action.to.username);
  return handles.map(normalAddress);
}

function refuseForbidden(action: Action): void {
  if (action.kind !== 'grant' && action.kind !== 'revoke') return;
  if (action.name.trim() === '') throw new BugError('a profile or user group without a name');
  if (action.name.trim().startsWith('_')) {
    throw new BugError(`"${action.name}" is an admin group: the bridge never changes admin rights`);
  }
}

function without(actions: readonly Action[], packed: readonly Action[]): Action[] {
  // By count, not by membership: a list may hold one object twice.
  const counts = new Map<Action, number>();
  for (const action of packed) counts.set(action, (counts.get(action) ?? 0) + 1);
  return actions.filter((action) => {
    const count = counts.get(action) ?? 0;
    counts.set(action, count - 1);
    return count <= 0;
  });
}
