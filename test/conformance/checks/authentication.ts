/** Who may ask at all (checklist rows 17-25). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectErrorBody, expectList, expectStatus, expectThat, fail } from '../expect.ts';
import { readList, readText } from '../json.ts';
import type { Ask } from '../session.ts';
import { SCIM_JSON } from '../words.ts';

const NONE = { authorization: null };
const WRONG = { authorization: 'Bearer this-token-was-never-given-to-anybody' };

/** One request per kind of address and method, also some that are wrong in other ways. */
const requests: readonly Ask[] = [
  { method: 'GET', path: '/Users' },
  { method: 'GET', path: '/Groups?filter=%20%20' },
  { method: 'GET', path: '/Users/no-such-id' },
  { method: 'GET', path: '/NoSuchEndpoint' },
  { method: 'POST', path: '/Users', raw: '{broken' },
  { method: 'PUT', path: '/Users/no-such-id', body: {} },
  { method: 'PATCH', path: '/Groups/no-such-id', body: {} },
  { method: 'DELETE', path: '/Users/no-such-id' },
];

export const authentication: Section = {
  title: 'Authentication and authorisation',
  checks: [
    check(
      'auth.missing',
      { rule: 'without credentials: 401 with WWW-Authenticate', rfc: 'P 2', rows: [17], level: 'must' },
      async (t) => {
        const answer = await t.get('/Users?count=1', NONE);
        expectStatus(answer, 401);
        expectThat((answer.headers['www-authenticate'] ?? '') !== '', '401 came without WWW-Authenticate');
      },
    ),
    check(
      'auth.wrong-token',
      { rule: 'a token that is not valid: 401 with WWW-Authenticate', rfc: 'P 2', rows: [17], level: 'must' },
      async (t) => {
        for (const authorization of [
          WRONG.authorization,
          'Bearer',
          'Bearer ',
          `Bearer ${t.token}x`,
          `Basic ${t.token}`,
          t.token,
        ]) {
          const answer = await t.get('/Users?count=1', { authorization });
          expectStatus({ ...answer, request: 'GET /Users with a wrong token' }, 401);
          expectThat((answer.headers['www-authenticate'] ?? '') !== '', '401 came without WWW-Authenticate');
        }
      },
    ),
    check(
      'auth.error-body',
      { rule: '401 carries a SCIM error body', rfc: 'P 3.12', rows: [18], level: 'must' },
      async (t) => {
        for (const headers of [NONE, WRONG]) expectErrorBody(await t.get('/Users?count=1', headers));
      },
    ),
    check(
      'auth.before-all-else',
      { rule: 'credentials are judged before path, method and body', rfc: 'P 2', rows: [19], level: 'must' },
      async (t) => {
        for (const request of requests) expectStatus(await t.ask({ ...request, headers: WRONG }), 401);
      },
    ),
    check(
      'auth.every-method',
      { rule: 'no method works without credentials', rfc: 'P 2', rows: [17, 19], level: 'must' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        expectStatus(await t.get(path, NONE), 401);
        expectStatus(await t.put(path, t.draftUser(), NONE), 401);
        expectStatus(await t.patch(path, [{ op: 'replace', path: 'active', value: false }], NONE), 401);
        expectStatus(await t.remove(path, NONE), 401);
        expectEqual((await t.fetch(path))['active'], true, 'active after refused requests');
      },
    ),
    check(
      'auth.anonymous-create',
      { rule: 'nobody creates a resource without credentials', rfc: 'P 7.6', rows: [24], level: 'must' },
      async (t) => {
        const draft = t.draftUser();
        expectStatus(await t.post('/Users', draft, NONE), 401);
        const filter = encodeURIComponent(`userName eq "${readText(draft, 'userName')}"`);
        expectEqual(
          expectList(await t.get(`/Users?filter=${filter}`)).length,
          0,
          'the number of users found',
        );
      },
    ),
    check(
      'auth.token-in-url',
      { rule: 'a token in the URL is no credential', rfc: 'P 7.4', rows: [20], level: 'must' },
      async (t) => {
        const path = `/Users?count=1&access_token=${encodeURIComponent(t.token)}`;
        expectStatus({ ...(await t.get(path, NONE)), request: 'GET /Users?access_token=' }, 401);
      },
    ),
    check(
      'auth.token-entropy',
      {
        rule: 'the token is long enough not to be guessed (128 bits)',
        rfc: 'P 7.4',
        rows: [20],
        level: 'must',
      },
      async (t) => {
        const bits = t.token.length * (/^[0-9a-f-]+$/i.test(t.token) ? 4 : 6);
        if (bits < 128 || new Set(t.token).size < 8) fail(`the token has at most ${bits} bits`);
      },
    ),
    check(
      'auth.scheme-in-any-case',
      {
        rule: 'the scheme in Authorization is read without regard to case',
        rfc: 'RFC 9110 11.1',
        rows: [17],
        level: 'must',
      },
      async (t) => {
        for (const scheme of ['bearer', 'BEARER']) {
          const answer = await t.get('/Users?count=1', { authorization: `${scheme} ${t.token}` });
          expectStatus(answer, 200);
        }
      },
    ),
    check(
      'auth.scheme-announced',
      {
        rule: 'WWW-Authenticate names a scheme that the configuration announces',
        rfc: 'P 2 / C 5',
        rows: [17, 28],
        level: 'should',
      },
      async (t) => {
        const challenge = ((await t.get('/Users', NONE)).headers['www-authenticate'] ?? '').toLowerCase();
        const schemes = readList(t.config, 'authenticationSchemes').map((scheme) => readText(scheme, 'type'));
        const word = (type: string) => (type.startsWith('oauth') ? 'bearer' : type.replace(/^http/, ''));
        const isNamed = schemes.some((type) => type !== '' && challenge.includes(word(type.toLowerCase())));
        expectThat(isNamed, `WWW-Authenticate is ${challenge}, announced: ${schemes.join(', ')}`);
      },
    ),
    check(
      'auth.configuration',
      {
        rule: 'the authentication schemes are readable without credentials',
        rfc: 'C 5',
        rows: [23],
        level: 'should',
      },
      async (t) => {
        const answer = await t.get('/ServiceProviderConfig', { ...NONE, accept: SCIM_JSON });
        expectStatus(answer, 200);
        expectThat(readList(answer.json, 'authenticationSchemes').length > 0, 'no scheme is shown');
      },
    ),
  ],
};
