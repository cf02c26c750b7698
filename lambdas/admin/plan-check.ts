/**
 * `plan --check N`: asks Adobe what it would say to the first N requests of a plan (`umapi.md` 5.2 `testOnly`). Nothing
 * changes at Adobe or in the table but the budget: a test counts as a call (R30), so the drain keeps every second one.
 *
 * A pass is no promise: a test knows no licence, and believes whatever follows the creation of a person.
 */
import type { AccountActions, AdobeError, RequestOutcome } from '../adobe/adobe.ts';
import { packRequest } from '../adobe/pack.ts';
import { openSlots } from '../sync/slots.ts';
import { Refused } from './command.ts';
import { add, type Tally, tally } from './mapping-plan.ts';
import type { AdminParts } from './parts.ts';
import { count, instant, listed } from './words.ts';

/** Tests of one command: within the function's five minutes, whatever Adobe takes for each. */
export const MOST_CHECKS = 4;
const CHECK_TIMEOUT_MS = 60_000;

export interface Checked {
  requests: number;
  /** People whose commands Adobe would do. */
  passed: number;
  readonly refused: Map<string, Refusal>;
  /** Why it ended before all were asked about. */
  stopped?: string;
}

interface Refusal {
  readonly error: AdobeError;
  readonly people: Tally;
}

export interface CheckInput {
  readonly clientId: string;
  readonly requests: number;
  readonly work: readonly AccountActions[];
  /** How the operator knows the account. */
  readonly names: ReadonlyMap<string, string>;
}

/** @throws Refused when Adobe asked to be left alone */
export async function checkPlan(parts: AdminParts, input: CheckInput): Promise<Checked> {
  const { directory, adobe, now, newId } = parts;
  const slots = openSlots({ directory, clientId: input.clientId, now, newId, share: 0.5 });
  const checked: Checked = { requests: 0, passed: 0, refused: new Map() };
  let left = input.work;
  while (left.length > 0 && checked.requests < input.requests) {
    const packed = packRequest(left, { requestId: (accountId) => accountId });
    left = packed.left;
    const slot = await slots.take('action');
    if (!slot.ok) {
      if (checked.requests === 0)
        throw new Refused(`Adobe takes no more calls now: try again after ${instant(slot.freeAt)}.`);
      checked.stopped = `Adobe takes no more calls before ${instant(slot.freeAt)}.`;
      break;
    }
    const outcome = await adobe.validate(packed.commands, now() + CHECK_TIMEOUT_MS);
    await slots.settle('action', slot.id);
    if (outcome.kind !== 'answered' && outcome.blockedUntil !== undefined)
      await slots.block('action', outcome.blockedUntil);
    checked.requests += 1;
    if (!note(checked, { outcome, names: input.names })) break;
  }
  return checked;
}

interface Answer {
  readonly outcome: RequestOutcome;
  readonly names: ReadonlyMap<string, string>;
}

/** False when a further test would meet the same. */
function note(checked: Checked, { outcome, names }: Answer): boolean {
  if (outcome.kind !== 'answered') {
    const { code, message, hint } = outcome.error;
    checked.stopped = `Adobe did not judge the request: ${code} ${message}. ${hint}`;
    return false;
  }
  for (const { accountId, actions } of outcome.commands) {
    const error = actions
      .map((one) => ('error' in one.outcome ? one.outcome.error : undefined))
      .find((one) => one !== undefined && one.class !== 'ok');
    if (error === undefined) {
      checked.passed += 1;
      continue;
    }
    const refusal = checked.refused.get(error.code) ?? { error, people: tally() };
    checked.refused.set(error.code, refusal);
    add(refusal.people, names.get(accountId) ?? accountId);
  }
  return true;
}

export function checkLines({ requests, passed, refused, stopped }: Checked): string[] {
  const others = [...refused.values()].reduce((sum, { people }) => sum + people.total, 0);
  return [
    `Adobe was asked about ${count(passed + others, 'person', 'people')} in ${count(requests, 'test')}: it would do ${passed}, and refuse ${others}.`,
    ...[...refused.values()].flatMap(({ error: { code, message, hint }, people }) => [
      `Would be refused with ${code}: ${message}. ${hint}`,
      ...listed(people.people, people.total),
    ]),
    ...(stopped === undefined ? [] : [stopped]),
    'A test knows nothing of licences, and believes whatever follows the creation of a person.',
  ];
}

export function checkedData({ refused, ...rest }: Checked): Record<string, unknown> {
  return {
    ...rest,
    refused: Object.fromEntries(
      [...refused].map(([code, { error, people }]) => [code, { message: error.message, ...people }]),
    ),
  };
}
