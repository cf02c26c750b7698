/**
 * The shape of an operator's command: what goes over the wire, what comes back, and how a command is declared.
 * The same shape is used by IAM invoke in AWS and by the local bridge's operator route.
 */
import type * as z from 'zod';

export interface CommandRequest {
  readonly command: string;
  readonly args: unknown;
  /** Who asks, as the operator's program says it: the IAM principal in AWS, the name of the user on a local machine. */
  readonly operator?: string;
}

/** For what is kept of a command: it names, it proves nothing. In AWS CloudTrail holds the proof of the invocation. */
export interface Caller {
  readonly operator: string;
}

/** What a command found or did: lines for people, data for machines. */
export interface CommandResult {
  readonly text: readonly string[];
  readonly data: unknown;
  /** The command did what it was asked for, and what it found needs a person: the command line ends with 1. */
  readonly failed?: boolean | undefined;
}

export type CommandAnswer =
  | { readonly ok: true; readonly result: CommandResult }
  | { readonly ok: false; readonly error: { readonly message: string } };

export interface Command<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly run: (args: z.output<S>, caller: Caller) => Promise<CommandResult>;
}

/** By the name on the wire, such as `token.create`. */
export type Commands = Readonly<Record<string, Command>>;

/** Ties the type of `run`'s arguments to the schema, and forgets it for the table of commands. */
export function defineCommand<S extends z.ZodType>(command: Command<S>): Command {
  // The table calls `run` only with what its own `schema` returned, so the narrower argument type is kept.
  return command as unknown as Command;
}

/** Thrown by a command that will not do what was asked. The operator sees the message: say what to do next. */
export class Refused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Refused';
  }
}
