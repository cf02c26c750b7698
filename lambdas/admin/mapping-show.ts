/** `mapping.show`: the rules in force, which group each follows now, and what to do about those that follow none. */
import * as z from 'zod';
import type { DriftPolicy } from '../directory/drift-records.ts';
import { normalName } from '../directory/normal.ts';
import type { BoundRule, Connection } from '../directory/records.ts';
import { connectionMode, ruleMode } from '../sync/world.ts';
import { type Command, defineCommand } from './command.ts';
import { ruleName } from './mapping-change.ts';
import type { AdminParts } from './parts.ts';
import { count, instant, kindWord, quoted, reasonWord } from './words.ts';

export function mappingShow(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({}),
    run: async () => {
      const connection = await parts.directory.getConnection(parts.connection);
      const rules = [...(await parts.directory.rulesOf(connection))].sort((a, b) =>
        ruleName(a).localeCompare(ruleName(b)),
      );
      const shown = await Promise.all(rules.map((rule) => look(parts, connection, rule)));
      const { mappingVersion: version, left } = connection;
      return {
        text: [...heading(connection, rules.length), ...shown.flatMap(ruleLines), ...leftLines(left)],
        data: { version, mode: connectionMode(connection), rules: shown, left },
      };
    },
  });
}

interface Shown {
  readonly group?: string;
  readonly everyone: boolean;
  readonly grants: BoundRule['grants'];
  readonly mode: string;
  readonly drift: DriftPolicy;
  readonly state: 'bound' | 'unbound' | 'orphaned';
  readonly groupId?: string;
  readonly groupName?: string;
  /** What to know or to do. */
  readonly note?: string;
}

async function look(parts: AdminParts, connection: Connection, rule: BoundRule): Promise<Shown> {
  const { group, everyone, grants, binding } = rule;
  const about = {
    everyone,
    grants,
    mode: ruleMode(connection, rule),
    drift: rule.drift ?? 'report',
    ...(group === undefined ? {} : { group }),
  };
  if (group === undefined) return { ...about, state: 'bound' };
  const followed =
    binding?.state === 'bound'
      ? await parts.directory.getGroup(parts.connection, binding.groupId)
      : undefined;
  if (followed !== undefined) {
    const renamed = normalName(followed.displayName) !== normalName(group);
    const note = `the group is called "${followed.displayName}" now and the rule follows it; write that name into the file when convenient`;
    const seen = { groupId: followed.id, groupName: followed.displayName };
    return { ...about, ...seen, state: 'bound', ...(renamed ? { note } : {}) };
  }
  const namesake = await parts.directory.groupNamed(parts.connection, group);
  if (binding !== undefined)
    return {
      ...about,
      state: 'orphaned',
      groupId: binding.groupId,
      note: orphaned(binding, namesake !== undefined),
    };
  return { ...about, state: 'unbound', note: unbound(namesake !== undefined) };
}

function orphaned({ at }: { readonly at: number }, namesake: boolean): string {
  const other = namesake ? 'a new group has this name, but nobody said that it is the same one; ' : '';
  return `the group was deleted in the identity provider (${instant(at)}) and the rule grants nothing; ${other}to follow a group of this name, apply the mapping without this rule (--revoke), then with it again`;
}

function unbound(namesake: boolean): string {
  if (namesake)
    return 'a group of this name exists, but got the name by a rename; apply the mapping again to follow it';
  return 'the identity provider has sent no group of this name yet; assign or push that group there';
}

function heading(connection: Connection, rules: number): string[] {
  if (connection.mappingVersion === 0) {
    return ['No mapping was applied yet, so nobody gets anything. Write one and run: mapping apply FILE'];
  }
  const mode = connectionMode(connection);
  const undecided = !connection.restored && mode !== connection.settings.mode;
  return [
    `Mapping version ${connection.mappingVersion}: ${count(rules, 'rule')}. Mode of the connection: ${mode}.`,
    ...(connection.restored ? [`  ${reasonWord('restored')}`] : []),
    ...(undecided
      ? [
          '  Somebody has a userName that differs from the e-mail: until "username" is set for the domain, the connection only reports.',
        ]
      : []),
  ];
}

function ruleLines(rule: Shown): string[] {
  const { state, mode, drift, grants, groupId, note } = rule;
  const follows = rule.everyone
    ? 'all active people'
    : groupId === undefined
      ? state
      : state === 'orphaned'
        ? `orphaned, followed ${groupId}`
        : `${state} to ${groupId}`;
  return [
    `${ruleName({ everyone: rule.everyone, group: rule.group })} - ${follows}, ${mode}${drift === 'report' ? '' : `, drift: ${drift}`}`,
    ...grants.map(({ name, kind, product }) => {
      const of = product === undefined ? '' : ` of "${product}"`;
      return `  "${name}" (${kindWord(kind)}${of})`;
    }),
    ...(note === undefined ? [] : [`  ! ${note}`]),
  ];
}

function leftLines(left: readonly string[]): string[] {
  if (left.length === 0) return [];
  return [`Left to the people who have them (never revoked until a rule names them again): ${quoted(left)}`];
}
