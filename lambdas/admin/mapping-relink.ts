/**
 * `mapping relink`: an operator says which group a rule follows from now on (R12, T27): one that was deleted and made
 * again, or one that was renamed onto the rule's name. It shows who gains and who loses, and changes nothing without
 * `yes`.
 */
import * as z from 'zod';
import { ruleIdOf } from '../directory/keys.ts';
import type { BoundRule, GroupRecord } from '../directory/records.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import { type MappingChange, ruleName } from './mapping-change.ts';
import { planMapping } from './mapping-plan.ts';
import { planText } from './mapping-text.ts';
import { type AdminParts, readWorldNow } from './parts.ts';
import { quoted } from './words.ts';

const Name = z.string().trim().min(1).max(1_024);

export function mappingRelink(parts: AdminParts): Command {
  const { directory, connection: c, now } = parts;
  return defineCommand({
    schema: z.strictObject({ rule: Name, to: Name.optional(), yes: z.boolean().default(false) }),
    run: async ({ rule: named, to, yes }, { operator }) => {
      const connection = await directory.getConnection(c);
      const rules = await directory.rulesOf(connection);
      const rule = rules.find(({ id }) => id === ruleIdOf({ group: named }));
      if (rule === undefined) throw new Refused(noSuchRule(named, rules));
      const group = await groupFor(parts, to ?? named);
      if (rule.binding?.state === 'bound' && rule.binding.groupId === group.id) {
        const text = [`The rule of ${ruleName(rule)} follows "${group.displayName}" (${group.id}) already.`];
        return { text, data: { relinked: false, group: group.id } };
      }
      const change = changeOf({ rules, rule, group, left: connection.left, now: now() });
      const world = await readWorldNow(parts);
      const plan = planText(await planMapping(parts, world, change), change, world);
      const head = `The rule of ${ruleName(rule)} ${follows(rule)}; it would follow "${group.displayName}" (${group.id}).`;
      if (!yes) {
        const text = [head, ...plan, 'Nothing was changed. Add --yes to do it.'];
        return { text, data: { relinked: false, group: group.id } };
      }
      if (!(await directory.relinkRule(c, { rule: rule.id, group, by: operator }))) {
        throw new Refused(
          'Rule or group changed in this moment, so nothing was done. Look at mapping show, then repeat.',
        );
      }
      const text = [
        ...plan,
        `The rule of ${ruleName(rule)} follows "${group.displayName}" (${group.id}) now.`,
      ];
      return { text, data: { relinked: true, group: group.id } };
    },
  });
}

function follows({ binding }: BoundRule): string {
  if (binding === undefined) return 'follows no group';
  return binding.state === 'orphaned'
    ? `is orphaned since its group ${binding.groupId} was deleted`
    : `follows group ${binding.groupId}`;
}

function noSuchRule(named: string, rules: readonly BoundRule[]): string {
  const groups = rules.flatMap(({ group }) => (group === undefined ? [] : [group]));
  return `No rule of the mapping in force is about a group "${named}". There are rules for ${groups.length === 0 ? 'no group' : quoted(groups)}.`;
}

async function groupFor({ directory, connection: c }: AdminParts, name: string): Promise<GroupRecord> {
  const group = (await directory.getGroup(c, name)) ?? (await directory.groupNamed(c, name));
  if (group !== undefined) return group;
  throw new Refused(
    `The identity provider has no group "${name}" here. Push it there, or name another one: --to "NAME OR ID".`,
  );
}

interface Linking {
  readonly rules: readonly BoundRule[];
  readonly rule: BoundRule;
  readonly group: GroupRecord;
  readonly left: readonly string[];
  readonly now: number;
}

/** The same rules, and this one bound to the group: a change as any other, for the plan. */
function changeOf({ rules, rule, group, left, now }: Linking): MappingChange {
  const is: BoundRule = { ...rule, binding: { rule: rule.id, groupId: group.id, state: 'bound', at: now } };
  const before = rule.binding?.state === 'bound' ? [rule.binding.groupId] : [];
  return {
    before: rules,
    after: rules.map((one) => (one.id === rule.id ? is : one)),
    changed: [{ was: rule, is }],
    taken: [],
    groups: [...new Set([...before, group.id])],
    everyone: false,
    left: [...left],
  };
}
