/** A process of the product in a run. */
import type { Task } from './scheduler.ts';

/** One process of the product: a Lambda instance, which works on one thing at a time and keeps what it cached. */
export interface Process {
  readonly id: number;
  readonly role: string;
  task: Task | undefined;
  /** How wrong its clock is. */
  skewMs: number;
}
