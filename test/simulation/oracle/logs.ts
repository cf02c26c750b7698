/** I18: no line of the log holds a secret or a whole address, whatever went wrong. */
import type { World } from '../stage/world.ts';

const ADDRESS = /[a-z]{2,}@(example|elsewhere)\./i;

export function judgeLog(world: World, line: string): void {
  if (world.secrets.some((secret) => line.includes(secret)))
    world.violate('I18', 'a log line holds a secret');
  if (ADDRESS.test(line)) world.violate('I18', `a log line holds an address: ${line}`);
}
