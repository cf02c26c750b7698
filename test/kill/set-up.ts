/** Folder, org, line and bridge of a kill test, and their end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Line, openLine } from './line.ts';
import { type BridgeProcess, endLeftovers, type OrgProcess, openBridge, startOrg } from './processes.ts';

export interface StageOptions {
  /** Simulated seconds per real one. */
  readonly speed: number;
  readonly random: () => number;
  /** Real milliseconds that an action call takes at most, in each direction. */
  readonly longestMs: number;
}

export interface Stage {
  readonly dir: string;
  readonly org: OrgProcess;
  readonly line: Line;
  readonly bridge: BridgeProcess;
  close(): Promise<void>;
}

export async function openStage({ speed, random, longestMs }: StageOptions): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'bridge-kill-'));
  const org = await startOrg(join(dir, 'adobe'), speed);
  const line = await openLine({ to: org.endpoint.url, random, longestMs });
  const bridge = openBridge(join(dir, 'bridge'), { ...org.endpoint, url: line.url }, speed);
  return {
    dir,
    org,
    line,
    bridge,
    close: async () => {
      await bridge.kill();
      await line.close();
      await org.stop();
      await endLeftovers(dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Real milliseconds. */
export const wait = (ms: number): Promise<void> => pause(ms);
