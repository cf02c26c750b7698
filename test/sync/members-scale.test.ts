/**
 * 5,000 existing people into one mapped user group: at most 6 action requests, and nobody wrong (`umapi.md` 18.1).
 * The default run takes fewer people through the same code; all of them: `MEMBERS=5000 npx vitest run test/sync/members-scale`.
 */
import { describe, expect } from 'vitest';
import { MINUTE, type Stage, scenario, Z } from './stage.ts';

// Hundreds of people in seconds (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const MEMBERS = Number(process.env.MEMBERS ?? 240);
const PATIENCE_MS = 60_000 + MEMBERS * 1_000;

const emails = Array.from({ length: MEMBERS }, (_, at) => `p${String(at).padStart(5, '0')}@example.com`);

async function tell(stage: Stage): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < emails.length; from += 20)
    ids.push(...(await Promise.all(emails.slice(from, from + 20).map((email) => stage.user(email)))));
  const group = await stage.group('Staff');
  for (let from = 0; from < ids.length; from += 100) await stage.join(group, ...ids.slice(from, from + 100));
  return ids;
}

describe(`${MEMBERS} existing people`, () => {
  scenario(
    'are members of their user group after one request per thousand, and known to be after the next reading',
    { rules: [{ group: 'Staff', grants: [Z] }] },
    async (stage) => {
      for (const email of emails)
        stage.org.byHand({ action: 'addUser', email, firstname: 'Per', lastname: 'Son', country: 'US' });
      await stage.drain();
      const ids = await tell(stage);
      const began = stage.clock.now();
      await stage.drain();
      expect(stage.holders(Z.name)).toEqual(emails);
      expect(stage.actionCalls().length).toBeLessThanOrEqual(Math.ceil(MEMBERS / 1_000) + 1);
      const took = stage.clock.now() - began;
      stage.clock.advance(5 * MINUTE);
      await stage.drain();
      const idle = await Promise.all(ids.map((id) => stage.account(id)));
      expect(idle.filter(({ status }) => status !== 'idle')).toEqual([]);
      const reads = stage.org.calls().filter(({ endpoint }) => endpoint === 'groupUsers').length;
      console.log(
        `${MEMBERS} members: ${stage.actionCalls().length} requests in ${took / 1000} s, ${reads} pages read back`,
      );
      expect(reads).toBeLessThanOrEqual(2 * Math.ceil(MEMBERS / 2_000) + 1);
    },
    PATIENCE_MS,
  );
});
