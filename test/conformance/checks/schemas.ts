/** /ResourceTypes and /Schemas (checklist rows 35-46, 258, 259). */
import { check, type Section } from '../check.ts';
import {
  expectEqual,
  expectError,
  expectList,
  expectSameSet,
  expectStatus,
  expectThat,
  fail,
  skip,
} from '../expect.ts';
import { isJson, type Json, read, readList, readText, walk } from '../json.ts';
import type { Session } from '../session.ts';
import { ENTERPRISE, GROUP, RESOURCE_TYPE, SCHEMA, USER } from '../words.ts';

const allowed: Readonly<Record<string, readonly string[]>> = {
  type: ['string', 'boolean', 'decimal', 'integer', 'dateTime', 'reference', 'complex', 'binary'],
  mutability: ['readOnly', 'readWrite', 'immutable', 'writeOnly'],
  returned: ['always', 'never', 'default', 'request'],
  uniqueness: ['none', 'server', 'global'],
};

async function listed(t: Session, path: string): Promise<readonly Json[]> {
  return expectList(await t.get(path)).filter(isJson);
}

/** Attributes and sub-attributes of all schemas, each with its path. */
async function allAttributes(t: Session): Promise<readonly (readonly [string, Json])[]> {
  const schemas = await listed(t, '/Schemas');
  return schemas.flatMap((schema) => attributesOf(readList(schema, 'attributes'), readText(schema, 'id')));
}

function attributesOf(list: readonly unknown[], path: string): readonly (readonly [string, Json])[] {
  return list.filter(isJson).flatMap((attribute) => {
    const at = `${path}:${readText(attribute, 'name')}`;
    return [[at, attribute] as const, ...attributesOf(readList(attribute, 'subAttributes'), at)];
  });
}

async function attributeOf(t: Session, urn: string, ...names: readonly string[]): Promise<Json | undefined> {
  let list = readList((await t.get(`/Schemas/${urn}`)).json, 'attributes');
  let found: Json | undefined;
  for (const name of names) {
    found = list.filter(isJson).find((attribute) => attribute['name'] === name);
    list = readList(found, 'subAttributes');
  }
  return found;
}

async function expectCharacteristics(
  t: Session,
  urn: string,
  rows: Readonly<Record<string, Json>>,
): Promise<void> {
  for (const [path, expected] of Object.entries(rows)) {
    const attribute = await attributeOf(t, urn, ...path.split('.'));
    if (attribute === undefined) continue;
    for (const [name, value] of Object.entries(expected))
      expectEqual(attribute[name], value, `${path}: ${name}`);
  }
}

export const schemas: Section = {
  title: 'Discovery: /ResourceTypes and /Schemas',
  checks: [
    check(
      'types.list',
      { rule: '/ResourceTypes answers a ListResponse', rfc: 'P 4', rows: [35], level: 'must' },
      async (t) => {
        const types = await listed(t, '/ResourceTypes');
        expectThat(types.length > 0, '/ResourceTypes is empty');
        for (const type of types) expectEqual(type['schemas'], [RESOURCE_TYPE], 'schemas of a resource type');
      },
    ),
    check(
      'schemas.list',
      { rule: '/Schemas answers a ListResponse', rfc: 'P 4', rows: [35], level: 'must' },
      async (t) => {
        const all = await listed(t, '/Schemas');
        for (const urn of [USER, GROUP])
          expectThat(
            all.some((schema) => schema['id'] === urn),
            `/Schemas lacks ${urn}`,
          );
        for (const schema of all)
          expectThat(readList(schema, 'schemas').includes(SCHEMA), `${schema['id']} lacks its schema`);
      },
    ),
    check(
      'types.one',
      { rule: '/ResourceTypes/{name} answers the single object', rfc: 'P 4', rows: [36], level: 'must' },
      async (t) => {
        for (const type of await listed(t, '/ResourceTypes')) {
          expectEqual(await t.fetch(`/ResourceTypes/${type['name']}`), type, 'the single resource type');
        }
      },
    ),
    check(
      'schemas.one',
      { rule: '/Schemas/{urn} answers the single object', rfc: 'P 4', rows: [36], level: 'must' },
      async (t) => {
        for (const schema of await listed(t, '/Schemas')) {
          expectEqual(await t.fetch(`/Schemas/${schema['id']}`), schema, 'the single schema');
        }
      },
    ),
    check(
      'types.unknown',
      { rule: 'an unknown resource type or schema is 404', rfc: 'P 4', rows: [36], level: 'must' },
      async (t) => {
        expectError(await t.get('/ResourceTypes/Unheard'), 404);
        expectError(await t.get('/Schemas/urn:ietf:params:scim:schemas:core:2.0:Unheard'), 404);
      },
    ),
    check(
      'types.shape',
      {
        rule: 'a resource type has name, endpoint, schema, and extensions in pairs',
        rfc: 'C 6',
        rows: [37],
        level: 'must',
      },
      async (t) => {
        for (const type of await listed(t, '/ResourceTypes')) {
          for (const name of ['name', 'endpoint', 'schema'])
            expectThat(readText(type, name) !== '', `a type has no ${name}`);
          expectEqual(type['id'] ?? type['name'], type['name'], 'id of a resource type');
          for (const extension of readList(type, 'schemaExtensions')) {
            expectEqual(typeof read(extension, 'schema'), 'string', 'the type of schemaExtensions.schema');
            expectEqual(
              typeof read(extension, 'required'),
              'boolean',
              'the type of schemaExtensions.required',
            );
          }
        }
      },
    ),
    check(
      'types.endpoints-answer',
      {
        rule: 'the endpoint of every resource type can be listed',
        rfc: 'C 6',
        rows: [37, 13],
        level: 'must',
      },
      async (t) => {
        for (const type of await listed(t, '/ResourceTypes')) {
          const endpoint = readText(type, 'endpoint');
          expectThat(endpoint.startsWith('/'), `the endpoint ${endpoint} is not relative to the base URL`);
          expectList(await t.get(`${endpoint}?count=1`));
        }
      },
    ),
    check(
      'types.schemas-exist',
      {
        rule: 'schema and extensions of a resource type are in /Schemas',
        rfc: 'C 6',
        rows: [38],
        level: 'must',
      },
      async (t) => {
        const known = (await listed(t, '/Schemas')).map((schema) => schema['id']);
        for (const type of await listed(t, '/ResourceTypes')) {
          const extensions = readList(type, 'schemaExtensions').map((extension) => read(extension, 'schema'));
          for (const urn of [type['schema'], ...extensions])
            expectThat(known.includes(urn), `/Schemas lacks ${urn}`);
        }
      },
    ),
    check(
      'types.required-extension',
      { rule: 'without a required extension a create is refused', rfc: 'C 6', rows: [39], level: 'must' },
      async (t) => {
        const user = (await listed(t, '/ResourceTypes')).find((type) => type['name'] === 'User');
        const required = readList(user, 'schemaExtensions').filter(
          (extension) => read(extension, 'required') === true,
        );
        if (required.length === 0) skip('no extension of User is required');
        expectError(await t.post('/Users', t.draftUser()), 400, 'invalidValue', 'invalidSyntax');
      },
    ),
    check(
      'schemas.shape',
      { rule: 'schemas and attributes state their characteristics', rfc: 'C 7', rows: [40], level: 'must' },
      async (t) => {
        for (const schema of await listed(t, '/Schemas')) {
          expectThat(readText(schema, 'name') !== '', `${schema['id']} has no name`);
          expectThat(readList(schema, 'attributes').length > 0, `${schema['id']} has no attributes`);
        }
        for (const [path, attribute] of await allAttributes(t)) {
          for (const [name, values] of Object.entries(allowed)) {
            if (name === 'uniqueness' && attribute[name] === undefined) continue;
            expectThat(values.includes(readText(attribute, name)), `${path} has ${name} ${attribute[name]}`);
          }
          for (const name of ['multiValued', 'required'])
            expectEqual(typeof attribute[name], 'boolean', `${path}: the type of ${name}`);
        }
      },
    ),
    check(
      'schemas.details',
      {
        rule: 'complex attributes list their parts, references their types',
        rfc: 'C 7',
        rows: [41],
        level: 'must',
      },
      async (t) => {
        for (const [path, attribute] of await allAttributes(t)) {
          if (attribute['type'] === 'complex')
            expectThat(readList(attribute, 'subAttributes').length > 0, `${path} lists no parts`);
          if (attribute['type'] === 'reference')
            expectThat(readList(attribute, 'referenceTypes').length > 0, `${path} has no referenceTypes`);
          const canonical = attribute['canonicalValues'];
          if (canonical !== undefined)
            expectThat(readList(canonical).length > 0, `${path}: canonicalValues is no list`);
        }
      },
    ),
    check(
      'schemas.flat',
      { rule: 'complex attributes hold no complex attributes', rfc: 'C 2.3.8', rows: [69], level: 'must' },
      async (t) => {
        for (const [path, attribute] of await allAttributes(t)) {
          const parts = readList(attribute, 'subAttributes').map((sub) => read(sub, 'type'));
          expectThat(!parts.includes('complex'), `${path} has a complex part`);
        }
      },
    ),
    check(
      'schemas.names',
      {
        rule: 'attribute names are letters, digits, hyphens and underscores',
        rfc: 'C 2.1',
        rows: [60],
        level: 'must',
      },
      async (t) => {
        for (const [path, attribute] of await allAttributes(t)) {
          const name = readText(attribute, 'name');
          expectThat(/^[A-Za-z$][A-Za-z0-9_-]*$/.test(name), `${path} is no attribute name`);
        }
      },
    ),
    check(
      'discovery.parameters-ignored',
      { rule: 'discovery endpoints ignore paging and sorting', rfc: 'P 4', rows: [42], level: 'must' },
      async (t) => {
        for (const path of ['/ResourceTypes', '/Schemas']) {
          const whole = await listed(t, path);
          const asked = await listed(t, `${path}?startIndex=2&count=1&sortBy=name&sortOrder=descending`);
          expectEqual(asked, whole, `${path} with paging and sorting`);
        }
      },
    ),
    check(
      'discovery.filter-refused',
      { rule: 'discovery endpoints answer a filter by 403', rfc: 'P 4', rows: [43], level: 'should' },
      async (t) => {
        for (const path of ['/ResourceTypes', '/Schemas', '/ServiceProviderConfig']) {
          expectError(await t.get(`${path}?filter=${encodeURIComponent('name eq "User"')}`), 403);
        }
      },
    ),
    check(
      'schemas.urn-in-any-case',
      {
        rule: 'URNs are compared without regard to case, in paths and in schemas',
        rfc: 'P 3.10',
        rows: [44],
        level: 'must',
      },
      async (t) => {
        const urn = USER.toUpperCase();
        expectEqual((await t.fetch(`/Schemas/${urn}`))['id'], USER, 'the id of the schema found');
        expectStatus(await t.post('/Users', t.draftUser({ schemas: [urn] })), 201);
      },
    ),
    check(
      'schemas.honest',
      { rule: 'attributes that are announced as writable are kept', rfc: 'C 7', rows: [45], level: 'should' },
      async (t) => {
        const user = await t.fetch(`/Schemas/${USER}`);
        const plain = readList(user, 'attributes').filter(isJson).filter(isPlainText);
        const values = Object.fromEntries(
          plain.map((attribute) => [String(attribute['name']), `v ${attribute['name']}`]),
        );
        const made = await t.makeUser(values);
        for (const [name, value] of Object.entries(values)) expectEqual(made[name], value, name);
      },
    ),
    check(
      'schemas.clean',
      { rule: 'schema documents hold no nulls and keep camel case', rfc: '-', rows: [46], level: 'practice' },
      async (t) => {
        const { json } = await t.get('/Schemas');
        for (const [path, value] of walk(json)) expectThat(value !== null, `${path} is null`);
        for (const name of ['multiValued', 'caseExact']) {
          const first = readList(json, 'Resources', 0, 'attributes').find(
            (attribute) => read(attribute, 'name') === 'userName',
          );
          if (first !== undefined) expectThat(read(first, name) !== undefined, `userName has no ${name}`);
        }
      },
    ),
    check(
      'schemas.user-core',
      {
        rule: 'userName, groups and password have the characteristics of the RFC',
        rfc: 'C 8.7.1',
        rows: [258, 255],
        level: 'must',
      },
      async (t) => {
        await expectCharacteristics(t, USER, {
          userName: { required: true, mutability: 'readWrite', caseExact: false, multiValued: false },
          groups: { mutability: 'readOnly', multiValued: true },
          password: { mutability: 'writeOnly', returned: 'never' },
        });
        const uniqueness = (await attributeOf(t, USER, 'userName'))?.['uniqueness'];
        expectThat(
          uniqueness === 'server' || uniqueness === 'global',
          `userName has uniqueness ${uniqueness}`,
        );
      },
    ),
    check(
      'schemas.group-core',
      { rule: 'the parts of members are immutable', rfc: 'C 8.7.1', rows: [259], level: 'must' },
      async (t) => {
        const immutable = { mutability: 'immutable' };
        await expectCharacteristics(t, GROUP, {
          members: { multiValued: true, type: 'complex' },
          'members.value': immutable,
          'members.$ref': immutable,
          'members.type': immutable,
        });
      },
    ),
    check(
      'schemas.enterprise',
      { rule: 'the enterprise extension has its six attributes', rfc: 'C 4.3', rows: [85], level: 'must' },
      async (t) => {
        const answer = await t.get(`/Schemas/${ENTERPRISE}`);
        if (answer.status === 404) skip('the enterprise extension is not offered');
        const names = readList(answer.json, 'attributes').map((attribute) => readText(attribute, 'name'));
        const expected = [
          'employeeNumber',
          'costCenter',
          'organization',
          'division',
          'department',
          'manager',
        ];
        expectSameSet(names, expected, 'attributes');
        const display = await attributeOf(t, ENTERPRISE, 'manager', 'displayName');
        if (display?.['mutability'] !== 'readOnly') fail('manager.displayName is not readOnly');
      },
    ),
  ],
};

/** A text that anybody may write, with no rule of its own. */
function isPlainText(attribute: Json): boolean {
  const { type, multiValued, mutability, returned, canonicalValues, required } = attribute;
  const isOpen = mutability === 'readWrite' && returned === 'default' && required !== true;
  const hasOwnForm = ['locale', 'timezone', 'preferredLanguage'].includes(String(attribute['name']));
  return type === 'string' && multiValued === false && isOpen && canonicalValues === undefined && !hasOwnForm;
}
