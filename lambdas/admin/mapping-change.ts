/**
 * What differs between the mapping in force and a new one: which rules, whose groups, and which entitlements are taken
 * out of a rule (R13). Pure; who is touched by it is `mapping-plan.ts`.
 *
 * A rule is compared with its predecessor by the group it follows, not by the name in the file: renaming a rule after
 * its group was renamed in the identity provider takes nothing from anybody.
 */
import { entitlementKey } from '../directory/keys.ts';
import type {
  Binding,
  BoundRule,
  Connection,
  EntitlementKey,
  GroupId,
  GroupRecord,
  Rule,
} from '../directory/records.ts';
import type { DraftRule } from './mapping-rules.ts';

export interface Taken {
  readonly key: EntitlementKey;
  readonly name: string;
  /** The rule that named it, in words. */
  readonly from: string;
  /** Rules that go on naming it, in words. */
  readonly still: readonly string[];
}

export interface MappingChange {
  readonly before: readonly BoundRule[];
  readonly after: readonly BoundRule[];
  /** Rules that came, went or changed, as they were and as they will be. */
  readonly changed: readonly { readonly was?: BoundRule; readonly is?: BoundRule }[];
  readonly taken: readonly Taken[];
  /** The members of these groups, or everybody. */
  readonly groups: readonly GroupId[];
  readonly everyone: boolean;
  /** The next list of entitlements that are left to people (R13), by key. */
  readonly left: readonly EntitlementKey[];
}

export interface ChangeInput {
  readonly connection: Connection;
  readonly before: readonly BoundRule[];
  readonly drafts: readonly DraftRule[];
  /** Live groups by rule id, as their names are now. */
  readonly groups: ReadonlyMap<string, GroupRecord>;
  readonly take?: 'revoke' | 'leave' | undefined;
}

export function compareMapping({ connection, before, drafts, groups, take }: ChangeInput): MappingChange {
  const after = drafts.map((draft) => bound(draft, before, groups));
  const changed = changedRules(before, after);
  const taken = takenOut(before, after);
  const named = new Set(after.flatMap((rule) => rule.grants.map(({ name }) => entitlementKey(name))));
  const leaving = take === 'leave' ? taken.map(({ key }) => key) : [];
  const left = [...new Set([...connection.left, ...leaving])].filter((key) => !named.has(key)).sort();
  const touched = changed.flatMap(({ was, is }) => [was, is]).filter((rule) => rule !== undefined);
  return {
    before,
    after,
    changed,
    taken,
    left,
    groups: [...new Set(touched.flatMap((rule) => (isBound(rule) ? [rule.binding.groupId] : [])))],
    everyone: touched.some((rule) => rule.everyone),
  };
}

export function isBound(rule: BoundRule): rule is BoundRule & { binding: Binding } {
  return rule.binding?.state === 'bound';
}

export function ruleName(rule: Pick<Rule, 'group' | 'everyone'>): string {
  return rule.group === undefined ? 'everyone' : `group "${rule.group}"`;
}

/** The rule of the file as it is stored. */
export function storedRule({ id, group, everyone, grants, mode, drift }: DraftRule): Rule {
  return {
    id,
    everyone,
    grants: grants.map(({ name, kind, product }) => ({
      name,
      kind,
      ...(product === undefined ? {} : { product }),
    })),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode }),
    ...(drift === undefined ? {} : { drift }),
  };
}

/** As the directory will bind it: a rule in force keeps its group, every other follows the group of its name (R11). */
function bound(
  draft: DraftRule,
  before: readonly BoundRule[],
  groups: ReadonlyMap<string, GroupRecord>,
): BoundRule {
  const known = before.find((rule) => rule.id === draft.id)?.binding;
  const group = groups.get(draft.id);
  const fresh: Binding | undefined =
    group === undefined
      ? undefined
      : { rule: draft.id, groupId: group.id, state: 'bound', at: group.created };
  return { ...storedRule(draft), binding: known ?? fresh };
}

function changedRules(before: readonly BoundRule[], after: readonly BoundRule[]): MappingChange['changed'] {
  const ids = new Set([...before, ...after].map((rule) => rule.id));
  return [...ids].flatMap((id) => {
    const was = before.find((rule) => rule.id === id);
    const is = after.find((rule) => rule.id === id);
    if (contentOf(was) === contentOf(is)) return [];
    return [{ ...(was === undefined ? {} : { was }), ...(is === undefined ? {} : { is }) }];
  });
}

function contentOf(rule: BoundRule | undefined): string {
  if (rule === undefined) return '';
  const grants = rule.grants.map(({ name, kind, product }) => [name, kind, product ?? null]).sort();
  return JSON.stringify([
    rule.group,
    rule.mode,
    rule.drift,
    rule.binding?.groupId,
    rule.binding?.state,
    grants,
  ]);
}

/** By name, also when the rule finds its group only now; or by the group, also under another name. */
function isSame(a: BoundRule, b: BoundRule): boolean {
  return a.id === b.id || subjectOf(a) === subjectOf(b);
}

/** Whom a rule speaks of. */
function subjectOf(rule: BoundRule): string {
  if (rule.everyone) return 'everyone';
  return isBound(rule) ? rule.binding.groupId : `rule ${rule.id}`;
}

function takenOut(before: readonly BoundRule[], after: readonly BoundRule[]): Taken[] {
  const grants = (rule: BoundRule, key: string): boolean =>
    rule.grants.some(({ name }) => entitlementKey(name) === key);
  return before.flatMap((rule) =>
    rule.grants.flatMap(({ name }): Taken[] => {
      const key = entitlementKey(name);
      if (after.some((one) => isSame(one, rule) && grants(one, key))) return [];
      return [
        { key, name, from: ruleName(rule), still: after.filter((one) => grants(one, key)).map(ruleName) },
      ];
    }),
  );
}
