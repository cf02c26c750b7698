/**
 * Connections, their settings and their mapping (R2, R11, R13). A new mapping version is written in full before one
 * conditional write makes it current together with the sweep that marks whom it touches; until then nobody reads it.
 */
import { isDeepStrictEqual } from 'node:util';
import { bindWrite, readBinding, readBindings } from './dynamo-bindings.ts';
import { COUNTER_SHARDS, type Context, counterKey, freshConnection, journalWrite } from './dynamo-context.ts';
import { getGroup, guardWrite, readGuard } from './dynamo-groups.ts';
import type { Write } from './dynamo-store.ts';
import { ConditionFailed } from './dynamo-store.ts';
import { rulesOf } from './dynamo-work.ts';
import { bindingKey, configKey, entitlementKey, ruleKey, sweepKey } from './keys.ts';
import { type BoundRule, type ConnectionId, ConnectionSettings, type GroupId, type Rule } from './records.ts';
import type { MappingDraft, OperatorDirectory } from './work.ts';

export async function setUp(ctx: Context, draft: Parameters<OperatorDirectory['setUp']>[0]): Promise<void> {
  const { org, connection } = draft;
  const absent = 'attribute_not_exists(pk)';
  const settings = ConnectionSettings.parse(connection.settings);
  const writes: Write[] = [
    {
      kind: 'put',
      key: configKey(connection.id),
      item: { org: org.key, settings, settingsVersion: 1, mappingVersion: 0, left: [], rev: 1, v: 1 },
      condition: absent,
    },
    ...Array.from({ length: COUNTER_SHARDS }, (_, shard): Write => ({
      kind: 'put',
      key: counterKey(connection.id, shard),
      item: { users: 0, groups: 0, settingsVersion: 1, v: 1 },
      condition: absent,
    })),
  ];
  const { key, ...about } = org;
  const existing = await ctx.store.get(configKey(key));
  if (existing === undefined) await ctx.store.put(configKey(key), { ...about, connections: [], v: 1 }, absent);
  try {
    await ctx.store.transact(writes);
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
  await ctx.store.update({
    key: configKey(key),
    expression: 'SET connections = list_append(connections, :added)',
    condition: 'NOT contains(connections, :one)',
    values: { ':added': [connection.id], ':one': connection.id },
  });
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
        expression: 'SET settings = :settings, settingsVersion = :version ADD rev :one REMOVE usernameUndecided',
        condition: 'rev = :rev',
        values: { ':settings': settings, ':version': version, ':one': 1, ':rev': connection.rev },
      },
      ...Array.from({ length: COUNTER_SHARDS }, (_, shard): Write => ({
        kind: 'update',
        key: counterKey(c, shard),
        expression: 'SET settingsVersion = :version',
        values: { ':version': version },
      })),
      { kind: 'put', key: sweepKey(c, ctx.newId()), item: { kind: 'rederive', v: 1 } },
      journalWrite(ctx, c, { fact: 'settingsChanged', version }),
    ]);
    ctx.settings.delete(c);
  });
}

export async function applyMapping(ctx: Context, c: ConnectionId, draft: MappingDraft): Promise<boolean> {
  const connection = await freshConnection(ctx, c);
  if (connection.mappingVersion !== draft.expectedVersion) return false;
  const before = await rulesOf(ctx, connection);
  const version = connection.mappingVersion + 1;
  for (const rule of draft.rules) await writeRule(ctx, c, { rule, version, isNew: !before.some((one) => one.id === rule.id) });
  const bindings = await readBindings(ctx, c);
  const after = draft.rules.map((rule): BoundRule => ({ ...rule, binding: bindings.get(rule.id) }));
  const scope = touchedBy(before, after, { left: [connection.left, draft.left] });
  try {
    await ctx.store.transact([
      {
        kind: 'update',
        key: configKey(c),
        expression: 'SET mappingVersion = :version, #left = :left ADD rev :one',
        condition: 'rev = :rev',
        names: { '#left': 'left' },
        values: { ':version': version, ':left': draft.left.map(entitlementKey), ':one': 1, ':rev': connection.rev },
      },
      { kind: 'put', key: sweepKey(c, ctx.newId()), item: { kind: 'mark', ...scope, v: 1 } },
      journalWrite(ctx, c, { fact: 'mappingApplied', version, rules: draft.rules.length }),
    ]);
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
  ctx.settings.delete(c);
  await forgetDropped(ctx, c, { before, after });
  return true;
}

interface NewRule {
  readonly rule: Rule;
  readonly version: number;
  readonly isNew: boolean;
}

/** The rule's item, its name on the guard, and the binding to a group that is already there (R11). */
async function writeRule(ctx: Context, c: ConnectionId, { rule, version, isNew }: NewRule): Promise<void> {
  await ctx.store.contend(async () => {
    const writes: Write[] = [{ kind: 'put', key: ruleKey(c, version, rule.id), item: { ...rule, v: 1 } }];
    if (rule.group !== undefined) {
      const guard = await readGuard(ctx, c, rule.group);
      const stale = await readBinding(ctx, c, rule.id);
      const group = guard.groupId === undefined ? undefined : await getGroup(ctx, c, guard.groupId);
      if (guard.ruleId !== rule.id) {
        const after = { ...(guard.groupId === undefined ? {} : { groupId: guard.groupId }), ruleId: rule.id };
        writes.push(guardWrite(c, rule.group, { before: guard, after }));
      }
      if (isNew && stale !== undefined) writes.push(await unbindWrite(c, rule.id));
      else if (stale === undefined && group !== undefined) {
        writes.push(bindWrite(ctx, c, { rule: rule.id, group, before: undefined }));
      }
      if (isNew && stale !== undefined) {
        await ctx.store.transactOnce(writes);
        if (group !== undefined) {
          await ctx.store.transactOnce([bindWrite(ctx, c, { rule: rule.id, group, before: undefined })]);
        }
        return;
      }
    }
    await ctx.store.transactOnce(writes);
  });
}

async function unbindWrite(c: ConnectionId, rule: string): Promise<Write> {
  return { kind: 'delete', key: bindingKey(c, rule) };
}

/** Whose desired state can differ: the groups of every rule that came, went or changed. */
function touchedBy(
  before: readonly BoundRule[],
  after: readonly BoundRule[],
  { left }: { readonly left: readonly [readonly string[], readonly string[]] },
): { groups: Set<string>; everyone: boolean } {
  const groups = new Set<string>();
  let everyone = !isDeepStrictEqual([...left[0]].sort(), [...left[1]].map(entitlementKey).sort());
  const content = (rule: BoundRule | undefined): unknown =>
    rule === undefined ? undefined : JSON.parse(JSON.stringify([rule.grants, rule.mode, rule.binding?.groupId]));
  for (const id of new Set([...before, ...after].map((rule) => rule.id))) {
    const [was, is] = [before.find((rule) => rule.id === id), after.find((rule) => rule.id === id)];
    if (isDeepStrictEqual(content(was), content(is))) continue;
    if (was?.everyone || is?.everyone) everyone = true;
    for (const rule of [was, is]) if (rule?.binding !== undefined) groups.add(rule.binding.groupId);
  }
  if (groups.size === 0) groups.add('-');
  return { groups, everyone };
}

/** A rule that is no longer in the mapping forgets its group: coming back later it is a new rule. */
async function forgetDropped(
  ctx: Context,
  c: ConnectionId,
  { before, after }: { readonly before: readonly BoundRule[]; readonly after: readonly BoundRule[] },
): Promise<void> {
  const dropped = before.filter((rule) => !after.some((one) => one.id === rule.id));
  for (const rule of dropped) {
    await ctx.store.contend(async () => {
      const writes: Write[] = [await unbindWrite(c, rule.id)];
      if (rule.group !== undefined) {
        const guard = await readGuard(ctx, c, rule.group);
        const rest: { groupId?: GroupId } = guard.groupId === undefined ? {} : { groupId: guard.groupId };
        if (guard.ruleId === rule.id) writes.push(guardWrite(c, rule.group, { before: guard, after: rest }));
      }
      await ctx.store.transactOnce(writes);
    });
  }
}
