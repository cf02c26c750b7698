/**
 * What every part of the DynamoDB implementation shares: the store, the clock, the connections' settings and the
 * journal. Settings are cached for the life of the process; user transactions check their version (R2), so a stale
 * copy costs one retry and never a wrong write.
 */
import { createHash } from 'node:crypto';
import { accountOf } from './account-item.ts';
import type { Behalf } from './directory.ts';
import type { Item, Store, Write } from './dynamo-store.ts';
import { keyText } from './dynamo-store.ts';
import { accountKey, configKey, counterPk, digest, emailKey, type Key } from './keys.ts';
import {
  type Account,
  type AccountId,
  Connection,
  type ConnectionId,
  type OrgKey,
  SCHEMA_VERSION,
} from './records.ts';
import type { Fact } from './work.ts';

export interface Context {
  readonly store: Store;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly settings: Map<ConnectionId, Connection>;
  /** On whose behalf this works, for the journal (I14); absent for the bridge's own work. */
  readonly behalf?: Behalf;
}

/** No such connection: a token or a command names one that set-up never made. */
export class UnknownConnection extends Error {
  constructor(c: string) {
    super(`there is no connection ${c}; create it with the set-up command first`);
    this.name = 'UnknownConnection';
  }
}

export async function connectionOf(ctx: Context, c: ConnectionId): Promise<Connection> {
  const cached = ctx.settings.get(c);
  if (cached !== undefined) return cached;
  return freshConnection(ctx, c);
}

export async function freshConnection(ctx: Context, c: ConnectionId): Promise<Connection> {
  const item = await ctx.store.get(configKey(c));
  if (item === undefined) throw new UnknownConnection(c);
  const connection = Connection.parse({ ...item, id: c });
  ctx.settings.set(c, connection);
  return connection;
}

export async function readAccount(ctx: Context, o: OrgKey, id: AccountId): Promise<Account | undefined> {
  const item = await ctx.store.get(accountKey(o, id));
  return item === undefined ? undefined : accountOf(item);
}

export async function readAccounts(
  ctx: Context,
  o: OrgKey,
  ids: readonly AccountId[],
): Promise<Map<AccountId, Account>> {
  const items = await ctx.store.batchGet(ids.map((id) => accountKey(o, id)));
  const accounts = new Map<AccountId, Account>();
  for (const id of ids) {
    const item = items.get(keyText(accountKey(o, id)));
    if (item !== undefined) accounts.set(id, readableAccount(id, item));
  }
  return accounts;
}

/** What stands in the table is no account to this version of the bridge. */
export class UnreadableAccount extends Error {
  readonly account: AccountId;
  constructor(account: AccountId, cause: unknown) {
    super(`account ${account} cannot be read: was it written by a later version of the bridge?`, { cause });
    this.name = 'UnreadableAccount';
    this.account = account;
  }
}

function readableAccount(id: AccountId, item: Item): Account {
  try {
    return accountOf(item);
  } catch (error) {
    throw new UnreadableAccount(id, error);
  }
}

export const COUNTER_SHARDS = 16;

export function counterKey(c: ConnectionId, shard: number): Key {
  return { pk: counterPk(c), sk: String(shard).padStart(2, '0') };
}

function randomShard(ctx: Context): number {
  return Math.floor(ctx.random() * COUNTER_SHARDS) % COUNTER_SHARDS;
}

/** Counts in one shard and, for user transactions, checks the settings version it carries: one item for both. */
export function countWrite(
  ctx: Context,
  c: ConnectionId,
  change: { readonly users?: number; readonly groups?: number; readonly settingsVersion?: number },
): Write {
  const parts: string[] = [];
  const values: Record<string, unknown> = {};
  if (change.users !== undefined) parts.push('#users :users');
  if (change.groups !== undefined) parts.push('#groups :groups');
  if (change.users !== undefined) values[':users'] = change.users;
  if (change.groups !== undefined) values[':groups'] = change.groups;
  const names = {
    ...(change.users === undefined ? {} : { '#users': 'users' }),
    ...(change.groups === undefined ? {} : { '#groups': 'groups' }),
  };
  const checked = change.settingsVersion !== undefined;
  if (checked) values[':settings'] = change.settingsVersion;
  return {
    kind: parts.length === 0 ? 'check' : 'update',
    key: counterKey(c, randomShard(ctx)),
    ...(parts.length === 0 ? {} : { expression: `ADD ${parts.join(', ')}`, names }),
    condition: checked ? 'settingsVersion = :settings' : 'attribute_exists(pk)',
    ...(Object.keys(values).length === 0 ? {} : { values }),
  };
}

export async function countOf(ctx: Context, c: ConnectionId, what: 'users' | 'groups'): Promise<number> {
  const { items } = await ctx.store.query({ pk: counterPk(c) });
  return items.reduce((sum, item) => sum + Number(item[what] ?? 0), 0);
}

export const JOURNAL_SHARDS = 8;

export function journalPk(scope: string, at: number, shard: number): string {
  return `J#${scope}#${new Date(at).toISOString().slice(0, 10)}#${shard}`;
}

/** The erasable side item that knows which e-mails an account had; the journal itself never does. */
export const whoKey = (account: AccountId): Key => ({ pk: `J#who#${account}`, sk: '-' });
/** The way back, from an e-mail to the accounts that ever had it. */
export const mailPk = (email: string): string => `J#mail#${digest(emailKey(email))}`;

/** An append-only record that commits with the change it speaks of (I14). Names people by account id only. */
export function journalWrite(ctx: Context, scope: ConnectionId | OrgKey, fact: Fact): Write {
  const at = ctx.now();
  const id = ctx.newId();
  const time = new Date(at).toISOString();
  const shard = (createHash('sha256').update(id).digest()[0] ?? 0) % JOURNAL_SHARDS;
  return {
    kind: 'put',
    key: { pk: journalPk(scope, at, shard), sk: `${time}#${id}` },
    item: { ...ctx.behalf, ...fact, at, v: SCHEMA_VERSION },
    condition: 'attribute_not_exists(pk)',
  };
}

/** The erasable side items of an account that gets a new e-mail: which it had, and who had it. */
export function journalNames(
  { id, org }: Pick<Account, 'id' | 'org'>,
  emails: readonly string[],
  before?: string,
): Write[] {
  const added = emails.filter((email) => before === undefined || emailKey(email) !== emailKey(before));
  if (added.length === 0) return [];
  return [
    {
      kind: 'update',
      key: whoKey(id),
      expression: 'SET v = if_not_exists(v, :v) ADD emails :emails',
      values: { ':v': SCHEMA_VERSION, ':emails': new Set(added) },
    },
    ...added.map(
      (email): Write => ({
        kind: 'put',
        key: { pk: mailPk(email), sk: id },
        item: { org, v: SCHEMA_VERSION },
      }),
    ),
  ];
}

export function withVersion(item: Item): Item {
  return { ...item, v: SCHEMA_VERSION };
}

/**
 * An update that sets these attributes, takes away the undefined ones, and leaves whatever else a later version of the
 * bridge may have put there (F21). Placeholders are `#name` and `:name`, for a condition to use.
 */
export function setOnly(item: Item): Required<Pick<Write, 'expression' | 'names' | 'values'>> {
  const names = Object.keys(item);
  const kept = names.filter((name) => item[name] !== undefined);
  const gone = names.filter((name) => item[name] === undefined).map((name) => `#${name}`);
  const set = ['#v = if_not_exists(#v, :v)', ...kept.map((name) => `#${name} = :${name}`)];
  return {
    expression: `SET ${set.join(', ')}${gone.length === 0 ? '' : ` REMOVE ${gone.join(', ')}`}`,
    names: Object.fromEntries(['v', ...names].map((name) => [`#${name}`, name])),
    values: Object.fromEntries([
      [':v', SCHEMA_VERSION],
      ...kept.map((name): [string, unknown] => [`:${name}`, item[name]]),
    ]),
  };
}
