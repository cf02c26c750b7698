/**
 * Many who lose something at once (V2, V3, V5; I10): never above the limit, one hold, everything else goes on. The default
 * run takes 1,000 people; 50,000 through the same code: `LEAVERS=50000 npx vitest run test/sync/holds-many`.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { mostPeople } from '../../lambdas/sync/removals.ts';
import { HOUR, type Stage, scenario, X, Z } from './stage.ts';

const MANY = Number(process.env['LEAVERS'] ?? 1_000);
const PATIENCE_MS = 60_000 + MANY * 100;

// Thousands of people are too many for an engine in another process; the model passes the same contract.
beforeAll(() => {
  process.env['DIRECTORY_STORE'] = 'model';
});
afterAll(() => {
  delete process.env['DIRECTORY_STORE'];
});

const options = {
  settings: { removalLimit: {} },
  rules: [
    { group: 'Staff', grants: [Z] },
    { group: 'Chat', grants: [X] },
  ],
};

/** So many people at Adobe, in the user group that the group `Staff` gives. */
async function staffed(stage: Stage, size: number) {
  const emails = Array.from({ length: size }, (_, at) => `p${String(at).padStart(5, '0')}@example.com`);
  for (const email of emails) {
    stage.org.byHand({ action: 'addUser', email, firstname: 'Per', lastname: 'Son', country: 'US' });
  }
  const ids: string[] = [];
  for (let from = 0; from < size; from += 20) {
    ids.push(...(await Promise.all(emails.slice(from, from + 20).map((email) => stage.user(email)))));
  }
  const group = await stage.group('Staff');
  for (let from = 0; from < size; from += 1_000) await stage.join(group, ...ids.slice(from, from + 1_000));
  await stage.settle();
  expect(stage.holders(Z.name)).toHaveLength(size);
  return { emails, ids, group };
}

async function put(stage: Stage, group: string, members: readonly string[]) {
  const body = { displayName: 'Staff', members: members.map((value) => ({ value })) };
  expect((await stage.scim('PUT', `/scim/v2/Groups/${group}`, body)).status).toBe(200);
}

const holds = (stage: Stage) => stage.directory.listHolds(stage.orgKey, 10);

async function approve(stage: Stage, id: number, upTo: number) {
  const verdict = { kind: 'approved', upTo, expiresAt: stage.clock.now() + 24 * HOUR } as const;
  expect(await stage.directory.decideHold(stage.orgKey, { id, from: 'open', by: 'olga', verdict })).toBe(
    true,
  );
}

describe.each([10, MANY])('%i people (F56)', (size) => {
  scenario(
    'unassigned at once are held, all on one hold; grants go on; an approval takes who is still to go',
    options,
    async (stage) => {
      const { emails, ids, group } = await staffed(stage, size);
      await put(stage, group, []);
      const newcomer = await stage.user('new@example.com');
      // One of the held gets something else meanwhile.
      await stage.group('Chat', [newcomer, ids[0] ?? '']);
      await stage.settle(2 * HOUR);
      expect(stage.holders(Z.name)).toHaveLength(size);
      expect(stage.holders(X.name)).toEqual(['new@example.com', emails[0] ?? ''].sort());
      expect(await holds(stage)).toMatchObject([{ id: 1, state: 'open', pairs: size }]);
      await stage.join(group, ...ids.slice(0, 3));
      await stage.drain();
      await approve(stage, 1, size);
      await stage.settle();
      expect(stage.holders(Z.name)).toEqual(emails.slice(0, 3));
      expect(await holds(stage)).toHaveLength(1);
    },
    PATIENCE_MS,
  );

  scenario(
    'of whom a tenth stays: the limit of the hour goes, the rest is held and waits, also in the next hours',
    options,
    async (stage) => {
      const { ids, group } = await staffed(stage, size);
      const staying = ids.slice(0, Math.ceil(size / 10));
      await put(stage, group, staying);
      const leaving = size - staying.length;
      const quarter = size >= 20 ? Math.floor(size / 4) : size;
      const allowed = Math.min(leaving, mostPeople(size), quarter);
      await stage.drain();
      for (let hours = 0; hours < 3; hours++) {
        await stage.settle(2 * HOUR);
        expect(stage.holders(Z.name)).toHaveLength(size - allowed);
      }
      const rest = leaving - allowed;
      expect(await holds(stage)).toMatchObject(rest === 0 ? [] : [{ id: 1, state: 'open', pairs: rest }]);
      if (rest > 0) await approve(stage, 1, rest);
      await stage.settle();
      expect(stage.holders(Z.name)).toHaveLength(staying.length);
    },
    PATIENCE_MS,
  );
});
