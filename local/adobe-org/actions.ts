/**
 * The action endpoint behind gate and throttle (`umapi.md` sections 5 and 8): reads the posted array, runs its commands in
 * shuffled order (two commands of one request race), and reports per command. Nothing is ever rolled back but a trial.
 */
import { type Fault, fault } from './errors.ts';
import type { FailingCommand } from './faults.ts';
import { type ParsedCommand, parseCommand } from './grammar.ts';
import type { Step } from './grammar-values.ts';
import { rejected } from './http.ts';
import type { Run } from './people.ts';
import { shuffle } from './random.ts';
import { runAsTrial, type Store } from './store.ts';
import type { Subject } from './subject.ts';
import { runUserStep, type StepReport } from './user-steps.ts';
import { type GroupSubject, runGroupStep } from './usergroup-steps.ts';

const MAX_COMMANDS = 10;

interface Report {
  readonly index: number;
  readonly step?: number;
  readonly requestID?: string;
  readonly user?: string;
  readonly message: string;
}
type ErrorReport = Report & { readonly errorCode: string };
type WarningReport = Report & { readonly warningCode: string };

export interface ActionAnswer {
  readonly result: 'success' | 'partial' | 'error';
  readonly completed: number;
  readonly notCompleted: number;
  readonly completedInTestMode: number;
  readonly errors?: readonly ErrorReport[];
  readonly warnings?: readonly WarningReport[];
}

/** The posted commands, or the refusal of the whole request. */
export function readCommands(store: Store, body: string): { commands: unknown[] } | { refusal: Response } {
  const { knobs } = store.meta;
  const malformed = (status: number, code = 'error.command.malformed'): { refusal: Response } => ({
    refusal: rejected(status, code, fault(code).message),
  });
  if (Buffer.byteLength(body) > knobs.maxBodyBytes) return malformed(knobs.bodyTooLargeStatus);
  const commands = parseJson(body);
  if (!Array.isArray(commands) || commands.length === 0) return malformed(400);
  if (commands.length > MAX_COMMANDS) return malformed(400, knobs.tooManyCommandsCode);
  return { commands };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (broken) {
    if (broken instanceof SyntaxError) return undefined;
    throw broken;
  }
}

/** Runs the commands and reports as section 8 says. */
export function runCommands(
  run: Run,
  commands: readonly unknown[],
  { testOnly, failing }: { testOnly: boolean; failing: ReadonlyMap<number, FailingCommand> },
): ActionAnswer {
  const entries = commands.map((entry, index) => ({
    index,
    command: parseCommand(entry),
    failing: failing.get(index),
  }));
  const ordered = run.store.meta.knobs.shuffleCommands ? shuffle(run.random, entries) : entries;
  const reports = ordered.map((entry) =>
    testOnly ? runAsTrial(run.store, () => runCommand(run, entry)) : runCommand(run, entry),
  );
  const errors = reports.flatMap((report) => report.errors).sort(byPlace);
  const warnings = reports.flatMap((report) => report.warnings).sort(byPlace);
  const notCompleted = new Set(errors.map(({ index }) => index)).size;
  const passed = commands.length - notCompleted;
  return {
    result: notCompleted === 0 ? 'success' : passed === 0 ? 'error' : 'partial',
    completed: testOnly ? 0 : passed,
    notCompleted,
    completedInTestMode: testOnly ? passed : 0,
    ...(errors.length === 0 ? {} : { errors }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function byPlace(left: Report, right: Report): number {
  return left.index - right.index || (left.step ?? 0) - (right.step ?? 0);
}

interface Entry {
  readonly index: number;
  readonly command: ParsedCommand;
  readonly failing: FailingCommand | undefined;
}

function runCommand(
  run: Run,
  { index, command, failing }: Entry,
): { errors: ErrorReport[]; warnings: WarningReport[] } {
  const { who, requestID } = command;
  const root = {
    index,
    ...(requestID === undefined ? {} : { requestID }),
    ...(who === undefined ? {} : { user: who }),
  };
  const errors: ErrorReport[] = [];
  const warnings: WarningReport[] = [];
  const addError = ({ code, message }: Fault, step?: number): void => {
    errors.push({ ...root, ...(step === undefined ? {} : { step }), errorCode: code, message });
  };
  if (command.kind === 'refused') {
    addError(fault(command.code), command.step);
    return { errors, warnings };
  }
  if (failing !== undefined && failing.only === undefined) {
    addError(failing, 0);
    return { errors, warnings };
  }
  const runStep = stepRunner(run, command, failing);
  for (const [step, todo] of command.steps.entries()) {
    const report = runStep(todo);
    for (const problem of report.faults) addError(problem, step);
    for (const { code, message } of report.warnings)
      warnings.push({ ...root, step, warningCode: code, message });
    if (report.faults.length > 0 && run.store.meta.knobs.stepsAfterFailure === 'skip') break;
  }
  return { errors, warnings };
}

function stepRunner(
  run: Run,
  command: Exclude<ParsedCommand, { kind: 'refused' }>,
  failing: FailingCommand | undefined,
): (step: Step) => StepReport {
  if (command.kind === 'usergroup') {
    const subject: GroupSubject = { name: command.who, deleted: false };
    return (step) => runGroupStep(run, subject, step);
  }
  const subject: Subject = {
    who: command.who,
    domain: command.domain,
    useAdobeID: command.useAdobeID,
    userId: undefined,
    createFailed: false,
  };
  return (step) => {
    if (failing === undefined || failing.only !== step.kind) return runUserStep(run, subject, step);
    if (step.kind === 'create') subject.createFailed = true;
    return { faults: [failing], warnings: [] };
  };
}
