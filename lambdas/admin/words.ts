/**
 * The operator's words: instants, counts and lists as text, and what each status and reason means with what to do
 * about it. `docs/admin-guide.md` says the same at length. Adobe's own codes bring their hint along and are not here.
 */
import type { Account, EntitlementKind } from '../directory/records.ts';

/** To the second, in UTC. */
export function instant(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

export function kindWord(kind: EntitlementKind): string {
  return kind === 'profile' ? 'product profile' : 'user group';
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

const SHOWN = 10;

/** The first names, one a line, and how many more there are. */
export function listed(names: readonly string[], total = names.length, indent = '  '): string[] {
  const lines = names.slice(0, SHOWN).map((name) => `${indent}${name}`);
  const more = total - lines.length;
  return more > 0 ? [...lines, `${indent}... and ${more} more`] : lines;
}

const STATUS: Readonly<Record<Account['status'], string>> = {
  idle: 'up to date',
  pending: 'pending: the next run of provisioning looks at it',
  waiting: 'waiting for a moment',
  held: 'held back by a setting',
  parked: 'parked: somebody has to do something',
};

export function statusWord(status: Account['status']): string {
  return STATUS[status];
}

const REASONS: Readonly<Record<string, string>> = {
  'report-only':
    'The mode is report-only: it is planned and not sent. Change the mode when the plan is right.',
  additive: 'The mode is additive: nothing is taken away. Change the mode to full to allow it.',
  protected:
    'The person is protected (on the list of the settings, or an administrator at Adobe): change them by hand.',
  paused: 'The connection is paused: resume lets it go on.',
  restored:
    'The table was just made or restored from a backup, so nothing is sent before somebody looked: mode full shows what would be, and --yes confirms it.',
  'removal-limit':
    'More is to be taken away than the removal limit allows, so somebody has to look: holds list, then holds approve or reject.',
  'removal-rejected':
    'An operator rejected this removal, so the person keeps it until somebody approves it (holds approve).',
  'no-connection': 'The connection of this account does not exist any more. Set it up again.',
  grace: 'It is taken away when the grace period ends, unless the identity provider gives it back.',
  backoff: 'Adobe had trouble; the bridge tries again by itself.',
  refused: 'Adobe refused the request; the bridge tries again by itself.',
  'read-failed': 'Adobe did not answer a read; the bridge tries again by itself.',
  'unknown-outcome': 'A call has no answer; the bridge finds out and repeats it if needed.',
  'read-back': 'Sent in a list of many; the members of the group are read at Adobe before it counts.',
  watch:
    'A call without an answer may still take effect; half an hour after it the bridge looks once more, or changes the address.',
  'gone-check':
    'Adobe says that there is no such person; the bridge looks again before it believes it, after 30 minutes.',
};

/** What a reason that is not a fault means; undefined for codes that carry a hint of their own. */
export function reasonWord(reason: string): string | undefined {
  return Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined;
}
