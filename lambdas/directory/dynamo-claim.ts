/**
 * What a process claims before it does something that is done once: the version of the table's format (`schema.ts`), and
 * telling people how things stand.
 */
import type { Context } from './dynamo-context.ts';
import { schemaKey, toldKey } from './keys.ts';
import { type OrgKey, SCHEMA_VERSION } from './records.ts';
import { mustRaise } from './schema.ts';

/** Once per process, before anything else: one read, and one write after an upgrade. @throws TableTooNew */
export async function claimSchema(ctx: Context, code: number = SCHEMA_VERSION): Promise<void> {
  if (!mustRaise(await readSchema(ctx), code)) return;
  await ctx.store.update({
    key: schemaKey,
    expression: 'SET #version = :version, v = :version',
    // Functions start side by side; a later one never takes it back.
    condition: 'attribute_not_exists(#version) OR #version < :version',
    names: { '#version': 'version' },
    values: { ':version': code },
  });
}

export async function readSchema(ctx: Context): Promise<number | undefined> {
  const item = await ctx.store.get(schemaKey);
  return item === undefined ? undefined : Number(item['version']);
}

export async function claimTelling(
  ctx: Context,
  o: OrgKey,
  { what, before }: { readonly what: string; readonly before: number },
): Promise<boolean> {
  const item = await ctx.store.update({
    key: toldKey(o, what),
    expression: 'SET #at = :now, v = if_not_exists(v, :v)',
    condition: 'attribute_not_exists(#at) OR #at <= :before',
    names: { '#at': 'at' },
    values: { ':now': ctx.now(), ':before': before, ':v': SCHEMA_VERSION },
  });
  return item !== undefined;
}
