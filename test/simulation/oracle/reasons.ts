/**
 * I06, and its mirror for revokes: an action whose intent carries the versions that the table still has must be justified
 * by users, members and rules as they stand there. Where a version moved on, the next look decides, and nothing is judged.
 */
import type { Table } from '../dynamo/table.ts';
import type { AdobeBookDeps } from './adobe-words.ts';
import { desiredOf } from './desired.ts';
import { followingOf } from './following.ts';
import { idsIn, type Row, rowAt, sameName } from './rows.ts';
import type { Sent } from './sent.ts';

/** A decision is no older than this when it is sent. */
const DECISION_MS = 10 * 60_000;

interface Case {
  readonly account: Row;
  readonly intent: Row;
  readonly command: Sent;
}

export function judgeReasons(deps: AdobeBookDeps, table: Table, { account, intent, command }: Case): void {
  const { violate } = deps;
  const owner = account['owner'] as { connection: string; userId: string } | undefined;
  const settled = deps.now() - deps.mappingChangedAt() > DECISION_MS;
  if (!settled || intent['wantedRev'] !== account['wantedRev']) return;
  const wanted = owner === undefined ? new Set<string>() : wantedOf(table, account, owner);
  const groundless = command.grants.filter((name) => !wanted.has(sameName(name)));
  const needless = command.revokes.filter((name) => wanted.has(sameName(name)));
  if (groundless.length > 0) violate('I06', `${groundless} granted to ${command.user}, which no group gives`);
  if (needless.length > 0) violate('I06', `${needless} revoked from ${command.user}, which a group gives`);
}

function wantedOf(
  table: Table,
  account: Row,
  { connection, userId }: { connection: string; userId: string },
): Set<string> {
  const user = rowAt(table, `${connection}#U`, userId);
  const resource = user?.['resource'] as { active?: boolean } | undefined;
  const suspended = new Set(idsIn(account['suspended']));
  const groups = new Set<string>();
  for (const rule of followingOf(table, connection)) {
    const { group } = rule;
    if (group === undefined || suspended.has(group)) continue;
    if (rowAt(table, `${connection}#G#${group}`, userId) !== undefined) groups.add(group);
  }
  return desiredOf({ id: userId, active: resource?.active === true, groups }, followingOf(table, connection));
}
