/** I14: every command that Adobe executed has one intent in the journal, and every change of a user its record. */
import type { Table } from '../dynamo/table.ts';
import type { World } from '../stage/world.ts';
import { type Row, rowsIn, sameName } from './rows.ts';
import type { Sent } from './sent.ts';

export function judgeJournal(world: World, table: Table): void {
  const facts = [...table.partitions.keys()]
    .filter((pk) => /^J#.+#\d{4}-\d\d-\d\d#/.test(pk))
    .flatMap((pk) => rowsIn(table, pk));
  const intents = new Map<string, Row[]>();
  for (const fact of facts) {
    if (fact['fact'] !== 'intent') continue;
    const account = String(fact['account']);
    intents.set(account, [...(intents.get(account) ?? []), fact]);
  }
  for (const command of world.books.adobe.commands) {
    if (command.accountId === undefined) continue;
    const left = intents.get(command.accountId) ?? [];
    const at = left.findIndex((intent) => covers(intent, command));
    if (at < 0)
      world.violate('I14', `${JSON.stringify(command)} was executed, and the journal has no intent for it`);
    else left.splice(at, 1);
  }
  judgeUserFacts(world, table, facts);
}

/** The journal names kinds and entitlements, so that is what must be equal. */
function covers(intent: Row, { grants, revokes, creates, updates }: Sent): boolean {
  const actions = intent['actions'] as readonly (string | readonly [string, string])[];
  const named = (kind: string): string[] =>
    actions.flatMap((one) => (typeof one === 'string' || one[0] !== kind ? [] : [sameName(one[1])]));
  const same = (told: readonly string[], sent: readonly string[]): boolean =>
    [...new Set(told)].sort().join() === [...new Set(sent.map(sameName))].sort().join();
  return (
    same(named('grant'), grants) &&
    same(named('revoke'), revokes) &&
    creates === actions.includes('createUser') &&
    updates === actions.some((one) => one === 'updateUser' || one === 'renameUser')
  );
}

const CHANGES = new Set(['userChanged', 'userActivated', 'userDeactivated']);

/** A version moves with a record, in one transaction. */
function judgeUserFacts(world: World, table: Table, facts: readonly Row[]): void {
  const changes = new Map<string, number>();
  for (const fact of facts) {
    if (!CHANGES.has(String(fact['fact']))) continue;
    const account = String(fact['account']);
    changes.set(account, (changes.get(account) ?? 0) + 1);
  }
  for (const { connection } of world.tenants) {
    for (const user of rowsIn(table, `${connection}#U`)) {
      const moved = Number(user['version']) - 1;
      const told = changes.get(String(user['accountId'])) ?? 0;
      if (told < moved)
        world.violate('I14', `user ${user['sk']} changed ${moved} times, and the journal tells of ${told}`);
    }
  }
}
