/**
 * One command as the command line knows it: its words, its own options, its lines in the help, and how the rest of
 * the line becomes a call. A new command is a form in `forms/` and one name in `forms/all.ts`; what it does is decided
 * by the bridge.
 */

/** What is sent to the bridge. */
export interface Call {
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** A YAML file, read by the caller and sent under this name. */
  readonly file?: { readonly path: string; readonly as: 'rules' | 'settings' };
}

/** Words that make no call are answered with the right form of the line. */
export type Outcome = Call | { readonly usage: string };

export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface Form {
  readonly words: readonly string[];
  /** Own options, beside the general ones; `string` takes a value. */
  readonly options?: Readonly<Record<string, 'string' | 'boolean'>>;
  /** Left column and right column of the help. */
  readonly help: readonly (readonly [string, string])[];
  readonly read: (rest: readonly string[], values: Values) => Outcome;
}

/** The value of an option that takes one. */
export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** A command that is only its words. */
export function bare(command: string, words: string, help: string): Form {
  return {
    words: words.split(' '),
    help: [[words, help]],
    read: (rest) => (rest.length === 0 ? { command, args: {} } : { usage: `${words} takes nothing more` }),
  };
}
