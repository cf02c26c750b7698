import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCHEMAS } from '../../lambdas/scim/attributes.ts';
import { errorOf, filterBy, openTestScim, type TestScim } from './bridge.ts';

let bridge: TestScim;
beforeAll(async () => {
  bridge = await openTestScim();
});
afterAll(() => bridge.close());

describe('discovery (rows 26-46)', () => {
  test('the configuration says what is true', async () => {
    const { json } = await bridge.scim('GET', '/ServiceProviderConfig');
    expect(json).toMatchObject({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 100, maxPayloadSize: 1_048_576 },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 100,
        maxPageSize: 200,
        cursorTimeout: 3600,
      },
      authenticationSchemes: [{ type: 'oauthbearertoken', primary: true }, { type: 'oauth2' }],
    });
  });

  test('resource types name schemas that exist (row 38)', async () => {
    const types = await bridge.scim('GET', '/ResourceTypes');
    const schemas = await bridge.scim('GET', '/Schemas');
    expect(types.json).toMatchObject({
      totalResults: 2,
      Resources: [
        { id: 'User', endpoint: '/Users' },
        { id: 'Group', endpoint: '/Groups' },
      ],
    });
    expect(schemas.json).toMatchObject({ totalResults: 4 });
    const named =
      JSON.stringify(types.json).match(
        /urn:ietf:params:scim:schemas:(?:core:2.0:(?:User|Group)|extension:[a-z]+:2.0:User)/g,
      ) ?? [];
    expect(new Set(named).size).toBe(4);
    for (const urn of named) expect((await bridge.scim('GET', `/Schemas/${urn}`)).json['id']).toBe(urn);
    expect(schemas.text).not.toContain('null');
  });

  test('single documents, URNs in any case (row 44), and 404 for unknown ones (row 36)', async () => {
    expect((await bridge.scim('GET', '/ResourceTypes/Group')).json['schema']).toBe(
      'urn:ietf:params:scim:schemas:core:2.0:Group',
    );
    expect(
      (await bridge.scim('GET', '/Schemas/URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:GROUP')).json['name'],
    ).toBe('Group');
    expect(
      (await bridge.scim('GET', '/Schemas/urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser')).json[
        'name'
      ],
    ).toBe('User');
    expect(errorOf(await bridge.scim('GET', '/Schemas/urn:x'))).toEqual([404, undefined]);
    expect(errorOf(await bridge.scim('GET', '/ResourceTypes/Thing'))).toEqual([404, undefined]);
  });

  test('a filter on them is 403 (row 43)', async () => {
    expect(errorOf(await bridge.scim('GET', filterBy('/Schemas', 'id pr')))).toEqual([403, undefined]);
    expect(errorOf(await bridge.scim('GET', filterBy('/ResourceTypes', 'id pr')))).toEqual([403, undefined]);
    expect(errorOf(await bridge.scim('GET', filterBy('/ServiceProviderConfig', 'id pr')))).toEqual([
      403,
      undefined,
    ]);
  });
});

describe('the schemas that are published', () => {
  const lines = SCHEMAS.flatMap((schema) =>
    [...schema.attributes.values()].map((attribute) => {
      const { name, type, multiValued, required, caseExact, mutability, uniqueness, sub } = attribute;
      const marks = [
        multiValued && 'many',
        required && 'required',
        caseExact && 'exact',
        mutability !== 'readWrite' && mutability,
        uniqueness !== 'none' && uniqueness,
      ].filter(Boolean);
      return [
        `${schema.name}.${name}: ${type}`,
        ...marks,
        sub.size > 0 && `(${[...sub.values()].map((it) => it.name).join(' ')})`,
      ]
        .filter(Boolean)
        .join(' ');
    }),
  );

  test('are these (RFC 7643 section 8.7.1; a change here is a change for clients)', () => {
    expect(lines).toEqual([
      'User.userName: string required server',
      'User.name: complex (formatted familyName givenName middleName honorificPrefix honorificSuffix)',
      'User.displayName: string',
      'User.nickName: string',
      'User.profileUrl: reference exact',
      'User.title: string',
      'User.userType: string',
      'User.preferredLanguage: string',
      'User.locale: string',
      'User.timezone: string',
      'User.active: boolean',
      'User.emails: complex many (value display type primary)',
      'User.phoneNumbers: complex many (value display type primary)',
      'User.ims: complex many (value display type primary)',
      'User.photos: complex many (value display type primary)',
      'User.addresses: complex many (formatted streetAddress locality region postalCode country type primary)',
      'User.groups: complex many readOnly (value $ref display type)',
      'User.entitlements: complex many (value display type primary)',
      'User.roles: complex many (value display type primary)',
      'User.x509Certificates: complex many (value display type primary)',
      'EnterpriseUser.employeeNumber: string',
      'EnterpriseUser.costCenter: string',
      'EnterpriseUser.organization: string',
      'EnterpriseUser.division: string',
      'EnterpriseUser.department: string',
      'EnterpriseUser.manager: complex (value $ref displayName)',
      'AdobeProvisioning.status: string readOnly',
      'AdobeProvisioning.since: dateTime readOnly',
      'AdobeProvisioning.reason: string readOnly',
      'AdobeProvisioning.message: string readOnly',
      'AdobeProvisioning.hint: string readOnly',
      'AdobeProvisioning.email: string readOnly',
      'AdobeProvisioning.identityType: string readOnly',
      'AdobeProvisioning.entitlements: complex many readOnly (value type status group groupDisplay $ref)',
      'Group.displayName: string required server',
      'Group.members: complex many (value $ref type)',
    ]);
  });

  test('every attribute says what it is', () => {
    const silent = SCHEMAS.flatMap((schema) => [...schema.attributes.values()])
      .flatMap((attribute) => [attribute, ...attribute.sub.values()])
      .filter(({ description }) => description === '');
    expect(silent).toEqual([]);
  });
});
