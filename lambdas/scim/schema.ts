/**
 * What a User and a Group look like on the wire (RFC 7643 sections 4.1 to 4.3), as the zod schemas that validate them.
 * What zod has no word for (mutability, case, uniqueness, ...) is declared of each schema, so `/Schemas` is
 * derived from what is really enforced (row 45).
 *
 * `password` is absent on purpose: it is dropped on the way in and never stored (T22, row 78). No attribute here grants
 * anything at Adobe; only group membership does (T23).
 */
import * as z from 'zod';
import { identifierProblem, textProblem } from '../directory/normal.ts';

export const USER_URN = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const ENTERPRISE_URN = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
/** Our own: how far provisioning at Adobe is. */
export const ADOBE_URN = 'urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User';
export const GROUP_URN = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** The characteristics of RFC 7643 section 2.2 that differ from its defaults. */
export interface Characteristics {
  readonly type?: 'string' | 'boolean' | 'dateTime' | 'reference' | 'binary' | 'complex';
  readonly required?: boolean;
  readonly caseExact?: boolean;
  readonly mutability?: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned?: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness?: 'none' | 'server' | 'global';
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  /** Values are brought into this form before they are judged (row 71). */
  readonly canonicalForm?: 'country';
  /** Mapping files and consoles lose the blanks around a name, so they do not tell two names apart. */
  readonly blanksAround?: 'ignored';
}

/** What `/Schemas` says of each schema below. */
export const declarations = z.registry<{
  readonly description: string;
  readonly scim: Characteristics;
}>();

/** One person rarely has more; each e-mail costs a look-up item in the transaction that writes the user. */
const MOST_EMAILS = 20;
export const MOST_VALUES = 100;
/** A certificate in base64 is longer than T20's 1,024 characters, and is no name. */
const LONGEST_BINARY = 16_384;

/** A name or identifier: control, bidi and zero-width characters are refused (T19). */
function name(description: string, scim: Characteristics = {}) {
  return checked(identifierProblem).register(declarations, { description, scim });
}

/** Running text: only what no store or log can take is refused. */
function text(description: string, scim: Characteristics = {}) {
  return checked(textProblem).register(declarations, { description, scim });
}

function checked(problemOf: (value: string) => string | undefined) {
  return z.string().superRefine((value, context) => {
    const problem = problemOf(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

function flag(description: string, scim: Characteristics = {}) {
  return z.boolean().register(declarations, { description, scim: { type: 'boolean', ...scim } });
}

/** Stored and shown, never followed (T46). */
function link(description: string, referenceTypes: string[], scim: Characteristics = {}) {
  return text(description, { type: 'reference', caseExact: true, referenceTypes, ...scim });
}

function complex<S extends z.ZodRawShape>(description: string, shape: S, scim: Characteristics = {}) {
  return z.object(shape).register(declarations, { description, scim: { type: 'complex', ...scim } });
}

function many<S extends z.ZodRawShape>(
  description: string,
  shape: S,
  scim: Characteristics & { most?: number } = {},
) {
  const { most = MOST_VALUES, ...characteristics } = scim;
  return z
    .array(z.object(shape))
    .max(most)
    .register(declarations, { description, scim: { type: 'complex', ...characteristics } });
}

/** The sub-attributes that RFC 7643 section 2.4 gives to every multi-valued attribute. */
function plural<V extends z.ZodType>(value: V, canonicalValues?: string[]) {
  return {
    value: value.optional(),
    display: text('A name of this value for people to read.').optional(),
    type: text(
      'What this value is for.',
      canonicalValues === undefined ? {} : { canonicalValues },
    ).optional(),
    primary: flag('Whether this is the preferred value; true once at most.').optional(),
  };
}

const manager = {
  value: name("The id of the manager's User resource.", { caseExact: true }).optional(),
  $ref: link("The address of the manager's User resource.", ['User'], { mutability: 'readOnly' }).optional(),
  displayName: text('The name of the manager.', { mutability: 'readOnly' }).optional(),
};

/** RFC 7643 section 3.1: attributes that every resource has and no schema lists. */
export const CommonWire = z.object({
  schemas: z.array(z.string()).register(declarations, {
    description: 'The schemas in use.',
    scim: { type: 'reference', caseExact: true, returned: 'always' },
  }),
  id: name('The id that this server gave.', { caseExact: true, mutability: 'readOnly', returned: 'always' }),
  externalId: name('The id that the identity provider uses.', { caseExact: true }).optional(),
  meta: complex(
    'When and where.',
    {
      resourceType: text('The type of the resource.', { caseExact: true, mutability: 'readOnly' }),
      created: text('When it was made.', { type: 'dateTime', mutability: 'readOnly' }),
      lastModified: text('When it last changed.', { type: 'dateTime', mutability: 'readOnly' }),
      location: link('Where it can be read.', ['uri'], { mutability: 'readOnly' }),
      version: text('The entity tag.', { caseExact: true, mutability: 'readOnly' }),
    },
    { mutability: 'readOnly' },
  ).optional(),
});

/** RFC 7643 section 4.1. */
export const UserWire = z.object({
  userName: name('The name by which the identity provider knows the person; no two users share it.', {
    required: true,
    uniqueness: 'server',
  }),
  name: complex('The parts of the name.', {
    formatted: name('The full name.').optional(),
    familyName: name('The last name.').optional(),
    givenName: name('The first name.').optional(),
    middleName: name('The middle names.').optional(),
    honorificPrefix: name('A title before the name.').optional(),
    honorificSuffix: name('A suffix after the name.').optional(),
  }).optional(),
  displayName: name('The name to show.').optional(),
  nickName: name('The casual name.').optional(),
  profileUrl: link("The address of the person's profile page.", ['external']).optional(),
  title: text('The title in the organisation.').optional(),
  userType: text('The relation to the organisation.').optional(),
  preferredLanguage: text('The languages the person prefers.').optional(),
  locale: text('The place whose conventions apply.').optional(),
  timezone: text('The time zone, as in the Olson database.').optional(),
  active: flag('Whether the person may use what was assigned; false takes it away.').optional(),
  emails: many(
    'E-mail addresses. The primary one, else the work one, is the identity at Adobe.',
    plural(name('The address.'), ['work', 'home', 'other']),
    { most: MOST_EMAILS },
  ).optional(),
  phoneNumbers: many(
    'Phone numbers.',
    plural(text('The number.'), ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
  ).optional(),
  ims: many(
    'Instant messaging addresses.',
    plural(text('The address.'), ['aim', 'gtalk', 'icq', 'xmpp', 'msn', 'skype', 'qq', 'yahoo']),
  ).optional(),
  photos: many(
    'Addresses of pictures.',
    plural(link('The address of the picture.', ['external']), ['photo', 'thumbnail']),
  ).optional(),
  addresses: many('Postal addresses. The country of the primary one is the country at Adobe.', {
    formatted: text('The full address, with line breaks.').optional(),
    streetAddress: text('Street and number.').optional(),
    locality: text('City.').optional(),
    region: text('State or region.').optional(),
    postalCode: text('Postal code.').optional(),
    country: text('Country, as a two-letter code of ISO 3166-1.', { canonicalForm: 'country' }).optional(),
    type: text('What the address is for.', { canonicalValues: ['work', 'home', 'other'] }).optional(),
    primary: flag('Whether this is the preferred address; true once at most.').optional(),
  }).optional(),
  groups: many(
    'The groups the person is in. Changed through the groups.',
    {
      value: name('The id of the group.', { caseExact: true, mutability: 'readOnly' }).optional(),
      $ref: link('The address of the group.', ['Group'], { mutability: 'readOnly' }).optional(),
      display: text('The name of the group.', { mutability: 'readOnly' }).optional(),
      type: text('How the person is in it.', {
        mutability: 'readOnly',
        canonicalValues: ['direct', 'indirect'],
      }).optional(),
    },
    { mutability: 'readOnly' },
  ).optional(),
  entitlements: many(
    'Kept for the identity provider; grants nothing.',
    plural(text('The entitlement.')),
  ).optional(),
  roles: many('Kept for the identity provider; grants nothing.', plural(text('The role.'))).optional(),
  x509Certificates: many(
    'Certificates.',
    plural(
      z
        .base64()
        .max(LONGEST_BINARY)
        .register(declarations, {
          description: 'One certificate: DER in base64.',
          scim: { type: 'binary', caseExact: true },
        }),
    ),
  ).optional(),
});

/** RFC 7643 section 4.3. */
export const EnterpriseWire = z.object({
  employeeNumber: text('The number of the person in the organisation.').optional(),
  costCenter: text('The cost centre.').optional(),
  organization: text('The organisation.').optional(),
  division: text('The division.').optional(),
  department: text('The department.').optional(),
  manager: complex("The person's manager.", manager).optional(),
});

const onRequest: Characteristics = { mutability: 'readOnly', returned: 'request' };

/** The bridge's own extension: read-only, and shown only when it is asked for (row 171). */
export const AdobeWire = z.object({
  status: text('How far the bridge is with this person at Adobe.', {
    ...onRequest,
    canonicalValues: ['accepted', 'pending', 'sent', 'confirmed', 'held', 'parked', 'failed'],
  }).optional(),
  since: text('When that last changed.', { ...onRequest, type: 'dateTime' }).optional(),
  reason: text('What it waits for, in a word.', onRequest).optional(),
  message: text("What is wrong, in Adobe's words where there are any.", onRequest).optional(),
  hint: text('What a person should do about it.', onRequest).optional(),
  email: text('The e-mail address of the identity at Adobe.', onRequest).optional(),
  identityType: text('The type of the identity at Adobe.', {
    ...onRequest,
    canonicalValues: ['federatedID', 'enterpriseID', 'adobeID', 'businessID'],
  }).optional(),
  entitlements: many(
    'Product profiles and user groups, once for each group that gives one.',
    {
      value: text('The name of the product profile or user group.', onRequest).optional(),
      type: text('What it is.', { ...onRequest, canonicalValues: ['profile', 'userGroup'] }).optional(),
      status: text('How it stands at Adobe.', {
        ...onRequest,
        canonicalValues: ['held', 'confirmed', 'wanted', 'leaving', 'unknown', 'unlicensed', 'missing'],
      }).optional(),
      group: text('The id of the group it comes from; none for a rule about everyone.', {
        ...onRequest,
        caseExact: true,
      }).optional(),
      groupDisplay: text('The name of that group.', onRequest).optional(),
      $ref: link('The address of that group.', ['Group'], onRequest).optional(),
    },
    onRequest,
  ).optional(),
});

/** RFC 7643 section 4.2. */
export const GroupWire = z.object({
  displayName: name('The name of the group, by which mapping rules know it; no two groups share it.', {
    required: true,
    uniqueness: 'server',
    blanksAround: 'ignored',
  }),
  members: z
    .array(
      z.object({
        value: name('The id of a User resource.', { caseExact: true, mutability: 'immutable' }).optional(),
        $ref: link('The address of the User resource.', ['User'], { mutability: 'immutable' }).optional(),
        type: text('Always User: groups in groups are not supported.', {
          mutability: 'immutable',
          canonicalValues: ['User'],
        }).optional(),
      }),
    )
    .register(declarations, { description: 'The people in the group.', scim: { type: 'complex' } })
    .optional(),
});
