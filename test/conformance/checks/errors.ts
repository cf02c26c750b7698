/** Error answers (checklist rows 236-242) and hostile input that can be seen from outside (rows 261-265). */
import { check, type Section } from '../check.ts';
import {
  expectEqual,
  expectError,
  expectErrorBody,
  expectList,
  expectRefused,
  expectStatus,
  expectThat,
  fail,
} from '../expect.ts';
import { isJson, read, readText } from '../json.ts';
import { PATCH } from '../words.ts';

const KEYWORDS = [
  'invalidFilter',
  'tooMany',
  'uniqueness',
  'mutability',
  'invalidSyntax',
  'invalidPath',
  'noTarget',
  'invalidValue',
  'invalidVers',
  'sensitive',
  'invalidCursor',
  'expiredCursor',
  'invalidCount',
];
const STATUSES = [307, 308, 400, 401, 403, 404, 405, 406, 409, 412, 413, 414, 415, 429, 431, 500, 501, 503];

export const errors: Section = {
  title: 'Errors',
  checks: [
    check(
      'error.body',
      {
        rule: 'every error has the Error schema and its status as a string',
        rfc: 'P 3.12',
        rows: [236, 18],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const answer of t.seen) {
          if (answer.status < 400 || !answer.request.includes(' /')) continue;
          expectErrorBody(answer);
        }
      },
    ),
    check(
      'error.keywords',
      {
        rule: 'scimType is one of the keywords, uniqueness with 409 and the others with 400',
        rfc: 'P 3.12',
        rows: [237],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const { status, json, request } of t.seen) {
          const scimType = read(json, 'scimType');
          if (status < 400 || scimType === undefined) continue;
          if (!KEYWORDS.includes(String(scimType))) fail(`${request} answered scimType ${scimType}`);
          const allowed =
            scimType === 'uniqueness' ? [409] : scimType === 'sensitive' ? [400, 403] : [400, 403, 413];
          if (!allowed.includes(status)) fail(`${request} answered ${status} with scimType ${scimType}`);
        }
      },
    ),
    check(
      'error.statuses',
      { rule: 'statuses are those of the RFC', rfc: 'P 3.12', rows: [238], level: 'should', last: true },
      async (t) => {
        for (const { status, request } of t.seen) {
          if (status >= 300 && status !== 304 && !STATUSES.includes(status))
            fail(`${request} answered ${status}`);
        }
      },
    ),
    check(
      'error.no-failure',
      {
        rule: 'no request of the run made the server fail',
        rfc: 'P 3.12',
        rows: [238, 242],
        level: 'must',
        last: true,
      },
      async (t) => {
        const failed = t.seen.find(({ status }) => status >= 500 && status !== 501 && status !== 503);
        if (failed !== undefined) fail(`${failed.request} answered ${failed.status}`);
      },
    ),
    check(
      'error.detail',
      {
        rule: 'detail tells a person what is wrong, without stack, token or password',
        rfc: 'P 3.12',
        rows: [239],
        level: 'should',
        last: true,
      },
      async (t) => {
        for (const { status, json, request } of t.seen) {
          if (status < 400 || !isJson(json)) continue;
          const detail = readText(json, 'detail');
          if (detail.length < 10) fail(`${request} answered ${status} with detail ${JSON.stringify(detail)}`);
          if (/\bat \S+ \(|node_modules|\.[jt]s:\d+|Exception in|stack/i.test(detail))
            fail(`${request} shows a stack`);
          if (detail.includes(t.token) || detail.includes('pw-Canary')) fail(`${request} shows a secret`);
        }
      },
    ),
    check(
      'error.retry-after',
      {
        rule: '429 and 503 name whole seconds in Retry-After',
        rfc: '-',
        rows: [240],
        level: 'practice',
        last: true,
      },
      async (t) => {
        for (const { status, headers, request } of t.seen) {
          if (status !== 429 && status !== 503) continue;
          if (!/^\d+$/.test(headers['retry-after'] ?? ''))
            fail(`${request} answered ${status} with Retry-After ${headers['retry-after']}`);
        }
      },
    ),
    check(
      'error.unknown-route',
      { rule: 'unknown addresses are 404 with a SCIM error', rfc: '-', rows: [241, 18], level: 'practice' },
      async (t) => {
        for (const path of ['/Unheard', '/Users/x/y', '/users.json', '/Groups/x/members', '/Schemas/x/y'])
          expectError(await t.get(path), 404);
      },
    ),
    check(
      'error.unknown-method',
      {
        rule: 'methods that are not offered are 405 or 501 with a SCIM error',
        rfc: '-',
        rows: [241],
        level: 'practice',
      },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        for (const [method, at] of [
          ['PUT', '/Users'],
          ['PATCH', '/Users'],
          ['DELETE', '/Users'],
          ['POST', path],
          ['DELETE', '/Groups'],
        ] as const) {
          const body = method === 'DELETE' ? {} : { body: {} };
          expectError(await t.ask({ method, path: at, ...body }), [404, 405, 501]);
        }
      },
    ),
    check(
      'error.too-large',
      {
        rule: 'a body over the limit is 413 or 400, with a SCIM error',
        rfc: 'P 3.12',
        rows: [242, 264, 238],
        level: 'practice',
      },
      async (t) => {
        const draft = t.draftUser({ displayName: 'x'.repeat(2 * 1024 * 1024) });
        expectError(await t.post('/Users', draft), [400, 413]);
      },
    ),
    check(
      'error.duplicate-keys',
      { rule: 'a key twice in one object is refused', rfc: '-', rows: [242], level: 'practice' },
      async (t) => {
        const name = t.address('twice');
        for (const other of ['userName', 'USERNAME']) {
          const raw = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"${name}","${other}":"other-${name}"}`;
          expectError(await t.ask({ method: 'POST', path: '/Users', raw }), 400);
        }
      },
    ),
    check(
      'error.not-utf8',
      { rule: 'a body that is not UTF-8 is refused', rfc: 'P 3.8', rows: [242, 2], level: 'must' },
      async (t) => {
        const text = JSON.stringify(t.draftUser({ displayName: 'X' }));
        const raw = Buffer.from(text.replace('"X"', '"\u00ff\u00fe"'), 'latin1');
        expectError(
          await t.ask({ method: 'POST', path: '/Users', raw }),
          400,
          'invalidSyntax',
          'invalidValue',
        );
      },
    ),
    check(
      'error.deep-json',
      {
        rule: 'a body nested very deep is refused, not a failure',
        rfc: '-',
        rows: [242, 264],
        level: 'practice',
      },
      async (t) => {
        const raw = `{"userName":"${t.address('deep')}","x":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
        expectError(await t.ask({ method: 'POST', path: '/Users', raw }), [400, 413]);
      },
    ),
  ],
};

export const security: Section = {
  title: 'Security considerations',
  checks: [
    check(
      'security.injection',
      {
        rule: 'texts that look like code are kept as texts or refused',
        rfc: 'P 7.7',
        rows: [261],
        level: 'should',
      },
      async (t) => {
        for (const displayName of [
          "Robert'); DROP TABLE users;--",
          '<script>alert(1)</script>',
          '#{7*7}{{7*7}}',
          '$(id) `id` | id',
          '../../etc/passwd',
        ]) {
          const answer = await t.post('/Users', t.draftUser({ displayName }));
          if (answer.status === 201)
            expectEqual(read(answer.json, 'displayName'), displayName, 'displayName');
          else expectError(answer, 400);
        }
      },
    ),
    check(
      'security.control-characters',
      {
        rule: 'control characters in names are refused or come back as they were',
        rfc: 'P 7.8',
        rows: [261, 262],
        level: 'practice',
      },
      async (t) => {
        for (const displayName of ['a\u0000b', 'a\r\nb: c', 'a\u202eb', 'a\u200bb']) {
          const answer = await t.post('/Users', t.draftUser({ displayName }));
          if (answer.status === 201)
            expectEqual(read(answer.json, 'displayName'), displayName, 'displayName');
          else expectError(answer, 400);
        }
      },
    ),
    check(
      'security.operations-limit',
      {
        rule: 'a PATCH with very many operations is bounded',
        rfc: '-',
        rows: [264],
        level: 'practice',
        needs: 'patch',
      },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        const operations = Array.from({ length: 5_000 }, () => ({
          op: 'replace',
          path: 'title',
          value: 'x',
        }));
        expectError(await t.patch(path, operations), [400, 413]);
      },
    ),
    check(
      'security.list-limit',
      { rule: 'a user with very many values is bounded', rfc: '-', rows: [264], level: 'practice' },
      async (t) => {
        const roles = Array.from({ length: 20_000 }, (_, at) => ({ value: `role ${at}` }));
        expectError(await t.post('/Users', t.draftUser({ roles })), [400, 413]);
      },
    ),
    check(
      'security.prototype',
      {
        rule: '__proto__ and constructor in bodies and paths reach no prototype',
        rfc: '-',
        rows: [265],
        level: 'practice',
      },
      async (t) => {
        const name = t.address('proto');
        const raw = `{"userName":"${name}","__proto__":{"active":false,"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}`;
        const answer = await t.ask({ method: 'POST', path: '/Users', raw });
        if (answer.status !== 201) return expectRefused(answer);
        const path = `/Users/${readText(answer.json, 'id')}`;
        for (const target of ['__proto__.polluted', 'constructor.prototype.polluted', 'name.__proto__']) {
          await t.ask({
            method: 'PATCH',
            path,
            body: { schemas: [PATCH], Operations: [{ op: 'add', path: target, value: 'yes' }] },
          });
        }
        const other = await t.get(`/Users?filter=${encodeURIComponent(`userName eq "${name}"`)}`);
        expectEqual(expectList(other).length, 1, 'the number of users found');
        for (const { text } of [answer, other, await t.get('/ServiceProviderConfig')])
          expectThat(!text.includes('polluted'), 'an answer shows the planted attribute');
      },
    ),
    check(
      'security.not-cached',
      { rule: 'answers with personal data are not to be cached', rfc: 'P 7.5', rows: [260], level: 'should' },
      async (t) => {
        const { headers } = await t.get(`/Users/${readText(await t.makeUser(), 'id')}`);
        expectThat(
          /no-store|private|no-cache/.test(headers['cache-control'] ?? ''),
          `Cache-Control is ${headers['cache-control'] ?? 'absent'}`,
        );
      },
    ),
    check(
      'security.unknown-attributes',
      {
        rule: 'attributes outside the schemas are not shown',
        rfc: 'C 9.3',
        rows: [260, 45],
        level: 'practice',
      },
      async (t) => {
        const user = await t.makeUser({ shoeSize: 44, nationalId: '123-45-678' });
        expectThat(
          !('shoeSize' in user) && !('nationalId' in user),
          'attributes that no schema has are kept',
        );
        expectStatus(await t.get(`/Users/${user['id']}`), 200);
      },
    ),
  ],
};
