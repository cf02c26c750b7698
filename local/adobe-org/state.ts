/**
 * What the simulated org remembers: the stored form of everything in it, as zod schemas, because a restarted process
 * reads it back from a file. `store.ts` holds the same in memory with indexes.
 *
 * A user record stands for a directory account, in the org or not: a soft removal leaves the account behind, so that
 * a later create step attaches it again (`umapi.md` 6.1, 6.4).
 */
import * as z from 'zod';
import { Knobs } from './knobs.ts';

export const IdentityType = z.enum(['federatedID', 'enterpriseID', 'adobeID']);
export type IdentityType = z.infer<typeof IdentityType>;

/**
 * An administrator role: `org`, `support`, `deployment`, `compartmentAdmin`, `compartmentViewer`, or
 * `product:<product id>`, `group:<group id>`, `developer:<profile id>`. The `_...` names are derived (section 12).
 */
export const Role = z.string();

const userFields = {
  id: z.string(),
  email: z.string(),
  username: z.string(),
  /** The directory's domain, or `AdobeID` (section 13). */
  domain: z.string(),
  type: IdentityType,
  firstname: z.string().optional(),
  lastname: z.string().optional(),
  country: z.string().optional(),
  status: z.enum(['active', 'disabled', 'locked', 'removed']),
  /** Technical accounts are counted by listings and never shown (11.1). */
  technical: z.boolean(),
  inOrg: z.boolean(),
  /** False: the account belongs to the org that owns a trusted domain. */
  owned: z.boolean(),
  /** Direct memberships: group id to the number that orders joins. */
  memberships: z.record(z.string(), z.number()),
  roles: z.array(Role),
};

export const ShownUser = z.object(userFields);
export type ShownUser = z.infer<typeof ShownUser>;

export const User = z.object({
  ...userFields,
  /** Replication delay: until `until`, reads still show `was` (null: nobody). Ascending. */
  past: z.array(z.object({ until: z.number(), was: ShownUser.nullable() })),
});
export type User = z.infer<typeof User>;

export const Profile = z.object({
  kind: z.literal('profile'),
  groupId: z.number(),
  name: z.string(),
  productId: z.number(),
  /** Seats; absent means unlimited. Members beyond it are inactive (section 10, last paragraph). */
  quota: z.number().optional(),
  /** Whether members get mail (section 14). */
  notify: z.boolean(),
});
export type Profile = z.infer<typeof Profile>;

export const UserGroup = z.object({
  kind: z.literal('userGroup'),
  groupId: z.number(),
  name: z.string(),
  description: z.string(),
  readOnly: z.boolean(),
  /** Profile id to the number that orders joins. */
  attached: z.record(z.string(), z.number()),
});
export type UserGroup = z.infer<typeof UserGroup>;

export const Group = z.discriminatedUnion('kind', [Profile, UserGroup]);
export type Group = z.infer<typeof Group>;

export const Directory = z.object({
  name: z.string(),
  type: z.enum(['federatedID', 'enterpriseID']),
  /** Claimed (or trusted) domains, lower case; the first one is what users show as their `domain`. */
  domains: z.array(z.string()),
  /** Entra or Google sync is switched on. */
  synced: z.boolean(),
  /** People log in with a bare name; commands send `user` and `domain`. */
  usernameLogin: z.boolean(),
  /** The SSO user name may differ from the e-mail. */
  usernameMayDiffer: z.boolean(),
  /** No new Adobe IDs on these domains. */
  enforcement: z.boolean(),
  /** Set: the domains belong to that org and are only trusted here. */
  trustOwner: z.string().optional(),
});
export type Directory = z.infer<typeof Directory>;

export const Credential = z.object({
  clientId: z.string(),
  /** One or two; both work (2.1). */
  clientSecrets: z.array(z.string()),
  scopes: z.array(z.string()),
  /** The User Management API is added to the credential's project. */
  umapi: z.boolean(),
});
export type Credential = z.infer<typeof Credential>;

export const Endpoint = z.enum([
  'token',
  'action',
  'users',
  'groupUsers',
  'user',
  'groups',
  'status',
  'other',
]);
export type Endpoint = z.infer<typeof Endpoint>;

const faultTarget = { endpoint: Endpoint.optional() };

/** What one future call meets; `umapi.md` 20 "Time and faults". `applied` matters for the action endpoint only. */
export const Fault = z.discriminatedUnion('kind', [
  /** An HTTP status with an empty or given body. */
  z.object({
    kind: z.literal('status'),
    status: z.number().int().min(200).max(599),
    applied: z.boolean().default(false),
    body: z.string().optional(),
    headers: z.record(z.string(), z.string()).default({}),
    ...faultTarget,
  }),
  /** The connection breaks without an answer. */
  z.object({ kind: z.literal('reset'), applied: z.boolean().default(false), ...faultTarget }),
  /** 200 without a body. */
  z.object({ kind: z.literal('empty'), applied: z.boolean().default(true), ...faultTarget }),
  /** A gateway's HTML page. */
  z.object({
    kind: z.literal('html'),
    status: z.number().int().default(502),
    applied: z.boolean().default(false),
    ...faultTarget,
  }),
  /** 429; with `blocks`, every endpoint of the client stays throttled for that time. */
  z.object({
    kind: z.literal('throttle'),
    retryAfterSeconds: z.number().min(0),
    blocks: z.boolean().default(false),
    ...faultTarget,
  }),
  /** The right answer, late. */
  z.object({ kind: z.literal('slow'), ms: z.number().min(0), ...faultTarget }),
  /** 504 now, applied after `ms` (threats F36). */
  z.object({ kind: z.literal('late'), ms: z.number().min(0), ...faultTarget }),
  /** One command of a 200 fails with `code` and is not applied. */
  z.object({
    kind: z.literal('command'),
    code: z.string(),
    message: z.string().optional(),
    index: z.number().int().min(0).default(0),
    ...faultTarget,
  }),
  /** Fields laid over a true answer, to make it contradict itself (threats F38). */
  z.object({ kind: z.literal('merge'), fields: z.record(z.string(), z.unknown()), ...faultTarget }),
  /** Lets one call pass, to reach a later one. */
  z.object({ kind: z.literal('none'), ...faultTarget }),
]);
export type Fault = z.infer<typeof Fault>;

export const Mail = z.object({
  number: z.number(),
  /** Epoch milliseconds of the org's clock. */
  at: z.number(),
  to: z.string(),
  kind: z.enum(['addedToOrg', 'profileAdded', 'profileRemoved']),
  profile: z.string().optional(),
  product: z.string().optional(),
  by: z.enum(['api', 'console']),
});
export type Mail = z.infer<typeof Mail>;

export const Call = z.object({
  number: z.number(),
  /** Epoch milliseconds of arrival. */
  at: z.number(),
  clientId: z.string(),
  endpoint: Endpoint,
  method: z.string(),
  /** Path and query, decoded for reading. */
  path: z.string(),
  /** 0 when the connection was broken instead of answered. */
  status: z.number(),
  /** Action calls: number of commands, and the commands as sent. */
  commands: z.number(),
  body: z.unknown().optional(),
  /** Whether the commands took effect. */
  applied: z.boolean(),
  testOnly: z.boolean(),
  /** `error` and `warning` codes of the answer, in its order. */
  codes: z.array(z.string()),
  /** The fault that was injected, in words. */
  fault: z.string().optional(),
});
export type Call = z.infer<typeof Call>;

const ClientTraffic = z.object({
  /** Times of the calls that were let through, per endpoint, oldest first. */
  calls: z.record(z.string(), z.array(z.number())),
  /** When page 0 of each list was last served. */
  firstPageAt: z.record(z.string(), z.number()),
  blockedUntil: z.number(),
});
export type ClientTraffic = z.infer<typeof ClientTraffic>;

export const OrgMeta = z.object({
  orgId: z.string(),
  migrating: z.boolean(),
  signingKey: z.string(),
  /** Tokens made before are refused, as support would do with a leaked one. */
  tokensValidFrom: z.number(),
  credentials: z.array(Credential),
  directories: z.array(Directory),
  /** Claimed by other orgs that do not trust this one. */
  foreignDomains: z.array(z.string()),
  products: z.array(z.object({ id: z.number(), name: z.string() })),
  adminGroupIds: z.record(Role, z.number()),
  /** Source of group ids, user ids, join order, mail and call numbers. */
  nextNumber: z.number(),
  knobs: Knobs,
  traffic: z.record(z.string(), ClientTraffic),
  faults: z.array(Fault),
  /** How often each sentinel address has already acted. */
  sentinelUses: z.record(z.string(), z.number()),
  lateEffects: z.array(z.object({ dueAt: z.number(), commands: z.array(z.unknown()) })),
});
export type OrgMeta = z.infer<typeof OrgMeta>;

export const OrgState = z.object({
  version: z.literal(1),
  meta: OrgMeta,
  users: z.array(User),
  groups: z.array(Group),
  mails: z.array(Mail),
  calls: z.array(Call),
});
export type OrgState = z.infer<typeof OrgState>;

/** What one call changed: enough to replay it onto an older `OrgState`. */
export const OrgChange = z.object({
  meta: OrgMeta,
  users: z.array(User),
  goneUsers: z.array(z.string()),
  groups: z.array(Group),
  goneGroups: z.array(z.number()),
  mails: z.array(Mail),
  calls: z.array(Call),
});
export type OrgChange = z.infer<typeof OrgChange>;
