/** The port through which the deployment guide runs other programs, and its one implementation. */
import { spawn } from 'node:child_process';
import { text as readText } from 'node:stream/consumers';

export type Ran =
  | { readonly kind: 'ended'; readonly code: number; readonly out: string; readonly err: string }
  /** There is no such program on this machine. */
  | { readonly kind: 'absent' };

export interface RunCommand {
  /** Collects what the program writes. */
  collect(program: string, args: readonly string[]): Promise<Ran>;
  /** Lets the program speak to the terminal itself. */
  show(program: string, args: readonly string[]): Promise<Ran>;
}

export const runCommand: RunCommand = {
  collect: (program, args) => run(program, args, 'pipe'),
  show: (program, args) => run(program, args, 'inherit'),
};

/** The same, with `--profile` for each call of the AWS CLI: it looks where the CDK deploys. */
export function underProfile(run: RunCommand, profile: string | undefined): RunCommand {
  if (profile === undefined) return run;
  return {
    ...run,
    collect: (program, args) =>
      run.collect(program, program === 'aws' ? [...args, '--profile', profile] : args),
  };
}

async function run(program: string, args: readonly string[], stdio: 'pipe' | 'inherit'): Promise<Ran> {
  const child = spawn(program, args, { stdio: stdio === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  const texts = Promise.all(
    [child.stdout, child.stderr].map((stream) => (stream === null ? '' : readText(stream))),
  );
  const ended = new Promise<number | undefined>((resolve, reject) => {
    child.once('error', (error) =>
      'code' in error && error.code === 'ENOENT' ? resolve(undefined) : reject(error),
    );
    // A program that was ended by a signal did not do its work.
    child.once('close', (code) => resolve(code ?? 1));
  });
  const code = await ended;
  if (code === undefined) return { kind: 'absent' };
  const [out = '', err = ''] = await texts;
  return { kind: 'ended', code, out, err };
}
