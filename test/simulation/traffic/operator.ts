/** The operator: commands through the product's own admin handler, in a process of the run like any other. */
import { lambdaContext } from '../../../local/lambda-context.ts';
import type { Product } from '../stage/product.ts';
import type { Caller } from './caller.ts';
import { MAPPINGS } from './company.ts';
import type { Operation } from './operations.ts';

const KINDS = ['mapping', 'mode', 'pause', 'resume', 'approve', 'reject', 'look'] as const;
export type OperatorOperation = Extract<Operation, { kind: (typeof KINDS)[number] }>;

export function isOperators(operation: Operation): operation is OperatorOperation {
  return KINDS.some((kind) => kind === operation.kind);
}

/** Runs `work` in a process of the operator's; undefined when it was killed. */
export async function asOperator<T>(
  { world, pool }: Caller,
  name: string,
  work: (product: Product) => Promise<T>,
): Promise<T | undefined> {
  const product = pool.take('admin');
  const ended = await world.scheduler.spawn(`admin ${product.process.id} ${name}`, async (task) => {
    product.process.task = task;
    return work(product);
  });
  world.trace(
    () =>
      `admin ${product.process.id} ${name} ${ended.kind} ${ended.kind === 'done' ? JSON.stringify(ended.value) : ''}`,
  );
  if (ended.kind === 'killed') return undefined;
  pool.give('admin', product);
  if (ended.kind === 'failed') {
    if ((ended.error as Error).name !== 'DirectoryBusy') throw ended.error;
    return undefined;
  }
  return ended.value;
}

export const command = (caller: Caller, connection: string, request: { command: string; args: unknown }) =>
  asOperator(caller, request.command, (product) =>
    product.admin(connection)(
      request,
      lambdaContext({ functionName: 'admin', requestId: 'simulated', remainingMs: () => 60_000 }),
    ),
  );

export async function operate(
  caller: Caller,
  connection: string,
  operation: OperatorOperation,
): Promise<void> {
  switch (operation.kind) {
    case 'mapping': {
      const rules = MAPPINGS[operation.variant % MAPPINGS.length];
      await command(caller, connection, {
        command: 'mapping.apply',
        args: { rules, yes: true, take: 'revoke' },
      });
      return;
    }
    case 'mode':
      await command(caller, connection, { command: 'mode', args: { mode: operation.mode, yes: true } });
      return;
    case 'pause':
      await command(caller, connection, {
        command: 'pause',
        args: { scope: operation.scope, reason: 'drill' },
      });
      return;
    case 'resume':
      await command(caller, connection, { command: 'resume', args: { scope: operation.scope } });
      return;
    case 'approve':
    case 'reject':
      await decideHolds(caller, connection, operation.kind);
      return;
    default:
      await command(caller, connection, { command: operation.at, args: {} });
  }
}

/** Decides on every hold that is open, as far as it was seen; tells whether there was one. */
export async function decideHolds(
  caller: Caller,
  connection: string,
  verdict: 'approve' | 'reject',
): Promise<boolean> {
  const listed = await command(caller, connection, { command: 'holds.list', args: {} });
  const holds =
    listed?.ok === true ? (listed.result.data as { id: number; state: string; pairs: number }[]) : [];
  const open = holds.filter(
    (hold) => hold.state === 'open' || (verdict === 'approve' && hold.state === 'rejected'),
  );
  for (const { id, pairs } of open) {
    if (verdict === 'approve') caller.world.books.approvals += 1;
    const args = verdict === 'approve' ? { id, pairs } : { id };
    await command(caller, connection, { command: `holds.${verdict}`, args });
  }
  return open.length > 0;
}
