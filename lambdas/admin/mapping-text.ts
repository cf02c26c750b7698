/** A mapping's plan in lines for people. Pure. */
import type { BoundRule } from '../directory/records.ts';
import type { World } from '../sync/world.ts';
import { isBound, type MappingChange, ruleName, type Taken } from './mapping-change.ts';
import { type MappingPlan, seatsOf, type Tally } from './mapping-plan.ts';
import { count, kindWord, listed, quoted, reasonWord } from './words.ts';

export function planText(plan: MappingPlan, change: MappingChange, world: World): string[] {
  const why = new Map(
    [...plan.stopped].flatMap(([reason, { people }]) => people.map((name) => [name, reason])),
  );
  return [
    `Rules: ${change.before.length} now, ${change.after.length} after.`,
    ...change.changed.map(({ was, is }) => changeLine(was, is)),
    ...change.after.filter((rule) => !rule.everyone && !isBound(rule)).map(unboundLine),
    `People in the groups concerned: ${plan.people}.`,
    ...[...plan.entitlements.values()].flatMap((entitlement) => {
      const { name, kind, gains, adopts, loses, keeps } = entitlement;
      const title = `"${name}" (${kindWord(kind)})`;
      return [
        ...tallyLines(`Gain ${title}`, gains, why),
        ...tallyLines(`Have ${title} by hand, managed from now on`, adopts, why),
        ...tallyLines(`Lose ${title}`, loses, why),
        ...tallyLines(`Keep ${title} at Adobe, out of the bridge's hands`, keeps),
        ...seatLines(world, entitlement),
      ];
    }),
    ...tallyLines('Would be created at Adobe', plan.created),
    ...[...plan.stopped].flatMap(([reason, { total }]) => stopLines(reason, total)),
    ...(plan.entitlements.size === 0 ? ['Nobody gains or loses anything now.'] : []),
  ];
}

function changeLine(was: BoundRule | undefined, is: BoundRule | undefined): string {
  if (is === undefined) return `- ${was === undefined ? '' : ruleLine(was)}`;
  return `${was === undefined ? '+' : '~'} ${ruleLine(is)}`;
}

export function ruleLine(rule: BoundRule): string {
  const words = [rule.mode, rule.drift === undefined ? undefined : `drift: ${rule.drift}`];
  const said = words.filter((word) => word !== undefined).join(', ');
  const mode = said === '' ? '' : ` (${said})`;
  return `${ruleName(rule)}${mode}: ${quoted(rule.grants.map(({ name }) => name))}`;
}

function unboundLine(rule: BoundRule): string {
  if (rule.binding?.state === 'orphaned') {
    return `! ${ruleName(rule)} was deleted in the identity provider: the rule does nothing. mapping show says more.`;
  }
  return `! ${ruleName(rule)} is not known yet: the rule begins to work when the identity provider sends that group.`;
}

/** `why`: for whom nothing would be sent, and the reason. */
export function tallyLines(
  title: string,
  { total, people }: Tally,
  why?: ReadonlyMap<string, string>,
): string[] {
  const marked = people.map((name) => (why?.has(name) ? `${name} - not now: ${why.get(name)}` : name));
  return total === 0 ? [] : [`${title}: ${total}`, ...listed(marked, total)];
}

export function seatLines(
  world: World,
  entitlement: Parameters<typeof seatsOf>[1] & { readonly name: string },
): string[] {
  const seats = seatsOf(world, entitlement);
  if (seats === undefined || entitlement.gains.total + entitlement.loses.total === 0) return [];
  const { quota, used, after } = seats;
  const line = `  Seats of "${entitlement.name}": ${used} of ${quota} used at the last listing, ${after} after.`;
  if (after <= quota) return [line];
  return [
    line,
    `  ! ${count(after - quota, 'person', 'people')} would be members without a licence: Adobe takes them and says nothing. Buy seats or free some first.`,
  ];
}

const STOPS: Readonly<Record<string, string>> = {
  'unknown-at-adobe': 'Adobe is asked first what it holds under the e-mail.',
  'identity-taken': 'Another account has the identity at Adobe for now; status EMAIL names it.',
  twin: 'Adobe holds somebody of another identity type under the e-mail; status EMAIL says what to do.',
};

export function stopLines(reason: string, total: number): string[] {
  const meaning = STOPS[reason] ?? reasonWord(reason) ?? 'status EMAIL says what to do.';
  return [`Nothing is sent for ${total} now, ${reason}: ${meaning}`];
}

/** What `--revoke` or `--leave` is asked for. */
export function takenLines(taken: readonly Taken[]): string[] {
  return taken.map(({ name, from, still }) => {
    const also = still.length === 0 ? '' : `; still granted by ${still.join(', ')}`;
    return `"${name}" is taken out of ${from}${also}`;
  });
}
