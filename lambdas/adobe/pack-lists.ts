/**
 * Memberships in user groups by `usergroup` commands (`umapi.md` 7, 18.1): a request carries 1,000 of them instead of
 * 100. It decides whether that saves requests and who stands in which list; who may be named in a list is the caller's
 * to know, and what the answer proves is `answers-lists.ts`'s.
 *
 * Invariants: a command is about one group, its removes before its adds, at most 10 people in a step and 10 steps. An
 * account is placed at most once per request (R31): Adobe does not promise the order of commands (F48).
 */
import type { AccountActions, Action, GroupCommand, ListedAction } from './adobe.ts';
import { normalName } from './identity.ts';

export interface ListLimits {
  readonly maxCommands: number;
  readonly maxSteps: number;
  readonly maxNames: number;
}

/** A `usergroup` command that is being filled. */
export interface OpenList {
  readonly group: string;
  readonly removes: ListedAction[];
  readonly adds: ListedAction[];
}

/** Whether the given work takes fewer requests when memberships travel by group. */
export function savesRequests(work: readonly AccountActions[], limits: ListLimits): boolean {
  const { maxCommands, maxSteps, maxNames } = limits;
  const people = work.filter(({ actions }) => actions.length > 0);
  const listable = people.filter(({ byList }) => byList === true);
  const sizes = new Map<string, number>();
  // Each list of a person is in a request of its own.
  let rounds = 0;
  for (const { actions } of listable) {
    rounds = Math.max(rounds, actions.length);
    for (const action of actions) {
      const key = 'name' in action ? normalName(action.name) : '';
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
    }
  }
  const lists = [...sizes.values()].reduce((sum, size) => sum + Math.ceil(size / (maxSteps * maxNames)), 0);
  const commands = people.length - listable.length + lists;
  return Math.max(rounds, Math.ceil(commands / maxCommands)) < Math.ceil(people.length / maxCommands);
}

/** Puts one action of the account into a list with room, or into a new one; the action, if there was a place for it. */
export function placeInList(
  lists: OpenList[],
  { accountId, actions }: AccountActions,
  limits: ListLimits,
): Action | undefined {
  const members = actions.filter(isMembership);
  // Nobody waits for access to be taken away while another group has room (revokes first, R16).
  for (const action of [...members].sort((a, b) => order(a) - order(b))) {
    const list =
      lists.find((one) => isAbout(one, action) && hasRoom(one, action, limits)) ??
      open(lists, action, limits);
    if (list === undefined) continue;
    (action.kind === 'revoke' ? list.removes : list.adds).push({ accountId, action });
    return action;
  }
  return undefined;
}

function isMembership(action: Action): action is ListedAction['action'] {
  return action.kind === 'grant' || action.kind === 'revoke';
}

function order({ kind }: ListedAction['action']): number {
  return kind === 'revoke' ? 0 : 1;
}

function isAbout({ group }: OpenList, { name }: ListedAction['action']): boolean {
  return normalName(group) === normalName(name);
}

function hasRoom({ removes, adds }: OpenList, { kind }: ListedAction['action'], limits: ListLimits): boolean {
  const { maxSteps, maxNames } = limits;
  const more = (kindOfList: 'grant' | 'revoke') => (kind === kindOfList ? 1 : 0);
  const steps =
    Math.ceil((removes.length + more('revoke')) / maxNames) +
    Math.ceil((adds.length + more('grant')) / maxNames);
  return steps <= maxSteps;
}

function open(
  lists: OpenList[],
  { name }: ListedAction['action'],
  { maxCommands }: ListLimits,
): OpenList | undefined {
  if (maxCommands < 1) return undefined;
  const list: OpenList = { group: name, removes: [], adds: [] };
  lists.push(list);
  return list;
}

export interface Closing {
  readonly maxNames: number;
  readonly requestId?: ((accountId: string, index: number) => string) | undefined;
}

export function closeList(
  { group, removes, adds }: OpenList,
  { maxNames, requestId }: Closing,
): GroupCommand {
  const first = [...removes, ...adds][0];
  const steps = [
    ...chunks(removes, maxNames).map((list) => ({ list, wire: { remove: { user: list.map(emailOf) } } })),
    ...chunks(adds, maxNames).map((list) => ({ list, wire: { add: { user: list.map(emailOf) } } })),
  ];
  const id = first === undefined ? undefined : requestId?.(first.accountId, 0);
  return {
    group,
    command: {
      usergroup: group,
      ...(id === undefined ? {} : { requestID: id }),
      do: steps.map(({ wire }) => wire),
    },
    lists: steps.map(({ list }) => list),
  };
}

/** People are named by e-mail only (`umapi.md` 7). */
function emailOf({ action }: ListedAction): string {
  return action.identity.email;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let from = 0; from < items.length; from += size) found.push(items.slice(from, from + size));
  return found;
}

/** The command for those of its people who are still to be sent; undefined when nobody is. */
export function keepMembers(
  command: GroupCommand,
  stays: (accountId: string) => boolean,
): GroupCommand | undefined {
  const staying = command.lists.flat().filter(({ accountId }) => stays(accountId));
  if (staying.length === 0) return undefined;
  if (staying.length === command.lists.flat().length) return command;
  const maxNames = Math.max(...command.lists.map((list) => list.length));
  const id = command.command['requestID'];
  return closeList(
    {
      group: command.group,
      removes: staying.filter(({ action }) => action.kind === 'revoke'),
      adds: staying.filter(({ action }) => action.kind === 'grant'),
    },
    { maxNames, ...(typeof id === 'string' ? { requestId: () => id } : {}) },
  );
}
