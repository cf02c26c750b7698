/**
 * The operator's command line: `npm run bridge -- <command>`. It parses, asks the bridge, prints; what a command does
 * is decided by the bridge. Exit codes: 0 done, 1 refused or failed, 2 wrong command line.
 */
import { readFileSync } from 'node:fs';
import type { CommandAnswer, CommandRequest } from '../lambdas/admin/command.ts';
import { help, type Line, parseCommandLine } from './arguments.ts';
import { connect } from './connect.ts';
import { connectAws } from './connect-aws.ts';
import { runSetup } from './setup.ts';
import type { Environment } from './stacks.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { readMapping, readYaml } from './yaml-file.ts';

export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface Surroundings {
  readonly environment: Environment;
  /** Whoever can be asked; only `setup` asks. */
  readonly terminal: Terminal;
}

/** Runs one command line and returns the exit code. */
export async function runCli(
  argv: readonly string[],
  { out, err }: Output,
  { environment, terminal }: Surroundings = { environment: process.env, terminal: openTerminal() },
): Promise<0 | 1 | 2> {
  const parsed = parseCommandLine(argv, environment['BRIDGE_STACK']);
  if (parsed.kind === 'help') {
    out(help);
    return 0;
  }
  if (parsed.kind === 'usage') {
    err(`${parsed.message}. For all commands: npm run bridge -- help`);
    return 2;
  }
  const connected = parsed.aws === undefined ? connect(parsed.data) : connectAws(parsed.aws, environment);
  if (parsed.call.command === 'setup')
    return connected.ok
      ? runSetup(parsed.call.args, connected, { out, err, terminal })
      : refuse(connected.message, err);
  const request = toRequest(parsed);
  if ('message' in request) return refuse(request.message, err);
  if (!connected.ok) return refuse(connected.message, err);
  return print(await connected.call(request), parsed.json, { out, err });
}

function refuse(message: string, err: Output['err']): 1 {
  err(message);
  return 1;
}

function toRequest({ call, aws }: Line): CommandRequest | { readonly message: string } {
  const { command, args, file } = call;
  // A local bridge has this machine's clock, or one that was told to run fast.
  if (command === 'doctor' && aws !== undefined) return { command, args: { ...args, clock: Date.now() } };
  if (file === undefined) return { command, args };
  let text: string;
  try {
    text = readFileSync(file.path, 'utf8');
  } catch (error) {
    return { message: `cannot read ${file.path}: ${error instanceof Error ? error.message : String(error)}` };
  }
  const read = file.as === 'rules' ? readMapping(text) : readYaml(text);
  if (!read.ok) return { message: `${file.path}: ${read.message}` };
  return { command, args: { ...args, [file.as]: read.content } };
}

function print(answer: CommandAnswer, json: boolean, { out, err }: Output): 0 | 1 {
  if (!answer.ok) {
    if (json) out(JSON.stringify({ error: answer.error.message }));
    else err(answer.error.message);
    return 1;
  }
  if (json) out(JSON.stringify(answer.result.data, undefined, 2));
  else for (const line of answer.result.text) out(line);
  return answer.result.failed === true ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
  });
}
