/** Media types, URLs and versions (checklist rows 1-16). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectList, expectRefused, expectStatus, expectThat, fail, skip } from '../expect.ts';
import { isJson, readList, readText } from '../json.ts';
import { MESSAGES, SCIM_JSON } from '../words.ts';

const TEXT = 'Zoë 李小龍 😀 ß';

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The base URL's version segment, and the base URL without it. */
function versionOf(baseUrl: string): { readonly root: string } {
  const match = /^(.*)\/v\d+(?:\.\d+)?$/i.exec(baseUrl);
  if (match?.[1] === undefined) skip('the base URL names no version');
  return { root: match[1] };
}

export const transport: Section = {
  title: 'Transport, media types, URLs',
  checks: [
    check(
      'transport.tls',
      {
        rule: 'TLS 1.2 at least is used, and plain HTTP serves nothing',
        rfc: 'P 7.2',
        rows: [1],
        level: 'must',
        needs: 'https',
      },
      async (t) => {
        const answer = await t.get('/ServiceProviderConfig');
        expectThat(/^TLSv1\.[23]$/.test(answer.tls ?? ''), `the connection uses ${answer.tls ?? 'no TLS'}`);
        const plain = `${t.baseUrl.replace(/^https:\/\/([^/:]+)(?::\d+)?/, 'http://$1')}/ServiceProviderConfig`;
        // Without the token: it must not travel in the clear. Nobody listening is the best answer.
        const open = await t
          .ask({ method: 'GET', path: plain, headers: { authorization: null } })
          .catch(() => undefined);
        if (open !== undefined && open.status < 300) fail('plain HTTP is served');
      },
    ),
    check(
      'transport.utf8',
      {
        rule: 'JSON is read and written as UTF-8 when no charset is named',
        rfc: 'P 3.8',
        rows: [2],
        level: 'must',
      },
      async (t) => {
        const user = await t.makeUser({ displayName: TEXT });
        const read = await t.fetch(`/Users/${readText(user, 'id')}`);
        expectEqual(read['displayName'], TEXT, 'displayName read back');
      },
    ),
    check(
      'transport.charset',
      { rule: 'a body with charset=utf-8 is accepted', rfc: 'P 8.1', rows: [2, 6], level: 'should' },
      async (t) => {
        for (const type of [`${SCIM_JSON}; charset=utf-8`, `${SCIM_JSON};charset="UTF-8"`]) {
          expectStatus(await t.post('/Users', t.draftUser(), { 'content-type': type }), 201);
        }
      },
    ),
    check(
      'transport.accept-scim',
      { rule: 'Accept: application/scim+json is served', rfc: 'P 3.8', rows: [3], level: 'must' },
      async (t) => {
        const answer = await t.get('/Users?count=1', { accept: SCIM_JSON });
        expectStatus(answer, 200);
        expectEqual(mediaType(answer.headers['content-type']), SCIM_JSON, 'Content-Type');
      },
    ),
    check(
      'transport.accept-json',
      { rule: 'Accept: application/json gets the same document', rfc: 'P 3.8', rows: [4], level: 'should' },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        const plain = await t.get(path, { accept: 'application/json' });
        expectStatus(plain, 200);
        expectEqual(plain.json, (await t.get(path)).json, 'the document under application/json');
      },
    ),
    check(
      'transport.accept-none',
      {
        rule: 'without Accept the answer is application/scim+json',
        rfc: 'P 3.8 / P 8.1',
        rows: [5],
        level: 'must',
      },
      async (t) => {
        for (const accept of [null, '*/*']) {
          const answer = await t.get('/Users?count=1', { accept });
          expectStatus(answer, 200);
          expectEqual(mediaType(answer.headers['content-type']), SCIM_JSON, 'Content-Type');
        }
      },
    ),
    check(
      'transport.compression',
      {
        rule: 'an answer is compressed for nobody but who accepts it, and holds the same document',
        rfc: 'P 3.8 / RFC 9110 12.5.3',
        rows: [2],
        level: 'must',
      },
      async (t) => {
        // One that is small and one that is worth compressing.
        for (const path of [`/Users/${readText(await t.makeUser(), 'id')}`, '/Schemas']) {
          const plain = await t.get(path, { 'accept-encoding': 'identity' });
          const packed = await t.get(path, { 'accept-encoding': 'gzip' });
          const refused = await t.get(path, { 'accept-encoding': 'gzip;q=0, identity' });
          expectEqual(packed.json, plain.json, `${path} under Accept-Encoding: gzip`);
          for (const answer of [plain, refused, await t.get(path)]) {
            const coding = answer.headers['content-encoding'] ?? 'identity';
            expectEqual(coding, 'identity', `Content-Encoding of ${path} for who does not accept any`);
          }
          expectThat(
            [undefined, 'gzip'].includes(packed.headers['content-encoding']),
            `${path} is sent as ${packed.headers['content-encoding']}, accepted is gzip`,
          );
        }
      },
    ),
    check(
      'transport.plain-json-body',
      {
        rule: 'bodies are taken as application/json, with and without charset',
        rfc: 'P 8.1',
        rows: [6],
        level: 'should',
      },
      async (t) => {
        for (const type of ['application/json', 'application/json; charset=utf-8']) {
          const draft = t.draftUser({ displayName: TEXT });
          const answer = await t.post('/Users', draft, { 'content-type': type });
          expectStatus(answer, 201);
          expectEqual(readText(answer.json, 'displayName'), TEXT, `displayName sent as ${type}`);
        }
      },
    ),
    check(
      'transport.foreign-media-type',
      {
        rule: 'a body of another media type is refused with 4xx',
        rfc: 'P 8.1',
        rows: [6],
        level: 'practice',
      },
      async (t) => {
        const xml = {
          method: 'POST',
          path: '/Users',
          raw: '<user/>',
          headers: { 'content-type': 'application/xml' },
        };
        expectRefused(await t.ask(xml));
      },
    ),
    check(
      'transport.bodyless-content-type',
      {
        rule: 'GET and DELETE without a body may carry Content-Type',
        rfc: '-',
        rows: [7],
        level: 'practice',
      },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        expectStatus(await t.get(path, { 'content-type': SCIM_JSON }), 200);
        expectStatus(await t.remove(path, { 'content-type': 'application/json; charset=utf-8' }), 204);
      },
    ),
    check(
      'transport.urls-without-query',
      { rule: 'URLs that the server makes have no query', rfc: 'P 1.3', rows: [8], level: 'must' },
      async (t) => {
        const id = readText(await t.makeUser(), 'id');
        const answer = await t.get(`/Users/${id}?attributes=meta&x=y`);
        for (const url of [readText(answer.json, 'meta', 'location'), answer.headers['location'] ?? '']) {
          expectThat(!url.includes('?'), `a URL has a query: ${url}`);
        }
      },
    ),
    check(
      'transport.version-unknown',
      { rule: 'a version that the server does not have is refused', rfc: 'P 3.13', rows: [9], level: 'must' },
      async (t) => {
        const { root } = versionOf(t.baseUrl);
        expectRefused(await t.get(`${root}/v99/Users?count=1`));
      },
    ),
    check(
      'transport.version-omitted',
      {
        rule: 'without a version segment the newest version answers',
        rfc: 'P 3.13',
        rows: [10],
        level: 'should',
      },
      async (t) => {
        const { root } = versionOf(t.baseUrl);
        expectList(await t.get(`${root}/Users?count=1`));
      },
    ),
    check(
      'transport.unknown-parameters',
      {
        rule: 'query parameters that are not known are ignored',
        rfc: 'P 3.4.2',
        rows: [11],
        level: 'should',
      },
      async (t) => {
        expectList(await t.get('/Users?count=1&aadOptscim062020&unheard=of'));
        const id = readText(await t.makeUser(), 'id');
        expectStatus(await t.get(`/Users/${id}?unheard=%7B%22a%22%3A1%7D`), 200);
      },
    ),
    check(
      'transport.put-never-creates',
      { rule: 'PUT to an id that does not exist creates nothing', rfc: 'P 3.2', rows: [12], level: 'must' },
      async (t) => {
        const draft = t.draftUser();
        expectStatus(await t.put('/Users/11111111-2222-4333-8444-555555555555', draft), 404);
        const filter = encodeURIComponent(`userName eq "${readText(draft, 'userName')}"`);
        expectEqual(
          expectList(await t.get(`/Users?filter=${filter}`)).length,
          0,
          'the number of users found',
        );
      },
    ),
    check(
      'transport.endpoints-published',
      {
        rule: 'endpoints of resource types are plural and published',
        rfc: 'P 3.2',
        rows: [13],
        level: 'should',
      },
      async (t) => {
        const types = expectList(await t.get('/ResourceTypes'));
        const endpoints = new Map(types.map((type) => [readText(type, 'name'), readText(type, 'endpoint')]));
        expectEqual(endpoints.get('User'), '/Users', 'the endpoint of User');
        expectEqual(endpoints.get('Group'), '/Groups', 'the endpoint of Group');
      },
    ),
    check(
      'transport.message-schemas',
      { rule: 'messages name their schema under the api prefix', rfc: 'P 3.1', rows: [14], level: 'must' },
      async (t) => {
        for (const path of ['/Users?count=1', '/Groups?count=1', '/Users/no-such-id']) {
          const { json, request } = await t.get(path);
          const schemas = readList(json, 'schemas');
          const isMessage = schemas.some((urn) => String(urn).startsWith(MESSAGES));
          expectThat(isMessage, `${request} answered a message without a message schema`);
        }
      },
    ),
    check(
      'transport.message-schemas-unlisted',
      { rule: '/Schemas does not list message schemas', rfc: 'P 3.1', rows: [15], level: 'must' },
      async (t) => {
        const ids = expectList(await t.get('/Schemas')).map((schema) => readText(schema, 'id'));
        const messages = ids.filter((id) => id.toLowerCase().startsWith('urn:ietf:params:scim:api:'));
        expectEqual(messages, [], 'message schemas in /Schemas');
      },
    ),
    check(
      'transport.redirects',
      {
        rule: 'redirects keep the method: 307 or 308 only',
        rfc: 'P 3.12',
        rows: [16],
        level: 'may',
        last: true,
      },
      async (t) => {
        const redirects = t.seen.filter(({ status }) => status >= 300 && status < 400 && status !== 304);
        if (redirects.length === 0) skip('the server sent no redirect');
        const wrong = redirects.find(({ status }) => status !== 307 && status !== 308);
        if (wrong !== undefined) fail(`${wrong.request} answered ${wrong.status}`);
      },
    ),
    check(
      'transport.content-type',
      {
        rule: 'every answer with a body is application/scim+json',
        rfc: 'P 3.8 / P 8.1',
        rows: [5],
        level: 'must',
        last: true,
      },
      async (t) => {
        const own = t.seen.filter((answer) => answer.request.includes(' /') && isJson(answer.json));
        const wrong = own.find((answer) => mediaType(answer.headers['content-type']) !== SCIM_JSON);
        if (wrong !== undefined)
          fail(`${wrong.request} answered ${wrong.headers['content-type'] ?? 'no Content-Type'}`);
      },
    ),
  ],
};
