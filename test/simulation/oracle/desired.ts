/**
 * What Adobe must show, in ten lines and from nothing but users, members and rules: the `D` of I08. It shares no code
 * with the planner; a flag that both read would hide a fault in both.
 */
import { sameName } from './rows.ts';

export interface Person {
  readonly id: string;
  readonly active: boolean;
  readonly groups: ReadonlySet<string>;
}

export interface Following {
  /** The group that the rule follows; absent for a rule about everyone, `none` while it follows nobody. */
  readonly group: string | undefined;
  readonly grants: readonly { readonly name: string }[];
}

export function desiredOf(person: Person, rules: readonly Following[]): Set<string> {
  const names = new Set<string>();
  if (!person.active) return names;
  for (const rule of rules) {
    if (rule.group !== undefined && !person.groups.has(rule.group)) continue;
    for (const { name } of rule.grants) names.add(sameName(name));
  }
  return names;
}
