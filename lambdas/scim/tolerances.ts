/**
 * Every deviation from the RFCs that this server accepts, because a client that customers use sends it. An oddity that is
 * not here is not accepted on purpose. The code names the entry where it obeys it; `test/scim/tolerances.test.ts` has one
 * case per entry and does not compile without it, and `test/exchange-cuts.test.ts` takes each entry away for each exchange
 * that it names and wants to see that exchange fail.
 */
export interface Tolerance {
  /** Which clients send it, by their names in docs/identity-providers.md. */
  readonly idp: string;
  readonly accepts: string;
  readonly why: string;
  /** The page or code that shows it. */
  readonly source: string;
  /** Files of `test/exchanges/` whose request needs it, one for each client. */
  readonly exchanges: readonly [string, ...string[]];
}

export const TOLERANCES = {
  opInAnyCase: {
    idp: 'Microsoft Entra ID, Microsoft test collections',
    accepts: 'Add, Replace and Remove, in any case, as the op of a PATCH operation',
    why: 'The RFC writes the three in lower case; the default behaviour of Entra capitalises them.',
    source: 'entra-docs: application-provisioning-config-problem-scim-compatibility',
    exchanges: ['entra/23-add-three-members.json', 'microsoft-tests/29-disable-cleo.json'],
  },
  booleanAsText: {
    idp: 'Microsoft Entra ID, Microsoft Entra ID with the SCIM compliance flag, Microsoft test collections, OneLogin, Keycloak with pelotech/keycloak-scim',
    accepts: 'the texts true and false, in any case, where the schema says boolean, also in filters',
    why: 'Read as text, "False" is truthy and a leaver stays active (T40). Any other text is refused.',
    source:
      'entra-docs: application-provisioning-config-problem-scim-compatibility; pelotech/keycloak-scim UserAdapter.java',
    exchanges: [
      'entra/36-disable-cleo.json',
      'entra-flag/09-create-cleo.json',
      'microsoft-tests/29-disable-cleo.json',
      'onelogin/32-reactivate-cleo-with-another-template.json',
      'keycloak-scim-patch/22-deactivate-cleo.json',
    ],
  },
  removeWithValue: {
    idp: 'Microsoft Entra ID, Microsoft test collections, JumpCloud, OneLogin, authentik, Keycloak with keycloak-scim-outbound, ssosync, idp-scim-sync',
    accepts: 'a value next to the path of a remove, which limits it to the listed values',
    why: 'RFC 7644 gives remove no value. Ignoring it would empty the group (T41).',
    source:
      'entra-docs: use-scim-to-provision-users-and-groups; awslabs/ssosync internal/aws/client.go; Paul-E/scim-v2-rust test_data',
    exchanges: [
      'entra/27-remove-one-member.json',
      'microsoft-tests/22-remove-basil-from-chat-agents-eu.json',
      'jumpcloud/32-remove-basil-from-chat-agents-eu.json',
      'onelogin/24-remove-basil-from-chat-agents-eu.json',
      'authentik/22-remove-one-member-by-value.json',
      'keycloak-scim-outbound/33-remove-one-member-by-value.json',
      'ssosync/29-remove-basil-from-chat-agents-eu.json',
      'idp-scim-sync/20-remove-basil-from-chat-agents-eu.json',
    ],
  },
  pathsAsKeys: {
    idp: 'Microsoft Entra ID with the SCIM compliance flag',
    accepts: 'attribute paths with dots or URNs as the keys of a path-less value',
    why: 'The flag folds all plain changes into one operation whose keys are paths, not nested objects.',
    source: 'entra-docs: application-provisioning-config-problem-scim-compatibility',
    exchanges: ['entra-flag/30-update-profile.json'],
  },
  echoedReadOnly: {
    idp: 'Okta catalogue application, authentik, idp-scim-sync',
    accepts: 'id, schemas, meta and groups in a path-less PATCH value, without effect',
    why: 'Clients send back what they read. An id that differs is refused. (PUT ignores them by the RFC.)',
    source:
      'okta-developer-docs: reference/scim/scim-20; authentik providers/scim/clients/groups.py; slashdevops/idp-scim-sync internal/scim/scim.go',
    exchanges: [
      'okta-catalog/20-name-with-add-three-members.json',
      'authentik/28-rename-group-without-schemas.json',
      'idp-scim-sync/22-link-marketing-to-another-group.json',
    ],
  },
  createByFilter: {
    idp: 'Microsoft Entra ID',
    accepts:
      'add and replace of emails[type eq "work"].value where there is no such e-mail, and the like: it is created',
    why: 'The RFC answers 400 noTarget, and Entra would never get past it. Only well-known types are created by replace.',
    source: 'wireapp/wire-server pull request 5419; Metatavu/keycloak-scim-server issues 35 and 40',
    exchanges: ['entra/56-set-a-work-address-that-is-not-there.json'],
  },
  managerAsText: {
    idp: 'Microsoft Entra ID',
    accepts: 'the manager as a text instead of an object with a value',
    why: 'Seen on the wire in add and replace; an empty text takes the manager away.',
    source:
      'Captain-P-Goldfish/SCIM-SDK workarounds/msazure; pranems/SCIMServer MANAGER_PATCH_STRING_COERCION',
    exchanges: ['entra/52-change-the-manager-as-a-text.json'],
  },
  managerAsList: {
    idp: 'Microsoft Entra ID',
    accepts: 'a single-valued complex attribute as a list of one',
    why: 'The documented sample for the manager is a list.',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
    exchanges: ['entra/50-assign-a-manager-as-a-list.json'],
  },
  shortExtensionName: {
    idp: 'Microsoft Entra ID',
    accepts: 'an attribute of the enterprise extension without its URN, in paths and filters',
    why: 'The documented requests about the manager name it just "manager".',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
    exchanges: ['entra/50-assign-a-manager-as-a-list.json', 'entra/51-is-basil-the-manager-of-cleo.json'],
  },
  emptyClears: {
    idp: 'Microsoft Entra ID, Microsoft Entra ID with the SCIM compliance flag, Microsoft test collections, OneLogin, PingOne, authentik, Keycloak with keycloak-scim-outbound',
    accepts: 'an empty text as "no value", which clears the attribute',
    why: 'Required by the gallery tests, and what others make of an empty field of theirs. A required attribute cannot be cleared this way.',
    source:
      'AzureAD/SCIMReferenceCode SCIMTests_Workflow.json; OneLogin developers, Define Your SCIM User Schema; authentik providers/scim/clients/users.py',
    exchanges: [
      'entra/39-clear-a-title.json',
      'entra-flag/39-clear-a-title.json',
      'microsoft-tests/27-clear-with-empty-texts.json',
      'onelogin/04-create-astrid.json',
      'pingone/22-update-profile-with-an-empty-mail-attribute.json',
      'authentik/09-create-a-user-without-name-and-address.json',
      'keycloak-scim-outbound/17-create-a-user-without-address.json',
    ],
  },
  hollowValue: {
    idp: 'PingOne, Keycloak with keycloak-scim-outbound, ssosync',
    accepts: 'an element of a list that has a type or a primary flag and nothing else: it is dropped',
    why: 'The clients fill in the type before they know whether there is a value; shown again, it would look like one.',
    source:
      'awslabs/ssosync internal/aws/client.go; Termindiego25/keycloak-scim-outbound util/ScimMapper.java; Ping Identity: SCIM Provisioner, known issues and limitations',
    exchanges: [
      'pingone/22-update-profile-with-an-empty-mail-attribute.json',
      'keycloak-scim-outbound/17-create-a-user-without-address.json',
      'ssosync/04-create-astrid.json',
    ],
  },
  singleForMany: {
    idp: 'OneLogin',
    accepts: 'one object where the schema has a list',
    why: 'The documented template of the vendor sends emails as one object.',
    source:
      'OneLogin developers, Define Your SCIM User Schema; 15five/django-scim2 src/django_scim/adapters.py',
    exchanges: ['onelogin/04-create-astrid.json'],
  },
  bareValue: {
    idp: 'Microsoft test collections',
    accepts: 'a text where a list has objects with a value, such as the bare id of a member',
    why: 'The meaning is clear, and a 400 stops the whole request.',
    source: 'AzureAD/SCIMReferenceCode PostmanCollection.json',
    exchanges: ['microsoft-tests/17-add-astrid-to-chat-agents-eu-as-a-bare-text.json'],
  },
  twoPrimaries: {
    idp: 'PingOne, PingFederate',
    accepts: 'several values marked primary in one list: the first stays primary',
    why: 'With one of two mail attributes empty, both arrive as primary.',
    source: 'Ping Identity: SCIM Provisioner, known issues and limitations',
    exchanges: [
      'pingone/22-update-profile-with-an-empty-mail-attribute.json',
      'pingfederate/18-update-profile-with-two-primary-addresses.json',
    ],
  },
  schemasMissing: {
    idp: 'authentik, idp-scim-sync',
    accepts: 'bodies without schemas, which then mean the schema of the endpoint, or of a PATCH',
    why: 'Seen in a run of one client on POST and PUT, and in the code of the other on POST and PATCH of groups.',
    source: 'slashdevops/idp-scim-sync pkg/aws/scim.go; authentik providers/scim/clients/groups.py',
    exchanges: [
      'authentik/28-rename-group-without-schemas.json',
      'idp-scim-sync/03-create-chat-agents-eu.json',
    ],
  },
  foreignSchema: {
    idp: 'Microsoft Entra ID, Microsoft Entra ID with the SCIM compliance flag',
    accepts: 'unknown URIs in schemas beside a known one, and a URN that lacks a colon',
    why: 'Entra adds a URI of its own to groups. A body with foreign schemas only is refused.',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
    exchanges: ['entra/17-create-chat-agents-eu.json', 'entra-flag/17-create-chat-agents-eu.json'],
  },
  draftSchema: {
    idp: 'OneLogin',
    accepts: 'the URNs of the drafts before RFC 7643, in schemas and as the key of the enterprise extension',
    why: 'They are in the documented templates of the vendor, and a body with foreign schemas only is refused.',
    source: 'OneLogin developers, Define Your SCIM User Schema; goauthentik/authentik issue 11249',
    exchanges: ['onelogin/04-create-astrid.json', 'onelogin/27-update-profile.json'],
  },
  emptyOperation: {
    idp: 'Keycloak with pelotech/keycloak-scim',
    accepts: 'an operation of a PATCH that is an empty object, beside real ones',
    why: 'Older versions leave one behind every change of a member; refused, nobody would ever join a group.',
    source: 'pelotech/keycloak-scim GroupAdapter.java',
    exchanges: ['keycloak-scim-patch/16-add-one-member-with-an-empty-operation.json'],
  },
  unquotedWord: {
    idp: 'Microsoft test collections, authentik',
    accepts: 'a word without quotation marks on the right-hand side of a filter',
    why: 'authentik adopts existing users with such a filter; refused, it would create them again.',
    source: 'authentik providers/scim/clients/users.py; AzureAD/SCIMReferenceCode PostmanCollection.json',
    exchanges: [
      'microsoft-tests/11-find-by-family-name-and-address.json',
      'authentik/11-adopt-basil-by-a-filter-without-quotes.json',
    ],
  },
  filterValuePathSub: {
    idp: 'Microsoft Entra ID, Microsoft Entra ID with the SCIM compliance flag',
    accepts: 'emails[type eq "work"].value eq "..." in a filter',
    why: 'The grammar has this form for PATCH paths only; Entra matches people with it.',
    source: 'entra-docs: use-scim-to-provision-users-and-groups',
    exchanges: ['entra/35-match-cleo-by-work-email.json', 'entra-flag/35-match-cleo-by-work-email.json'],
  },
  emailSynonym: {
    idp: 'PingOne',
    accepts: 'email and email.value for emails.value in filters',
    why: 'A published set-up guide tells administrators to write it so.',
    source: 'Infisical documentation: PingOne SCIM',
    exchanges: ['pingone/14-match-basil-by-an-expression-of-the-administrator.json'],
  },
  plusAsBlank: {
    idp: 'Microsoft Entra ID, Microsoft Entra ID with the SCIM compliance flag, OneLogin, authentik, ssosync, idp-scim-sync',
    accepts: 'blanks in query parameters as + and as %20',
    why: 'Both are in use; a plus sign itself has to be sent as %2B.',
    source: 'awslabs/ssosync internal/aws/client.go; goauthentik/authentik issue 11249',
    exchanges: [
      'entra/01-test-connection-users.json',
      'entra-flag/01-test-connection-users.json',
      'onelogin/03-match-astrid-miss.json',
      'authentik/11-adopt-basil-by-a-filter-without-quotes.json',
      'ssosync/03-find-astrid-miss.json',
      'idp-scim-sync/13-adopt-basil.json',
    ],
  },
  plainJson: {
    idp: 'Okta catalogue application, Okta wizard application, OneLogin, Google Workspace, Microsoft test collections',
    accepts: 'application/json as the type of a body, and a Content-Type on requests without a body',
    why: 'RFC 7644 only asks for application/scim+json; many clients send the other one.',
    source:
      'okta-developer-docs: Okta-SCIM-20-SPEC-Test.json; goauthentik/authentik issue 11249; pond/scimitar issue 142',
    exchanges: [
      'okta-catalog/05-create-astrid.json',
      'okta-wizard/05-create-astrid.json',
      'onelogin/04-create-astrid.json',
      'google-workspace/03-create-astrid.json',
      'microsoft-tests/04-create-astrid.json',
    ],
  },
  countryByName: {
    idp: 'Microsoft Entra ID, Microsoft test collections, OneLogin',
    accepts: 'the English name of a country, or its code in lower case, where the schema wants the code',
    why: 'Directories hold names beside codes, and what is shown has to be a code. What is no country is dropped.',
    source:
      'microsoftgraph/microsoft-graph-docs issue 21152; AzureAD/SCIMReferenceCode PostmanCollection.json; Living Security support, Configuring SCIM for OneLogin',
    exchanges: [
      'entra/54-set-a-country-by-its-name.json',
      'microsoft-tests/04-create-astrid.json',
      'onelogin/33-update-basil-with-a-template-that-has-addresses.json',
    ],
  },
  extraMembers: {
    idp: 'Microsoft test collections, Okta catalogue application, Okta wizard application, OneLogin',
    accepts:
      'attributes, such as password, and parts of PATCH operations, that no schema here knows: they are dropped',
    why: 'Administrators add attributes in the identity provider that this server has no use for (T23).',
    source: 'AzureAD/SCIMReferenceCode PostmanCollection.json; okta-developer-docs: reference/scim/scim-20',
    exchanges: [
      'microsoft-tests/17-add-astrid-to-chat-agents-eu-as-a-bare-text.json',
      'okta-catalog/05-create-astrid.json',
      'okta-wizard/05-create-astrid.json',
      'onelogin/04-create-astrid.json',
    ],
  },
} as const satisfies Readonly<Record<string, Tolerance>>;

export type ToleranceName = keyof typeof TOLERANCES;
