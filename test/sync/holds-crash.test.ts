/**
 * The drain killed before every one of its writes and calls while it holds, and after an approval while it removes: no
 * removal slips through, none is held twice or forgotten, and the counts stay true (V3, V5; F14, I07, I10; R23).
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrgState } from '../../local/adobe-org/state.ts';
import { findBroken } from '../directory/invariants.ts';
import { testClock } from '../open.ts';
import {
  type Copy,
  copyOf,
  drainAndDie,
  endless,
  HOUR,
  type Life,
  MINUTE,
  openMortal,
  openStage,
  type Stage,
  X,
} from './stage.ts';

beforeAll(() => {
  process.env['DIRECTORY_STORE'] = 'model';
});
afterAll(() => {
  delete process.env['DIRECTORY_STORE'];
});

const settings = { removalLimit: {} };

interface Saved {
  readonly table: Copy;
  readonly state: OrgState;
  readonly at: number;
}

/** A team of five whose group was just emptied, and a newcomer who is to be granted. */
async function emptied(): Promise<Saved> {
  const stage = await openStage({ settings });
  try {
    const ids: string[] = [];
    for (const name of ['ann', 'ben', 'cem', 'dee', 'eve']) ids.push(await stage.user(`${name}@example.com`));
    const chat = await stage.group('Chat', ids);
    await stage.drain();
    await stage.quit(chat, ...ids);
    await stage.group('Market', [await stage.user('new@example.com'), ids[0] ?? '']);
    stage.clock.advance(2 * MINUTE);
    return { table: await copyOf(stage), state: stage.org.state(), at: stage.clock.now() };
  } finally {
    await stage.close();
  }
}

async function approved(saved: Saved): Promise<Saved> {
  const stage = await openSaved(endless(), saved);
  try {
    await stage.settle();
    await approve(stage);
    return { table: await copyOf(stage), state: stage.org.state(), at: stage.clock.now() };
  } finally {
    await stage.close();
  }
}

async function openSaved(life: Life, { table, state, at }: Saved): Promise<Stage> {
  const stage = await openMortal(life, {
    settings,
    state: structuredClone(state),
    clock: testClock(at),
    profiles: [],
    userGroups: [],
  });
  await table.asItself(stage);
  return stage;
}

async function approve(stage: Stage) {
  const verdict = { kind: 'approved', upTo: 5, expiresAt: stage.clock.now() + 24 * HOUR } as const;
  const decided = await stage.directory.decideHold(stage.orgKey, {
    id: 1,
    from: 'open',
    by: 'olga',
    verdict,
  });
  expect(decided).toBe(true);
}

async function endOf(stage: Stage) {
  const [hold, ...others] = await stage.directory.listHolds(stage.orgKey, 10);
  return {
    holders: stage.holders(X.name),
    newcomers: stage.holders('Standard'),
    hold: [hold?.id, hold?.state, hold?.pairs],
    others: others.length,
    broken: findBroken(await stage.items(), stage.connection, stage.orgKey),
  };
}

/** Kills one drain at every moment, then lets it go on; gives how many moments there were. */
async function dieEverywhere(saved: Saved, expected: object): Promise<number> {
  const whole = endless();
  const undisturbed = await openSaved(whole, saved);
  whole.done = 0;
  await undisturbed.settle();
  const moments = whole.done;
  expect(await endOf(undisturbed)).toEqual(expected);
  await undisturbed.close();
  for (let at = 1; at < moments; at++) {
    const life = endless();
    const stage = await openSaved(life, saved);
    await drainAndDie(stage, life, at);
    stage.clock.advance(4 * MINUTE);
    await stage.settle();
    await stage.settle();
    expect({ at, ...(await endOf(stage)) }).toEqual({ at, ...expected });
    await stage.close();
  }
  return moments;
}

const market = ['ann@example.com', 'new@example.com'];

test('killed while it holds: five pairs on one hold, nobody lost anything, the grants arrive', async () => {
  const everybody = ['ann', 'ben', 'cem', 'dee', 'eve'].map((name) => `${name}@example.com`);
  const expected = { holders: everybody, newcomers: market, hold: [1, 'open', 5], others: 0, broken: [] };
  expect(await dieEverywhere(await emptied(), expected)).toBeGreaterThan(15);
}, 120_000);

test('killed while it removes what was approved: everything of it goes, and nothing is held again', async () => {
  const expected = { holders: [], newcomers: market, hold: [1, 'approved', 5], others: 0, broken: [] };
  expect(await dieEverywhere(await approved(await emptied()), expected)).toBeGreaterThan(10);
}, 120_000);
