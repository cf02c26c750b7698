/**
 * What this machine knows of the deployed stacks: one small file each, written by `npm run deploy` from CDK's outputs and
 * read by every command with `--stack NAME`. It holds names and addresses, no secret, and lies outside the clone.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

export const DeployedStack = z.object({
  stack: z.string(),
  region: z.string().min(1),
  adminFunction: z.string().min(1),
  scimUrl: z.string(),
});
export type DeployedStack = z.infer<typeof DeployedStack>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** `BRIDGE_HOME`, else the usual folder for settings. */
export function stacksFolder(environment: Environment): string {
  const settings = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return environment['BRIDGE_HOME'] || join(settings, 'adobe-scim-bridge');
}

/** Undefined when no such stack was deployed from this machine. @throws Error for a file that somebody changed */
export function readStack(environment: Environment, name: string): DeployedStack | undefined {
  const file = stackFile(environment, name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return DeployedStack.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${file} is not what npm run deploy writes: deploy again`, { cause: error });
  }
}

export function writeStack(environment: Environment, stack: DeployedStack): string {
  const file = stackFile(environment, stack.stack);
  mkdirSync(stacksFolder(environment), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(stack, undefined, 2)}\n`, { mode: 0o600 });
  return file;
}

export function knownStacks(environment: Environment): string[] {
  try {
    return readdirSync(stacksFolder(environment))
      .filter((name) => name.endsWith('.stack.json'))
      .map((name) => name.slice(0, -'.stack.json'.length))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** A name that CloudFormation takes is a name that every file system takes. */
function stackFile(environment: Environment, name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name))
    throw new Error(`"${name}" is no name of a stack: it has letters, digits and hyphens only`);
  return join(stacksFolder(environment), `${name}.stack.json`);
}
