/**
 * The version of the table's format, against the version that this code writes (F20, F21). Formats only grow: a field
 * is added and optional, none is renamed or given another meaning, so every version reads what all versions before it
 * wrote, and leaves alone what the next one adds. One step back is therefore safe; of a table further ahead this code
 * knows too little to write a single item. Pure.
 *
 *   table \ code      1          2          3
 *   none (new)     becomes 1  becomes 2  becomes 3
 *   1              goes       becomes 2  becomes 3
 *   2              goes       goes       becomes 3
 *   3              refused    goes       goes
 */

/** Nothing is written to such a table; its function does not start. */
export class TableTooNew extends Error {
  constructor(table: number, code: number) {
    super(
      `the table was written by a later release (schema version ${table}; this one writes ${code} and can follow ${code + 1}). Nothing was changed. Deploy the later release again, or restore the table to a time before it`,
    );
    this.name = 'TableTooNew';
  }
}

/** Whether the table's version has to be raised to the code's. @throws TableTooNew */
export function mustRaise(table: number | undefined, code: number): boolean {
  if (table !== undefined && table > code + 1) throw new TableTooNew(table, code);
  return table === undefined || table < code;
}
