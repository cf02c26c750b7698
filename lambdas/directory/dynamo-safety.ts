/**
 * What an operator sets for safety: the mode of a connection, confirmed for this very table (V6), and the pause (V10).
 * Each is one transaction with the sweep that wakes whoever waited for it; the drain reads both anew before each request.
 */
import { type Context, freshConnection, journalWrite } from './dynamo-context.ts';
import { ConditionFailed, type Write } from './dynamo-store.ts';
import { bridgeKey, configKey, sweepKey } from './keys.ts';
import type { Connection, ConnectionId, Mode, OrgKey } from './records.ts';
import { Pause } from './safety.ts';
import type { PauseScope } from './work.ts';

/** As it is in this table: in one that was restored, or never confirmed, it only reports. */
export async function confirmedConnection(ctx: Context, c: ConnectionId): Promise<Connection> {
  const connection = await freshConnection(ctx, c);
  return { ...connection, restored: connection.tableId !== (await ctx.store.tableId()) };
}

export async function setMode(
  ctx: Context,
  c: ConnectionId,
  { mode, rev, by }: { readonly mode: Mode; readonly rev: number; readonly by: string },
): Promise<boolean> {
  const { org } = await freshConnection(ctx, c);
  try {
    await ctx.store.transact([
      {
        kind: 'update',
        key: configKey(c),
        expression: 'SET settings.#mode = :mode, tableId = :table ADD rev :one',
        condition: 'rev = :rev',
        names: { '#mode': 'mode' },
        values: { ':mode': mode, ':table': await ctx.store.tableId(), ':one': 1, ':rev': rev },
      },
      wakeSweep(ctx, org),
      journalWrite(ctx, c, { fact: 'modeSet', mode, by }),
    ]);
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
  ctx.settings.delete(c);
  return true;
}

function wakeSweep(ctx: Context, o: OrgKey): Write {
  return { kind: 'put', key: sweepKey(o, ctx.newId()), item: { kind: 'waiting', v: 1 } };
}

export async function getPause(ctx: Context): Promise<Pause | undefined> {
  const item = await ctx.store.get(bridgeKey);
  return item?.['paused'] === undefined ? undefined : Pause.parse(item['paused']);
}

export async function setPause(
  ctx: Context,
  { scope, org }: { readonly scope: PauseScope; readonly org: OrgKey },
  { pause, by }: { readonly pause: Pause | undefined; readonly by: string },
): Promise<void> {
  const owner = scope.kind === 'connection' ? scope.id : org;
  const key = scope.kind === 'all' ? bridgeKey : configKey(owner);
  const change: Pick<Write, 'expression' | 'values'> =
    pause === undefined
      ? { expression: 'REMOVE paused' }
      : { expression: 'SET paused = :pause', values: { ':pause': pause } };
  await ctx.store.transact([
    // The bridge as a whole has no item before its first pause.
    {
      kind: 'update',
      key,
      ...change,
      ...(scope.kind === 'all' ? {} : { condition: 'attribute_exists(pk)' }),
    },
    // Under a pause of the org everybody stays where they are; under one of a connection they are set aside.
    ...(pause === undefined ? [wakeSweep(ctx, org)] : []),
    journalWrite(ctx, owner, { fact: pause === undefined ? 'resumed' : 'paused', scope: scope.kind, by }),
  ]);
  if (scope.kind === 'connection') ctx.settings.delete(scope.id);
}
