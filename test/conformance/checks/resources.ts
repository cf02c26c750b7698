/** What every resource has in common (checklist rows 47-63). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectList, expectStatus, expectThat, fail, skip } from '../expect.ts';
import { isJson, type Json, read, readList, readText, walk } from '../json.ts';
import type { Answer, Session } from '../session.ts';
import { ENTERPRISE, GROUP, USER } from '../words.ts';

const CLIENT_ID = '99999999-8888-4777-8666-555555555555';

async function makeEnterprise(t: Session): Promise<Json> {
  return t.makeUser({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: { department: 'Field' } });
}

async function foundBy(t: Session, filter: string): Promise<number> {
  return expectList(await t.get(`/Users?filter=${encodeURIComponent(filter)}`)).length;
}

/** A user or group that an answer shows, also inside a list. */
export function shownIn({ json }: Answer): readonly Json[] {
  const own = readList(json, 'schemas');
  if (own.includes(USER) || own.includes(GROUP)) return isJson(json) ? [json] : [];
  return readList(json, 'Resources')
    .filter(isJson)
    .filter((item) => [USER, GROUP].some((urn) => readList(item, 'schemas').includes(urn)));
}

export const resources: Section = {
  title: 'Resource representation',
  checks: [
    check(
      'resource.schemas',
      {
        rule: 'schemas is a non-empty list without duplicates of URIs valid for the type',
        rfc: 'C 3',
        rows: [47],
        level: 'must',
      },
      async (t) => {
        const schemas = readList(await makeEnterprise(t), 'schemas');
        expectThat(
          schemas.length > 0 && schemas.every((urn) => typeof urn === 'string'),
          'schemas is no list of URIs',
        );
        expectEqual(new Set(schemas).size, schemas.length, 'the number of different schemas');
        const types = expectList(await t.get('/ResourceTypes')).filter(
          (type) => read(type, 'name') === 'User',
        );
        const extensions = readList(types[0], 'schemaExtensions').map((extension) =>
          read(extension, 'schema'),
        );
        for (const urn of schemas)
          expectThat([USER, ...extensions].includes(urn), `${urn} is not valid for User`);
      },
    ),
    check(
      'resource.base-schema',
      {
        rule: 'the base schema is in schemas, an extension when it has data',
        rfc: 'C 3.3',
        rows: [48],
        level: 'must',
      },
      async (t) => {
        const schemas = readList(await makeEnterprise(t), 'schemas');
        for (const urn of [USER, ENTERPRISE]) expectThat(schemas.includes(urn), `schemas lacks ${urn}`);
        const plain = readList(await t.makeGroup(), 'schemas');
        expectThat(plain.includes(GROUP), `schemas of a group lacks ${GROUP}`);
      },
    ),
    check(
      'resource.extension-object',
      { rule: 'attributes of an extension are inside its object', rfc: 'C 3.3', rows: [49], level: 'must' },
      async (t) => {
        const user = await makeEnterprise(t);
        expectEqual(read(user, ENTERPRISE, 'department'), 'Field', 'department in the extension');
        expectEqual(user['department'], undefined, 'department at top level');
      },
    ),
    check(
      'resource.id',
      { rule: 'id is issued, non-empty and stable', rfc: 'C 3.1', rows: [50], level: 'must' },
      async (t) => {
        const user = await t.makeUser();
        const id = readText(user, 'id');
        expectEqual((await t.fetch(`/Users/${id}`))['id'], id, 'id read back');
        expectStatus(await t.put(`/Users/${id}`, t.draftUser()), 200);
        expectEqual((await t.fetch(`/Users/${id}`))['id'], id, 'id after PUT');
      },
    ),
    check(
      'resource.id-not-reused',
      { rule: 'an id is never given again', rfc: 'C 3.1', rows: [50], level: 'must' },
      async (t) => {
        const draft = t.draftUser();
        const first = readText(await t.makeUser(draft), 'id');
        expectStatus(await t.remove(`/Users/${first}`), 204);
        const second = readText(await t.makeUser(draft), 'id');
        expectThat(first !== second, 'a user created after a delete got the old id');
      },
    ),
    check(
      'resource.client-id',
      { rule: 'an id sent by the client is not taken over', rfc: 'C 3.1', rows: [51], level: 'must' },
      async (t) => {
        const user = await t.makeUser({ id: CLIENT_ID });
        expectThat(user['id'] !== CLIENT_ID, 'the server took the id of the client');
        const group = await t.makeGroup({ id: CLIENT_ID });
        expectThat(group['id'] !== CLIENT_ID, 'the server took the id of the client for a group');
      },
    ),
    check(
      'resource.id-without-bulkid',
      { rule: 'no id contains bulkId', rfc: 'C 3.1', rows: [52], level: 'must', last: true },
      async (t) => {
        const ids = t.seen.flatMap(shownIn).map((resource) => readText(resource, 'id'));
        expectThat(!ids.some((id) => id.toLowerCase().includes('bulkid')), 'an id contains bulkId');
      },
    ),
    check(
      'resource.id-case',
      { rule: 'id is case exact', rfc: 'C 3.1', rows: [53], level: 'must' },
      async (t) => {
        const id = readText(await t.makeUser(), 'id');
        const other = id === id.toUpperCase() ? id.toLowerCase() : id.toUpperCase();
        if (other === id) skip('the ids of this server have no letters');
        expectStatus(await t.get(`/Users/${other}`), 404);
        expectEqual(await foundBy(t, `id eq "${other}"`), 0, 'users found by an id in another case');
      },
    ),
    check(
      'resource.externalid-case',
      { rule: 'externalId is case exact', rfc: 'C 3.1', rows: [53, 74], level: 'must' },
      async (t) => {
        const externalId = t.unique('Ext-CASE');
        const user = await t.makeUser({ externalId });
        expectEqual(user['externalId'], externalId, 'externalId');
        expectEqual(await foundBy(t, `externalId eq "${externalId}"`), 1, 'users found by externalId');
        expectEqual(
          await foundBy(t, `externalId eq "${externalId.toLowerCase()}"`),
          0,
          'users found by another case',
        );
      },
    ),
    check(
      'resource.externalid-invented',
      { rule: 'the server never invents an externalId', rfc: 'C 3.1', rows: [54], level: 'must' },
      async (t) => {
        expectEqual((await t.makeUser())['externalId'], undefined, 'externalId of a user');
        expectEqual((await t.makeGroup())['externalId'], undefined, 'externalId of a group');
      },
    ),
    check(
      'resource.meta',
      {
        rule: 'meta is set by the server, client values are ignored',
        rfc: 'C 3.1',
        rows: [55],
        level: 'must',
      },
      async (t) => {
        const meta = {
          resourceType: 'Group',
          created: '2001-01-01T00:00:00Z',
          lastModified: '2001-01-01T00:00:00Z',
          location: 'https://example.com/x',
          version: 'W/"mine"',
        };
        const user = await t.makeUser({ meta });
        for (const [name, value] of Object.entries(meta)) {
          expectThat(read(user, 'meta', name) !== value, `meta.${name} was taken from the client`);
        }
        for (const name of ['resourceType', 'created', 'lastModified', 'location']) {
          expectThat(readText(user, 'meta', name) !== '', `meta has no ${name}`);
        }
      },
    ),
    check(
      'resource.created',
      { rule: 'lastModified equals created until the first change', rfc: 'C 3.1', rows: [56], level: 'must' },
      async (t) => {
        const user = await t.makeUser();
        expectEqual(read(user, 'meta', 'lastModified'), read(user, 'meta', 'created'), 'lastModified');
        const again = await t.fetch(`/Users/${readText(user, 'id')}`);
        expectEqual(again['meta'], user['meta'], 'meta read back');
        // The members of a new group belong to its creation.
        const group = await t.makeGroup({ members: [{ value: user['id'] }] });
        expectEqual(
          read(group, 'meta', 'lastModified'),
          read(group, 'meta', 'created'),
          'lastModified of a group',
        );
        expectEqual(
          (await t.fetch(`/Groups/${group['id']}`))['meta'],
          group['meta'],
          'meta of the group read back',
        );
      },
    ),
    check(
      'resource.last-modified',
      { rule: 'a change moves lastModified and leaves created', rfc: 'C 3.1', rows: [55, 56], level: 'must' },
      async (t) => {
        const user = await t.makeUser();
        const path = `/Users/${readText(user, 'id')}`;
        // Two changes in one millisecond could carry one time.
        await new Promise((done) => setTimeout(done, 5));
        expectStatus(await t.put(path, { ...t.draftUser(), displayName: 'Changed' }), 200);
        const meta = read(await t.fetch(path), 'meta');
        expectEqual(read(meta, 'created'), read(user, 'meta', 'created'), 'created');
        const moved =
          Date.parse(readText(meta, 'lastModified')) > Date.parse(readText(user, 'meta', 'lastModified'));
        expectThat(moved, `lastModified stayed ${readText(meta, 'lastModified')}`);
      },
    ),
    check(
      'resource.location',
      {
        rule: 'meta.location is where the resource can be read',
        rfc: 'C 3.1',
        rows: [57, 68],
        level: 'must',
      },
      async (t) => {
        for (const resource of [await t.makeUser(), await t.makeGroup()]) {
          const location = readText(resource, 'meta', 'location');
          const answer = await t.get(location);
          expectStatus(answer, 200);
          expectEqual(read(answer.json, 'id'), resource['id'], 'the id found at meta.location');
        }
      },
    ),
    check(
      'resource.location-headers',
      {
        rule: 'Location and Content-Location equal meta.location',
        rfc: 'C 3.1',
        rows: [57],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const answer of t.seen) {
          const location = readText(answer.json, 'meta', 'location');
          if (location === '' || answer.status >= 300) continue;
          for (const name of ['location', 'content-location']) {
            const header = answer.headers[name];
            if (header !== undefined && header !== location)
              fail(`${answer.request}: ${name} is ${header}, not ${location}`);
          }
        }
      },
    ),
    check(
      'resource.version',
      { rule: 'meta.version is an entity tag', rfc: 'C 3.1 / P 3.14', rows: [58], level: 'must' },
      async (t) => {
        const version = readText(await t.makeUser(), 'meta', 'version');
        if (version === '') skip('the server shows no meta.version');
        expectThat(/^(W\/)?"[^"]*"$/.test(version), `meta.version is ${version}`);
      },
    ),
    check(
      'resource.type',
      { rule: 'meta.resourceType follows the endpoint', rfc: 'P 3.3.1', rows: [59], level: 'must' },
      async (t) => {
        expectEqual(read(await t.makeUser(), 'meta', 'resourceType'), 'User', 'meta.resourceType');
        expectEqual(read(await t.makeGroup(), 'meta', 'resourceType'), 'Group', 'meta.resourceType');
      },
    ),
    check(
      'resource.attribute-order',
      {
        rule: 'the order of attributes and of schemas has no meaning',
        rfc: 'C 2.3.8 / C 3',
        rows: [60, 47],
        level: 'must',
      },
      async (t) => {
        const draft = t.draftUser({ schemas: [ENTERPRISE, USER], [ENTERPRISE]: { department: 'Field' } });
        const turned = Object.fromEntries(Object.entries(draft).reverse());
        const user = await t.makeUser(turned);
        expectEqual(user['displayName'], draft['displayName'], 'displayName');
        expectEqual(read(user, ENTERPRISE, 'department'), 'Field', 'department');
      },
    ),
    check(
      'resource.names-in-any-case',
      {
        rule: 'attribute names in bodies are read without regard to case',
        rfc: 'C 2.1',
        rows: [61],
        level: 'must',
      },
      async (t) => {
        const { displayName: _displayName, name: _name, ...draft } = t.draftUser();
        const user = await t.makeUser({
          ...draft,
          DISPLAYNAME: 'Any Case',
          displayName: undefined,
          name: undefined,
          Name: { FamilyNAME: 'Park' },
        });
        expectEqual(user['displayName'], 'Any Case', 'displayName');
        expectEqual(read(user, 'name', 'familyName'), 'Park', 'name.familyName');
      },
    ),
    check(
      'resource.unassigned',
      { rule: 'missing, null and [] all mean: no value', rfc: 'C 2.5', rows: [62], level: 'must' },
      async (t) => {
        const user = await t.makeUser({ nickName: null, phoneNumbers: [], title: null, roles: null });
        const isEmpty = (value: unknown) =>
          value === undefined || value === null || (Array.isArray(value) && value.length === 0);
        for (const name of ['nickName', 'phoneNumbers', 'title', 'roles'])
          expectThat(isEmpty(user[name]), `${name} has a value`);
      },
    ),
    check(
      'resource.no-nulls',
      {
        rule: 'attributes without a value are left out',
        rfc: '-',
        rows: [63],
        level: 'practice',
        last: true,
      },
      async (t) => {
        for (const answer of t.seen) {
          for (const [path, value] of shownIn(answer).flatMap((resource) => [...walk(resource)])) {
            if (value === null) fail(`${answer.request} shows ${path}: null`);
          }
        }
      },
    ),
    check(
      'resource.schemas-everywhere',
      {
        rule: 'every resource in every answer has schemas and id',
        rfc: 'C 3',
        rows: [47, 50],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const answer of t.seen) {
          const listed = readList(answer.json, 'Resources').filter(isJson);
          const single =
            /^\/(Users|Groups)(\/[^/.]+)?$/.test(answer.path) && isJson(answer.json) && answer.status < 300;
          const found =
            single && answer.json['Resources'] === undefined && answer.json['totalResults'] === undefined
              ? [answer.json]
              : listed;
          for (const resource of found) {
            if (!isJson(resource)) continue;
            if (readList(resource, 'schemas').length === 0)
              fail(`${answer.request} shows a resource without schemas`);
            if (
              readText(resource, 'id') === '' &&
              !/^\/(ServiceProviderConfig|Schemas|ResourceTypes)/.test(answer.path)
            )
              fail(`${answer.request} shows a resource without id`);
          }
        }
      },
    ),
  ],
};
