/** `npm run rights [-- --settings FILE]`: what each function may do with the table, one line per statement. */
import { holders, keysFor, type Names, neverOnRecords, rightsOf } from './rights.ts';
import { readSettings } from './settings.ts';

export function printRights(names: Names): string {
  const rows = holders.flatMap((holder) => {
    const { items, index, tableId } = rightsOf[holder];
    const line = (on: string, actions: readonly string[], keys: readonly string[]) => [
      holder,
      on,
      actions.join(' '),
      keys.join(' '),
    ];
    return [
      ...items.map(({ on, actions, keys }) => line(on, actions, keysFor(keys, names))),
      ...(index ? [line('what is to do', ['Query'], ['index work'])] : []),
      ...(tableId ? [line('which table this is', ['DescribeTable'], ['the table'])] : []),
      line(
        `never: ${neverOnRecords.on}`,
        neverOnRecords.actions.map((action) => `!${action}`),
        keysFor(neverOnRecords.keys, names),
      ),
    ];
  });
  const all = [['function', 'on', 'may', 'partition keys'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

if (import.meta.main) {
  const [flag, file] = process.argv.slice(2);
  if (flag !== undefined && flag !== '--settings') throw new Error('npm run rights [-- --settings FILE]');
  process.stdout.write(`${printRights(readSettings(file ?? process.env['BRIDGE_SETTINGS']))}\n`);
}
