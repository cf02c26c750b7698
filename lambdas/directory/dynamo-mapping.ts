/**
 * Connections, their settings and their mapping (R2, R11, R13). A new mapping version is written in full before one
 * conditional write makes it current together with the sweep that marks whom it touches; until then nobody reads it.
 */
import { isDeepStrictEqual } from 'node:util';
import { bindWrite, readBinding, unbindWrite } from './dynamo-bindings.ts';
import {
  COUNTER_SHARDS,
  type Context,
  counterKey,
  freshConnection,
  journalWrite,
  UnknownConnection,
} from './dynamo-context.ts';
import { getGroup, guardWrite, readGuard } from './dynamo-groups.ts';
import type { Write } from './dynamo-store.ts';
import { ConditionFailed } from './dynamo-store.ts';
import { rulesOf } from './dynamo-work.ts';
import { configKey, entitlementKey, ruleKey, sweepKey } from './keys.ts';
import { type BoundRule, type ConnectionId, ConnectionSettings, type Rule } from './records.ts';
import type { MappingDraft, OperatorDirectory } from './work.ts';

export async function setUp(ctx: Context, draft: Parameters<OperatorDirectory['setUp']>[0]): Promise<void> {
  const { org, connection } = draft;
  if (String(org.key) === String(connection.id)) {
    throw new Error(
      `org and connection are both called ${org.key}: their settings share a partition, so give them two names`,
    );
  }
  const absent = 'attribute_not_exists(pk)';
  const settings = ConnectionSettings.parse(connection.settings);
  const writes: Write[] = [
    {
      kind: 'put',
      key: configKey(connection.id),
      item: {
        org: org.key,
        settings,
        tableId: connection.tableId,
        settingsVersion: 1,
        mappingVersion: 0,
        left: [],
        rev: 1,
        v: 1,
      },
      condition: absent,
    },
    ...Array.from(
      { length: COUNTER_SHARDS },
      (_, shard): Write => ({
        kind: 'put',
        key: counterKey(connection.id, shard),
        item: { users: 0, groups: 0, settingsVersion: 1, v: 1 },
        condition: absent,
      }),
    ),
  ];
  const { key, ...about } = org;
  const orgItem: Write = {
    kind: 'put',
    key: configKey(key),
    item: { ...about, setUpAt: ctx.now(), connections: [], v: 1 },
    condition: absent,
  };
  for (const part of [[orgItem], writes]) {
    try {
      await ctx.store.transact(part);
    } catch (error) {
      // It is there already and stays as it is.
      if (!(error instanceof ConditionFailed)) throw error;
    }
  }
  await ctx.store.update({
    key: configKey(key),
    expression: 'SET connections = list_append(connections, :added)',
    condition: 'NOT contains(connections, :one)',
    values: { ':added': [connection.id], ':one': connection.id },
  });
}

/** Nobody's username can be in doubt. Until then a connection that found such a person goes on only reporting. */
function isDecided(settings: ConnectionSettings): boolean {
  return Object.values(settings.domains).every(
    (domain) => domain.type !== 'federatedID' || domain.username !== undefined,
  );
}

/** Settings, their version on every counter shard, and the sweep that derives every identity anew: one transaction. */
export async function changeSettings(
  ctx: Context,
  c: ConnectionId,
  change: (before: ConnectionSettings) => ConnectionSettings,
): Promise<void> {
  await ctx.store.contend(async () => {
    const connection = await freshConnection(ctx, c);
    const settings = ConnectionSettings.parse(change(connection.settings));
    if (isDeepStrictEqual(settings, connection.settings)) return;
    const version = connection.settingsVersion + 1;
    await ctx.store.transactOnce([
      {
        kind: 'update',
        key: configKey(c),
        expression: `SET settings = :settings, settingsVersion = :version ADD rev :one${isDecided(settings) ? ' REMOVE usernameUndecided' : ''}`,
        condition: 'rev = :rev',
        values: { ':settings': settings, ':version': version, ':one': 1, ':rev': connection.rev },
      },
      ...Array.from(
        { length: COUNTER_SHARDS },
        (_, shard): Write => ({
          kind: 'update',
          key: counterKey(c, shard),
          expression: 'SET settingsVersion = :version',
          values: { ':version': version },
        }),
      ),
      { kind: 'put', key: sweepKey(c, ctx.newId()), item: { kind: 'rederive', v: 1 } },
      journalWrite(ctx, c, { fact: 'settingsChanged', version }),
    ]);
    ctx.settings.delete(c);
  });
}

/**
 * Writes the new version's rules, then makes it current by one conditional write together with the sweep that marks
 * whom it touches (R13). Each attempt writes under a number of its own, so that rules of an attempt that crashed or
 * lost never mix into a version in force.
 */
export async function applyMapping(ctx: Context, c: ConnectionId, draft: MappingDraft): Promise<boolean> {
  const connection = await freshConnection(ctx, c);
  if (connection.mappingVersion !== draft.expectedVersion) return false;
  const before = await rulesOf(ctx, connection);
  const version = await reserveVersion(ctx, c);
  for (const rule of draft.rules) {
    const isNew = !before.some((one) => one.id === rule.id);
    if (!(await writeRule(ctx, c, { rule, version, isNew, expected: draft.expectedVersion }))) return false;
  }
  const scope = touchedBy(before, draft.rules, { left: [connection.left, draft.left] });
  try {
    await ctx.store.transact([
      {
        kind: 'update',
        key: configKey(c),
        expression: 'SET mappingVersion = :version, #left = :left ADD rev :one',
        condition: 'mappingVersion = :expected',
        names: { '#left': 'left' },
        values: {
          ':version': version,
          ':left': draft.left.map(entitlementKey),
          ':one': 1,
          ':expected': draft.expectedVersion,
        },
      },
      { kind: 'put', key: sweepKey(c, ctx.newId()), item: { kind: 'mark', ...scope, v: 1 } },
      journalWrite(ctx, c, { fact: 'mappingApplied', version, rules: draft.rules.length }),
    ]);
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
  ctx.settings.delete(c);
  return true;
}

async function reserveVersion(ctx: Context, c: ConnectionId): Promise<number> {
  const item = await ctx.store.update({
    key: configKey(c),
    expression: 'SET mappingDraft = if_not_exists(mappingDraft, mappingVersion) + :one',
    condition: 'attribute_exists(pk)',
    values: { ':one': 1 },
  });
  if (item === undefined) throw new UnknownConnection(c);
  return Number(item['mappingDraft']);
}

interface NewRule {
  readonly rule: Rule;
  readonly version: number;
  /** Not in the version in force: it has no group yet, whatever an earlier version of it was bound to. */
  readonly isNew: boolean;
  readonly expected: number;
}

/** The rule's item, its name on the guard and its group, in one write (R11). False: another version came into force. */
async function writeRule(
  ctx: Context,
  c: ConnectionId,
  { rule, version, isNew, expected }: NewRule,
): Promise<boolean> {
  return ctx.store.contend(async () => {
    const inForce: Write = {
      kind: 'check',
      key: configKey(c),
      condition: 'mappingVersion = :expected',
      values: { ':expected': expected },
    };
    const item: Write = { kind: 'put', key: ruleKey(c, version, rule.id), item: { ...rule, v: 1 } };
    try {
      await ctx.store.transactOnce([inForce, item, ...(await bindingWrites(ctx, c, { rule, isNew }))]);
      return true;
    } catch (error) {
      if (error instanceof ConditionFailed && error.failed.includes(0)) return false;
      throw error;
    }
  });
}

async function bindingWrites(
  ctx: Context,
  c: ConnectionId,
  { rule, isNew }: { readonly rule: Rule; readonly isNew: boolean },
): Promise<Write[]> {
  if (rule.group === undefined) return [];
  const guard = await readGuard(ctx, c, rule.group);
  const before = await readBinding(ctx, c, rule.id);
  const group = guard.groupId === undefined ? undefined : await getGroup(ctx, c, guard.groupId);
  const writes: Write[] = [];
  if (before === undefined || isNew) {
    if (group !== undefined) writes.push(bindWrite(ctx, c, { rule: rule.id, group, before }));
    else if (before !== undefined) writes.push(unbindWrite(c, before));
  }
  if (writes.length === 0 && guard.ruleId === rule.id) return [];
  // The guard moves with every binding: whoever creates, renames or deletes its group meanwhile looks again (R11).
  const after = { ...(guard.groupId === undefined ? {} : { groupId: guard.groupId }), ruleId: rule.id };
  return [...writes, guardWrite(c, rule.group, { before: guard, after })];
}

/**
 * Whose desired state can differ: everybody in the group of a rule that came, went, changed or had no group yet.
 * The groups of rules in the new version are looked up by the sweep: one may be created while the version is written.
 */
function touchedBy(
  before: readonly BoundRule[],
  after: readonly Rule[],
  { left }: { readonly left: readonly [readonly string[], readonly string[]] },
): { groups: Set<string>; rules: Set<string>; everyone: boolean } {
  const groups = new Set(['-']);
  const rules = new Set(['-']);
  let everyone = !isDeepStrictEqual([...left[0]].sort(), [...left[1]].map(entitlementKey).sort());
  const content = (rule: Rule | undefined): unknown =>
    rule === undefined ? undefined : JSON.parse(JSON.stringify([rule.grants, rule.mode]));
  for (const id of new Set([...before, ...after].map((rule) => rule.id))) {
    const [was, is] = [before.find((rule) => rule.id === id), after.find((rule) => rule.id === id)];
    const bound = was === undefined || was.everyone || was.binding !== undefined;
    if (bound && isDeepStrictEqual(content(was), content(is))) continue;
    if (was?.everyone || is?.everyone) everyone = true;
    if (was?.binding !== undefined) groups.add(was.binding.groupId);
    if (is !== undefined) rules.add(id);
  }
  return { groups, rules, everyone };
}
