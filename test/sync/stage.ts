/**
 * The stage for the drain's interleavings: the whole bridge on a store of its own, a short way to say what an identity
 * provider and an administrator do, hooks into the calls to Adobe, and what must hold at the end of every scenario.
 */
import { setImmediate } from 'node:timers/promises';
import {
  type AttributeValue,
  DeleteItemCommand,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, expect, test } from 'vitest';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { type Account, AccountId, type Entitlement, UserId } from '../../lambdas/directory/records.ts';
import { drain } from '../../lambdas/sync/drain.ts';
import type { Call, Fault } from '../../local/adobe-org/state.ts';
import { type Database, openDatabase } from '../../local/database.ts';
import { openTestBridge, type TestBridge, type TestBridgeOptions, type TestRule } from '../build.ts';
import { interceptSend } from '../directory/intercept.ts';
import { findBroken } from '../directory/invariants.ts';
import { tableIdOf } from '../open.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

let engine: Database | undefined;

afterAll(async () => {
  await engine?.close();
});

export interface AdobeCall {
  readonly url: string;
  readonly isAction: boolean;
  readonly body: string;
}

/** What happens around calls to Adobe; a response of `before` is given instead of Adobe's. */
export interface Hooks {
  before?: (call: AdobeCall) => Promise<Response | undefined>;
  after?: (call: AdobeCall, response: Response) => Promise<Response | undefined>;
}

export interface Stage extends TestBridge {
  readonly hooks: Hooks;
  readonly deps: DirectoryDeps;
  /** POST of a user; gives the id. */
  user(email: string, more?: Record<string, unknown>): Promise<string>;
  /** PATCH that replaces attributes. */
  change(id: string, value: Record<string, unknown>): Promise<void>;
  email(id: string, email: string): Promise<void>;
  leave(id: string): Promise<void>;
  group(displayName: string, members?: readonly string[], externalId?: string): Promise<string>;
  join(group: string, ...ids: string[]): Promise<void>;
  quit(group: string, ...ids: string[]): Promise<void>;
  remove(kind: 'Users' | 'Groups', id: string): Promise<void>;
  account(userId: string): Promise<Account>;
  accountById(id: string): Promise<Account | undefined>;
  actionCalls(): readonly Call[];
  /** Runs `meanwhile` when the next action request has taken effect and its answer is still on the way. */
  whileInFlight(meanwhile: () => Promise<unknown>): void;
  /** The next action request takes effect and its answer is lost. */
  loseNextAnswer(): void;
  faults(...faults: Fault[]): void;
  /** `email: profile` of every mail about a profile given. */
  welcomes(): string[];
  person(email: string): ReturnType<TestBridge['org']['people']>[number] | undefined;
  /** The whole table, or of it the partitions that `keep` names. */
  items(keep?: (pk: string) => boolean): Promise<Record<string, unknown>[]>;
  /** Everything settled, also what waits for time. */
  settle(ms?: number): Promise<void>;
}

export const X: Entitlement = { kind: 'profile', name: 'Agent EU' };
export const Y: Entitlement = { kind: 'profile', name: 'Standard' };
export const Z: Entitlement = { kind: 'userGroup', name: 'Staff' };
export const profiles = [
  { name: X.name, product: 'Dynamic Chat (EU)' },
  { name: Y.name, product: 'Marketo Engage' },
];

export const rules: TestRule[] = [
  { group: 'Chat', grants: [X] },
  { group: 'Market', grants: [Y] },
];

export interface StageOptions extends TestBridgeOptions {
  readonly rules?: readonly TestRule[];
  /** The settings of this scenario take people out of the org. */
  readonly removesFromOrg?: boolean;
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  // A file about numbers or decisions chose the simulation's model of DynamoDB (decision 14).
  if (process.env['DIRECTORY_STORE'] !== 'model') {
    engine ??= await openDatabase();
    process.env.DYNAMODB_ENDPOINT = engine.endpoint;
  }
  const hooks: Hooks = {};
  let kept: DirectoryDeps | undefined;
  const bridge = await openTestBridge({
    profiles,
    userGroups: [Z.name],
    ...options,
    wrap: (deps) => {
      kept = { ...deps, pause: async () => void (await setImmediate()) };
      return options.wrap?.(kept) ?? kept;
    },
    wrapFetch: (fetch) => hooked(options.wrapFetch?.(fetch) ?? fetch, hooks),
  });
  if (kept === undefined) throw new Error('the directory was not opened');
  await bridge.map(options.rules ?? rules);
  return { ...bridge, hooks, deps: kept, ...idp(bridge), ...views(bridge, kept), ...faultsOf(bridge, hooks) };
}

function hooked(fetch: typeof globalThis.fetch, hooks: Hooks): typeof globalThis.fetch {
  return async (input, init) => {
    const url = String(input);
    const call = {
      url,
      isAction: url.includes('/action/'),
      body: typeof init?.body === 'string' ? init.body : '',
    };
    const instead = await hooks.before?.(call);
    if (instead !== undefined) return instead;
    const response = await fetch(input, init);
    return (await hooks.after?.(call, response)) ?? response;
  };
}

function idp(bridge: TestBridge) {
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const { status, json } = await bridge.scim(method, `/scim/v2${path}`, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return String(json?.id);
  };
  const patch = (path: string, Operations: unknown[]) =>
    ask('PATCH', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
  const members = (ids: readonly string[]) => ids.map((value) => ({ value }));
  const change = async (id: string, value: Record<string, unknown>) => {
    await patch(`/Users/${id}`, [{ op: 'replace', value }]);
  };
  return {
    change,
    user: (email: string, more: Record<string, unknown> = {}) =>
      ask('POST', '/Users', {
        userName: email,
        name: { givenName: email.split('@')[0], familyName: 'Okafor' },
        emails: [{ value: email, type: 'work', primary: true }],
        ...more,
      }),
    email: (id: string, email: string) =>
      change(id, { userName: email, emails: [{ value: email, type: 'work', primary: true }] }),
    leave: (id: string) => change(id, { active: false }),
    group: (displayName: string, ids: readonly string[] = [], externalId?: string) =>
      ask('POST', '/Groups', {
        displayName,
        members: members(ids),
        ...(externalId === undefined ? {} : { externalId }),
      }),
    join: async (group: string, ...ids: string[]) => {
      await patch(`/Groups/${group}`, [{ op: 'add', path: 'members', value: members(ids) }]);
    },
    quit: async (group: string, ...ids: string[]) => {
      await patch(`/Groups/${group}`, [{ op: 'remove', path: 'members', value: members(ids) }]);
    },
    remove: async (kind: 'Users' | 'Groups', id: string) => {
      await ask('DELETE', `/${kind}/${id}`);
    },
  };
}

function views(bridge: TestBridge, deps: DirectoryDeps) {
  const accountById = async (id: string) => {
    return (await bridge.directory.readAccounts(bridge.orgKey, [AccountId.parse(id)]))[0];
  };
  return {
    accountById,
    account: async (userId: string) => {
      const user = await bridge.directory.getUser(bridge.connection, UserId.parse(userId));
      const account = user === undefined ? undefined : await accountById(user.accountId);
      if (account === undefined) throw new Error(`user ${userId} has no account`);
      return account;
    },
    actionCalls: () => bridge.org.calls().filter((call) => call.endpoint === 'action'),
    welcomes: () =>
      bridge.org
        .outbox()
        .filter(({ kind }) => kind === 'profileAdded')
        .map(({ to, profile }) => `${to}: ${profile}`)
        .sort(),
    person: (email: string) => bridge.org.people().find((one) => one.email === email),
    items: (keep?: (pk: string) => boolean) => scan(deps, keep),
    settle: async (ms = 40 * MINUTE) => {
      await bridge.drain();
      bridge.clock.advance(ms);
      await bridge.drain();
    },
  };
}

async function scan(
  { client, table }: DirectoryDeps,
  keep: (pk: string) => boolean = () => true,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let start: Record<string, AttributeValue> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    );
    for (const item of page.Items ?? []) if (keep(item['pk']?.S ?? '')) items.push(unmarshall(item));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

function faultsOf(bridge: TestBridge, hooks: Hooks) {
  return {
    whileInFlight: (meanwhile: () => Promise<unknown>) => {
      hooks.after = async ({ isAction }) => {
        if (!isAction) return undefined;
        delete hooks.after;
        await meanwhile();
        return undefined;
      };
    },
    loseNextAnswer: () => {
      bridge.org.queueFaults([{ kind: 'reset', applied: true, endpoint: 'action' }]);
    },
    faults: (...faults: Fault[]) => {
      bridge.org.queueFaults(faults);
    },
  };
}

/** A process that dies before its `at`-th write or call, and does nothing from then on. */
export interface Life {
  at: number;
  done: number;
}

export class Killed extends Error {}

export function endless(): Life {
  return { at: Number.POSITIVE_INFINITY, done: 0 };
}

function step(life: Life): void {
  if (life.done >= life.at) throw new Killed('killed');
  life.done += 1;
}

const WRITES = [TransactWriteItemsCommand, UpdateItemCommand, PutItemCommand, DeleteItemCommand];

/** Killed before a read, a process leaves what it left before the next write: writes and calls are all there is to try. */
export async function openMortal(life: Life, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage({
    ...options,
    wrap: (deps) => ({
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        if (WRITES.some((kind) => command instanceof kind)) step(life);
        else if (life.done >= life.at) throw new Killed('killed');
        return send();
      }),
    }),
  });
  stage.hooks.before = async () => {
    step(life);
    return undefined;
  };
  return stage;
}

/** One drain that dies at its `at`-th write or call, if it gets that far. */
export async function drainAndDie(stage: Stage, life: Life, at: number): Promise<void> {
  Object.assign(life, { done: 0, at });
  await stage.drainOnce().catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
  life.at = Number.POSITIVE_INFINITY;
}

/** A second run of the drain, as another process would make it. */
export function drainElsewhere(stage: Stage, ms = 15 * MINUTE) {
  return drain(stage.drainDeps, stage.orgKey, { until: stage.clock.now() + ms });
}

/** What holds in every scenario, whatever it is about (I10, I16, R31, T26). */
export function expectLawful(stage: Stage, { removesFromOrg = false }: StageOptions = {}): void {
  const calls = stage.actionCalls();
  const times = calls.map((call) => call.at);
  const busiest = Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + MINUTE).length),
  );
  expect(busiest, 'action calls in any minute').toBeLessThanOrEqual(10);
  for (const call of calls) {
    expect(call.commands, 'commands of a call').toBeLessThanOrEqual(10);
    const text = JSON.stringify(call.body ?? []);
    expect(text).not.toMatch(/deleteAccount|"remove":"all"|"group":\[[^\]]*"_/);
    if (!removesFromOrg) expect(text).not.toContain('removeFromOrg');
    expect(text).not.toMatch(/"update":\{[^}]*"country"/);
    const handles = ((call.body ?? []) as { user?: string; do: unknown[] }[]).flatMap(addressesIn);
    expect(new Set(handles).size, `an address in two commands: ${handles.join(' ')}`).toBe(handles.length);
  }
}

function addressesIn(command: { user?: string; do: unknown[] }): string[] {
  const { do: steps, user } = command;
  const found = JSON.stringify(steps).match(/[^"\s]+@[^"\s]+/g) ?? [];
  return [
    ...new Set([...(user === undefined ? [] : [user]), ...found].map((address) => address.toLowerCase())),
  ];
}

/** A test over a stage that is checked and closed at its end. */
export function scenario(
  name: string,
  options: StageOptions,
  play: (stage: Stage) => Promise<void>,
  patienceMs?: number,
): void {
  test(name, { ...(patienceMs === undefined ? {} : { timeout: patienceMs }) }, async () => {
    const stage = await openStage(options);
    try {
      await play(stage);
      expectLawful(stage, options);
      // No invariant is about the journal, which is most of what a crowd leaves behind.
      const items = await stage.items((pk) => !pk.startsWith('J#'));
      expect(findBroken(items, stage.connection, stage.orgKey)).toEqual([]);
    } finally {
      await stage.close();
    }
  });
}

export interface Copy {
  /** As a restore does: the other table is another one, and only reports (V6). */
  into(other: Stage): Promise<void>;
  /** The other table goes on in the place of this one. */
  asItself(other: Stage): Promise<void>;
}

/** Everything in the stage's table as it is now, to be put into another one. */
export async function copyOf({ deps }: Stage): Promise<Copy> {
  const { Items = [] } = await deps.client.send(
    new ScanCommand({ TableName: deps.table, ConsistentRead: true }),
  );
  const into = async ({ deps: { client, table } }: Stage): Promise<void> => {
    for (const Item of Items) await client.send(new PutItemCommand({ TableName: table, Item }));
  };
  return {
    into,
    asItself: async (other) => {
      await into(other);
      await other.deps.client.send(
        new UpdateItemCommand({
          TableName: other.deps.table,
          Key: { pk: { S: other.connection }, sk: { S: 'CONFIG' } },
          UpdateExpression: 'SET tableId = :id',
          ExpressionAttributeValues: { ':id': { S: await tableIdOf(other.deps) } },
        }),
      );
    },
  };
}
