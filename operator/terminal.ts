/**
 * Questions to whoever sits at the terminal. Answers come from the keyboard only when there is one; a secret is never
 * shown while it is typed, and never taken from the command line, where every process of the machine could read it.
 */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

export interface Terminal {
  /** There is a keyboard; without one nothing may be asked. */
  readonly isInteractive: boolean;
  /** The line that was typed, trimmed. @throws Interrupted */
  ask(question: string): Promise<string>;
  /** The same without showing it. @throws Interrupted */
  askSecret(question: string): Promise<string>;
  /** All of the standard input, for whoever pipes a secret. */
  readAll(): Promise<string>;
}

/** Ctrl-C or the end of the input instead of an answer. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

interface Streams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

export function openTerminal(
  { input, output }: Streams = { input: process.stdin, output: process.stderr },
): Terminal {
  return {
    isInteractive: input.isTTY === true && output.isTTY === true,
    ask: (question) => readLine({ input, output }, { question, hidden: false }),
    askSecret: async (question) => {
      const answer = await readLine({ input, output }, { question, hidden: true });
      output.write('\n');
      return answer;
    },
    readAll: () => readText(input),
  };
}

function readLine(
  { input, output }: Streams,
  { question, hidden }: { readonly question: string; readonly hidden: boolean },
): Promise<string> {
  // The line editor puts the keyboard in raw mode and writes the echo itself: into nothing, where it is a secret.
  const echo = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : output;
  const lines = createInterface({ input, output: echo, terminal: true, historySize: 0, prompt: '' });
  // Asked only now: whoever answers at once would be shown by the terminal itself before raw mode.
  output.write(question);
  return new Promise((answered, failed) => {
    lines.once('line', (line) => {
      answered(line.trim());
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    // After an answer this comes too late to count.
    lines.once('close', () => failed(new Interrupted()));
  });
}
