/** I12, I14: what is sent was written down before, on the account, and still stands there when it arrives. */
import type { Table } from '../dynamo/table.ts';
import type { AdobeBookDeps } from './adobe-words.ts';
import { judgePermits } from './permits.ts';
import { judgeReasons } from './reasons.ts';
import { type Row, rowAt, sameName } from './rows.ts';
import type { Sent } from './sent.ts';

const ORG = 'acme';

interface Promised {
  readonly kind: string;
  readonly name?: string;
  readonly identity: { readonly email: string };
}

const actionsOf = (intent: Row | undefined): readonly Promised[] =>
  (intent?.['actions'] as readonly Promised[] | undefined) ?? [];

/** The same with its account, where an intent tells it. */
export function checkIntent(deps: AdobeBookDeps, sent: Sent): Sent {
  const table = deps.table();
  if (table === undefined) return sent;
  const account = sent.accountId === undefined ? ownerOf(table, sent) : accountAt(table, sent.accountId);
  const intent = account?.['intent'] as Row | undefined;
  if (account === undefined || intent === undefined) {
    deps.violate('I12', `${JSON.stringify(sent)} is sent and no intent stands for it`);
    return sent;
  }
  const named = (kind: string): Set<string> =>
    new Set(actionsOf(intent).flatMap((one) => (one.kind === kind ? [sameName(one.name ?? '')] : [])));
  const missing = [
    ...sent.grants.filter((name) => !named('grant').has(sameName(name))),
    ...sent.revokes.filter((name) => !named('revoke').has(sameName(name))),
    ...(sent.creates && named('createUser').size === 0 ? ['a create'] : []),
  ];
  if (missing.length > 0) deps.violate('I12', `${missing.join(', ')} for ${sent.user} is not in the intent`);
  judgeReasons(deps, table, { account, intent, command: sent });
  judgePermits(deps, table, { account, command: sent });
  return { ...sent, accountId: String(account['pk']).split('#')[2] };
}

function accountAt(table: Table, id: string): Row | undefined {
  return rowAt(table, `${ORG}#A#${id}`, '-');
}

/** Whoever's intent promises this membership to this address. */
function ownerOf(table: Table, { user, grants, revokes }: Sent): Row | undefined {
  const [kind, name] = grants[0] === undefined ? ['revoke', revokes[0]] : ['grant', grants[0]];
  const fits = (one: Promised): boolean =>
    one.kind === kind &&
    sameName(one.name ?? '') === sameName(name ?? '') &&
    sameName(one.identity.email) === sameName(user);
  for (const pk of table.partitions.keys()) {
    if (!pk.startsWith(`${ORG}#A#`)) continue;
    const account = rowAt(table, pk, '-');
    if (actionsOf(account?.['intent'] as Row | undefined).some(fits)) return account;
  }
  return undefined;
}
