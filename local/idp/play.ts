/**
 * Plays the steps of a day through a dialect. It keeps what an identity provider keeps between the two: which of its
 * people and groups has which id at the server.
 */
import type { Step } from './day.ts';
import type { Dialect } from './dialect.ts';

export interface Stage {
  readonly dialect: Dialect;
  /** What a `pause` means here: drain the bridge, move a clock, or nothing. */
  readonly pass: (pause: { readonly label: string; readonly ms: number }) => Promise<void>;
  /** Called before each step. */
  readonly onStep?: (step: Step, index: number) => void;
}

/** Plays all steps in order. Throws what the dialect throws: `UnexpectedAnswer`, `AnswerLost`. */
export async function playDay(steps: readonly Step[], stage: Stage): Promise<void> {
  const ids = new Map<string, string>();
  for (const [index, step] of steps.entries()) {
    stage.onStep?.(step, index);
    await playStep(step, stage, ids);
  }
}

async function playStep(step: Step, { dialect, pass }: Stage, ids: Map<string, string>): Promise<void> {
  switch (step.kind) {
    case 'connect':
      return dialect.testConnection();
    case 'pause':
      return pass(step);
    case 'join':
      ids.set(step.person.key, await dialect.ensureUser(step.person));
      return;
    case 'group':
      ids.set(step.group.key, await dialect.ensureGroup(step.group));
      return;
    case 'profile':
      return dialect.updateProfile(idOf(ids, step.person.key), step.person);
    case 'rename':
      return dialect.renamePerson(idOf(ids, step.person.key), step.person);
    case 'leave':
      return dialect.deactivate(idOf(ids, step.person));
    case 'return':
      return dialect.reactivate(idOf(ids, step.person));
    case 'delete':
      return dialect.deleteUser(idOf(ids, step.person));
    case 'renameGroup':
      return dialect.renameGroup(idOf(ids, step.group), step.name);
    case 'deleteGroup':
      return dialect.deleteGroup(idOf(ids, step.group));
    case 'add':
    case 'remove':
    case 'push':
      return playMembers(step, dialect, ids);
  }
}

async function playMembers(
  step: Extract<Step, { kind: 'add' | 'remove' | 'push' }>,
  dialect: Dialect,
  ids: Map<string, string>,
): Promise<void> {
  const group = idOf(ids, step.group);
  const people = step.people.map((person) => idOf(ids, person));
  if (step.kind === 'add') return dialect.addMembers(group, people);
  if (step.kind === 'remove') return dialect.removeMembers(group, people);
  return dialect.pushMembers(group, people);
}

function idOf(ids: Map<string, string>, key: string): string {
  const id = ids.get(key);
  if (id === undefined) throw new Error(`${key} has no id at the server yet: it was never joined or pushed`);
  return id;
}
