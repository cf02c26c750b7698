/**
 * What the local host must know of other processes: is this process id still the program that wrote it down?
 *
 * A process id alone proves nothing, because the system gives it to somebody else sooner or later. Files of the data
 * folder therefore keep the id together with the command line, and nothing is ever ended whose command line differs.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

export const ProcessMark = z.object({ pid: z.number().int().positive(), command: z.string() });
export type ProcessMark = z.infer<typeof ProcessMark>;

/** The command line of a living process; undefined when there is none, or when it is only waiting to be reaped. */
export function commandOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isErrorCode(error, 'ESRCH')) return undefined;
  }
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return command === '' ? undefined : command;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

function fromPs(pid: number): string | undefined {
  try {
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return command === '' || command.includes('<defunct>') ? undefined : command;
  } catch {
    // ps ends with 1 when there is no such process.
    return undefined;
  }
}

export function markOf(pid: number): ProcessMark | undefined {
  const command = commandOf(pid);
  return command === undefined ? undefined : { pid, command };
}

/** Whether the marked process still runs. This process itself is never "another one still running". */
export function stillRuns(mark: ProcessMark): boolean {
  return mark.pid !== process.pid && commandOf(mark.pid) === mark.command;
}

/** Ends the marked process if it is still the one that was marked: politely, after 3 s for good. */
export async function endProcess(mark: ProcessMark): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', 3_000],
    ['SIGKILL', 3_000],
  ] as const) {
    if (!stillRuns(mark)) return;
    signalProcess(mark.pid, signal);
    for (let waitedMs = 0; waitedMs < waitMs && stillRuns(mark); waitedMs += 20) await delay(20);
  }
  if (stillRuns(mark))
    throw new Error(`process ${mark.pid} (${mark.command}) does not end; end it by hand and try again`);
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the look and the signal.
    if (!isErrorCode(error, 'ESRCH')) throw error;
  }
}

export function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
