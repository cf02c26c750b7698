/**
 * The three discovery documents (RFC 7643 sections 5 to 7, RFC 7644 section 4). What they say is derived from what the code
 * does: schemas from the table that validates, limits from the constants that are enforced (rows 31, 45).
 */
import { type Attribute, GROUP, type ResourceKind, SCHEMAS, type Schema, USER } from './attributes.ts';
import { MOST_BULK_OPERATIONS } from './bulk-request.ts';
import { CURSOR_LIFE_SECONDS } from './cursor.ts';
import { ScimError } from './errors.ts';
import { fold } from './json.ts';
import { DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE, listResponse } from './list.ts';
import { tokenUrlOf } from './oauth.ts';
import { type Answer, type Call, LARGEST_BODY_BYTES } from './request.ts';
import type { Values } from './values.ts';

const CONFIG_URN = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';
const TYPE_URN = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
const SCHEMA_URN = 'urn:ietf:params:scim:schemas:core:2.0:Schema';

export function getServiceProviderConfig(call: Call): Answer {
  refuseFilter(call);
  const { baseUrl } = call;
  return {
    status: 200,
    body: {
      schemas: [CONFIG_URN],
      patch: { supported: true },
      bulk: { supported: true, maxOperations: MOST_BULK_OPERATIONS, maxPayloadSize: LARGEST_BODY_BYTES },
      filter: { supported: true, maxResults: LARGEST_PAGE_SIZE },
      changePassword: { supported: false },
      sort: { supported: true },
      etag: { supported: true },
      // RFC 9865 section 4.
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: DEFAULT_PAGE_SIZE,
        maxPageSize: LARGEST_PAGE_SIZE,
        cursorTimeout: CURSOR_LIFE_SECONDS,
      },
      authenticationSchemes: [
        {
          type: 'oauthbearertoken',
          name: 'Bearer token',
          description: 'A token made by the operator of this bridge, sent as Authorization: Bearer.',
          specUri: 'https://www.rfc-editor.org/info/rfc6750',
          primary: true,
        },
        {
          type: 'oauth2',
          name: 'OAuth 2.0 client credentials',
          description: `Client id and secret made by the operator; POST ${tokenUrlOf(baseUrl)} gives a bearer token for an hour.`,
          specUri: 'https://www.rfc-editor.org/info/rfc6749',
        },
      ],
      meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
    },
  };
}

export function listResourceTypes(call: Call): Answer {
  refuseFilter(call);
  return all([USER, GROUP].map((kind) => resourceType(kind, call.baseUrl)));
}

export function getResourceType({ baseUrl }: Call, name: string): Answer {
  const kind = [USER, GROUP].find((known) => known.name === name);
  if (kind === undefined)
    throw new ScimError(404, 'There is no such resource type. GET /ResourceTypes lists all of them.');
  return { status: 200, body: resourceType(kind, baseUrl) };
}

export function listSchemas(call: Call): Answer {
  refuseFilter(call);
  return all(SCHEMAS.map((schema) => describe(schema, call.baseUrl)));
}

/** Row 44: URNs are compared without regard to case. */
export function getSchema({ baseUrl }: Call, urn: string): Answer {
  const schema = SCHEMAS.find((known) => fold(known.urn) === fold(urn));
  if (schema === undefined)
    throw new ScimError(404, 'There is no such schema. GET /Schemas lists all of them.');
  return { status: 200, body: describe(schema, baseUrl) };
}

/** Row 43: so that no client believes its filter was applied. */
function refuseFilter({ query }: Call): void {
  if (query.has('filter')) {
    throw new ScimError(
      403,
      'Discovery documents cannot be filtered. Repeat the request without the filter.',
    );
  }
}

function all(resources: readonly Values[]): Answer {
  return { status: 200, body: listResponse(resources, resources.length, 1) };
}

function resourceType(
  { name, endpoint, description, core, extensions }: ResourceKind,
  baseUrl: string,
): Values {
  return {
    schemas: [TYPE_URN],
    id: name,
    name,
    endpoint,
    description,
    schema: core.urn,
    schemaExtensions: extensions.map(({ urn }) => ({ schema: urn, required: false })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${name}` },
  };
}

function describe({ urn, name, description, attributes }: Schema, baseUrl: string): Values {
  return {
    schemas: [SCHEMA_URN],
    id: urn,
    name,
    description,
    attributes: [...attributes.values()].map(describeAttribute),
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${urn}` },
  };
}

/** RFC 7643 section 7; without nulls (row 46). */
function describeAttribute(attribute: Attribute): Values {
  const { name, type, multiValued, description, required, mutability, returned, uniqueness } = attribute;
  const { caseExact, canonicalValues, referenceTypes, sub } = attribute;
  return {
    name,
    type,
    multiValued,
    description,
    required,
    ...(type === 'complex' || type === 'boolean' ? {} : { caseExact }),
    ...(canonicalValues.length === 0 ? {} : { canonicalValues }),
    mutability,
    returned,
    uniqueness,
    ...(type === 'reference' ? { referenceTypes } : {}),
    ...(sub.size === 0 ? {} : { subAttributes: [...sub.values()].map(describeAttribute) }),
  };
}
