/** The item that says which version of the bridge last made the table's format newer (`schema.ts`). */
import type { Context } from './dynamo-context.ts';
import { schemaKey } from './keys.ts';
import { SCHEMA_VERSION } from './records.ts';
import { mustRaise } from './schema.ts';

/** Once per process, before anything else: one read, and one write after an upgrade. @throws TableTooNew */
export async function claimSchema(ctx: Context, code: number = SCHEMA_VERSION): Promise<void> {
  const item = await ctx.store.get(schemaKey);
  if (!mustRaise(item === undefined ? undefined : Number(item['version']), code)) return;
  await ctx.store.update({
    key: schemaKey,
    expression: 'SET #version = :version, v = :version',
    // Functions start side by side; a later one never takes it back.
    condition: 'attribute_not_exists(#version) OR #version < :version',
    names: { '#version': 'version' },
    values: { ':version': code },
  });
}
