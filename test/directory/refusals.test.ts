/** T10: guesses are counted where they come from, cost little, and stand in nobody's way. */
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import type { Admission, Presented } from '../../lambdas/directory/directory.ts';
import { WRONG_PER_MINUTE } from '../../lambdas/directory/dynamo-refusals.ts';
import { CONNECTION, type TestDirectory } from '../open.ts';
import { dump, open, openAgain } from './fixture.ts';
import { interceptSend } from './intercept.ts';

const source = '203.0.113.7';
/** Of the right shape, and nobody's. */
const guess = (at: number) => `scimb_${at.toString(16).padStart(32, '0')}_${'A'.repeat(43)}`;

/** A process on the table of `t` whose calls of the store are counted. */
function counting(t: TestDirectory) {
  const calls = { reads: 0, writes: 0 };
  const directory = openAgain(t, (deps) => ({
    ...deps,
    client: interceptSend(deps.client, (command, send) => {
      if (command instanceof GetItemCommand) calls.reads += 1;
      else if (command instanceof UpdateItemCommand) calls.writes += 1;
      else throw new Error(`neither a read nor an update: ${command.constructor.name}`);
      return send();
    }),
  }));
  return { directory, calls };
}

const tooMany = (admission: Admission) => !admission.ok && admission.reason === 'tooMany';

describe('wrong credentials (T10)', () => {
  test('10,000 of them cost one read each and a share of writes, and a right one is admitted throughout', async () => {
    const t = await open();
    const { secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    await t.directory.admit({ bearer: secret, source });
    const { directory, calls } = counting(t);
    let refused = 0;
    let admitted = 0;
    for (let at = 0; at < 10_000; at += 100) {
      const wave = Array.from({ length: 100 }, (_, i) => directory.admit({ bearer: guess(at + i), source }));
      const all = await Promise.all([...wave, directory.admit({ bearer: secret, source })]);
      refused += all.filter((one) => !one.ok).length;
      admitted += all.at(-1)?.ok ? 1 : 0;
    }
    expect([refused, admitted]).toEqual([10_000, 100]);
    expect(calls.reads).toBe(10_000 + 100);
    // Guesses that were under way together when the share was used up, no more.
    expect(calls.writes).toBeLessThanOrEqual(100);
  });

  test('are unknown until the share of the minute is used up, then too many, until the minute is over', async () => {
    const t = await open();
    const at = () => t.directory.admit({ bearer: guess(1), source });
    t.clock.advance(15_000);
    for (let i = 0; i < WRONG_PER_MINUTE; i++) expect(await at()).toEqual({ ok: false, reason: 'unknown' });
    const first = {
      ok: false,
      reason: 'tooMany',
      network: '203.0.113.0/24',
      retryAfterSeconds: 45,
      isFirst: true,
    };
    expect(await at()).toEqual(first);
    expect(await at()).toEqual({ ...first, isFirst: false });
    t.clock.advance(44_000);
    expect(await at()).toEqual({ ...first, retryAfterSeconds: 1, isFirst: false });
    t.clock.advance(1_000);
    expect(await at()).toEqual({ ok: false, reason: 'unknown' });
  });

  test('are counted by all processes together', async () => {
    const t = await open();
    for (let i = 0; i < WRONG_PER_MINUTE; i++) {
      const { directory } = counting(t);
      expect(tooMany(await directory.admit({ bearer: guess(i), source }))).toBe(false);
    }
    const { directory, calls } = counting(t);
    expect(tooMany(await directory.admit({ bearer: guess(0), source }))).toBe(true);
    expect(calls).toEqual({ reads: 1, writes: 1 });
    // From then on this process knows.
    expect(tooMany(await directory.admit({ bearer: guess(0), source }))).toBe(true);
    expect(calls).toEqual({ reads: 2, writes: 1 });
  });

  test('of one network do not count for another, in whatever spelling its address comes', async () => {
    const t = await open();
    const from = (address: string | undefined) => t.directory.admit({ bearer: guess(1), source: address });
    for (let i = 0; i <= WRONG_PER_MINUTE; i++) await from(i % 2 ? '203.0.113.9' : '::ffff:203.0.113.7');
    expect(tooMany(await from('203.0.113.200'))).toBe(true);
    expect(tooMany(await from('203.0.112.7'))).toBe(false);
    expect(tooMany(await from('2001:db8::1'))).toBe(false);
    expect(tooMany(await from(undefined))).toBe(false);
  });

  test('lock out nobody: not the token that they guess at, not its connection, not from where they come', async () => {
    const t = await open();
    const { token, secret } = await t.directory.createToken(CONNECTION, { label: 'Okta' });
    const wrong = secret.slice(0, -43) + 'A'.repeat(43);
    for (let i = 0; i < 3 * WRONG_PER_MINUTE; i++) await t.directory.admit({ bearer: wrong, source });
    expect(tooMany(await t.directory.admit({ bearer: wrong, source }))).toBe(true);
    for (const from of [source, '198.51.100.7', undefined]) {
      expect(await t.directory.admit({ bearer: secret, source: from })).toMatchObject({
        ok: true,
        grant: { tokenId: token.id },
      });
    }
  });

  const presented: [string, Presented, { reads: number; writes: number }][] = [
    ['an unknown token', { bearer: guess(1), source }, { reads: 1, writes: 1 }],
    [
      'an access token that nobody sealed',
      { bearer: `scima_${'0'.repeat(32)}_rw_9_${'A'.repeat(43)}`, source },
      { reads: 0, writes: 1 },
    ],
    [
      'an unknown client',
      { clientId: '0'.repeat(32), clientSecret: `scimc_${'A'.repeat(43)}`, source },
      { reads: 1, writes: 1 },
    ],
    // Nobody can have been given such a thing, so there is nothing to guess with it.
    ['what has no shape of ours', { bearer: 'hunter2', source }, { reads: 0, writes: 0 }],
    ['no client of ours', { clientId: 'me', clientSecret: 'hunter2', source }, { reads: 0, writes: 0 }],
  ];
  test.each(presented)('%s costs so many calls of the store', async (_label, credential, cost) => {
    const t = await open();
    const { directory, calls } = counting(t);
    expect((await directory.admit(credential)).ok).toBe(false);
    expect(calls).toEqual(cost);
  });

  test('leave one item per network and minute, which the table sweeps', async () => {
    const t = await open();
    for (let i = 0; i < 5; i++) await t.directory.admit({ bearer: guess(i), source });
    const counts = (await dump(t)).filter(({ pk }) => String(pk).startsWith('F#'));
    expect(counts).toMatchObject([{ pk: 'F#203.0.113.0/24', refused: 5, v: 1 }]);
    const sweptAt = Number(counts[0]?.['expires']) * 1000;
    expect(sweptAt - t.clock.now()).toBeGreaterThan(0);
    expect(sweptAt - t.clock.now()).toBeLessThanOrEqual(600_000);
  });
});
