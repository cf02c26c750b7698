/** Names that the RFCs fix. */
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const CONFIG = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig';
export const RESOURCE_TYPE = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
export const SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
export const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0:';
export const LIST = `${MESSAGES}ListResponse`;
export const PATCH = `${MESSAGES}PatchOp`;
export const ERROR = `${MESSAGES}Error`;
export const SEARCH = `${MESSAGES}SearchRequest`;
export const BULK = `${MESSAGES}BulkRequest`;
export const BULK_RESPONSE = `${MESSAGES}BulkResponse`;
export const SCIM_JSON = 'application/scim+json';
