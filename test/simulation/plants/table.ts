/** Every plant in a process of its own: found or not, and by how many runs. */
import { start } from '../jobs.ts';
import type { CliOptions } from '../options.ts';
import { PLANTS } from './list.ts';
import type { Plant } from './plant.ts';

/** 1 when a plant survived that is not known to be hidden. */
export async function tryAll(
  { runs, run }: Pick<CliOptions, 'runs' | 'run'>,
  write: (line: string) => void,
): Promise<number> {
  let survived = 0;
  for (const plant of PLANTS) {
    const { found, line } = await tryPlant(plant, [
      '--runs',
      String(runs),
      '--seed',
      String(run.seed),
      '--profile',
      plant.profile ?? run.profile,
    ]);
    if (!found && plant.hidden === undefined) survived += 1;
    write(found || plant.hidden === undefined ? line : `${line} (hidden: ${plant.hidden})`);
  }
  write(`${PLANTS.length} plants, ${survived} survived without a reason`);
  return survived > 0 ? 1 : 0;
}

export async function tryPlant(
  { name }: Plant,
  args: readonly string[],
): Promise<{ readonly found: boolean; readonly line: string }> {
  const { code, text } = await start(['--plant', name, ...args]);
  if (code === 0 || code === 1) return { found: code === 1, line: text.trim() };
  throw new Error(`the plant ${name} could not be tried (exit code ${code}): ${text}`);
}
