/** `npm run fuzz`: the fuzzer without bound. Exit code 0: no fault; 1: at least one; 2: wrong use. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { tableOf, violationsOf } from './figures.ts';
import { fuzz, replay } from './run.ts';

const help = `Usage: npm run fuzz -- [--requests N] [--bodies N] [--seed S]

Sends made-up HTTP requests to the SCIM handler in this process, over the embedded database, and judges every answer.

  --requests N     requests with bodies of text (default 20000)
  --bodies N       requests whose body is raw bytes (default 2000)
  --seed S         where to begin (default: at random, and printed)
  --slice N        requests per fresh database (default 5000)
  --compare N      after one refusal in N the whole store is compared (default 50)
  --replay JSON    sends one request that an earlier run has printed; with its --seed
`;

const count = z.coerce.number().int().min(0);
const Flags = z.object({
  requests: count.default(20_000),
  bodies: count.default(2_000),
  seed: count.max(2 ** 31 - 1).optional(),
  slice: count.min(1).default(5_000),
  compare: count.min(1).default(50),
  replay: z.string().optional(),
});
const Replayed = z.object({
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  text: z.string().optional(),
  base64: z.string().optional(),
  source: z.string(),
});

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(argv: readonly string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const options = {
    requests: string,
    bodies: string,
    seed: string,
    slice: string,
    compare: string,
    replay: string,
  };
  const parsed = Flags.safeParse(parseArgs({ args: [...argv], options }).values);
  if (!parsed.success) {
    say(help);
    return 2;
  }
  const { requests, bodies, slice, compare, seed = randomInt(2 ** 30), replay: request } = parsed.data;
  if (request !== undefined) {
    const { text, base64, ...rest } = Replayed.parse(JSON.parse(request));
    const body = text !== undefined ? { text } : base64 !== undefined ? { base64 } : {};
    const faults = await replay(seed, { ...rest, ...body }, say);
    for (const fault of faults) say(`FAULT: ${fault}`);
    return faults.length === 0 ? 0 : 1;
  }
  say(`seed ${seed}`);
  const began = performance.now();
  const figures = await fuzz({ requests, bodies, seed, slice, compareEvery: compare, say });
  say(`\n${tableOf(figures)}\n${Math.round((performance.now() - began) / 1000)} s`);
  return violationsOf(figures) === 0 ? 0 : 1;
}

if (process.argv.includes('--help')) say(help);
else process.exitCode = await main(process.argv.slice(2));
