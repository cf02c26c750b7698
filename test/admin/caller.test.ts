import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Caller, defineCommand } from '../../lambdas/admin/command.ts';
import { makeAdminHandler } from '../../lambdas/admin.ts';
import { createLog } from '../../lambdas/log.ts';
import { lambdaContext } from '../../local/lambda-context.ts';

async function ask(event: object) {
  const callers: Caller[] = [];
  const lines: Record<string, unknown>[] = [];
  const look = defineCommand({
    schema: z.strictObject({}),
    run: async (_args, caller) => {
      callers.push(caller);
      return { text: [], data: {} };
    },
  });
  const log = createLog({ level: 'info', now: () => 0, write: (line) => lines.push(JSON.parse(line)) });
  const handler = makeAdminHandler({ commands: { look }, log });
  const context = lambdaContext({ functionName: 'admin', requestId: 'r', remainingMs: () => 1 });
  return { answer: await handler({ command: 'look', args: {}, ...event }, context), callers, lines };
}

describe('a command knows who asks', () => {
  test('by the name that the operator sends, and the log keeps it', async () => {
    const operator = 'arn:aws:sts::123456789012:assumed-role/Admin/ada';
    const { callers, lines } = await ask({ operator });
    expect(callers).toEqual([{ operator }]);
    expect(lines).toMatchObject([{ message: 'command', command: 'look', operator }]);
  });

  test('or as unknown', async () => {
    expect((await ask({})).callers).toEqual([{ operator: 'unknown' }]);
  });

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['a line break', 'a\nb'],
    ['a long text', 'x'.repeat(257)],
    ['a number', 7],
  ])('%s is no name: the command is not run', async (_label, operator) => {
    const { answer, callers } = await ask({ operator });
    expect([answer.ok, callers]).toEqual([false, []]);
  });
});
