/** Many runs on several processor cores: each process takes a stretch of the seeds. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CliOptions } from './options.ts';

const CLI = fileURLToPath(new URL('./cli.ts', import.meta.url));

/** The worst exit code of them all. */
export async function playInJobs(
  { runs, run, jobs }: CliOptions,
  args: readonly string[],
  write: (line: string) => void,
): Promise<number> {
  const size = Math.ceil(runs / jobs);
  const codes = await Promise.all(
    Array.from({ length: Math.ceil(runs / size) }, async (_, job) => {
      const seed = run.seed + job * size;
      const count = Math.min(size, runs - job * size);
      const { code, text } = await start([
        ...args,
        '--seed',
        String(seed),
        '--runs',
        String(count),
        '--jobs',
        '1',
      ]);
      write(`seeds ${seed} to ${seed + count - 1}:\n${text.trimEnd()}`);
      return code;
    }),
  );
  return Math.max(...codes);
}

/** Runs the command line with these arguments in a process of its own. */
export function start(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 2, text }));
  });
}
