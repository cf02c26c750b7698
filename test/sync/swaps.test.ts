/** Addresses that wait for each other (R31, R32). */
import { describe, expect } from 'vitest';
import { type Stage, scenario, X } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

async function crew(stage: Stage, ...names: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push(await stage.user(`${name}@example.com`));
  await stage.group('Chat', ids);
  await stage.drain();
  return ids;
}

/** Each gets the address of the next; the last one that of the first. */
async function rotate(stage: Stage, ids: readonly string[], names: readonly string[]): Promise<void> {
  for (const [at, id] of ids.entries()) {
    const next = names[(at + 1) % names.length] ?? '';
    await stage.change(id, { emails: [{ value: `${next}@example.com`, type: 'work', primary: true }] });
  }
}

function whoIs(stage: Stage): Record<string, string | undefined> {
  return Object.fromEntries(stage.org.people().map(({ email, firstname }) => [email, firstname]));
}

describe('addresses that are exchanged', () => {
  scenario('a swap of two ends swapped at Adobe, nobody parked (R32)', {}, async (stage) => {
    const ids = await crew(stage, 'ada', 'ben');
    await rotate(stage, ids, ['ada', 'ben']);
    await stage.drain();
    expect(whoIs(stage)).toEqual({ 'ada@example.com': 'ben', 'ben@example.com': 'ada' });
    for (const id of ids) expect(await stage.account(id)).toMatchObject({ status: 'idle', origin: 'made' });
    expect(stage.holders(X.name)).toEqual(['ada@example.com', 'ben@example.com']);
    expect(stage.welcomes()).toHaveLength(2);
  });

  scenario(
    'a swap seen in two halves, with a drain in between, ends swapped too (R32)',
    {},
    async (stage) => {
      const [ada = '', ben = ''] = await crew(stage, 'ada', 'ben');
      await stage.change(ada, { emails: [{ value: 'ben@example.com', type: 'work', primary: true }] });
      await stage.drain();
      expect(await stage.account(ada)).toMatchObject({ status: 'waiting', reason: 'identity-taken' });
      await stage.change(ben, { emails: [{ value: 'ada@example.com', type: 'work', primary: true }] });
      await stage.drain();
      expect(whoIs(stage)).toEqual({ 'ada@example.com': 'ben', 'ben@example.com': 'ada' });
    },
  );

  scenario('a circle of three ends rotated (R32)', {}, async (stage) => {
    const names = ['ada', 'ben', 'cleo'];
    const ids = await crew(stage, ...names);
    await rotate(stage, ids, names);
    await stage.drain();
    expect(whoIs(stage)).toEqual({
      'ada@example.com': 'cleo',
      'ben@example.com': 'ada',
      'cleo@example.com': 'ben',
    });
  });

  scenario('a chain whose end is free follows without a temporary address (R4)', {}, async (stage) => {
    const names = ['ada', 'ben', 'cleo'];
    const ids = await crew(stage, ...names);
    await rotate(stage, ids, ['ada', 'ben', 'cleo', 'dora']);
    await stage.drain();
    expect(whoIs(stage)).toEqual({
      'ben@example.com': 'ada',
      'cleo@example.com': 'ben',
      'dora@example.com': 'cleo',
    });
    expect(JSON.stringify(stage.actionCalls().map(({ body }) => body))).not.toContain('swap-');
  });

  scenario(
    'with one adopted member all of the circle are parked and nobody is renamed (R32, T14)',
    {},
    async (stage) => {
      stage.org.byHand({
        action: 'addUser',
        email: 'ben@example.com',
        firstname: 'Benno',
        lastname: 'Old',
        country: 'DE',
      });
      const names = ['ada', 'ben', 'cleo'];
      const ids = await crew(stage, ...names);
      const calls = stage.actionCalls().length;
      await rotate(stage, ids, names);
      await stage.settle();
      expect(stage.actionCalls()).toHaveLength(calls);
      expect(whoIs(stage)).toEqual({
        'ada@example.com': 'ada',
        'ben@example.com': 'Benno',
        'cleo@example.com': 'cleo',
      });
      for (const id of ids) expect((await stage.account(id)).status).toBe('parked');
    },
  );

  scenario(
    'the answer to the first step of a swap is lost: it ends swapped all the same (R26, R32)',
    {},
    async (stage) => {
      const ids = await crew(stage, 'ada', 'ben');
      await rotate(stage, ids, ['ada', 'ben']);
      stage.loseNextAnswer();
      await stage.settle();
      await stage.settle();
      expect(whoIs(stage)).toEqual({ 'ada@example.com': 'ben', 'ben@example.com': 'ada' });
    },
  );
});
