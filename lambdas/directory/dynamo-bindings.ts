/**
 * Which group a rule follows (R11-R13). A rule that was never bound is bound by the first group created under its
 * name, in the group's own transaction. A bound rule keeps its group's id through renames. When that group goes, the
 * rule is orphaned, and only an operator or a new group with the same externalId binds it again.
 */
import { type Context, journalWrite, setOnly, withVersion } from './dynamo-context.ts';
import { ConditionFailed, type Write } from './dynamo-store.ts';
import { bindingKey, externalIdPk, groupKey, sweepKey } from './keys.ts';
import { Binding, type ConnectionId, type GroupRecord } from './records.ts';

export async function readBinding(ctx: Context, c: ConnectionId, rule: string): Promise<Binding | undefined> {
  const item = await ctx.store.get(bindingKey(c, rule));
  return item === undefined ? undefined : Binding.parse(item);
}

export async function readBindings(ctx: Context, c: ConnectionId): Promise<Map<string, Binding>> {
  const { items } = await ctx.store.query({ pk: c, begins: 'BIND#' });
  return new Map(items.map((item) => [String(item['rule']), Binding.parse(item)]));
}

export function bindWrite(
  ctx: Context,
  c: ConnectionId,
  { rule, group, before }: { rule: string; group: GroupRecord; before: Binding | undefined },
): Write {
  const { id: groupId, externalId } = group;
  const { values, ...update } = setOnly({ rule, groupId, externalId, state: 'bound', at: ctx.now() });
  return {
    kind: 'update',
    key: bindingKey(c, rule),
    ...update,
    ...(before === undefined
      ? { condition: 'attribute_not_exists(pk)', values }
      : {
          condition: '#state = :before AND #groupId = :group',
          values: { ...values, ':before': before.state, ':group': before.groupId },
        }),
  };
}

/** For a rule that comes back: what it followed before no longer counts. */
export function unbindWrite(c: ConnectionId, before: Binding): Write {
  return {
    kind: 'delete',
    key: bindingKey(c, before.rule),
    condition: '#state = :state AND groupId = :group',
    names: { '#state': 'state' },
    values: { ':state': before.state, ':group': before.groupId },
  };
}

export async function bindOnCreate(
  ctx: Context,
  c: ConnectionId,
  { group, ruleId }: { readonly group: GroupRecord; readonly ruleId: string | undefined },
): Promise<Write[]> {
  if (ruleId !== undefined) {
    const before = await readBinding(ctx, c, ruleId);
    if (before === undefined) return [bindWrite(ctx, c, { rule: ruleId, group, before })];
  }
  if (group.externalId === undefined) return [];
  const pk = externalIdPk(c, 'B', group.externalId);
  const { items } = await ctx.store.query({ pk });
  // A rule that was renamed in the mapping leaves a binding under its old name: all of them follow the group again.
  const writes: Write[] = [];
  for (const item of items.slice(0, MOST_BINDINGS)) {
    const rule = String(item['sk']);
    const before = await readBinding(ctx, c, rule);
    if (before?.state !== 'orphaned' || before.externalId !== group.externalId) continue;
    writes.push(bindWrite(ctx, c, { rule, group, before }), { kind: 'delete', key: { pk, sk: rule } });
  }
  return writes;
}

/** Of one group; they ride in the transaction of its creation or deletion. */
const MOST_BINDINGS = 5;

export async function orphanOnDelete(ctx: Context, c: ConnectionId, group: GroupRecord): Promise<Write[]> {
  const bindings = await readBindings(ctx, c);
  const bound = [...bindings.values()].filter((one) => one.groupId === group.id && one.state === 'bound');
  return bound.slice(0, MOST_BINDINGS).flatMap((one) => orphanWrites(ctx, c, { rule: one.rule, group }));
}

function orphanWrites(
  ctx: Context,
  c: ConnectionId,
  { rule, group }: { readonly rule: string; readonly group: GroupRecord },
): Write[] {
  const { externalId } = group;
  const update: Write = {
    kind: 'update',
    key: bindingKey(c, rule),
    expression: `SET #state = :orphaned, #at = :now${externalId === undefined ? '' : ', externalId = :external'}`,
    condition: '#state = :bound AND groupId = :group',
    names: { '#state': 'state', '#at': 'at' },
    values: {
      ':orphaned': 'orphaned',
      ':bound': 'bound',
      ':now': ctx.now(),
      ':group': group.id,
      ...(externalId === undefined ? {} : { ':external': externalId }),
    },
  };
  if (externalId === undefined) return [update];
  return [
    update,
    { kind: 'put', key: { pk: externalIdPk(c, 'B', externalId), sk: rule }, item: withVersion({}) },
  ];
}

/**
 * Binds a rule to a living group because an operator said so, whatever it followed before; members of both groups are
 * marked by a sweep of the same transaction. False when rule or group changed since they were read.
 */
export async function relinkRule(
  ctx: Context,
  c: ConnectionId,
  { rule, group, by }: { readonly rule: string; readonly group: GroupRecord; readonly by: string },
): Promise<boolean> {
  const before = await readBinding(ctx, c, rule);
  const groups = new Set(['-', group.id, ...(before === undefined ? [] : [before.groupId])]);
  const pointer = before?.state === 'orphaned' ? before.externalId : undefined;
  const writes: Write[] = [
    bindWrite(ctx, c, { rule, group, before }),
    {
      kind: 'check',
      key: groupKey(c, group.id),
      condition: '#state = :live',
      names: { '#state': 'state' },
      values: { ':live': 'live' },
    },
    {
      kind: 'put',
      key: sweepKey(c, ctx.newId()),
      item: { kind: 'mark', groups, rules: new Set(['-']), everyone: false, v: 1 },
    },
    journalWrite(ctx, c, { fact: 'ruleRelinked', rule, group: group.id, by }),
  ];
  if (pointer !== undefined)
    writes.push({ kind: 'delete', key: { pk: externalIdPk(c, 'B', pointer), sk: rule } });
  try {
    await ctx.store.transact(writes);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
