/**
 * The words of the directory: what is stored about users, groups, accounts and connections, as zod schemas
 * from which the types are inferred. Items are parsed with these on the way out of DynamoDB.
 *
 * Objects that a later release may extend are loose: an older release passes attributes it does not know
 * through untouched (F20, F21).
 */
import * as z from 'zod';
import { Drift, DriftPolicy, ListingMark } from './drift-records.ts';
import { connectionSafety, HoldMark, Pause, RemovalLimit } from './safety.ts';

/** Version of the item shapes below, written on every item as `v`. */
export const SCHEMA_VERSION = 1;

export const ConnectionId = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/)
  .brand<'ConnectionId'>();
export type ConnectionId = z.infer<typeof ConnectionId>;

/** Our short name of an Adobe org, used in keys; Adobe's own id (`...@AdobeOrg`) is in the org's settings. */
export const OrgKey = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/)
  .brand<'OrgKey'>();
export type OrgKey = z.infer<typeof OrgKey>;

export const UserId = z.uuid().brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;
export const GroupId = z.uuid().brand<'GroupId'>();
export type GroupId = z.infer<typeof GroupId>;
export const AccountId = z.uuid().brand<'AccountId'>();
export type AccountId = z.infer<typeof AccountId>;

/** Milliseconds since 1970 by the bridge's clock. */
export const EpochMs = z.number().int();

/**
 * A user as the identity provider last wrote it: the client-writable attributes of RFC 7643 section 4.1 in canonical
 * attribute names, without `id`, `meta`, `groups`, `schemas` and `password`. An extension sits under its URN.
 * Only what the directory itself reads is spelled out; `scim/resource.ts` validates the rest.
 */
export const UserResource = z.looseObject({
  userName: z.string(),
  externalId: z.string().optional(),
  active: z.boolean(),
  displayName: z.string().optional(),
  name: z.looseObject({ givenName: z.string().optional(), familyName: z.string().optional() }).optional(),
  emails: z
    .array(
      z.looseObject({
        value: z.string().optional(),
        type: z.string().optional(),
        primary: z.boolean().optional(),
      }),
    )
    .optional(),
  addresses: z
    .array(z.looseObject({ country: z.string().optional(), primary: z.boolean().optional() }))
    .optional(),
});
export type UserResource = z.infer<typeof UserResource>;

export const UserRecord = z.looseObject({
  id: UserId,
  accountId: AccountId,
  version: z.number().int(),
  created: EpochMs,
  lastModified: EpochMs,
  resource: UserResource,
});
export type UserRecord = z.infer<typeof UserRecord>;

/** A user as far as a walk over everybody asks: of the resource, only the attributes that were named. */
export const UserGlimpse = UserRecord.extend({ resource: UserResource.partial() });
export type UserGlimpse = z.infer<typeof UserGlimpse>;

export const GroupRecord = z.looseObject({
  id: GroupId,
  displayName: z.string(),
  externalId: z.string().optional(),
  version: z.number().int(),
  created: EpochMs,
  lastModified: EpochMs,
  state: z.enum(['live', 'deleting']),
});
export type GroupRecord = z.infer<typeof GroupRecord>;

/** Identity types of `umapi.md` 13. `businessID` is ours: sent as `addAdobeID` + `useAdobeID` (rules.md R2). */
export const IdentityType = z.enum(['federatedID', 'enterpriseID', 'adobeID', 'businessID']);
export type IdentityType = z.infer<typeof IdentityType>;

/**
 * Who a person is at Adobe. `email` is the handle of commands; `username` equals it unless the domain says otherwise.
 * `domain` is set only in username-login directories, where commands send `user` + `domain`.
 */
export const Identity = z.object({
  email: z.string(),
  username: z.string(),
  type: IdentityType,
  domain: z.string().optional(),
  /** Adobe has the person under this other type, and the connection uses that user (`twins: use-existing`). */
  as: z.enum(['federatedID', 'enterpriseID', 'adobeID']).optional(),
});
export type Identity = z.infer<typeof Identity>;

/** Why a person has no usable identity: shown to the operator, never to the identity provider as a failure. */
export const IdentityProblem = z.object({
  code: z.string(),
  detail: z.string(),
  domain: z.string().optional(),
});
export type IdentityProblem = z.infer<typeof IdentityProblem>;

export const EntitlementKind = z.enum(['profile', 'userGroup']);
export type EntitlementKind = z.infer<typeof EntitlementKind>;
/** A product profile or user group that a rule names. Adobe knows it by name; `product` is checked, never sent. */
export const Entitlement = z.object({
  name: z.string(),
  kind: EntitlementKind,
  product: z.string().optional(),
});
export type Entitlement = z.infer<typeof Entitlement>;
/** Normal form of an entitlement's name (trimmed, lower case, `umapi.md` 12): the key of every map of entitlements. */
export type EntitlementKey = string;

export const AppliedEntitlement = z.looseObject({
  name: z.string(),
  kind: EntitlementKind,
  /** When Adobe acknowledged it, or when we found it there. */
  since: EpochMs,
  /** It was there when the bridge first looked: adopted, not granted. */
  found: z.boolean().optional(),
  /** Set by the first plan that no longer wants it (rules.md R22). */
  unwantedSince: EpochMs.optional(),
  /** The rule that wanted it when it was granted: its mode decides about the revoke. */
  rule: z.string().optional(),
  hold: HoldMark.optional(),
});
export type AppliedEntitlement = z.infer<typeof AppliedEntitlement>;

export const Wanted = z.looseObject({
  identity: Identity.optional(),
  problem: IdentityProblem.optional(),
  firstname: z.string().optional(),
  lastname: z.string().optional(),
  country: z.string().optional(),
  active: z.boolean(),
  /** When `active` last changed: active since, or inactive since. */
  since: EpochMs,
  groups: z.array(GroupId),
  suspended: z.array(GroupId),
});
export type Wanted = z.infer<typeof Wanted>;

export const Applied = z.looseObject({
  identity: Identity.optional(),
  firstname: z.string().optional(),
  lastname: z.string().optional(),
  entitlements: z.record(z.string(), AppliedEntitlement),
});
export type Applied = z.infer<typeof Applied>;

/** Written before a call to Adobe and removed with its outcome (I12, rules.md R23). */
export const Intent = z.looseObject({
  id: z.string(),
  at: EpochMs,
  wantedRev: z.number().int(),
  mappingVersion: z.number().int(),
  /** `Action`s of `adobe/adobe.ts`; opaque here, parsed by `sync/`. */
  actions: z.array(z.unknown()),
  /** A create was sent when the identity item said that Adobe holds nobody under this e-mail. */
  absentBefore: z.boolean(),
});
export type Intent = z.infer<typeof Intent>;

export const AccountStatus = z.enum(['idle', 'pending', 'waiting', 'held', 'parked']);
export type AccountStatus = z.infer<typeof AccountStatus>;

export const AccountError = z.object({
  code: z.string(),
  /** Adobe's own words, where there are any. */
  message: z.string(),
  /** What a person should do about it. */
  hint: z.string(),
  at: EpochMs,
});
export type AccountError = z.infer<typeof AccountError>;

export const Claim = z.object({ email: z.string(), type: IdentityType });
export type Claim = z.infer<typeof Claim>;

export const Owner = z.object({ connection: ConnectionId, userId: UserId });
export type Owner = z.infer<typeof Owner>;

/** rules.md R1. The unit of work: what the bridge knows and wants of one person at Adobe. */
export const Account = z.looseObject({
  id: AccountId,
  org: OrgKey,
  /** The connection it came from; kept when the owner goes (R5: taken over only within one connection). */
  connection: ConnectionId,
  owner: Owner.optional(),
  wanted: Wanted,
  applied: Applied,
  origin: z.enum(['made', 'found']).optional(),
  intent: Intent.optional(),
  /** A create whose outcome nobody knows yet, kept when a later intent no longer repeats it (R26). */
  maybe: z.looseObject({ identity: Identity, at: EpochMs, absentBefore: z.boolean() }).optional(),
  /** Entitlements whose last grant or revoke has an unknown outcome (R25, R26), by key. */
  unknown: z.record(
    z.string(),
    z.looseObject({
      name: z.string(),
      at: EpochMs,
      /** Sent in a list, whose answer tells nothing of one person: a reading of the group's members does. */
      listed: z.enum(['grant', 'revoke']).optional(),
      /** A list brought nothing: sent next in a command of this person alone. */
      byName: z.boolean().optional(),
      hold: HoldMark.optional(),
    }),
  ),
  /** The watch list (R28): what once had an unknown outcome, by entitlement key or `watchKey`. */
  watch: z.record(z.string(), EpochMs),
  /** Identity items on which this account stands as claimant; moved only together with them (R3). */
  claims: z.array(Claim),
  /** Adobe answered "no such person" at this time; a read decides (R27). */
  goneAt: EpochMs.optional(),
  /** Actions that Adobe refused for this person, not repeated until the wanted inputs move (`umapi.md` 10, USER). */
  refused: z
    .looseObject({ wantedRev: z.number().int(), actions: z.array(z.string()), error: AccountError })
    .optional(),
  /** What the last comparison found (R34). */
  drift: Drift.optional(),
  /** The listing that last showed what the ledger says, but for `drift`. */
  confirmedAt: EpochMs.optional(),
  /** When the last intent was written: a read of the next 30 minutes may still show the time before it. */
  sentAt: EpochMs.optional(),
  wantedRev: z.number().int(),
  ledgerRev: z.number().int(),
  touchedAt: EpochMs,
  status: AccountStatus,
  /** What it waits for or is parked on, in a word: `report-only`, `twin`, `identity-taken`, `grace`, `backoff`, ... */
  reason: z.string().optional(),
  attempts: z.number().int(),
  company: z.number().int().optional(),
  error: AccountError.optional(),
  due: EpochMs.optional(),
});
export type Account = z.infer<typeof Account>;

/** What a read of Adobe showed under one e-mail and identity type. */
export const ObservedUser = z.looseObject({
  /** As Adobe spells it. */
  email: z.string(),
  type: z.string(),
  username: z.string(),
  status: z.string(),
  firstname: z.string().optional(),
  lastname: z.string().optional(),
  country: z.string().optional(),
  /** Names of profiles and user groups held, as Adobe spells them, without `_...` admin groups. */
  groups: z.array(z.string()),
  /** Holds at least one `_...` admin group: protected (design.md section 6). */
  admin: z.boolean(),
});
export type ObservedUser = z.infer<typeof ObservedUser>;

/** `o#I#<h(e-mail)>`: the meeting point of accounts under one e-mail. */
export const IdentityItem = z.looseObject({
  email: z.string(),
  /** Identity type -> account id. */
  claims: z.record(z.string(), AccountId),
  waiters: z.array(AccountId),
  /** Who made the identity, where it outlives the account: type -> made | found. */
  origin: z.record(z.string(), z.enum(['made', 'found'])),
  /** Absent until Adobe was asked. An empty `users` says: nobody there at `at`. */
  observed: z
    .object({
      at: EpochMs,
      users: z.array(ObservedUser),
      /** Shown by the listings since `at`: one that finds it unchanged does not write it again. */
      listed: z.literal(true).optional(),
    })
    .optional(),
  rev: z.number().int(),
});
export type IdentityItem = z.infer<typeof IdentityItem>;

export const Mode = z.enum(['report-only', 'additive', 'full']);
export type Mode = z.infer<typeof Mode>;

/** How people of one e-mail domain exist at Adobe. A domain that is not listed is outside the allow-list (T15). */
export const DomainSettings = z.strictObject({
  type: IdentityType,
  /** ISO 3166-1 alpha-2, upper case; used where the identity provider names no country. Cannot be changed at Adobe later. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional(),
  /** Where the Adobe username comes from. Undecided while people have the two different: nothing is sent. */
  username: z.enum(['email', 'userName']).optional(),
  /** Set for username-login directories: commands send `user` + this `domain` (`umapi.md` 6.1). */
  loginDomain: z.string().optional(),
  /**
   * When Adobe holds somebody of another identity type under the address: use that user, try to create the managed one
   * beside it, or leave it and park the person. Absent = leave.
   */
  twins: z.enum(['use-existing', 'create-beside', 'leave']).optional(),
  /**
   * When the address of an Adobe or Business ID changes, which Adobe cannot rename: keep the entitlements under the old
   * address, or take them there and give them to the new one. Absent = keep.
   */
  onRename: z.enum(['keep', 'replace']).optional(),
});
export type DomainSettings = z.infer<typeof DomainSettings>;

export const Leaving = z.enum(['revoke', 'removeFromOrg']);
export type Leaving = z.infer<typeof Leaving>;

/** The settings of one connection that an operator decides. */
export const ConnectionSettings = z.strictObject({
  mode: Mode,
  domains: z.record(z.string(), DomainSettings),
  /** Seconds between "no longer wanted" and the revoke, for people who stay active and for leavers. */
  graceSeconds: z.strictObject({ active: z.number().int().min(0), gone: z.number().int().min(0) }),
  /** E-mails that the bridge never touches. */
  protected: z.array(z.string()),
  /** Beyond revoking what was granted: also take people whom we created out of the org, later. Absent = revoke. */
  onDeactivate: Leaving.optional(),
  onDelete: Leaving.optional(),
  /** Days from leaving to `removeFromOrg`; absent = 7. */
  removeAfterDays: z.number().int().min(1).max(3_650).optional(),
  removalLimit: RemovalLimit.optional(),
});
export type ConnectionSettings = z.infer<typeof ConnectionSettings>;

/** `c / CONFIG` */
export const Connection = z.looseObject({
  id: ConnectionId,
  org: OrgKey,
  settings: ConnectionSettings,
  /** Moves with every change of `settings`; user transactions check it (R2). */
  settingsVersion: z.number().int(),
  /** The mapping version in force; 0 before the first `mapping apply`. */
  mappingVersion: z.number().int(),
  /** Entitlements that an operator took out of the mapping with `--leave`: never revoked by a plan (R13). */
  left: z.array(z.string()),
  ...connectionSafety,
  rev: z.number().int(),
});
export type Connection = z.infer<typeof Connection>;

/** `o / CONFIG` */
export const Org = z.looseObject({
  key: OrgKey,
  /** Adobe's id, `...@AdobeOrg`. */
  adobeOrgId: z.string(),
  clientId: z.string(),
  setUpAt: EpochMs.optional(),
  connections: z.array(ConnectionId),
  /** The last complete listing of all users: its start counts as knowledge, also of absence (R19). */
  listing: ListingMark.optional(),
  /** What the last listing that ended well counted, whether it was believed or not (V7). */
  counted: z.object({ at: EpochMs, users: z.number().int() }).optional(),
  catalogueAt: EpochMs.optional(),
  /** Calls stop until an operator repairs the credential. */
  authFault: AccountError.optional(),
  paused: Pause.optional(),
});
export type Org = z.infer<typeof Org>;

/** One rule of one mapping version. `id` is derived from the group's normal name, or `everyone`. */
export const Rule = z.looseObject({
  id: z.string(),
  group: z.string().optional(),
  everyone: z.boolean(),
  grants: z.array(Entitlement),
  mode: Mode.optional(),
  /** Absent: `report`. */
  drift: DriftPolicy.optional(),
});
export type Rule = z.infer<typeof Rule>;

/** `c / BIND#<rule>`: which group a rule follows, across mapping versions and renames (T27, R11, R12). */
export const Binding = z.looseObject({
  rule: z.string(),
  groupId: GroupId,
  externalId: z.string().optional(),
  state: z.enum(['bound', 'orphaned']),
  at: EpochMs,
});
export type Binding = z.infer<typeof Binding>;

/** A rule together with what it is bound to. */
export type BoundRule = Rule & { binding: Binding | undefined };

export const TokenScope = z.enum(['read', 'write']);
export type TokenScope = z.infer<typeof TokenScope>;
/** No credential of an identity provider lives longer (T11). */
export const LONGEST_TOKEN_MS = 365 * 24 * 3600 * 1000;
