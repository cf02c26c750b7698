/** Which group each rule in force follows, from the rows of rules, bindings and groups (R11-R13). */
import type { Table } from '../dynamo/table.ts';
import type { Following } from './desired.ts';
import { bindingsOf, rowAt, rulesInForce } from './rows.ts';

/** Stands for the group of a rule that follows none. */
export const NOBODY = 'nobody';

export function followingOf(table: Table, connection: string): Following[] {
  const bindings = bindingsOf(table, connection);
  return rulesInForce(table, connection).map((rule) => {
    if (rule.everyone) return { group: undefined, grants: rule.grants };
    const binding = bindings.get(rule.id);
    const group = binding?.state === 'bound' ? binding.groupId : undefined;
    const lives = group !== undefined && rowAt(table, `${connection}#G`, group)?.['state'] === 'live';
    return { group: lives ? group : NOBODY, grants: rule.grants };
  });
}
