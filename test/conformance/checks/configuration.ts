/** What the server says of itself in /ServiceProviderConfig (checklist rows 26-34). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectList, expectStatus, expectThat, fail, skip } from '../expect.ts';
import { isJson, read, readList, readText } from '../json.ts';
import { CONFIG, PATCH } from '../words.ts';

const TYPES = ['oauth', 'oauth2', 'oauthbearertoken', 'httpbasic', 'httpdigest'];

const flags: readonly (readonly [string, string, string])[] = [
  ['patch', 'supported', 'boolean'],
  ['bulk', 'supported', 'boolean'],
  ['bulk', 'maxOperations', 'number'],
  ['bulk', 'maxPayloadSize', 'number'],
  ['filter', 'supported', 'boolean'],
  ['filter', 'maxResults', 'number'],
  ['changePassword', 'supported', 'boolean'],
  ['sort', 'supported', 'boolean'],
  ['etag', 'supported', 'boolean'],
];

export const configuration: Section = {
  title: 'Discovery: /ServiceProviderConfig',
  checks: [
    check(
      'config.one-object',
      { rule: 'GET answers one object with its schema, no list', rfc: 'P 4', rows: [26], level: 'must' },
      async (t) => {
        const config = await t.fetch('/ServiceProviderConfig');
        expectEqual(config['schemas'], [CONFIG], 'schemas');
      },
    ),
    check(
      'config.flags',
      {
        rule: 'every feature has its flag and its limits, with the right JSON types',
        rfc: 'C 5',
        rows: [27],
        level: 'must',
      },
      async (t) => {
        const config = await t.fetch('/ServiceProviderConfig');
        for (const [feature, name, type] of flags) {
          const value = read(config, feature, name);
          expectEqual(typeof value, type, `the type of ${feature}.${name}`);
          if (typeof value === 'number')
            expectThat(Number.isInteger(value) && value >= 0, `${feature}.${name} is ${value}`);
        }
      },
    ),
    check(
      'config.authentication-schemes',
      {
        rule: 'authenticationSchemes name type, name and description',
        rfc: 'C 5',
        rows: [28],
        level: 'must',
      },
      async (t) => {
        const schemes = readList(await t.fetch('/ServiceProviderConfig'), 'authenticationSchemes');
        expectThat(schemes.length > 0, 'authenticationSchemes is empty');
        for (const scheme of schemes) {
          expectThat(
            TYPES.includes(readText(scheme, 'type')),
            `an unknown type: ${readText(scheme, 'type')}`,
          );
          for (const name of ['name', 'description'])
            expectThat(readText(scheme, name) !== '', `a scheme has no ${name}`);
        }
      },
    ),
    check(
      'config.optional-parts',
      {
        rule: 'documentationUri, specUri and primary, where present, have their types',
        rfc: 'C 5',
        rows: [29],
        level: 'may',
      },
      async (t) => {
        const config = await t.fetch('/ServiceProviderConfig');
        const schemes = readList(config, 'authenticationSchemes');
        const uris = [
          config['documentationUri'],
          ...schemes.flatMap((s) => [read(s, 'specUri'), read(s, 'documentationUri')]),
        ];
        for (const uri of uris) {
          if (uri !== undefined) expectThat(URL.canParse(String(uri)), `no absolute URI: ${uri}`);
        }
        const primaries = schemes
          .map((scheme) => read(scheme, 'primary'))
          .filter((value) => value !== undefined);
        expectThat(
          primaries.every((value) => typeof value === 'boolean'),
          'primary is no boolean',
        );
        expectThat(primaries.filter((value) => value === true).length <= 1, 'two schemes are primary');
      },
    ),
    check(
      'config.meta',
      { rule: 'meta names resourceType and location', rfc: 'C 5', rows: [30], level: 'practice' },
      async (t) => {
        const config = await t.fetch('/ServiceProviderConfig');
        expectEqual(read(config, 'meta', 'resourceType'), 'ServiceProviderConfig', 'meta.resourceType');
        expectStatus(await t.get(readText(config, 'meta', 'location')), 200);
      },
    ),
    check(
      'config.max-results',
      { rule: 'no page is larger than filter.maxResults', rfc: 'C 5', rows: [31], level: 'must' },
      async (t) => {
        const most = Number(read(await t.fetch('/ServiceProviderConfig'), 'filter', 'maxResults'));
        for (let made = 0; made < 2; made += 1) await t.makeUser();
        const resources = expectList(await t.get(`/Users?count=${most + 1_000}`));
        expectThat(
          resources.length <= most,
          `a page has ${resources.length} resources, announced are ${most}`,
        );
      },
    ),
    check(
      'config.patch-is-true',
      {
        rule: 'patch.supported is true exactly when PATCH works',
        rfc: 'C 5',
        rows: [31, 183],
        level: 'must',
      },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser(), 'id')}`;
        const answer = await t.patch(path, [{ op: 'replace', path: 'displayName', value: 'Patched' }]);
        if (read(t.config, 'patch', 'supported') === true) expectStatus(answer, 200, 204);
        else expectStatus(answer, 501);
      },
    ),
    check(
      'config.filter-is-true',
      { rule: 'filter.supported is true exactly when filters select', rfc: 'C 5', rows: [31], level: 'must' },
      async (t) => {
        const filter = encodeURIComponent(`userName eq "${t.address('nobody')}"`);
        const answer = await t.get(`/Users?filter=${filter}`);
        if (read(t.config, 'filter', 'supported') === true)
          expectEqual(expectList(answer).length, 0, 'users found');
        else expectStatus(answer, 400, 403, 501);
      },
    ),
    check(
      'config.change-password',
      {
        rule: 'changePassword, where announced, works',
        rfc: 'C 5',
        rows: [31],
        level: 'must',
        needs: 'changePassword',
      },
      async (t) => {
        const path = `/Users/${readText(await t.makeUser({ password: `Old-${t.unique('pass')}!` }), 'id')}`;
        const patch = {
          schemas: [PATCH],
          Operations: [{ op: 'replace', path: 'password', value: `New-${t.unique('pass')}!` }],
        };
        expectStatus(await t.ask({ method: 'PATCH', path, body: patch }), 200, 204);
      },
    ),
    check(
      'config.read-only',
      {
        rule: 'discovery endpoints answer other methods than GET by 405 and an error body',
        rfc: '-',
        rows: [32],
        level: 'practice',
      },
      async (t) => {
        for (const path of ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas']) {
          for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
            const body = method === 'DELETE' ? {} : { body: {} };
            expectError(await t.ask({ method, path, ...body }), 405);
          }
        }
      },
    ),
    check(
      'config.pagination',
      {
        rule: 'a pagination object says which methods there are',
        rfc: 'K 4',
        rows: [33, 161],
        level: 'should',
      },
      async (t) => {
        const pagination = read(t.config, 'pagination');
        if (!isJson(pagination)) skip('no pagination object is announced');
        for (const name of ['cursor', 'index'])
          expectEqual(typeof pagination[name], 'boolean', `the type of pagination.${name}`);
        for (const name of ['defaultPageSize', 'maxPageSize', 'cursorTimeout']) {
          const value = pagination[name];
          if (value !== undefined)
            expectThat(Number.isInteger(value) && Number(value) > 0, `pagination.${name} is ${value}`);
        }
        if (pagination['cursor'] === true && pagination['index'] === true) {
          expectThat(
            ['cursor', 'index'].includes(readText(pagination, 'defaultPaginationMethod')),
            'no default method is declared',
          );
        }
      },
    ),
    check(
      'config.pagination-is-true',
      {
        rule: 'the methods and page sizes that pagination announces are those of the server',
        rfc: 'K 4',
        rows: [33, 31],
        level: 'must',
      },
      async (t) => {
        const pagination = read(t.config, 'pagination');
        if (!isJson(pagination)) skip('no pagination object is announced');
        for (let made = 0; made < 3; made += 1) await t.makeGroup();
        const page = async (query: string) => {
          const answer = await t.get(`/Groups?excludedAttributes=members&${query}`);
          return { answer, length: expectList(answer).length };
        };
        const byCursor = await page('cursor&count=1');
        expectEqual(
          read(byCursor.answer.json, 'nextCursor') !== undefined,
          pagination['cursor'] === true,
          'whether cursors are given',
        );
        if (pagination['index'] === true)
          expectEqual(read((await page('startIndex=2&count=1')).answer.json, 'startIndex'), 2, 'startIndex');
        const { defaultPageSize = Number.POSITIVE_INFINITY, maxPageSize = Number.POSITIVE_INFINITY } =
          pagination;
        const sizes = [(await page('')).length, (await page('count=1000000')).length];
        expectThat(
          Number(sizes[0]) <= Number(defaultPageSize),
          `a page without count has ${sizes[0]} resources`,
        );
        expectThat(Number(sizes[1]) <= Number(maxPageSize), `a page has ${sizes[1]} resources`);
      },
    ),
    check(
      'config.security-events',
      {
        rule: 'securityEvents, where announced, name asyncRequest and event URIs',
        rfc: 'V 4',
        rows: [34],
        level: 'may',
        needs: 'securityEvents',
      },
      async (t) => {
        const request = read(t.config, 'securityEvents', 'asyncRequest');
        if (!['none', 'long', 'request'].includes(String(request).toLowerCase()))
          fail(`asyncRequest is ${request}`);
      },
    ),
  ],
};
