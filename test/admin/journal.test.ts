/** The journal and erasing as an operator sees them. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { csvCell } from '../../lambdas/admin/journal.ts';
import { createLog } from '../../lambdas/log.ts';
import { drainOf } from '../../lambdas/runtime.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import { testClock } from '../open.ts';
import { type Desk, openDesk } from './desk.ts';

describe('a cell of a csv file', () => {
  const cells: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['=cmd|x', "'=cmd|x"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@sum', "'@sum"],
    ['\tx', "'\tx"],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=a,b', '"\'=a,b"'],
  ];
  for (const [text, cell] of cells) {
    test(`the csv cell of ${JSON.stringify(text)} is no formula and one cell (T45)`, () => {
      expect(csvCell(text)).toBe(cell);
    });
  }
});

describe('on a desk', () => {
  let desk: Desk;
  beforeEach(async () => {
    const clock = testClock();
    const state = seedSmallOrg({ random: seededRandom(3), at: clock.now() });
    desk = await openDesk({ clock, state });
    await desk.bridge.drain();
    await desk.apply([{ group: 'Agents', grants: [{ userGroup: 'Chat agents EU' }] }]);
  });

  afterEach(() => desk.bridge.close());

  async function janeIsGranted(): Promise<string> {
    const jane = await desk.addUser('jane@example.com');
    await desk.addGroup('Agents', [jane]);
    await desk.bridge.drain();
    return jane;
  }

  const facts = (data: unknown) => (data as { fact: string }[]).map(({ fact }) => fact);

  describe('journal show', () => {
    test('tells one person by any e-mail the person ever had, from request to grant', async () => {
      const jane = await janeIsGranted();
      await desk.addUser('joe@example.com');
      const Operations = [
        { op: 'replace', path: 'emails[type eq "work"].value', value: 'jane.doe@example.com' },
      ];
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
      await desk.bridge.scim('PATCH', `/scim/v2/Users/${jane}`, { schemas, Operations });
      for (const person of ['jane@example.com', 'Jane.Doe@example.com']) {
        const { data, text } = await desk.run('journal.show', { person });
        expect(facts(data)).toEqual(
          expect.arrayContaining(['userCreated', 'intent', 'granted', 'userChanged']),
        );
        expect(data).not.toContainEqual(expect.objectContaining({ account: undefined }));
        expect(text.join('\n')).not.toMatch(/joe|jane/i);
      }
      const { data } = await desk.run('journal.show', { person: 'jane@example.com', fact: 'userCreated' });
      expect(data).toEqual([
        expect.objectContaining({ request: expect.any(String), token: expect.any(String) }),
      ]);
    });

    test('says so when nobody ever had the address, and when nothing fits', async () => {
      expect(await desk.refusal('journal.show', { person: 'nobody@example.com' })).toMatch(
        /status nobody@example/,
      );
      const { text } = await desk.run('journal.show', { fact: 'no-such-fact' });
      expect(text).toEqual(['Nothing happened in the last 7 days that fits.']);
    });
  });

  describe('journal export', () => {
    test('csv has one row a record, and jsonl the same records', async () => {
      await janeIsGranted();
      const csv = await desk.run('journal.export', { format: 'csv' });
      const jsonl = await desk.run('journal.export', {});
      expect(csv.text[0]).toBe('time,id,scope,fact,account,user,group,request,token,detail');
      expect(csv.text).toHaveLength(jsonl.text.length + 1);
      expect(jsonl.text.map((line) => JSON.parse(line))).toEqual(jsonl.data);
    });
  });

  describe('journal verify', () => {
    const sealed = /\b[0-9a-f]{8}(?: [0-9a-f]{8}){7}\b/;

    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      test(`the newest seal of a whole journal stands in the log of level ${level} as it is shown (I14)`, async () => {
        await janeIsGranted();
        desk.bridge.clock.advance(60_000);
        const lines: string[] = [];
        const { now } = desk.bridge.clock;
        const log = createLog({ level, now, write: (line) => lines.push(line) });
        const { bridge } = desk;
        const run = drainOf({ ...bridge.drainDeps, directory: bridge.directory, log }, bridge.orgKey);
        await run(now() + 60_000);
        desk.bridge.clock.advance(5 * 60_000);
        const { text, data } = await desk.run('journal.verify');
        expect(data).toMatchObject({ findings: [], head: { n: expect.any(Number) } });
        expect(text[0]).toMatch(/^The journal is whole: \d+ records under \d+ seals?\.$/);
        const newest = lines.filter((line) => line.includes('"journal-sealed"')).at(-1) ?? '{}';
        const { n } = (data as { head: { n: number } }).head;
        expect(JSON.parse(newest)).toMatchObject({ n, fingerprint: sealed.exec(text[1] ?? '')?.[0] });
      });
    }

    test('records that nobody sealed are named', async () => {
      await janeIsGranted();
      desk.bridge.clock.advance(5 * 60_000);
      const { text, data } = await desk.run('journal.verify');
      expect(data).toMatchObject({
        findings: expect.arrayContaining([expect.objectContaining({ kind: 'record-unsealed' })]),
      });
      expect(text.join('\n')).toMatch(/is under no seal: slipped in, or sealing has stopped/);
    });
  });

  describe('erase', () => {
    test('somebody who is still sent, or who still has something at Adobe, is refused with what to do', async () => {
      const jane = await janeIsGranted();
      expect(await desk.refusal('erase', { email: 'jane@example.com', yes: true })).toMatch(
        /Delete the person there/,
      );
      await desk.bridge.scim('DELETE', `/scim/v2/Users/${jane}`);
      expect(await desk.refusal('erase', { email: 'jane@example.com', yes: true })).toMatch(
        /Adobe may still have/,
      );
      expect(await desk.refusal('erase', { email: 'nobody@example.com', yes: true })).toMatch(
        /Nothing is stored/,
      );
    });

    test('without --yes it says what it would do; with it the address is gone and the records stay', async () => {
      const jane = await janeIsGranted();
      await desk.bridge.scim('DELETE', `/scim/v2/Users/${jane}`);
      await desk.bridge.drain();
      const before = await desk.run('journal.show', { person: 'jane@example.com' });
      expect((await desk.run('erase', { email: 'jane@example.com' })).data).toMatchObject({ erased: false });
      expect((await desk.run('erase', { email: 'jane@example.com', yes: true })).data).toMatchObject({
        erased: true,
      });
      expect(await desk.refusal('journal.show', { person: 'jane@example.com' })).toMatch(/or it was erased/);
      const after = await desk.run('journal.show', {});
      expect(after.data).toEqual(expect.arrayContaining(before.data as unknown[]));
      expect(facts(after.data)).toContain('erased');
    });
  });
});
