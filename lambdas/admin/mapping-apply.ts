/**
 * `mapping.apply`: judges a mapping, prints what it would do to people, and with `yes` puts it in force (R11, R13).
 * It changes nothing before every refusal has been looked for; an entitlement leaves a rule only with a decision about
 * those who hold it. The mapping comes into force under the version the plan was made on, or not at all.
 */
import * as z from 'zod';
import type { BoundRule, Connection, GroupRecord } from '../directory/records.ts';
import type { World } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { compareMapping, isBound, type MappingChange, storedRule } from './mapping-change.ts';
import { createUserGroups } from './mapping-groups.ts';
import { nameRules } from './mapping-names.ts';
import { type MappingPlan, planMapping, seatsOf } from './mapping-plan.ts';
import { type DraftRule, parseRules } from './mapping-rules.ts';
import { planText, takenLines } from './mapping-text.ts';
import { type AdminParts, readWorldNow } from './parts.ts';
import { quoted } from './words.ts';

const Args = z.strictObject({
  rules: z.unknown(),
  yes: z.boolean().default(false),
  take: z.enum(['revoke', 'leave']).optional(),
});
type Args = z.output<typeof Args>;

export function mappingApply(parts: AdminParts): Command {
  return defineCommand({ schema: Args, run: (args) => applyMapping(parts, args) });
}

async function applyMapping(parts: AdminParts, { rules: input, yes, take }: Args): Promise<CommandResult> {
  const parsed = parseRules(input);
  if (!parsed.ok) throw new Refused(['The mapping was not applied:', ...parsed.problems].join('\n- '));
  const world = await readWorldNow(parts);
  const connection = await parts.directory.getConnection(parts.connection);
  const { rules: drafts, notes, missing } = await nameRules(parts, world.org, parsed.rules);
  const before = await parts.directory.rulesOf(connection);
  const change = compareMapping({ connection, before, drafts, groups: await groupsOf(parts, drafts), take });
  const version = connection.mappingVersion;
  if (missing.length === 0 && isNothing(change, connection)) {
    const text = [...notes, `Nothing to do: this mapping is in force as version ${version}.`];
    return { text, data: { applied: false, version, unchanged: true } };
  }
  const plan = await planMapping(parts, world, change);
  const text = [...notes, ...planText(plan, change, world)];
  if (!yes) {
    return {
      text: [...text, ...whatNext(change, take)],
      data: { ...planData(plan, change, world), applied: false, version },
    };
  }
  refuseUndecided(change, take);
  await createUserGroups(parts, world.org, missing);
  const draft = { rules: drafts.map(storedRule), expectedVersion: version, left: change.left };
  if (!(await parts.directory.applyMapping(parts.connection, draft))) {
    throw new Refused(
      'Another mapping came into force meanwhile, so nothing was applied. Look at mapping show, then apply again.',
    );
  }
  const { mappingVersion } = await parts.directory.getConnection(parts.connection);
  return {
    text: [...text, `Applied: version ${mappingVersion} is in force. status shows how it reaches Adobe.`],
    data: { ...planData(plan, change, world), applied: true, version: mappingVersion },
  };
}

async function groupsOf(
  { directory, connection }: AdminParts,
  drafts: readonly DraftRule[],
): Promise<Map<string, GroupRecord>> {
  const groups = new Map<string, GroupRecord>();
  for (const { id, group } of drafts) {
    const found = group === undefined ? undefined : await directory.groupNamed(connection, group);
    if (found !== undefined) groups.set(id, found);
  }
  return groups;
}

function isNothing({ changed, left }: MappingChange, connection: Connection): boolean {
  const same = JSON.stringify([...connection.left].sort()) === JSON.stringify(left);
  return changed.length === 0 && same && connection.mappingVersion > 0;
}

/** R13: nobody loses or keeps anything without being decided on. */
function refuseUndecided({ taken }: MappingChange, take: Args['take']): void {
  if (taken.length === 0) return;
  if (take === undefined) {
    throw new Refused(
      ['The mapping was not applied, because it takes entitlements out of rules:', ...takenLines(taken)].join(
        '\n- ',
      ) +
        "\nSay --revoke to take them away from the people who have them only through that rule, or --leave to let these people keep them, out of the bridge's hands.",
    );
  }
  const still = taken.filter((one) => one.still.length > 0);
  if (take === 'leave' && still.length > 0) {
    throw new Refused(
      [
        'The mapping was not applied: --leave is for entitlements that no rule names any more.',
        ...takenLines(still),
      ].join('\n- ') +
        '\nThe bridge goes on managing these, so who is in none of their groups loses them: say --revoke, or keep them in the rule.',
    );
  }
}

function whatNext({ taken }: MappingChange, take: Args['take']): string[] {
  if (taken.length === 0) return ['Nothing was changed. Add --yes to apply it.'];
  const lines = takenLines(taken);
  if (take === undefined) {
    return [
      ...lines,
      'Nothing was changed. Add --yes to apply it, and --revoke or --leave for what is taken out.',
    ];
  }
  const still = taken.filter((one) => one.still.length > 0).map(({ name }) => name);
  if (take === 'leave' && still.length > 0) {
    return [
      ...lines,
      `Nothing was changed. ${quoted(still)} cannot be left, because another rule names it: use --revoke.`,
    ];
  }
  return [...lines, `Nothing was changed. Add --yes to apply it with --${take}.`];
}

function planData(plan: MappingPlan, change: MappingChange, world: World): Record<string, unknown> {
  const ruleData = (rule: BoundRule): unknown => ({
    group: rule.group,
    everyone: rule.everyone,
    grants: rule.grants,
    mode: rule.mode,
    drift: rule.drift,
    bound: rule.everyone || isBound(rule),
  });
  return {
    rules: change.after.map(ruleData),
    people: plan.people,
    entitlements: [...plan.entitlements.values()].map((one) => ({ ...one, seats: seatsOf(world, one) })),
    created: plan.created,
    stopped: Object.fromEntries(plan.stopped),
    taken: change.taken,
    left: change.left,
  };
}
