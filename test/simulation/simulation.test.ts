/** The simulation in every test run: seeds without a finding in each profile, old findings, and mistakes that it must see. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { start } from './jobs.ts';
import { PLANTS } from './plants/list.ts';
import { plantInto } from './plants/plant.ts';
import { commandFor } from './report.ts';
import type { RunOptions } from './run.ts';

const MINUTES = 60_000;
const LAMBDAS = new URL('../../lambdas/', import.meta.url);
const CASES = new URL('./regressions/', import.meta.url);

describe('the product under the simulator', () => {
  const profiles: [string, number][] = [
    ['no-fault', 400],
    ['strict', 1_000],
    ['full', 600],
  ];
  test.each(profiles)(
    'profile %s: %i seeds break no invariant (I01-I20)',
    { timeout: 12 * MINUTES },
    async (profile, runs) => {
      const { code, text } = await start(['--profile', profile, '--runs', String(runs), '--shrink', '0']);
      expect(text).toContain(`${runs} runs, 0 with violations`);
      expect(code).toBe(0);
    },
  );

  test("the embedded engine in the model's place: 5 seeds break no invariant", {
    timeout: 5 * MINUTES,
  }, async () => {
    const { text } = await start(['--engine', '--runs', '5', '--shrink', '0']);
    expect(text).toContain('5 runs, 0 with violations');
  });

  const cases = existsSync(CASES) ? readdirSync(CASES).filter((name) => name.endsWith('.json')) : [];
  test.each([...cases, 'none'].filter((name) => name !== 'none'))(
    'the old finding %s does not come back',
    async (name) => {
      const { code, text } = await start(argumentsOf(JSON.parse(readFileSync(new URL(name, CASES), 'utf8'))));
      expect(text).toContain('1 runs, 0 with violations');
      expect(code).toBe(0);
    },
  );
});

/** As `--keep` writes them: sets are lists there. */
function argumentsOf(kept: RunOptions): string[] {
  const [, line = ''] = commandFor(kept).split(' -- ');
  return [...line.split(' '), '--shrink', '0'];
}

describe('planted bugs', () => {
  test.each(PLANTS.map((plant) => [plant.name, plant] as const))(
    '%s still fits the text of the product',
    (_, { changes }) => {
      for (const file of new Set(changes.map((change) => change.file))) {
        const source = readFileSync(new URL(file, LAMBDAS), 'utf8');
        expect(plantInto(source, file, changes)).not.toBe(source);
      }
    },
  );

  test.each([
    'partial-is-success',
    'inactive-keeps-rights',
    'empty-intent',
    'names-compared-as-written',
    'claim-never-freed',
    'old-intent-forgotten',
  ])('%s is found within 80 runs', { timeout: 5 * MINUTES }, async (name) => {
    const { code, text } = await start(['--plant', name, '--runs', '80']);
    expect(text).toContain('found after');
    expect(code).toBe(1);
  });
});
