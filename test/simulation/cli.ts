/**
 * `npm run simulate`: so many runs from a seed on. Exit code 1 says that an invariant broke, with the least that breaks it
 * and the command that shows it again; with a plant, that it was found.
 */
import { playInJobs } from './jobs.ts';
import { readOptions } from './options.ts';
import { plant } from './plants/hook.ts';
import { PLANTS, plantNamed } from './plants/list.ts';
import { tryAll } from './plants/table.ts';

const write = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.listPlants) {
    for (const { name, rows, says } of PLANTS) write(`${name.padEnd(32)} ${rows.padEnd(14)} ${says}`);
    return 0;
  }
  if (options.jobs > 1) return playInJobs(options, process.argv.slice(2), write);
  if (options.plant === 'all') return tryAll(options, write);
  if (options.plant !== undefined) plant(plantNamed(options.plant));
  // The product is loaded only now, with what is planted in it.
  const { playAll } = await import('./play.ts');
  return playAll(options, write);
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
