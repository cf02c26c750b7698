/** A listing is complete, or it is nothing (F44, V7, I11). */
import { describe, expect, test } from 'vitest';
import { byHand, night } from './nights.ts';
import { DAY, HOUR, openStage, type Stage, scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

describe('a listing is complete, or it is nothing (F44, I11)', () => {
  const people = Array.from({ length: 23 }, (_, at) => `p${String(at).padStart(2, '0')}@example.com`);
  const held = async (stage: Stage): Promise<void> => {
    stage.org.turnKnobs({ usersPageSize: 5 });
    await stage.map([{ group: 'Chat', grants: [X], drift: 'revert' }]);
    const ids = [];
    for (const email of people) ids.push(await stage.user(email));
    await stage.group('Chat', ids);
    await stage.drain();
    await night(stage);
    stage.clock.advance(DAY);
  };
  const untouched = async (stage: Stage): Promise<void> => {
    await stage.drain();
    expect(stage.holders(X.name)).toEqual(people);
    expect(await stage.directory.readDrifted(stage.orgKey)).toEqual([]);
    expect(stage.actionCalls().every(({ at }) => at < stage.clock.now() - 20 * HOUR)).toBe(true);
  };

  test('one that fails on page k removes nobody and concludes nothing, for every k', async () => {
    const stage = await openStage();
    await held(stage);
    const before = (await stage.directory.getOrg(stage.orgKey))?.listing;
    for (let k = 0; k < 5; k++) {
      const spared = Array.from({ length: k }, () => ({ kind: 'none' as const, endpoint: 'users' as const }));
      stage.faults(...spared, {
        kind: 'status',
        status: 503,
        applied: false,
        headers: {},
        endpoint: 'users',
      });
      const report = await stage.reconcile({ force: true });
      expect(report.inventory, `page ${k}`).toMatchObject({ kind: 'incomplete' });
      expect((await stage.directory.getOrg(stage.orgKey))?.listing).toEqual(before);
      await untouched(stage);
      stage.clock.advance(3 * HOUR);
    }
    await stage.close();
  });

  type Page = Record<string, unknown>;
  const flaws: [string, (page: Page, index: number, headers: Headers) => void][] = [
    ['ends before its last page', (page, index) => index === 2 && Object.assign(page, { lastPage: true })],
    [
      'repeats the last page past the end',
      (_, index, headers) => index === 3 && headers.set('x-current-page', '2'),
    ],
    [
      'has fewer people at its end than at its start',
      (_, index, headers) => index === 4 && headers.set('x-total-count', '12'),
    ],
    [
      'has fewer pages at its end than at its start',
      (_, index, headers) => index === 4 && headers.set('x-page-count', '4'),
    ],
    [
      'is not a success on one page',
      (page, index) => index === 1 && Object.assign(page, { result: 'Not found' }),
    ],
  ];
  for (const [label, spoil] of flaws) {
    scenario(`one that ${label} removes nobody`, {}, async (stage) => {
      await held(stage);
      stage.hooks.after = async ({ url }, response) => {
        const index = /\/users\/[^/]+\/(\d+)$/.exec(new URL(url).pathname)?.[1];
        if (index === undefined) return undefined;
        // A page of the simulated org is a JSON object.
        const page = (await response.json()) as Page;
        const headers = new Headers(response.headers);
        spoil(page, Number(index), headers);
        return Response.json(page, { headers });
      };
      expect((await stage.reconcile()).inventory).toMatchObject({ kind: 'incomplete' });
      await untouched(stage);
    });
  }

  scenario('pages that overlap and come in any order are one list', {}, async (stage) => {
    await held(stage);
    stage.org.turnKnobs({ pageOverlap: 2, shuffleReads: true });
    expect((await stage.reconcile()).inventory).toMatchObject({
      kind: 'complete',
      users: people.length,
      written: 0,
    });
    await untouched(stage);
  });

  scenario(
    'one that is a fifth shorter is not believed before a second one says the same (V7)',
    {},
    async (stage) => {
      await held(stage);
      for (const email of people.slice(0, 12)) stage.org.byHand({ action: 'removeUser', email });
      const before = (await stage.directory.getOrg(stage.orgKey))?.listing;
      const first = await stage.reconcile();
      expect(first).toMatchObject({ inventory: { kind: 'doubtful', before: 23, users: 11 } });
      expect((await stage.directory.getOrg(stage.orgKey))?.listing).toEqual(before);
      stage.clock.advance(3 * HOUR);
      expect((await stage.reconcile({ force: true })).state).toMatchObject({ byKind: { gone: 12 } });
    },
  );

  scenario('one that grew by more than a fifth takes nothing away (V7)', {}, async (stage) => {
    await held(stage);
    await stage.map([
      { group: 'Chat', grants: [X] },
      { group: 'Market', grants: [Y], drift: 'revert' },
    ]);
    await stage.drain();
    stage.clock.advance(HOUR);
    byHand(stage, 'grant', Y.name, 'p00@example.com');
    for (let at = 0; at < 12; at++)
      stage.org.byHand({
        action: 'addUser',
        email: `new${at}@example.com`,
        firstname: 'N',
        lastname: 'N',
        country: 'DE',
      });
    expect((await stage.reconcile()).state).toMatchObject({ byKind: { extra: 1 } });
    await stage.drain();
    expect(stage.holders(Y.name)).toEqual(['p00@example.com']);
    await night(stage);
    expect(stage.holders(Y.name)).toEqual([]);
  });
});
