/** The credential of a function in AWS: read when needed, anew after five minutes, never in an error (I18). */
import { describe, expect, test } from 'vitest';
import type { AdobeClient } from '../../lambdas/adobe/adobe.ts';
import { renewingAdobe, type StoredCredential } from '../../lambdas/adobe-credential.ts';
import { parseCredential } from '../../lambdas/runtime.ts';

const MINUTE = 60_000;

function stage(first?: StoredCredential) {
  const world = {
    now: 0,
    stored: first as StoredCredential | undefined | Error,
    reads: 0,
    opened: [] as string[],
    setUpFor: 'o' as string | undefined,
  };
  const { adobe, keeper } = renewingAdobe({
    secret: 'arn:secret',
    now: () => world.now,
    setUpFor: async () => world.setUpFor,
    read: async () => {
      world.reads += 1;
      if (world.stored instanceof Error) throw world.stored;
      return world.stored;
    },
    open: ({ clientSecret }) => {
      world.opened.push(clientSecret);
      const answer = async () => ({ kind: 'ok', value: undefined }) as const;
      // Only the call that the test makes is there.
      return { readUser: answer } as unknown as AdobeClient;
    },
  });
  return { world, keeper, ask: () => adobe.readUser('a@b.c', 0) };
}

const credential = (clientSecret: string) => ({ orgId: 'o', clientId: 'c', clientSecret });

describe('the credential', () => {
  test('is not read before a call, and once in five minutes', async () => {
    const { world, ask } = stage(credential('one'));
    expect(world.reads).toBe(0);
    await ask();
    world.now += 4 * MINUTE;
    await ask();
    expect([world.reads, world.opened]).toEqual([1, ['one']]);
  });

  test('that was rotated is used within five minutes; one that was not keeps its client and access token', async () => {
    const { world, ask } = stage(credential('one'));
    await ask();
    world.now += 5 * MINUTE;
    await ask();
    expect([world.reads, world.opened]).toEqual([2, ['one']]);
    world.stored = credential('two');
    world.now += 5 * MINUTE;
    await ask();
    expect(world.opened).toEqual(['one', 'two']);
  });

  test('that is not stored yet is an answer of the class auth that says what to do, and is read again at once', async () => {
    const { world, ask } = stage();
    expect(await ask()).toMatchObject({
      kind: 'failed',
      reason: 'auth',
      error: { class: 'auth', scope: 'org', hint: expect.stringContaining('setup') },
    });
    world.stored = credential('one');
    expect(await ask()).toEqual({ kind: 'ok', value: undefined });
  });

  test('goes on working while the place where it is kept has trouble', async () => {
    const { world, ask, keeper } = stage(credential('one'));
    await ask();
    world.stored = new Error('unavailable');
    world.now += 6 * MINUTE;
    expect(await ask()).toEqual({ kind: 'ok', value: undefined });
    await expect(keeper.renew()).rejects.toThrow('unavailable');
  });

  test('that cannot be read at all is an answer like an Adobe out of reach, which says what to check', async () => {
    const { world, ask } = stage();
    world.stored = Object.assign(new Error('with the secret in it'), { name: 'AccessDeniedException' });
    const answer = await ask();
    expect(answer).toMatchObject({
      kind: 'failed',
      reason: 'unreachable',
      error: {
        code: 'credential.unreadable',
        class: 'retry',
        scope: 'org',
        message: expect.stringContaining('AccessDeniedException'),
        hint: expect.stringContaining('may the function read the secret'),
      },
    });
    expect(JSON.stringify(answer)).not.toContain('with the secret in it');
    world.stored = credential('one');
    expect(await ask()).toEqual({ kind: 'ok', value: undefined });
  });

  for (const { label, first, second } of [
    { label: 'before the first call', first: 'b', second: 'o' },
    { label: 'in the place of the right one', first: 'o', second: 'b' },
  ]) {
    test(`of another Adobe org that was stored ${label} is refused like a wrong one, and nothing is sent`, async () => {
      const { world, ask } = stage({ ...credential('one'), orgId: first });
      const answers = [await ask()];
      world.stored = { ...credential('two'), orgId: second };
      world.now += 6 * MINUTE;
      answers.push(await ask());
      const [foreign, right] = first === 'b' ? answers : [...answers].reverse();
      expect(right).toEqual({ kind: 'ok', value: undefined });
      expect(foreign).toMatchObject({
        kind: 'failed',
        reason: 'auth',
        error: { code: 'credential.other-org', class: 'auth', scope: 'org' },
      });
    });
  }

  test('of any Adobe org may be asked about before the set-up, and only of the own one after it', async () => {
    const { world, ask } = stage({ ...credential('one'), orgId: 'b' });
    world.setUpFor = undefined;
    expect(await ask()).toEqual({ kind: 'ok', value: undefined });
    world.setUpFor = 'o';
    expect(await ask()).toMatchObject({ kind: 'failed', reason: 'auth' });
  });

  test('is told without its secret', async () => {
    const { keeper } = stage(credential('s3cret'));
    expect(await keeper.renew()).toEqual({ orgId: 'o', clientId: 'c' });
  });

  for (const text of ['', 'x9#kd!random', '{}', '{"orgId":"o","clientId":"c","clientSecret":""}', '[1]']) {
    test(`${JSON.stringify(text)} is none`, () => {
      expect(parseCredential(text)).toBeUndefined();
    });
  }
});
