/**
 * The drain killed before every one of its writes and calls, and started anew: it ends where the undisturbed one ends,
 * with one mail per grant (F14, F15, I08, I12; R23, R26).
 */
import { describe, expect, test } from 'vitest';
import type { OrgState } from '../../local/adobe-org/state.ts';
import { testClock } from '../open.ts';
import {
  type Copy,
  copyOf,
  drainAndDie,
  endless,
  expectLawful,
  type Life,
  MINUTE,
  openMortal,
  openStage,
  type Stage,
} from './stage.ts';

interface Saved {
  readonly table: Copy;
  readonly state: OrgState;
  readonly at: number;
}

async function openSaved(life: Life, saved: Saved): Promise<Stage> {
  const clock = testClock(saved.at);
  const stage = await openMortal(life, {
    state: structuredClone(saved.state),
    clock,
    profiles: [],
    userGroups: [],
  });
  await saved.table.asItself(stage);
  return stage;
}

/** A joiner, a leaver, somebody with a new address, a mover, and a name: all waiting for the drain. */
async function prepare(): Promise<Saved> {
  const stage = await openStage();
  try {
    const leaver = await stage.user('leaver@example.com');
    const moved = await stage.user('moved@example.com');
    const mover = await stage.user('mover@example.com');
    const chat = await stage.group('Chat', [leaver, moved, mover]);
    const market = await stage.group('Market');
    await stage.drain();
    const joiner = await stage.user('joiner@example.com');
    await stage.join(chat, joiner);
    await stage.leave(leaver);
    await stage.email(moved, 'moved.new@example.com');
    await stage.quit(chat, mover);
    await stage.join(market, mover);
    await stage.change(mover, { name: { givenName: 'Mo', familyName: 'Ver' } });
    stage.clock.advance(2 * MINUTE);
    return { table: await copyOf(stage), state: stage.org.state(), at: stage.clock.now() };
  } finally {
    await stage.close();
  }
}

async function endOf(stage: Stage) {
  const items = await stage.items();
  const accounts = items.filter(({ pk }) => String(pk).includes('#A#'));
  return {
    people: stage.org.people(),
    mails: stage.org
      .outbox()
      .map(({ to, kind, profile }) => `${to} ${kind} ${profile}`)
      .sort(),
    accounts: accounts
      .map(({ status, intent, origin, applied, claims }) => {
        const { identity, entitlements, firstname } = applied as {
          identity?: { email: string };
          entitlements: object;
          firstname: string;
        };
        const claimed = (claims as { email: string }[]).map(({ email }) => email);
        return {
          email: identity?.email,
          names: Object.keys(entitlements),
          firstname,
          status,
          intent,
          origin,
          claimed,
        };
      })
      .sort((a, b) => String(a.email).localeCompare(String(b.email))),
  };
}

describe('killed at any moment of create, grant, revoke, rename and update', () => {
  test('the next drain converges to the same end, and nobody is mailed twice', async () => {
    const saved = await prepare();
    const whole = endless();
    const undisturbed = await openSaved(whole, saved);
    whole.done = 0;
    await undisturbed.settle();
    const moments = whole.done;
    const expected = await endOf(undisturbed);
    expect(expected.people.map(({ email, groups }) => [email, groups.join()])).toEqual([
      ['joiner@example.com', 'Agent EU'],
      ['leaver@example.com', ''],
      ['moved.new@example.com', 'Agent EU'],
      ['mover@example.com', 'Standard'],
    ]);
    await undisturbed.close();
    expect(moments).toBeGreaterThan(20);
    for (let at = 1; at < moments; at++) {
      const life = endless();
      const stage = await openSaved(life, saved);
      try {
        await drainAndDie(stage, life, at);
        stage.clock.advance(4 * MINUTE);
        await stage.settle();
        await stage.settle();
        expect({ at, ...(await endOf(stage)) }).toEqual({ at, ...expected });
        expectLawful(stage);
      } finally {
        await stage.close();
      }
    }
  });
});
