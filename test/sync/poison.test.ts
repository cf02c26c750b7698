/** One account on which the bridge itself fails keeps nobody else waiting, and is seen (F21, F27). */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect } from 'vitest';
import type { AccountId } from '../../lambdas/directory/records.ts';
import { HOUR, MINUTE, type Stage, scenario, X } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

/** As no code of this version would. */
async function overwrite(stage: Stage, id: AccountId, name: string, value: unknown): Promise<void> {
  await stage.deps.client.send(
    new UpdateItemCommand({
      TableName: stage.deps.table,
      Key: { pk: { S: `${stage.orgKey}#A#${id}` }, sk: { S: '-' } },
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: marshall({ ':value': value }),
    }),
  );
}

async function crowd(stage: Stage): Promise<string[]> {
  // The sweep of the mapping marks people too; it comes first.
  await stage.drain();
  const ids: string[] = [];
  for (let at = 0; at < 30; at++) ids.push(await stage.user(`p${10 + at}@example.com`));
  await stage.group('Chat', ids);
  return ids;
}

const intent = (account: { wantedRev: number }) => ({
  id: 'of-a-later-version',
  at: 1,
  wantedRev: account.wantedRev,
  mappingVersion: 1,
  actions: [{ kind: 'teleport', to: 'the moon' }],
  absentBefore: false,
});

describe('one of thirty accounts', () => {
  scenario(
    'in flight with an action of a later version: 29 are served, it waits visibly, and goes on when it can',
    {},
    async (stage) => {
      const ids = await crowd(stage);
      const bad = ids[3] ?? '';
      const before = await stage.account(bad);
      await overwrite(stage, before.id, 'intent', intent(before));
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(29);
      expect(await stage.account(bad)).toMatchObject({
        status: 'waiting',
        reason: 'bridge.failed',
        error: { code: 'bridge.failed', hint: expect.stringContaining('account-failed') },
        intent: { id: 'of-a-later-version' },
      });
      const failures = () => stage.lines.filter(({ message }) => message === 'account-failed').length;
      expect(failures()).toBe(1);
      for (let minute = 0; minute < 60; minute++) {
        await stage.drainOnce();
        stage.clock.advance(MINUTE);
      }
      expect(failures()).toBeLessThanOrEqual(5);
      // The later version is back, and has dealt with it.
      await overwrite(stage, before.id, 'intent', { ...intent(before), actions: [] });
      stage.clock.advance(HOUR);
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(30);
      expect((await stage.account(bad)).status).toBe('idle');
    },
  );

  scenario(
    'that cannot be read at all: one run fails loudly, the next serves 29, and so on every quarter of an hour',
    {},
    async (stage) => {
      const ids = await crowd(stage);
      const bad = ids[3] ?? '';
      const { id, status } = await stage.account(bad);
      await overwrite(stage, id, 'status', 'in-orbit');
      await expect(stage.drainOnce()).rejects.toThrow(`account ${id} cannot be read`);
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(29);
      let failed = 0;
      for (let minute = 0; minute < 60; minute++) {
        await stage.drainOnce().catch(() => {
          failed += 1;
        });
        stage.clock.advance(MINUTE);
      }
      expect([failed > 0, failed <= 5]).toEqual([true, true]);
      await overwrite(stage, id, 'status', status);
      stage.clock.advance(HOUR);
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(30);
    },
  );
});
