/**
 * Keeps an org in a folder, so that a killed process loses nothing that it acknowledged: a snapshot, replaced by rename,
 * and beside it a log with one line per change, written before the answer leaves. The snapshot names the generation of
 * the log that continues it; a log of another generation is a leftover of a crash between the two steps, and ignored.
 * Written for kill -9, not for power failure: nothing is forced to the platter.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { OrgChange, OrgState } from './state.ts';
import { replay } from './store.ts';

const Snapshot = z.object({ generation: z.number(), state: OrgState });
/** The state holds secrets. */
const OWNER_ONLY = 0o600;
const MAX_LOG_BYTES = 16 * 1024 * 1024;

export interface Disk {
  /** What was saved last; undefined in an empty folder. */
  load(): OrgState | undefined;
  /** Starts a new snapshot with `state`. */
  saveWhole(state: OrgState): void;
  /** Appends a change; `state` is asked for when the log has grown too long. */
  saveChange(change: OrgChange, state: () => OrgState): void;
  close(): void;
}

export function openDisk(folder: string): Disk {
  mkdirSync(folder, { recursive: true });
  const snapshotPath = join(folder, 'adobe-org.json');
  const logPath = (generation: number): string => join(folder, `adobe-org.${generation}.log`);
  let generation = 0;
  let log: number | undefined;
  let logBytes = 0;

  function saveWhole(state: OrgState): void {
    const next = generation + 1;
    rmSync(logPath(next), { force: true });
    const temporary = `${snapshotPath}.new`;
    writeFileSync(temporary, JSON.stringify({ generation: next, state }), { mode: OWNER_ONLY });
    renameSync(temporary, snapshotPath);
    close();
    rmSync(logPath(generation), { force: true });
    generation = next;
    log = openSync(logPath(next), 'a', OWNER_ONLY);
    logBytes = 0;
  }

  function close(): void {
    if (log !== undefined) closeSync(log);
    log = undefined;
  }

  return {
    load() {
      if (!existsSync(snapshotPath)) return undefined;
      const snapshot = Snapshot.parse(JSON.parse(readFileSync(snapshotPath, 'utf8')));
      generation = snapshot.generation;
      return replay(snapshot.state, readLog(logPath(generation)));
    },
    saveWhole,
    saveChange(change, state) {
      if (log === undefined) throw new Error('Save a whole state before the first change.');
      const line = Buffer.from(`${JSON.stringify(change)}\n`);
      for (let written = 0; written < line.length; ) written += writeSync(log, line, written);
      logBytes += line.length;
      if (logBytes > MAX_LOG_BYTES) saveWhole(state());
    },
    close,
  };
}

/** Whole lines only: a line that was being written when the process died was never acknowledged. */
function readLog(path: string): OrgChange[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => OrgChange.parse(JSON.parse(line)));
}
