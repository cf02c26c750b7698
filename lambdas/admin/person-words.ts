/** What happens next for one person, and what Adobe showed, as sentences. Pure. */
import { Action } from '../adobe/adobe.ts';
import { entitlementKey } from '../directory/keys.ts';
import type { Account, IdentityItem, ObservedUser } from '../directory/records.ts';
import type { Decision } from '../sync/decide.ts';
import { type Knowledge, knowledgeOf } from '../sync/known.ts';
import type { World } from '../sync/world.ts';
import { instant, quoted, reasonWord } from './words.ts';

/** Stored actions are opaque to the directory; what cannot be read is named as such. */
export function actionWords(actions: readonly unknown[]): string[] {
  return actions.map((stored) => {
    const action = Action.safeParse(stored);
    return action.success ? actionWord(action.data) : 'an action of another release';
  });
}

function actionWord(action: Action): string {
  switch (action.kind) {
    case 'createUser':
      return `create ${action.identity.email}`;
    case 'updateUser':
      return `update the name of ${action.identity.email}`;
    case 'renameUser':
      return `rename ${action.identity.email} to ${action.to.email}`;
    case 'grant':
      return `grant "${action.name}"`;
    case 'revoke':
      return `revoke "${action.name}"`;
    case 'removeFromOrg':
      return `remove ${action.identity.email} from the org`;
  }
}

/** What a look at this moment would decide; nothing for somebody who is up to date. */
export function nextWords(decision: Decision, account: Account): string[] {
  switch (decision.kind) {
    case 'send':
      return [`  next: ${actionWords(decision.actions.map(({ action }) => action)).join(', ')}`];
    case 'read':
      return ['  next: Adobe is asked what it holds under this e-mail, before anything is written'];
    case 'members':
      return [
        `  next: the members of ${decision.asks.map(({ name }) => `"${name}"`).join(', ')} are read at Adobe`,
      ];
    case 'claim':
      return ['  next: waits until the identity is free'];
    case 'rest': {
      const { status, reason, error } = decision.standing;
      if (status === 'idle')
        return [account.status === 'idle' ? '  next: nothing to do' : '  next: nothing to send'];
      const why = error === undefined ? (reason === undefined ? undefined : reasonWord(reason)) : error.hint;
      // What is stored says it already.
      if (account.reason === reason && account.status === status)
        return ['  next: nothing can be sent until that changes'];
      return [`  next: nothing can be sent (${reason ?? status})${why === undefined ? '' : `: ${why}`}`];
    }
  }
}

export interface Observed {
  readonly email: string;
  readonly item: IdentityItem | undefined;
  readonly world: World;
  /** Of the identity provider's people who go with this address. */
  readonly accounts: readonly Account[];
}

/** What Adobe holds beside what the bridge gave: all of it for strangers, the hand-made rest for our own people. */
export function observedWords({ email, item, world, accounts }: Observed): string[] {
  const known = knowledgeOf(item, world.org);
  if (known === undefined) return [`What Adobe holds under ${email} is not known yet.`];
  const managed = accounts.find(({ applied }) => applied.identity !== undefined);
  if (managed !== undefined) return byHand(known, managed);
  if (known.users.length === 0) return [`Adobe held nobody under ${email} at ${instant(known.at)}.`];
  return [
    `Adobe showed under ${email} at ${instant(known.at)}:`,
    ...known.users.map(observedLine),
    ...(accounts.length > 0
      ? []
      : [
          '  The bridge does not manage this person. To change that, assign the person in the identity provider.',
        ]),
  ];
}

function byHand({ at, users }: Knowledge, { applied, unknown }: Account): string[] {
  const ours = (name: string): boolean => entitlementKey(name) in { ...applied.entitlements, ...unknown };
  const lines = users.flatMap((user) => {
    const groups = user.groups.filter((name) => !ours(name));
    return groups.length === 0 && !user.admin ? [] : [observedLine({ ...user, groups })];
  });
  return lines.length === 0 ? [] : [`Adobe showed beside that, given by hand, at ${instant(at)}:`, ...lines];
}

function observedLine({ email, type, username, status, groups, admin }: ObservedUser): string {
  const name = username === email ? '' : `, username ${username}`;
  const holds = groups.length === 0 ? 'no profile or user group' : quoted(groups);
  return `  ${type}${name}, ${status}: ${holds}${admin ? '; an administrator, so the bridge never touches the person' : ''}`;
}
