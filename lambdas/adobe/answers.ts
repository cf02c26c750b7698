/**
 * Reads the answer to an action request (`umapi.md` section 8; `rules.md` R25; F37-F40). It decides what is known about
 * each action, by index and step; it does not decide what follows from it.
 *
 * Invariants: any text gives an outcome. A `done` is told only where the whole answer is coherent: result, counts,
 * errors and request ids agree; anything else leaves every action unknown. Of a command the first error counts: what
 * stands before it is done, what stands behind it is unknown, whatever else the answer says about it.
 */
import * as z from 'zod';
import type {
  Action,
  ActionOutcome,
  AdobeError,
  CommandOutcome,
  GroupCommand,
  PackedCommand,
  RequestOutcome,
  UserCommand,
} from './adobe.ts';
import { listOutcomes } from './answers-lists.ts';
import { classifyError, parseJson, plain, transportError } from './errors.ts';
import { normalName } from './identity.ts';

const WholeNumber = z.union([
  z.number().int().min(0),
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number),
]);

const Problem = z.object({
  index: WholeNumber,
  /** Documented as string, seen as number; an odd one only loses the place. */
  step: WholeNumber.optional().catch(undefined),
  requestid: z.string().optional().catch(undefined),
  errorcode: z.string().optional(),
  warningcode: z.string().optional(),
  message: z.string().nullish(),
});
type Problem = z.infer<typeof Problem>;

/** Keys in lower case: one documented sample has `Step` and `RequestID` (`umapi.md` 8). */
const Answer = z.object({
  result: z.string(),
  completed: WholeNumber.optional(),
  completedintestmode: WholeNumber.optional(),
  notcompleted: WholeNumber.optional(),
  message: z.string().nullish(),
  errors: z.array(z.unknown().transform(lowerKeys).pipe(Problem)).nullish(),
  warnings: z.array(z.unknown().transform(lowerKeys).pipe(Problem)).nullish().catch(undefined),
});
type Answer = z.infer<typeof Answer>;

/**
 * The outcome of a request that was answered with HTTP 200, from the text of its body. With `testOnly`, `done` means that
 * Adobe would do it, and an answer that speaks of anything done is not believed (`umapi.md` 5.2).
 */
export function readActionAnswer(
  commands: readonly PackedCommand[],
  text: string,
  testOnly = false,
): RequestOutcome {
  const parsed = Answer.safeParse(lowerKeys(parseJson(text)));
  if (!parsed.success) {
    return { kind: 'unknown', error: transportError('answer.unreadable', 'HTTP 200 without a result') };
  }
  const contradiction = findContradiction(commands, testOnly ? asIfDone(parsed.data) : parsed.data);
  if (contradiction !== undefined) return { kind: 'unknown', error: contradiction };
  const { errors, warnings } = parsed.data;
  return {
    kind: 'answered',
    commands: commands.flatMap((command, index) => {
      const problems = {
        errors: (errors ?? []).filter((error) => error.index === index),
        warnings: (warnings ?? []).filter((warning) => warning.index === index),
      };
      return 'lists' in command ? membersOutcome(command, problems) : [commandOutcome(command, problems)];
    }),
  };
}

/** The answer of a test with what would be done in the place of what is. */
function asIfDone({ completed, completedintestmode, ...rest }: Answer): Answer {
  return { ...rest, completed: completed === 0 ? completedintestmode : -1 };
}

/** Why the answer as a whole is not believed (F38); undefined when it is coherent. */
function findContradiction(commands: readonly PackedCommand[], answer: Answer): AdobeError | undefined {
  const errors = answer.errors ?? [];
  const result = answer.result.trim().toLowerCase();
  // A rejected request carries a code as its result (`umapi.md` 8).
  if (!['success', 'partial', 'error'].includes(result))
    return classifyError(answer.result, answer.message ?? '');
  const failed = new Set(errors.map((error) => error.index)).size;
  const misplaced = errors.some((error) => {
    const command = commands[error.index];
    return command === undefined || contradictsRequestId(command, error);
  });
  const incoherent =
    misplaced ||
    (result === 'success') !== (failed === 0) ||
    (result === 'error' && failed < commands.length) ||
    (answer.notcompleted ?? failed) !== failed ||
    (answer.completed ?? commands.length - failed) !== commands.length - failed;
  if (!incoherent) return undefined;
  const seen = `result ${plain(result)}, ${failed} of ${commands.length} commands with errors`;
  const counts = `${answer.completed ?? '?'} completed, ${answer.notcompleted ?? '?'} not`;
  return transportError(
    'answer.contradictory',
    `${seen}, ${counts}${misplaced ? ', an error for no command' : ''}`,
  );
}

function contradictsRequestId({ command }: PackedCommand, { requestid }: Problem): boolean {
  const sent = command.requestID;
  return requestid !== undefined && sent !== undefined && requestid !== sent;
}

interface Problems {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

function membersOutcome(packed: GroupCommand, { errors }: Problems): CommandOutcome[] {
  const told = errors.map(({ step, errorcode, message }) => {
    const kind = packed.lists[step ?? 0]?.[0]?.action.kind ?? 'grant';
    return { step, error: classifyError(errorcode ?? 'error.without.code', message ?? '', kind) };
  });
  return listOutcomes(packed, told);
}

function commandOutcome(packed: UserCommand, { errors, warnings }: Problems): CommandOutcome {
  const failure = findFirstFailure(packed, errors);
  const actions = packed.steps.flatMap((step, place) =>
    step.map((action) => ({ action, outcome: outcomeOf({ action, step, place, failure, warnings }) })),
  );
  return { accountId: packed.accountId, actions };
}

interface Failure {
  readonly place: number;
  readonly errors: readonly Problem[];
  /** Adobe named no step that we sent, so what stands before `place` is not known to be done. */
  readonly guessed: boolean;
}

/** The first step with an error: steps run in order, and errors behind a failed one are its echo (`umapi.md` 8). */
function findFirstFailure({ steps }: UserCommand, errors: readonly Problem[]): Failure | undefined {
  if (errors.length === 0) return undefined;
  const told = errors.map((error) => error.step);
  if (told.every((place): place is number => place !== undefined && place < steps.length)) {
    const place = Math.min(...told);
    return { place, errors: errors.filter((error) => error.step === place), guessed: false };
  }
  const first = errors.slice(0, 1);
  const toldFirst = told[0];
  if (toldFirst !== undefined && toldFirst < steps.length)
    return { place: toldFirst, errors: first, guessed: true };
  const ofNames = first.some((error) => /group|product/.test(error.errorcode ?? ''));
  const fitting = steps.findIndex((step) => !ofNames || step.some(isMembership));
  return { place: Math.max(fitting, 0), errors: first, guessed: steps.length > 1 };
}

interface Place {
  readonly action: Action;
  readonly step: readonly Action[];
  readonly place: number;
  readonly failure: Failure | undefined;
  readonly warnings: readonly Problem[];
}

function outcomeOf({ action, step, place, failure, warnings }: Place): ActionOutcome {
  if (failure === undefined || (place < failure.place && !failure.guessed)) {
    const texts = warnings
      .filter((warning) => (warning.step ?? place) === place)
      .map((warning) => plain(`${warning.warningcode ?? 'warning'}: ${warning.message ?? ''}`));
    return texts.length === 0 ? { kind: 'done' } : { kind: 'done', warning: texts.join('; ') };
  }
  if (place !== failure.place) return { kind: 'unknown' };
  return failedStep(action, step, failure);
}

/**
 * An error belongs to a step, and a step may name ten profiles. One that Adobe names fails alone, so that a single bad
 * name does not trip the other nine (design: config faults trip once per entitlement); those may have happened.
 */
function failedStep(action: Action, step: readonly Action[], { errors }: Failure): ActionOutcome {
  const classified = errors.map((error) =>
    classifyError(error.errorcode ?? 'error.without.code', error.message ?? '', action.kind),
  );
  const first = classified[0] ?? transportError('answer.contradictory', 'an error without content');
  if (first.scope !== 'entitlement') return { kind: 'failed', error: first };
  const names = step.filter(isMembership).map((one) => normalName(one.name));
  const blamed = classified.map((error) => ({ error, name: nameIn(error.message, names) }));
  if (blamed.every(({ name }) => name === undefined)) {
    // Nobody knows which of them: a fault of this person's list, not of every entitlement in it.
    const alone = new Set(names).size <= 1;
    return { kind: 'failed', error: alone ? first : { ...first, scope: 'person' } };
  }
  const own = isMembership(action) ? normalName(action.name) : undefined;
  const mine = blamed.find(({ name }) => name !== undefined && name === own);
  return mine === undefined ? { kind: 'unknown' } : { kind: 'failed', error: mine.error };
}

/** Which of the sent names a message speaks of: `Group <name> was not found`, else the longest that it contains. */
function nameIn(message: string, names: readonly string[]): string | undefined {
  const text = normalName(message);
  const quoted = /^(?:user ?)?group (.+) was not found\.?$/.exec(text)?.[1];
  if (quoted !== undefined && names.includes(quoted.trim())) return quoted.trim();
  const contained = names.filter((name) => text.includes(name));
  return contained.sort((a, b) => b.length - a.length)[0];
}

function isMembership(action: Action): action is Extract<Action, { kind: 'grant' | 'revoke' }> {
  return action.kind === 'grant' || action.kind === 'revoke';
}

/** The same object with keys in lower case; anything else as it is. */
function lowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}
