/**
 * What each function may do with the table, as plain data: the stack makes IAM statements of it, and every test that
 * goes through the handlers is held to it, so a right that is missing fails a test and not a customer.
 *
 * IAM sees the partition key of an item (`dynamodb:LeadingKeys`), not its sort key. `{c}` stands for the connection,
 * `{o}` for the Adobe org (`lambdas/directory/keys.ts` has the families). A transaction needs no right of its own, only
 * those of its single actions; AWS does not say whether it judges their keys one by one or all keys of an action at once,
 * so each action is one statement with all its keys. Nothing scans, and nothing changes the table itself.
 *
 * Invariant: records of the journal (`J#..`) are only ever put: no statement changes them or takes them away. The two side items that know a person's addresses are
 * no records: `J#who#..` grows, and an erasure takes them away (`erase`).
 */

export type ItemAction =
  | 'BatchGetItem'
  | 'ConditionCheckItem'
  | 'DeleteItem'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'UpdateItem';

export interface ItemRight {
  /** For people who read the printed list. */
  readonly on: string;
  readonly actions: readonly ItemAction[];
  /** Partition keys; `*` stands for any text. */
  readonly keys: readonly string[];
}

export interface Rights {
  readonly items: readonly ItemRight[];
  /** Reads the work index, whose partitions are hints of what is to do (rules.md R16). */
  readonly index: boolean;
  /** Asks for the table's own id, by which a restored copy is known (design.md section 6). */
  readonly tableId: boolean;
}

export const holders = ['scim', 'provision', 'reconcile', 'admin'] as const;
export type Holder = (typeof holders)[number];

const read = ['BatchGetItem', 'GetItem', 'Query'] as const;
const write = ['PutItem', 'UpdateItem', 'DeleteItem', 'ConditionCheckItem'] as const;

const append: ItemRight = { on: 'journal: append', actions: ['PutItem'], keys: ['J#*'] };
const addresses: ItemRight = {
  on: 'who had which address: add',
  actions: ['UpdateItem'],
  keys: ['J#who#*'],
};
const budget: ItemRight = { on: "Adobe's pace", actions: ['GetItem', 'UpdateItem'], keys: ['B#*'] };

const schema: ItemRight = { on: 'schema version', actions: ['GetItem', 'UpdateItem'], keys: ['SCHEMA'] };
const verify: ItemRight = { on: 'journal: read and verify', actions: ['Query'], keys: ['J#*'] };

/** The comparison, which an operator may also start. */
const compare: readonly ItemRight[] = [
  { on: 'people and groups: look', actions: read, keys: ['{c}', '{c}#*'] },
  {
    on: 'rules that follow names',
    actions: ['ConditionCheckItem', 'PutItem', 'UpdateItem', 'DeleteItem'],
    keys: ['{c}'],
  },
  { on: 'groups of rules', actions: ['UpdateItem'], keys: ['{c}#GN#*'] },
  { on: 'catalogue, listings, leases', actions: [...read, ...write], keys: ['{o}'] },
  {
    on: 'accounts and what Adobe showed',
    actions: [...read, 'ConditionCheckItem', 'UpdateItem'],
    keys: ['{o}#A#*', '{o}#I#*'],
  },
  budget,
  append,
  verify,
  schema,
];

export const rightsOf: Readonly<Record<Holder, Rights>> = {
  scim: {
    items: [
      { on: 'people, groups, look-ups', actions: [...read, ...write], keys: ['{c}', '{c}#*'] },
      {
        on: 'accounts and claims',
        actions: [...read, ...write],
        keys: ['{o}#A#*', '{o}#I#*'],
      },
      { on: 'tokens: check, note the use', actions: ['GetItem', 'UpdateItem'], keys: ['T#*'] },
      { on: 'wrong credentials: count', actions: ['UpdateItem'], keys: ['F#*'] },
      append,
      addresses,
      schema,
    ],
    index: false,
    tableId: false,
  },
  provision: {
    items: [
      { on: 'sweeps, rules, settings', actions: [...read, ...write], keys: ['{c}'] },
      {
        on: 'people and groups: look, clean up',
        actions: [...read, 'ConditionCheckItem', 'DeleteItem', 'UpdateItem'],
        keys: ['{c}#*'],
      },
      { on: 'org, lease, faults, catalogue', actions: [...read, ...write], keys: ['{o}'] },
      {
        on: 'accounts and claims',
        actions: [...read, 'ConditionCheckItem', 'DeleteItem', 'UpdateItem'],
        keys: ['{o}#A#*', '{o}#I#*'],
      },
      {
        on: 'holds and figures',
        actions: [...read, 'PutItem', 'UpdateItem'],
        keys: ['{o}#HELD', '{o}#HOLD#*', '{o}#REMOVED'],
      },
      budget,
      { on: 'kill switch: look', actions: ['GetItem'], keys: ['BRIDGE'] },
      { on: 'journal: append and seal', actions: ['PutItem', 'Query'], keys: ['J#*'] },
      addresses,
      schema,
    ],
    index: true,
    tableId: true,
  },
  reconcile: {
    items: [...compare, { on: 'kill switch: look', actions: ['GetItem'], keys: ['BRIDGE'] }],
    // To tell in the morning who waits for what.
    index: true,
    tableId: true,
  },
  admin: {
    items: [
      ...compare,
      {
        on: 'set-up, mapping, memberships given back',
        actions: ['ConditionCheckItem', 'PutItem', 'UpdateItem'],
        keys: ['{c}#*'],
      },
      {
        on: 'accounts: retry, restore, erase',
        actions: ['DeleteItem'],
        keys: ['{o}#A#*', '{o}#I#*'],
      },
      {
        on: 'holds and figures',
        actions: [...read, 'PutItem', 'UpdateItem'],
        keys: ['{o}#HELD', '{o}#HOLD#*', '{o}#REMOVED'],
      },
      {
        on: 'tokens: make, list, revoke',
        actions: ['BatchGetItem', 'GetItem', 'PutItem', 'DeleteItem'],
        keys: ['T#*'],
      },
      { on: 'kill switch', actions: ['GetItem', 'UpdateItem'], keys: ['BRIDGE'] },
      { on: 'addresses: read', actions: ['GetItem'], keys: ['J#who#*'] },
      { on: 'addresses: erase', actions: ['DeleteItem'], keys: ['J#mail#*'] },
    ],
    index: true,
    tableId: true,
  },
};

export interface Names {
  readonly connection: string;
  readonly org: string;
}

export function keysFor(keys: readonly string[], { connection, org }: Names): string[] {
  return keys.map((key) => key.replace('{c}', connection).replace('{o}', org));
}

/** What IAM is told of one action. */
export interface ItemStatement {
  readonly action: ItemAction;
  readonly keys: readonly string[];
}

/** One statement per action: a batch or transaction may name keys of several rights, and one statement must cover all. */
export function statementsFor(holder: Holder, names: Names): ItemStatement[] {
  const byAction = new Map<ItemAction, Set<string>>();
  for (const { actions, keys } of rightsOf[holder].items) {
    for (const action of actions) {
      const known = byAction.get(action) ?? new Set();
      byAction.set(action, known.union(new Set(keysFor(keys, names))));
    }
  }
  return [...byAction].map(([action, keys]) => ({ action, keys: [...keys].sort() }));
}
