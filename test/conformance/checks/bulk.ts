/** /Bulk (checklist rows 243-251) and /Me (rows 252-254). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectSameSet, expectStatus, expectThat, skip } from '../expect.ts';
import { type Json, read, readList, readText } from '../json.ts';
import type { Answer, Session } from '../session.ts';
import { BULK, BULK_RESPONSE, ENTERPRISE, PATCH, USER } from '../words.ts';
import { membersOf } from './groups.ts';

interface Job {
  readonly operations: readonly Json[];
  readonly failOnErrors?: number;
}

/** The results of a bulk request that has to be processed. */
async function bulk(t: Session, { operations, failOnErrors }: Job): Promise<readonly unknown[]> {
  const limit = failOnErrors === undefined ? {} : { failOnErrors };
  const answer = await t.post('/Bulk', { schemas: [BULK], ...limit, Operations: operations });
  expectStatus(answer, 200);
  expectThat(readList(answer.json, 'schemas').includes(BULK_RESPONSE), 'the answer is no BulkResponse');
  return readList(answer.json, 'Operations');
}

function create(path: string, bulkId: string, data: Json): Json {
  return { method: 'POST', path, bulkId, data };
}

function statuses(results: readonly unknown[]): readonly string[] {
  return results.map((result) => String(read(result, 'status')));
}

function idIn(result: unknown): string {
  return /[^/]+$/.exec(readText(result, 'location'))?.[0] ?? '';
}

export const bulkRequests: Section = {
  title: 'Bulk',
  checks: [
    check(
      'bulk.announced',
      {
        rule: '/Bulk works exactly where bulk is announced; else 501 or 404',
        rfc: 'P 3.7',
        rows: [243, 31],
        level: 'must',
      },
      async (t) => {
        const answer = await t.post('/Bulk', { schemas: [BULK], Operations: [] });
        if (t.features.has('bulk')) expectStatus(answer, 200, 400);
        else expectError(answer, [404, 501]);
      },
    ),
    check(
      'bulk.processed',
      {
        rule: 'a processed job is 200, whatever its single results',
        rfc: 'P 3.7',
        rows: [244, 249],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const results = await bulk(t, {
          operations: [
            create('/Users', 'one', t.draftUser()),
            { method: 'DELETE', path: '/Users/11111111-2222-4333-8444-555555555555' },
          ],
        });
        expectEqual(statuses(results), ['201', '404'], 'the statuses');
      },
    ),
    check(
      'bulk.continues',
      {
        rule: 'work goes on after a failure until failOnErrors is reached',
        rfc: 'P 3.7',
        rows: [245],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const bad = (bulkId: string) => create('/Users', bulkId, { schemas: [USER] });
        const all = await bulk(t, {
          operations: [bad('bad-1'), bad('bad-2'), create('/Users', 'good', t.draftUser())],
        });
        expectEqual(statuses(all), ['400', '400', '201'], 'the statuses without failOnErrors');
        const some = await bulk(t, {
          failOnErrors: 2,
          operations: [bad('bad-1'), bad('bad-2'), create('/Users', 'late', t.draftUser())],
        });
        expectEqual(statuses(some), ['400', '400'], 'the statuses with failOnErrors 2');
      },
    ),
    check(
      'bulk.id-required',
      {
        rule: 'POST needs a bulkId, and its result repeats it',
        rfc: 'P 3.7',
        rows: [246],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const [made] = await bulk(t, { operations: [create('/Users', 'named', t.draftUser())] });
        expectEqual(read(made, 'bulkId'), 'named', 'bulkId');
        const answer = await t.post('/Bulk', {
          schemas: [BULK],
          Operations: [{ method: 'POST', path: '/Users', data: t.draftUser() }],
        });
        if (answer.status === 200)
          expectEqual(statuses(readList(answer.json, 'Operations')), ['400'], 'the status without bulkId');
        else expectError(answer, 400);
      },
    ),
    check(
      'bulk.references',
      {
        rule: 'bulkId references become the real ids',
        rfc: 'P 3.7.2',
        rows: [247],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const results = await bulk(t, {
          operations: [
            create('/Groups', 'team', t.draftGroup({ members: [{ value: 'bulkId:person' }] })),
            create(
              '/Users',
              'person',
              t.draftUser({
                schemas: [USER, ENTERPRISE],
                [ENTERPRISE]: { manager: { value: 'bulkId:boss' } },
              }),
            ),
            create('/Users', 'boss', t.draftUser()),
          ],
        });
        expectEqual(statuses(results), ['201', '201', '201'], 'the statuses');
        const byId = new Map(results.map((result) => [readText(result, 'bulkId'), idIn(result)]));
        const [team = '', person = '', boss = ''] = ['team', 'person', 'boss'].map((id) => byId.get(id));
        expectSameSet(await membersOf(t, team), [person], 'members');
        expectEqual(read(await t.fetch(`/Users/${person}`), ENTERPRISE, 'manager', 'value'), boss, 'manager');
      },
    ),
    check(
      'bulk.paths',
      {
        rule: 'bulkId references work in paths and PATCH values',
        rfc: 'P 3.7.2',
        rows: [247, 251],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const group = readText(await t.makeGroup(), 'id');
        const data = {
          schemas: [PATCH],
          Operations: [{ op: 'add', path: 'members', value: [{ value: 'bulkId:new' }] }],
        };
        const results = await bulk(t, {
          operations: [
            create('/Users', 'new', t.draftUser()),
            { method: 'PATCH', path: `/Groups/${group}`, data },
          ],
        });
        expectSameSet(await membersOf(t, group), [idIn(results[0])], 'members');
      },
    ),
    check(
      'bulk.circular',
      {
        rule: 'circular references are resolved or 409',
        rfc: 'P 3.7.1',
        rows: [248],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const led = (bulkId: string, by: string) =>
          create(
            '/Users',
            bulkId,
            t.draftUser({
              schemas: [USER, ENTERPRISE],
              [ENTERPRISE]: { manager: { value: `bulkId:${by}` } },
            }),
          );
        const answer = await t.post('/Bulk', { schemas: [BULK], Operations: [led('a', 'b'), led('b', 'a')] });
        if (answer.status === 409) return expectError(answer, 409);
        expectStatus(answer, 200);
        const results = readList(answer.json, 'Operations');
        if (statuses(results).includes('409')) return;
        expectEqual(statuses(results), ['201', '201'], 'the statuses');
        const manager = read(await t.fetch(`/Users/${idIn(results[0])}`), ENTERPRISE, 'manager', 'value');
        expectEqual(manager, idIn(results[1]), 'the manager of the first');
      },
    ),
    check(
      'bulk.results',
      {
        rule: 'each result has method, status, location, version where there are tags, or the error',
        rfc: 'P 3.7.3',
        rows: [249],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const user = await t.makeUser();
        const path = `/Users/${user['id']}`;
        const results = await bulk(t, {
          operations: [
            create('/Users', 'fresh', t.draftUser()),
            create('/Users', 'again', t.draftUser({ userName: user['userName'] })),
            {
              method: 'PATCH',
              path,
              data: { schemas: [PATCH], Operations: [{ op: 'replace', path: 'title', value: 'x' }] },
            },
            { method: 'PUT', path, data: { ...user, title: 'y' } },
            { method: 'DELETE', path },
          ],
        });
        expectEqual(
          results.map((result) => read(result, 'method')),
          ['POST', 'POST', 'PATCH', 'PUT', 'DELETE'],
          'the methods',
        );
        for (const [at, result] of results.entries()) {
          expectEqual(typeof read(result, 'status'), 'string', 'the type of status');
          if (at === 1) continue;
          expectThat(readText(result, 'location') !== '', `result ${at + 1} has no location`);
          if (t.features.has('etag') && at < 4)
            expectThat(readText(result, 'version') !== '', `result ${at + 1} has no version`);
        }
        expectEqual(read(results[1], 'location'), undefined, 'the location of a POST that failed');
        const shown = await t.fetch(`/Users/${idIn(results[0])}`);
        if (t.features.has('etag'))
          expectEqual(read(results[0], 'version'), read(shown, 'meta', 'version'), 'the version of a POST');
        expectEqual(read(results[1], 'response', 'scimType'), 'uniqueness', 'scimType of the failure');
      },
    ),
    check(
      'bulk.limits',
      {
        rule: 'more operations or bytes than announced are 413 that names the limit',
        rfc: 'P 3.7.4',
        rows: [250, 31],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const most = Number(read(t.config, 'bulk', 'maxOperations'));
        const drop = { method: 'DELETE', path: '/Users/11111111-2222-4333-8444-555555555555' };
        if (most > 20_000) skip(`maxOperations is ${most}`);
        const expectLimit = (answer: Answer, limit: number) => {
          expectError(answer, 413);
          const isNamed = readText(answer.json, 'detail').includes(String(limit));
          expectThat(isNamed, `413 does not name the limit ${limit}`);
        };
        const many = Array.from({ length: most + 1 }, () => drop);
        expectLimit(await t.post('/Bulk', { schemas: [BULK], Operations: many }), most);
        const bytes = Number(read(t.config, 'bulk', 'maxPayloadSize'));
        if (bytes > 8_000_000) return;
        const big = t.draftUser({ displayName: 'x'.repeat(bytes) });
        expectLimit(
          await t.post('/Bulk', { schemas: [BULK], Operations: [create('/Users', 'big', big)] }),
          bytes,
        );
      },
    ),
    check(
      'bulk.order',
      {
        rule: 'the outcome is that of the order given',
        rfc: 'P 3.7',
        rows: [251],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        const user = await t.makeUser();
        const path = `/Users/${user['id']}`;
        const title = (value: string) => ({
          method: 'PATCH',
          path,
          data: { schemas: [PATCH], Operations: [{ op: 'replace', path: 'title', value }] },
        });
        const results = await bulk(t, { operations: [title('one'), title('two'), title('three')] });
        expectThat(
          statuses(results).every((status) => status === '200' || status === '204'),
          'an operation failed',
        );
        expectEqual((await t.fetch(path))['title'], 'three', 'title');
      },
    ),
    check(
      'bulk.envelope',
      {
        rule: 'a body that is no BulkRequest is 400',
        rfc: 'P 3.7',
        rows: [244, 184],
        level: 'must',
        needs: 'bulk',
      },
      async (t) => {
        for (const body of [{ schemas: [BULK], Operations: 'x' }, { schemas: [USER], Operations: [] }, []]) {
          expectError(await t.post('/Bulk', body), 400, 'invalidSyntax', 'invalidValue');
        }
      },
    ),
  ],
};

export const me: Section = {
  title: '/Me',
  checks: [
    check(
      'me.answered',
      {
        rule: '/Me is 501, or 308, or the resource with its permanent address',
        rfc: 'P 3.11',
        rows: [252, 253, 254],
        level: 'should',
      },
      async (t) => {
        const answer = await t.get('/Me');
        if (answer.status === 501 || answer.status === 404) return expectError(answer, 501, '');
        expectStatus(answer, 200, 307, 308);
        const location = answer.headers['location'] ?? '';
        expectThat(location !== '', '/Me answered without Location');
        expectThat(!/\/Me$/.test(location), `Location is ${location}`);
      },
    ),
    check(
      'me.every-method',
      { rule: '/Me answers one way under every method', rfc: 'P 3.11', rows: [252], level: 'should' },
      async (t) => {
        const { status } = await t.get('/Me');
        if (status !== 501) skip('/Me is offered');
        for (const method of ['PUT', 'PATCH', 'DELETE', 'POST']) {
          expectStatus(
            await t.ask({ method, path: '/Me', ...(method === 'DELETE' ? {} : { body: {} }) }),
            501,
          );
        }
      },
    ),
  ],
};
