/**
 * V6, V10: nothing arrives for a connection that only reports or is paused, and nothing is taken away under `additive`.
 * A call may be on its way while an operator changes his mind; what was so for five minutes is what every call has read.
 */
import type { Table } from '../dynamo/table.ts';
import type { AdobeBookDeps } from './adobe-words.ts';
import { type Row, rowAt } from './rows.ts';
import type { Sent } from './sent.ts';

const SETTLED_MS = 5 * 60_000;
const ORG = 'acme';

export function judgePermits(deps: AdobeBookDeps, table: Table, { account, command }: Case): void {
  const connection = String(account['connection']);
  const settled = (pk: string): boolean => deps.now() - deps.permitChangedAt(pk) > SETTLED_MS;
  const stopped = [connection, ORG, 'BRIDGE'].find(
    (pk) => settled(pk) && rowAt(table, pk, 'CONFIG')?.['paused'] !== undefined,
  );
  if (stopped !== undefined) deps.violate('V10', `${command.user} is changed while ${stopped} is paused`);
  if (!settled(connection)) return;
  const settings = rowAt(table, connection, 'CONFIG')?.['settings'] as Row | undefined;
  const mode = settings?.['mode'];
  const forbidden = mode === 'report-only' || (mode === 'additive' && command.revokes.length > 0);
  if (forbidden) deps.violate('V6', `${command.user} is changed while ${connection} is ${mode}`);
}

interface Case {
  readonly account: Row;
  readonly command: Sent;
}
