/**
 * The one table, as plain data: the stack makes a construct of it, the local bridge creates it in the embedded engine.
 * It lies apart from the construct so that starting a local bridge does not load the CDK.
 *
 * Keys and index are for ever: changing any of them makes a new table (design.md section 7, stateful resources are
 * never replaced by an upgrade).
 */
export const tableDefinition = {
  partitionKey: 'pk',
  sortKey: 'sk',
  /** Epoch seconds. DynamoDB sweeps late, the local engine never: readers filter expired items themselves. */
  timeToLiveAttribute: 'expires',
  indexes: [
    /** The sparse index of what is to do (rules.md R16). A hint only: the item is read again from the table. */
    { name: 'work', partitionKey: 'wpk', sortKey: 'wsk', projection: 'KEYS_ONLY' },
  ],
  /** What wakes provisioning carries this attribute, a number (design.md section 5). */
  wakeAttribute: 'wake',
} as const;
