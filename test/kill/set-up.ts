/** Folder, org, line, bridge and mapping of a kill test, and their end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { type Directory, openDirectory } from '../../lambdas/directory/dynamo.ts';
import { ruleIdOf } from '../../lambdas/directory/keys.ts';
import { machineUnder } from '../../lambdas/runtime.ts';
import { scaledClock } from '../../local/clock.ts';
import { ProcessMark } from '../../local/processes.ts';
import { localConnection } from '../../local/seed.ts';
import { mapping } from './company.ts';
import { type Line, openLine } from './line.ts';
import { type BridgeProcess, endLeftovers, type OrgProcess, openBridge, startOrg } from './processes.ts';

/** 60 simulated seconds are one real one: the lease of a killed bridge runs out after 2.5 s. */
export const SPEED = 60;

export interface Stage {
  readonly dir: string;
  readonly org: OrgProcess;
  readonly line: Line;
  readonly bridge: BridgeProcess;
  close(): Promise<void>;
}

export async function openStage(random: () => number, longestMs: number): Promise<Stage> {
  const dir = mkdtempSync(join(tmpdir(), 'bridge-kill-'));
  const org = await startOrg(join(dir, 'adobe'), SPEED);
  const line = await openLine({ to: org.endpoint.url, random, longestMs });
  const bridge = openBridge(join(dir, 'bridge'), { ...org.endpoint, url: line.url }, SPEED);
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

/** Puts the company's mapping into force in the bridge that runs on the stage. */
export async function applyMapping({ dir }: Stage): Promise<void> {
  const { client, directory } = directoryBeside(join(dir, 'bridge'));
  try {
    const { mappingVersion } = await directory.getConnection(localConnection);
    const rules = [...mapping].map(([group, grants]) => ({
      id: ruleIdOf({ group }),
      group,
      everyone: false,
      grants: grants.map(({ name, kind }) => ({ name, kind })),
    }));
    const draft = { expectedVersion: mappingVersion, rules, left: [] };
    if (!(await directory.applyMapping(localConnection, draft))) throw new Error('the mapping was changed');
  } finally {
    client.destroy();
  }
}

const EngineFile = z.object({ engine: ProcessMark });

/** The running bridge's own database, opened a second time. */
function directoryBeside(dir: string): { client: DynamoDBClient; directory: Directory } {
  const { engine } = EngineFile.parse(JSON.parse(readFileSync(join(dir, 'bridge.db.engine.json'), 'utf8')));
  const port = /--port (\d+)/.exec(engine.command)?.[1];
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const machine = machineUnder(scaledClock(SPEED).now);
  return { client, directory: openDirectory({ ...machine, client, table: 'bridge', pepper: '' }) };
}

/** Real milliseconds. */
export const wait = (ms: number): Promise<void> => pause(ms);
