/**
 * The data folder of a local bridge: made for its owner only, and used by one bridge at a time, whichever database
 * holds the data. What a bridge that was killed left behind keeps nobody out.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readDataFile, writeDataFile } from './endpoint.ts';
import { isErrorCode, markOf, ProcessMark, stillRuns } from './processes.ts';

const lockFile = 'bridge.lock.json';

/** Makes the folder and takes it; the returned function gives it back. @throws Error that says what to do */
export function takeFolder(dir: string): () => Promise<void> {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST') && !isErrorCode(error, 'ENOTDIR')) throw error;
    throw new Error(`--data ${dir} is no folder: choose another name`, { cause: error });
  }
  const owner = readDataFile(dir, lockFile, ProcessMark);
  if (owner !== undefined && stillRuns(owner)) {
    throw new Error(
      `a bridge already runs on ${dir} (process ${owner.pid}): stop it, or choose another --data`,
    );
  }
  const mark = markOf(process.pid);
  if (mark !== undefined) writeDataFile(dir, lockFile, mark);
  return async () => rmSync(join(dir, lockFile), { force: true });
}
