/**
 * What the answer to a `usergroup` command tells about the people in its lists (`umapi.md` 7; `rules.md` R25): nothing
 * about any one of them. Errors come per step, and a list with one valid name may succeed and skip the rest.
 *
 * Invariant: nobody in a list is ever told `done`. A step without error is `unverified`; so is one that Adobe calls
 * unchanged. A fault of the group or of the organisation fails everybody in the step alike; any other error may be
 * one person's, so it is nobody's yet. What stands behind a failed step is unknown.
 */
import type { ActionOutcome, AdobeError, CommandOutcome, GroupCommand } from './adobe.ts';

/** One error of the answer, on this command. */
export interface ListProblem {
  /** Undefined when Adobe named no step. */
  readonly step: number | undefined;
  readonly error: AdobeError;
}

export function listOutcomes({ lists }: GroupCommand, problems: readonly ListProblem[]): CommandOutcome[] {
  const placed = problems.map(({ step, error }) => ({
    step: step !== undefined && step < lists.length ? step : undefined,
    error,
  }));
  const everywhere = placed.find(({ step }) => step === undefined);
  const first = Math.min(...placed.map(({ step }) => step ?? 0));
  return lists.flatMap((list, place) => {
    const own = placed.find(({ step }) => step === place) ?? everywhere;
    const outcome = own === undefined ? silent(place > first) : failing(own.error);
    return list.map(({ accountId, action }) => ({ accountId, actions: [{ action, outcome }] }));
  });
}

function silent(behindFailure: boolean): ActionOutcome {
  return behindFailure ? { kind: 'unknown' } : { kind: 'unverified' };
}

/** "List changed nothing": all of them members already, or none of them valid (10.2). A read tells. */
const CHANGED_NOTHING = 'error.usergroup.user_list.invalid';

function failing(error: AdobeError): ActionOutcome {
  if (error.code === CHANGED_NOTHING) return { kind: 'unverified' };
  const ofAll = error.scope === 'org' || (error.class === 'config' && error.scope === 'entitlement');
  return ofAll ? { kind: 'failed', error } : { kind: 'unverified', error };
}
