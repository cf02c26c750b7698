/**
 * Every deviation from the RFCs that this server accepts, because a client that customers use sends it. An oddity that is
 * not here is not accepted on purpose. The code names the entry where it obeys it; `test/scim/tolerances.test.ts` has one
 * case per entry and does not compile without it.
 */
export interface Tolerance {
  /** Which client sends it. */
  readonly idp: string;
  readonly accepts: string;
  readonly why: string;
  /** The page or code that shows it. */
  readonly source: string;
  /** Folder of `test/exchanges/` that replays it, where one does. */
  readonly exchange?: string;
}

export const TOLERANCES = {
  opInAnyCase: {
    idp: 'Microsoft Entra ID without the SCIM compliance flag',
    accepts: 'Add, Replace and Remove, in any case, as the op of a PATCH operation',
    why: 'The RFC writes the three in lower case; the default behaviour of Entra capitalises them.',
    source: 'entra-docs: application-provisioning-config-problem-scim-compatibility',
    exchange: 'entra',
  },
  booleanAsText: {
    idp: 'Microsoft Entra ID without the SCIM compliance flag',
    accepts: 'the texts true and false, in any case, where the schema says boolean, also in filters',
    why: 'Read as text, "False" is truthy and a leaver stays active (T40). Any other text is refused.',
    source: 'entra-docs: application-provisioning-config-problem-scim-compatibility',
    exchange: 'entra',
  },
  removeWithValue: {
    idp: 'Microsoft Entra ID, JumpCloud, authentik, ssosync',
    accepts: 'a value next to the path of a remove, which limits it to the listed values',
    why: 'RFC 7644 gives remove no value. Ignoring it would empty the group (T41).',
    source: 'entra-docs: use-scim-to-provision-users-and-groups; awslabs/ssosync internal/aws/client.go',
    exchange: 'entra',
  },
  pathsAsKeys: {
    idp: 'Microsoft Entra ID with the SCIM compliance flag',
    accepts: 'attribute paths with dots or URNs as the keys of a path-less value',
    why: 'The flag folds all plain changes into one operation whose keys are paths, not nested objects.',
    source: 'entra-docs: application-provisioning-config-problem-scim-compatibility',
    exchange: 'entra-flag',
  },
  echoedReadOnly: {
    idp: 'Okta, authentik',
    accepts: 'id, schemas, meta and groups in a path-less PATCH value and in PUT, without effect',
    why: 'Clients send back what they read. An id that differs is refused in PATCH and ignored in PUT.',
    source: 'okta-developer-docs: reference/scim/scim-20; authentik providers/scim/clients/groups.py',
    exchange: 'okta-catalog',
  },
  createByFilter: {
    idp: 'Microsoft Entra ID',
    accepts: 'add and replace of emails[type eq "work"].value where there is no such e-mail: it is created',
    why: 'The RFC answers 400 noTarget, and Entra would never get past it. Only well-known types are created by replace.',
    source: 'wireapp/wire-server pull request 5419; Metatavu/keycloak-scim-server issues 35 and 40',
    exchange: 'entra',
  },
  managerAsText: {
    idp: 'Microsoft Entra ID',
    accepts: 'the manager as a text instead of an object with a value',
    why: 'Seen on the wire in add and replace; an empty text takes the manager away.',
    source:
      'Captain-P-Goldfish/SCIM-SDK workarounds/msazure; pranems/SCIMServer MANAGER_PATCH_STRING_COERCION',
  },
  managerAsList: {
    idp: 'Microsoft Entra ID',
    accepts: 'a single-valued complex attribute as a list of one',
    why: 'The documented sample for the manager is a list.',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
  },
  shortExtensionName: {
    idp: 'Microsoft Entra ID',
    accepts: 'an attribute of the enterprise extension without its URN, in paths and filters',
    why: 'The documented requests about the manager name it just "manager".',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
  },
  emptyClears: {
    idp: 'Microsoft Entra ID',
    accepts: 'an empty text as a value that clears the attribute',
    why: 'Required by the gallery tests; a required attribute cannot be cleared this way.',
    source: 'SCIMReferenceCode: SCIMTests_Workflow.json',
  },
  singleForMany: {
    idp: 'OneLogin',
    accepts: 'one object where the schema has a list',
    why: 'Templates that administrators edit have been seen to send emails as one object.',
    source: '15five/django-scim2: src/django_scim/adapters.py',
  },
  bareValue: {
    idp: 'Microsoft test collections',
    accepts: 'a text where a list has objects with a value, such as the bare id of a member',
    why: 'The meaning is clear, and a 400 stops the whole request.',
    source: 'SCIMReferenceCode: PostmanCollection.json',
  },
  twoPrimaries: {
    idp: 'Ping',
    accepts: 'several values marked primary in one list: the first stays primary',
    why: 'With one of two mail attributes empty, both arrive as primary.',
    source: 'Ping Identity: SCIM Provisioner, known issues and limitations',
  },
  schemasMissing: {
    idp: 'idp-scim-sync',
    accepts: 'bodies without schemas, which then mean the schema of the endpoint',
    why: 'Seen in a run of the client on POST and PUT.',
    source: 'slashdevops/idp-scim-sync: pkg/aws/scim.go',
  },
  foreignSchema: {
    idp: 'Microsoft Entra ID',
    accepts: 'unknown URIs in schemas beside a known one, and a URN that lacks a colon',
    why: 'Entra adds a URI of its own to groups. A body with foreign schemas only is refused.',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
    exchange: 'entra',
  },
  unquotedWord: {
    idp: 'authentik, a Microsoft sample',
    accepts: 'a word without quotation marks on the right-hand side of a filter',
    why: 'authentik adopts existing users with such a filter; refused, it would create them again.',
    source: 'authentik providers/scim/clients/users.py',
  },
  filterValuePathSub: {
    idp: 'Microsoft Entra ID',
    accepts: 'emails[type eq "work"].value eq "..." in a filter',
    why: 'The grammar has this form for PATCH paths only; Entra matches people with it.',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
    exchange: 'entra',
  },
  emailSynonym: {
    idp: 'Ping',
    accepts: 'email and email.value for emails.value in filters',
    why: 'A published set-up guide tells administrators to write it so.',
    source: 'Infisical documentation: PingOne SCIM',
  },
  plusAsBlank: {
    idp: 'ssosync, authentik, idp-scim-sync',
    accepts: 'blanks in query parameters as + and as %20',
    why: 'Both are in use; a plus sign itself has to be sent as %2B.',
    source: 'awslabs/ssosync internal/aws/client.go',
  },
  parameterInAnyCase: {
    idp: 'Microsoft inbound collection',
    accepts: 'names of query parameters in any case, and numbers below 1',
    why: 'The collection sends startindex=0.',
    source: 'SCIMReferenceCode: SCIM Inbound.postman_collection.json',
  },
  plainJson: {
    idp: 'OneLogin, Okta',
    accepts: 'application/json as the type of a body, and a Content-Type on requests without a body',
    why: 'RFC 7644 only asks for application/scim+json; many clients send the other one.',
    source: 'okta-developer-docs: Okta-SCIM-20-SPEC-Test.json',
  },
  countryByName: {
    idp: 'any whose country attribute is free text',
    accepts: 'the English name of a country, or its code in lower case, where the schema wants the code',
    why: 'Directories hold names, and what is shown has to be a code. What is no country is dropped.',
    source: 'none seen on the wire: a precaution, as RFC 7643 section 4.1.2 allows codes only',
  },
  extraMembers: {
    idp: 'Microsoft test collections, Okta, OneLogin',
    accepts: 'attributes, and parts of PATCH operations, that no schema knows: they are dropped',
    why: 'Administrators add attributes in the identity provider that this server has no use for (T23).',
    source: 'SCIMReferenceCode: PostmanCollection.json',
  },
} as const satisfies Readonly<Record<string, Tolerance>>;

export type ToleranceName = keyof typeof TOLERANCES;
