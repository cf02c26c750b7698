/** The limit where a removal is no end of a membership: drift put right, out of the org, a changed address (V2, V3; R34). */
import { describe, expect } from 'vitest';
import { night } from './nights.ts';
import { DAY, HOUR, MINUTE, type Stage, scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const removalLimit = { people: 2, percent: 25, emptyingFrom: 5 };
const holds = (stage: Stage) => stage.directory.listHolds(stage.orgKey, 10);

async function approve(stage: Stage, upTo: number) {
  const verdict = { kind: 'approved', upTo, expiresAt: stage.clock.now() + 24 * HOUR } as const;
  expect(await stage.directory.decideHold(stage.orgKey, { id: 1, from: 'open', by: 'olga', verdict })).toBe(
    true,
  );
}

async function people(stage: Stage, size: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < size; at++) ids.push(await stage.user(`p${at}@example.com`));
  await stage.group('Chat', ids);
  await stage.group('Market');
  await stage.drain();
  return ids;
}

describe('what somebody gave by hand and a rule reverts', () => {
  const options = {
    settings: { removalLimit },
    rules: [
      { group: 'Chat', grants: [X], drift: 'revert' as const },
      { group: 'Market', grants: [Y], drift: 'revert' as const },
    ],
  };

  scenario(
    'is held beyond the limit, once, over the next nights, until it is approved',
    options,
    async (stage) => {
      await people(stage, 4);
      await night(stage);
      for (let at = 0; at < 4; at++) {
        stage.org.byHand({ action: 'grant', email: `p${at}@example.com`, group: Y.name });
      }
      await night(stage);
      expect(stage.holders(Y.name)).toHaveLength(2);
      expect(await holds(stage)).toMatchObject([{ id: 1, pairs: 2, causes: ['people'] }]);
      await night(stage);
      await night(stage);
      expect(stage.holders(Y.name)).toHaveLength(2);
      expect(await holds(stage)).toMatchObject([{ id: 1, pairs: 2 }]);
      await approve(stage, 2);
      await stage.drain();
      expect(stage.holders(Y.name)).toEqual([]);
      expect(stage.holders(X.name)).toHaveLength(4);
    },
  );
});

describe('out of the org', () => {
  const leaving = { onDelete: 'removeFromOrg', onDeactivate: 'removeFromOrg', removeAfterDays: 1 } as const;
  const options = { settings: { removalLimit, ...leaving }, removesFromOrg: true };

  scenario(
    'go no more people in an hour than the limit says; the rest follows by itself',
    options,
    async (stage) => {
      const ids = await people(stage, 4);
      for (const id of ids.slice(0, 4)) {
        await stage.leave(id);
        await stage.drain();
        stage.clock.advance(2 * HOUR);
      }
      stage.clock.advance(DAY);
      await stage.drain();
      expect(stage.org.people()).toHaveLength(2);
      stage.clock.advance(30 * MINUTE);
      await stage.drain();
      expect(stage.org.people()).toHaveLength(2);
      stage.clock.advance(HOUR);
      await stage.settle();
      expect(stage.org.people()).toEqual([]);
      expect(await holds(stage)).toEqual([]);
    },
  );

  scenario(
    'never holds up who leaves now: the clean-up of earlier leavers takes nothing of the limit (V4)',
    options,
    async (stage) => {
      const ids = await people(stage, 6);
      for (const id of ids.slice(0, 3)) {
        await stage.leave(id);
        await stage.drain();
        stage.clock.advance(HOUR);
      }
      stage.clock.advance(DAY);
      await stage.drain();
      // As many as the limit says are out; the third waits for the next hour.
      expect(stage.org.people()).toHaveLength(4);
      await stage.leave(ids[3] ?? '');
      await stage.leave(ids[4] ?? '');
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['p5@example.com']);
      expect(await holds(stage)).toEqual([]);
      // A third leaver of the hour is one too many; the clean-up goes on only when nobody lost anything for an hour.
      stage.clock.advance(61 * MINUTE);
      await stage.settle();
      expect(stage.org.people()).toHaveLength(3);
    },
  );
});

describe('an address that is replaced', () => {
  const adobeID = { type: 'adobeID', username: 'email', onRename: 'replace' } as const;
  const options = { settings: { removalLimit: { people: 0 }, domains: { 'outside.test': adobeID } } };

  scenario(
    'waits on the hold with what it loses, once, and goes on when that is approved',
    options,
    async (stage) => {
      stage.org.byHand({ action: 'addUser', email: 'old@outside.test', type: 'adobeID' });
      stage.org.byHand({ action: 'addUser', email: 'new@outside.test', type: 'adobeID' });
      const id = await stage.user('old@outside.test');
      await stage.group('Chat', [id]);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(['old@outside.test']);
      await stage.email(id, 'new@outside.test');
      await stage.settle();
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['old@outside.test']);
      expect(await holds(stage)).toMatchObject([{ id: 1, pairs: 1 }]);
      expect(await stage.account(id)).toMatchObject({ status: 'held', reason: 'removal-limit' });
      await approve(stage, 1);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['new@outside.test']);
    },
  );
});

scenario(
  'what somebody had before the bridge came counts, too, from the first request on',
  {},
  async (stage) => {
    const email = 'hand@example.com';
    stage.org.byHand({ action: 'addUser', email, firstname: 'H', lastname: 'H', country: 'US' });
    stage.org.byHand({ action: 'grant', email, group: X.name });
    const id = await stage.user(email);
    await stage.group('Chat', [id]);
    await stage.group('Market', [id]);
    // The request that grants the second is written with the first in the ledger, and its answer is lost.
    stage.loseNextAnswer();
    await stage.drainOnce(MINUTE);
    const { people, holders } = await stage.directory.readFigures(stage.orgKey);
    expect([people, holders.get('agent eu')]).toEqual([1, 1]);
  },
);
