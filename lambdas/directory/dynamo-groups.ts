/**
 * Groups: attributes and the name guard (R11), deletion (R12). Member lists live in `dynamo-members.ts`.
 * The guard is the one meeting point of group and rule: whoever creates, renames or deletes a group, and whoever
 * applies a mapping, updates it under the revision it read.
 */
import type { Deleted, GroupEdit, GroupWritten, Precondition } from './directory.ts';
import { bindOnCreate, orphanOnDelete } from './dynamo-bindings.ts';
import {
  type Context,
  connectionOf,
  countWrite,
  journalWrite,
  setOnly,
  withVersion,
} from './dynamo-context.ts';
import { runGroupSweep } from './dynamo-group-sweep.ts';
import { commitMembers, type GroupAt, type MemberPlan, planMembers } from './dynamo-members.ts';
import { ConditionFailed, type Write } from './dynamo-store.ts';
import { externalIdPk, groupKey, groupNameKey, sweepKey } from './keys.ts';
import { normal } from './normal.ts';
import { type ConnectionId, GroupId, GroupRecord, UserId } from './records.ts';

export interface NameGuard {
  readonly groupId?: GroupId;
  readonly ruleId?: string;
  readonly rev: number;
}

export async function readGuard(ctx: Context, c: ConnectionId, displayName: string): Promise<NameGuard> {
  const item = await ctx.store.get(groupNameKey(c, displayName));
  if (item === undefined) return { rev: 0 };
  return {
    ...(item['groupId'] === undefined ? {} : { groupId: GroupId.parse(item['groupId']) }),
    ...(item['ruleId'] === undefined ? {} : { ruleId: String(item['ruleId']) }),
    rev: Number(item['rev']),
  };
}

/** Conditional on the revision read: of two writers that saw the same guard, one wins. */
export function guardWrite(
  c: ConnectionId,
  displayName: string,
  { before, after }: { before: NameGuard; after: Omit<NameGuard, 'rev'> },
): Write {
  const { groupId, ruleId } = after;
  const { values, ...update } = setOnly({ groupId, ruleId, rev: before.rev + 1 });
  return {
    kind: 'update',
    key: groupNameKey(c, displayName),
    ...update,
    condition: before.rev === 0 ? 'attribute_not_exists(pk)' : '#rev = :before',
    values: { ...values, ...(before.rev === 0 ? {} : { ':before': before.rev }) },
  };
}

export function groupOf(item: Readonly<Record<string, unknown>>): GroupRecord {
  const { pk: _pk, sk, v: _v, ...attributes } = item;
  return GroupRecord.parse({ ...attributes, id: sk });
}

/** Live groups only: one that is being deleted answers like one that never was (R12). */
export async function getGroup(ctx: Context, c: ConnectionId, id: string): Promise<GroupRecord | undefined> {
  const parsed = GroupId.safeParse(id);
  if (!parsed.success) return undefined;
  const item = await ctx.store.get(groupKey(c, parsed.data));
  const group = item === undefined ? undefined : groupOf(item);
  return group?.state === 'live' ? group : undefined;
}

export async function createGroup(
  ctx: Context,
  c: ConnectionId,
  draft: { readonly displayName: string; readonly externalId?: string; readonly members: readonly string[] },
): Promise<GroupWritten> {
  const id = GroupId.parse(ctx.newId());
  const progress = { versions: 0 };
  const members = { kind: 'delta', add: draft.members, remove: [] } as const;
  return ctx.store.contend(async () => {
    // A later chunk lost against somebody: the group stands already, and the rest of its members follow as a change.
    if (progress.versions > 0) return changeGroup(ctx, c, id, { edit: { members } });
    const { org } = await connectionOf(ctx, c);
    const guard = await readGuard(ctx, c, draft.displayName);
    if (guard.groupId !== undefined) return { ok: false, reason: 'displayNameTaken' };
    const at: GroupAt = { connection: c, org, group: id };
    const plan = await planMembers(ctx, at, members);
    const { displayName, externalId } = draft;
    const now = ctx.now();
    const group: GroupRecord = {
      id,
      displayName,
      ...(externalId === undefined ? {} : { externalId }),
      version: 1,
      created: now,
      lastModified: now,
      state: 'live',
    };
    const { id: _id, ...attributes } = group;
    const first: Write[] = [
      {
        kind: 'put',
        key: groupKey(c, id),
        item: withVersion(attributes),
        condition: 'attribute_not_exists(pk)',
      },
      guardWrite(c, displayName, { before: guard, after: { ...guardRule(guard), groupId: id } }),
      ...externalIdMoves(c, id, { before: undefined, after: externalId }),
      ...(await bindOnCreate(ctx, c, { group, ruleId: guard.ruleId })),
      journalWrite(ctx, c, { fact: 'groupCreated', group: id, ...unknownIn(plan.unknown) }),
      countWrite(ctx, c, { groups: 1 }),
    ];
    await commitMembers(ctx, at, { changes: plan.changes, first, progress });
    return { ok: true, group: { ...group, version: progress.versions }, unknownMembers: plan.unknown };
  });
}

function guardRule(guard: NameGuard): { ruleId?: string } {
  return guard.ruleId === undefined ? {} : { ruleId: guard.ruleId };
}

export async function changeGroup(
  ctx: Context,
  c: ConnectionId,
  id: string,
  { edit, ifVersion: expected }: { readonly edit: GroupEdit } & Precondition,
): Promise<GroupWritten> {
  const progress = { versions: 0 };
  return ctx.store.contend(async () => {
    const group = await getGroup(ctx, c, id);
    if (group === undefined) return { ok: false, reason: 'absent' };
    // Once our own first chunk moved the version, the precondition has done its work (R9).
    const ifVersion = progress.versions === 0 ? expected : undefined;
    const sofar = progress.versions;
    if (ifVersion !== undefined && ifVersion !== group.version)
      return { ok: false, reason: 'versionMismatch' };
    const { org } = await connectionOf(ctx, c);
    const at: GroupAt = { connection: c, org, group: group.id };
    const plan: MemberPlan =
      edit.members === undefined ? { changes: [], unknown: [] } : await planMembers(ctx, at, edit.members);
    const next = changedGroup(group, edit);
    const attributes = await attributeWrites(ctx, c, { group, next, ifVersion });
    if (attributes === 'taken') return { ok: false, reason: 'displayNameTaken' };
    const guarded = ifVersion !== undefined && plan.changes.length > 0;
    const first =
      attributes.length > 0 || !guarded ? attributes : [groupUpdate(ctx, c, { group, next, ifVersion })];
    await commitMembers(ctx, at, { changes: plan.changes, first, progress });
    await reportUnknown(ctx, c, { group, unknown: plan.unknown });
    const moved = progress.versions - sofar;
    // Read back rather than computed: version and time are those of the last chunk, whoever else wrote meanwhile.
    const written = moved > 0 ? await getGroup(ctx, c, id) : next;
    if (written === undefined) return { ok: false, reason: 'absent' };
    return { ok: true, group: written, unknownMembers: plan.unknown };
  });
}

/** As the journal names them: only what looks like an id of ours, since a client may send anything here (I14, T25). */
function unknownIn(unknown: readonly string[]): { unknownMembers: number; unknownIds?: string[] } {
  const ids = unknown.filter((id) => UserId.safeParse(id).success).slice(0, 100);
  return { unknownMembers: unknown.length, ...(ids.length === 0 ? {} : { unknownIds: ids }) };
}

/** Unknown members are never an error and never silent (F57): the journal names them, the caller logs them. */
async function reportUnknown(
  ctx: Context,
  c: ConnectionId,
  { group, unknown }: { group: GroupRecord; unknown: readonly string[] },
): Promise<void> {
  if (unknown.length === 0) return;
  await ctx.store.transact([
    journalWrite(ctx, c, { fact: 'unknownMembers', group: group.id, ...unknownIn(unknown) }),
  ]);
}

function changedGroup(group: GroupRecord, edit: GroupEdit): GroupRecord {
  const { externalId: _before, ...rest } = group;
  const externalId = edit.externalId === undefined ? group.externalId : (edit.externalId ?? undefined);
  return {
    ...rest,
    displayName: edit.displayName ?? group.displayName,
    ...(externalId === undefined ? {} : { externalId }),
  };
}

interface AttributeChange {
  readonly group: GroupRecord;
  readonly next: GroupRecord;
  readonly ifVersion: number | undefined;
}

async function attributeWrites(
  ctx: Context,
  c: ConnectionId,
  change: AttributeChange,
): Promise<Write[] | 'taken'> {
  const { group, next } = change;
  if (group.displayName === next.displayName && group.externalId === next.externalId) return [];
  const writes = [groupUpdate(ctx, c, change)];
  if (normal(group.displayName.trim()) !== normal(next.displayName.trim())) {
    const guard = await readGuard(ctx, c, next.displayName);
    if (guard.groupId !== undefined) return 'taken';
    const old = await readGuard(ctx, c, group.displayName);
    // A rename never binds: renaming a group onto a mapped name must not grant anything (T27).
    writes.push(
      guardWrite(c, next.displayName, { before: guard, after: { ...guardRule(guard), groupId: group.id } }),
      guardWrite(c, group.displayName, { before: old, after: guardRule(old) }),
    );
  }
  writes.push(
    ...externalIdMoves(c, group.id, { before: group.externalId, after: next.externalId }),
    journalWrite(ctx, c, { fact: 'groupChanged', group: group.id }),
  );
  return writes;
}

function groupUpdate(ctx: Context, c: ConnectionId, { group, next, ifVersion }: AttributeChange): Write {
  const clears = next.externalId === undefined && group.externalId !== undefined;
  return {
    kind: 'update',
    key: groupKey(c, group.id),
    expression:
      `SET lastModified = :now, displayName = :name${next.externalId === undefined ? '' : ', externalId = :external'} ` +
      `ADD #version :one${clears ? ' REMOVE externalId' : ''}`,
    condition: `${asRead(group)}${ifVersion === undefined ? '' : ' AND #version = :version'}`,
    names: { '#version': 'version', '#state': 'state' },
    values: {
      ':now': ctx.now(),
      ':name': next.displayName,
      ':one': 1,
      ':live': 'live',
      ...readValues(group),
      ...(next.externalId === undefined ? {} : { ':external': next.externalId }),
      ...(ifVersion === undefined ? {} : { ':version': ifVersion }),
    },
  };
}

/** A change of attributes writes both, so both must be as they were read (I01): members may have moved meanwhile. */
function asRead(group: GroupRecord): string {
  const external =
    group.externalId === undefined ? 'attribute_not_exists(externalId)' : 'externalId = :externalBefore';
  return `#state = :live AND displayName = :before AND ${external}`;
}

function readValues(group: GroupRecord): Record<string, unknown> {
  return {
    ':before': group.displayName,
    ...(group.externalId === undefined ? {} : { ':externalBefore': group.externalId }),
  };
}

function externalIdMoves(
  c: ConnectionId,
  id: GroupId,
  { before, after }: { before: string | undefined; after: string | undefined },
): Write[] {
  if (before === after) return [];
  return [
    ...(after === undefined
      ? []
      : [{ kind: 'put' as const, key: { pk: externalIdPk(c, 'G', after), sk: id }, item: withVersion({}) }]),
    ...(before === undefined
      ? []
      : [{ kind: 'delete' as const, key: { pk: externalIdPk(c, 'G', before), sk: id } }]),
  ];
}

export async function deleteGroup(
  ctx: Context,
  c: ConnectionId,
  id: string,
  precondition: Precondition = {},
): Promise<Deleted> {
  const sweep = sweepKey(c, ctx.newId());
  const found = await ctx.store.contend(async () => {
    const group = await getGroup(ctx, c, id);
    if (group === undefined) return 'absent';
    const { ifVersion } = precondition;
    if (ifVersion !== undefined && ifVersion !== group.version) return 'versionMismatch';
    const guard = await readGuard(ctx, c, group.displayName);
    await ctx.store.transactOnce([
      {
        kind: 'update',
        key: groupKey(c, group.id),
        expression: 'SET #state = :deleting, lastModified = :now ADD #version :one',
        condition: `${asRead(group)}${ifVersion === undefined ? '' : ' AND #version = :version'}`,
        names: { '#state': 'state', '#version': 'version' },
        values: {
          ':deleting': 'deleting',
          ':live': 'live',
          ':now': ctx.now(),
          ':one': 1,
          ...readValues(group),
          ...(ifVersion === undefined ? {} : { ':version': ifVersion }),
        },
      },
      ...(guard.groupId === group.id
        ? [guardWrite(c, group.displayName, { before: guard, after: guardRule(guard) })]
        : []),
      ...externalIdMoves(c, group.id, { before: group.externalId, after: undefined }),
      ...(await orphanOnDelete(ctx, c, group)),
      { kind: 'put', key: sweep, item: withVersion({ kind: 'groupDeleted', groupId: group.id }) },
      journalWrite(ctx, c, { fact: 'groupDeleted', group: group.id }),
      countWrite(ctx, c, { groups: -1 }),
    ]);
    return group;
  });
  if (typeof found === 'string') return found;
  const { org } = await connectionOf(ctx, c);
  // Small groups are cleaned up before the answer; the rest of a large one is the sweep's (R12).
  await runGroupSweep(ctx, { connection: c, org, group: found.id }, { sweep, slices: 5 }).catch(
    (error: unknown) => {
      if (!(error instanceof ConditionFailed)) throw error;
    },
  );
  return 'deleted';
}
