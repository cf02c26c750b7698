/**
 * The identity provider of the kill test: the simulated Entra client, working on several people at once, over a line
 * that breaks whenever the bridge is killed. What got no answer is repeated when the bridge is there again, as that
 * client does; what happens while the bridge is down fails first and follows then.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerLost, type Dialect, type Person, type Send } from '../../local/idp/dialect.ts';
import { createDialect } from '../../local/idp/dialects.ts';
import { httpSend } from '../../local/idp/send.ts';
import type { Change, Employee } from './company.ts';
import type { BridgeProcess } from './processes.ts';

export interface Provider {
  /** Assigns a person; the answer comes with `settled`. */
  assign(employee: Employee): void;
  ensureGroups(names: readonly string[]): Promise<void>;
  addMembers(group: string, employees: readonly Employee[]): void;
  /** Sends what one change of this employee means; changes of one employee stay in order. */
  send(change: Change, employee: Employee): void;
  /** Resolves when everything that was begun has been answered. @throws what the client takes for a failure */
  settled(): Promise<void>;
  /** The bridge's ids by employee key and by group name. */
  readonly userIds: ReadonlyMap<string, string>;
  readonly groupIds: ReadonlyMap<string, string>;
  /** Answers of status 500 and more, as `METHOD path: status`. */
  readonly failures: readonly string[];
  /** How many requests were cut off or refused by a connection. */
  readonly counts: { requests: number; lost: number };
}

interface State {
  readonly dialect: Dialect;
  readonly lanes: Promise<void>[];
  /** Whole groups being filled; changes of single people come after, or one could be overtaken by them. */
  readonly populated: Promise<void>[];
  readonly userIds: Map<string, string>;
  readonly groupIds: Map<string, string>;
  readonly failures: string[];
  readonly counts: { requests: number; lost: number };
}

const LANES = 4;

/** A client that talks to whatever address the bridge has at the moment. */
export function openProvider(bridge: BridgeProcess): Provider {
  const failures: string[] = [];
  const counts = { requests: 0, lost: 0 };
  const send = lossySend(bridge, { failures, counts });
  const { token } = bridge.endpoint();
  const state: State = {
    dialect: createDialect('entra', { send, token, wait: (ms) => sleep(ms), newId: randomUUID }),
    lanes: Array.from({ length: LANES }, () => Promise.resolve()),
    populated: [],
    userIds: new Map(),
    groupIds: new Map(),
    failures,
    counts,
  };
  return {
    assign: (employee) => void inLane(state, employee.key, () => assign(state, employee)),
    ensureGroups: (names) => ensureGroups(state, names),
    addMembers: (group, employees) => {
      const added = inLane(state, group, () =>
        state.dialect.addMembers(
          groupId(state, group),
          employees.map((one) => userId(state, one.key)),
        ),
      );
      state.populated.push(added);
    },
    send: (change, employee) => {
      // The employee lives on while this waits its turn: the request tells what was true when it was decided.
      const snapshot = personOf(employee);
      void inLane(state, employee.key, () => play(state, change, snapshot));
    },
    settled: async () => {
      await Promise.all(state.lanes);
    },
    userIds: state.userIds,
    groupIds: state.groupIds,
    failures,
    counts,
  };
}

function lossySend(bridge: BridgeProcess, { failures, counts }: Pick<State, 'failures' | 'counts'>): Send {
  return async (request) => {
    counts.requests += 1;
    try {
      const answer = await httpSend(bridge.endpoint().scimUrl)(request);
      if (answer.status >= 500) failures.push(`${request.method} ${request.path}: ${answer.status}`);
      return answer;
    } catch (error) {
      if (!(error instanceof AnswerLost)) throw error;
      counts.lost += 1;
      // The process may be gone for a moment before anybody has noticed.
      await sleep(20);
      await bridge.whenUp();
      throw error;
    }
  };
}

/** Work of one key stays in order; different keys overlap. A failure stops the lane and shows in `settled`. */
function inLane({ lanes }: State, key: string, work: () => Promise<unknown>): Promise<void> {
  const index = [...key].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % LANES;
  const lane = (lanes[index] ?? Promise.resolve()).then(async () => void (await work()));
  // Seen by `settled`; without this, Node takes the time until then for negligence.
  lane.catch(() => undefined);
  lanes[index] = lane;
  return lane;
}

function personOf({ key, address, givenName, familyName }: Employee): Person {
  return { key, userName: address, email: address, givenName, familyName };
}

async function assign(state: State, employee: Employee): Promise<void> {
  state.userIds.set(employee.key, await state.dialect.ensureUser(personOf(employee)));
}

async function ensureGroups(state: State, names: readonly string[]): Promise<void> {
  for (const name of names) {
    state.groupIds.set(name, await state.dialect.ensureGroup({ key: `group ${name}`, name }));
  }
}

function known(ids: ReadonlyMap<string, string>, key: string): string {
  const id = ids.get(key);
  if (id === undefined) throw new Error(`${key} has no id yet`);
  return id;
}
const userId = (state: State, key: string): string => known(state.userIds, key);
const groupId = (state: State, name: string): string => known(state.groupIds, name);

async function play(state: State, change: Change, person: Person): Promise<void> {
  const { dialect } = state;
  await Promise.all(state.populated);
  const id = userId(state, change.key);
  switch (change.kind) {
    case 'join':
      return dialect.addMembers(groupId(state, change.group), [id]);
    case 'leave':
      return dialect.removeMembers(groupId(state, change.group), [id]);
    case 'move':
      await dialect.removeMembers(groupId(state, change.from), [id]);
      return dialect.addMembers(groupId(state, change.to), [id]);
    case 'rename':
      return dialect.renamePerson(id, person);
    case 'name':
      return dialect.updateProfile(id, person);
    case 'deactivate':
      return dialect.deactivate(id);
    case 'reactivate':
      return dialect.reactivate(id);
    case 'delete':
      return dialect.deleteUser(id);
  }
}
