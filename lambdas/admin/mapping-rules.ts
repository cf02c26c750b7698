/**
 * The mapping file as an operator writes it (design.md section 5, "Mapping file"), judged by itself: keys, doubles,
 * names that are never mapped (T26). Whether Adobe knows the names is `mapping-names.ts`. Every problem is found at
 * once and says in which rule it is and what to write instead. Pure.
 */
import * as z from 'zod';
import { DriftPolicy } from '../directory/drift-records.ts';
import { entitlementKey, ruleIdOf } from '../directory/keys.ts';
import { identifierProblem } from '../directory/normal.ts';
import { type Entitlement, Mode } from '../directory/records.ts';

export interface DraftGrant extends Entitlement {
  /** For messages: which rule and which grant of it. */
  readonly where: string;
  /** A user group that is made when Adobe does not have it. */
  readonly create?: true;
}

export interface DraftRule {
  readonly id: string;
  readonly group?: string;
  readonly everyone: boolean;
  readonly grants: readonly DraftGrant[];
  readonly mode?: Mode;
  readonly drift?: DriftPolicy;
}

export type ParsedRules =
  | { readonly ok: true; readonly rules: readonly DraftRule[] }
  | { readonly ok: false; readonly problems: readonly string[] };

const Name = z.string().trim().min(1);
const GrantInput = z.strictObject({
  userGroup: Name.optional(),
  profile: Name.optional(),
  product: Name.optional(),
  create: z.literal(true).optional(),
});
type GrantInput = z.infer<typeof GrantInput>;
const RuleInput = z.strictObject({
  group: Name.optional(),
  everyone: z.literal(true).optional(),
  grants: z.array(GrantInput).min(1),
  mode: Mode.optional(),
  drift: DriftPolicy.optional(),
});
type RuleInput = z.infer<typeof RuleInput>;
const RulesInput = z.array(RuleInput);

export function parseRules(input: unknown): ParsedRules {
  const parsed = RulesInput.safeParse(input);
  if (!parsed.success) {
    return { ok: false, problems: [...new Set(parsed.error.issues.map((issue) => describe(issue, input)))] };
  }
  const problems: string[] = [];
  const rules = parsed.data.map((rule, at) => draftOf(rule, whereOf(parsed.data, at), problems));
  const seen = new Map<string, number>();
  for (const [at, { id }] of rules.entries()) {
    const before = seen.get(id);
    seen.set(id, before ?? at);
    if (before === undefined) continue;
    problems.push(
      `${whereOf(parsed.data, at)}: the group is already in rule ${before + 1}. Write one rule with the grants of both.`,
    );
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, rules };
}

function draftOf(rule: RuleInput, where: string, problems: string[]): DraftRule {
  const { group, everyone, grants, mode, drift } = rule;
  if ((group === undefined) === (everyone === undefined)) {
    problems.push(
      `${where}: write either "group: NAME" or "everyone: true"${group === undefined ? '' : ', not both'}.`,
    );
  }
  const bad = group === undefined ? undefined : identifierProblem(group);
  if (bad !== undefined) problems.push(`${where}: the name of the group ${bad}.`);
  const drafts = grants.flatMap((grant, at) => grantOf(grant, `${where}, grant ${at + 1}`, problems));
  const keys = drafts.map(({ name }) => entitlementKey(name));
  for (const [at, key] of keys.entries()) {
    if (keys.indexOf(key) === at) continue;
    problems.push(`${where}: "${drafts[at]?.name}" is granted twice. Take one of them out.`);
  }
  return {
    id: ruleIdOf({ group }),
    everyone: group === undefined,
    grants: drafts,
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode }),
    ...(drift === undefined ? {} : { drift }),
  };
}

function grantOf(
  { userGroup, profile, product, create }: GrantInput,
  where: string,
  problems: string[],
): DraftGrant[] {
  const name = profile ?? userGroup;
  if (name === undefined || (profile !== undefined && userGroup !== undefined)) {
    problems.push(`${where}: write either "userGroup: NAME" or "profile: NAME".`);
    return [];
  }
  if (userGroup !== undefined && product !== undefined) {
    problems.push(
      `${where}: "product" belongs to a profile. Take it out; a user group is found by its name alone.`,
    );
  }
  if (profile !== undefined && create !== undefined) {
    problems.push(
      `${where}: "create" makes user groups only. Make the profile in the Admin Console, and take "create" out.`,
    );
  }
  const bad = identifierProblem(name) ?? (product === undefined ? undefined : identifierProblem(product));
  if (bad !== undefined) problems.push(`${where}: a name in it ${bad}.`);
  // T26: with such a name a rule would hand out administration.
  if (entitlementKey(name).startsWith('_')) {
    problems.push(
      `${where}: "${name}" is an administrator's group. Names that start with _ are never mapped; give that role by hand.`,
    );
  }
  const kind = profile === undefined ? 'userGroup' : 'profile';
  return [
    {
      name,
      kind,
      where,
      ...(product === undefined ? {} : { product }),
      ...(create === undefined ? {} : { create }),
    },
  ];
}

const RULE_KEYS = 'A rule has: group or everyone, grants, and if wanted mode and drift';
const GRANT_KEYS =
  'A grant has: userGroup, or profile and if wanted product; a userGroup may say create: true';

function describe(issue: z.core.$ZodIssue, input: unknown): string {
  const [at, , grantAt] = issue.path;
  if (typeof at !== 'number')
    return 'The mapping holds no list of rules. Write "rules:" and below it one "- group: NAME" for each.';
  const inGrant = typeof grantAt === 'number';
  const where = `${whereOf(input, at)}${inGrant ? `, grant ${grantAt + 1}` : ''}`;
  const keys = inGrant ? GRANT_KEYS : RULE_KEYS;
  if (issue.code === 'unrecognized_keys') {
    return `${where}: ${issue.keys.map((key) => `"${key}"`).join(', ')} is not known here. ${keys}.`;
  }
  const key = issue.path[inGrant ? 3 : 1];
  if (key === undefined) return `${where}: this is not a list of keys. ${keys}.`;
  return `${where}, ${String(key)}: ${remedy(String(key))}.`;
}

function remedy(key: string): string {
  switch (key) {
    case 'mode':
      return 'write report-only, additive or full, or leave it out';
    case 'drift':
      return 'write report, ignore or revert, or leave it out';
    case 'everyone':
      return 'write true, or take the rule out';
    case 'create':
      return 'write true, or leave it out';
    case 'grants':
      return 'list at least one "userGroup: NAME" or "profile: NAME"; to grant nothing, take the rule out';
    default:
      return 'write a name; one that looks like a number needs quotes';
  }
}

/** `rule 2 (group "Chat agents")` */
function whereOf(input: unknown, at: number): string {
  const rule: unknown = Array.isArray(input) ? input[at] : undefined;
  if (typeof rule !== 'object' || rule === null) return `rule ${at + 1}`;
  const { group, everyone } = rule as { group?: unknown; everyone?: unknown };
  if (typeof group === 'string' && group !== '') return `rule ${at + 1} (group "${group}")`;
  return everyone === true ? `rule ${at + 1} (everyone)` : `rule ${at + 1}`;
}
