/**
 * What the directory offers, and what each caller may rely on. One implementation, on DynamoDB's API (`dynamo.ts`).
 *
 * Every answer to the SCIM side is read strongly: a write acknowledged before a read started is visible to it (I01).
 * Every change is one transaction, or a series of transactions of which each leaves a true state. A call that loses
 * against concurrent writers is repeated inside for up to 10 seconds, then throws `DirectoryBusy`: repeating it is safe.
 * No function works without a connection (or org): a foreign id is an unknown id (I05).
 */
import type {
  ConnectionId,
  EntitlementKind,
  GroupId,
  GroupRecord,
  TokenScope,
  UserGlimpse,
  UserId,
  UserRecord,
  UserResource,
} from './records.ts';
import type { TokenRecord } from './token-records.ts';

/** Nothing was decided for lack of time or because of contention; the same call may be repeated as it is. */
export class DirectoryBusy extends Error {
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number, options?: ErrorOptions) {
    super('the directory is busy', options);
    this.name = 'DirectoryBusy';
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What an accepted credential allows. The connection comes from the stored record, never from the caller (T09). */
export interface TokenGrant {
  readonly tokenId: string;
  readonly connection: ConnectionId;
  readonly scopes: readonly TokenScope[];
  readonly label: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A credential as somebody sends it: a bearer value, or id and secret of an OAuth client. */
export type Presented =
  | { readonly bearer: string; readonly source?: string | undefined }
  | {
      readonly clientId: string;
      readonly clientSecret: string;
      /** The address it comes from, as the platform saw it; absent = not known. */
      readonly source?: string | undefined;
    };

export type Admission =
  | {
      readonly ok: true;
      readonly grant: TokenGrant;
      /** Used from there for the first time, after it was used from elsewhere (T11). */
      readonly newNetwork?: string;
    }
  /** For the log: a caller is told no reason. `tokenId` only where the secret was right. */
  | { readonly ok: false; readonly reason: 'unknown' }
  | { readonly ok: false; readonly reason: 'expired' | 'foreignNetwork'; readonly tokenId: string }
  /** Wrong, and the network has presented too many wrong ones in this minute (T10). */
  | {
      readonly ok: false;
      readonly reason: 'tooMany';
      readonly network: string;
      readonly retryAfterSeconds: number;
      /** True once a minute and network. */
      readonly isFirst: boolean;
    };

/** Whose request a change comes from, as the journal keeps it (I14). */
export interface Behalf {
  readonly request: string;
  readonly token: string;
}

/** The one attribute that answers a look-up from an index. Values are compared by `normal()` except ids and externalId. */
export type UserLookup =
  | { readonly by: 'id'; readonly value: string }
  | { readonly by: 'userName'; readonly value: string }
  | { readonly by: 'externalId'; readonly value: string }
  | { readonly by: 'email'; readonly value: string };

export type GroupLookup =
  | { readonly by: 'id'; readonly value: string }
  | { readonly by: 'displayName'; readonly value: string }
  | { readonly by: 'externalId'; readonly value: string }
  /** Groups that hold this user id as a member. */
  | { readonly by: 'member'; readonly value: string };

export interface PageRequest {
  /** From 1. */
  readonly startIndex: number;
  /** 0 or more; 0 asks for the total only. */
  readonly count: number;
}
export interface Page<T> {
  readonly resources: readonly T[];
  readonly totalResults: number;
}

/** A stretch of a walk in id order. */
export interface SliceRequest {
  /** Exclusive; absent starts at the beginning, or with `backward` at the end. */
  readonly after?: string;
  readonly limit: number;
  readonly backward?: true;
}
export interface Slice<T> {
  /** In the direction of the walk; fewer than the limit where something invisible stood in between. */
  readonly resources: readonly T[];
  /** The `after` of the next stretch; absent when nothing follows. */
  readonly next?: string;
}

export interface GroupRef {
  readonly id: GroupId;
  readonly displayName: string;
}

/** How far the bridge is with a person: stored, queued, sent to Adobe, confirmed by it, or stopped. */
export type ProvisioningState = 'accepted' | 'pending' | 'sent' | 'confirmed' | 'held' | 'parked' | 'failed';

export interface ProvisionedEntitlement {
  readonly name: string;
  readonly kind: EntitlementKind;
  /**
   * Adobe acknowledged it; a listing showed it since; it is to come; nobody wants it any more; a call about it has no
   * answer yet; Adobe has no licence left for it; somebody took it away by hand.
   */
  readonly state: 'held' | 'confirmed' | 'wanted' | 'leaving' | 'unknown' | 'unlicensed' | 'missing';
  /** The group whose rule gives it; absent for a rule about everyone, and where no rule does. */
  readonly group?: GroupRef;
}

export interface Provisioning {
  readonly state: ProvisioningState;
  /** Epoch milliseconds of the last change. */
  readonly since: number;
  /** What it waits for, in a word. */
  readonly reason?: string;
  /** Adobe's own words, or what is wrong with the person's identity. */
  readonly message?: string;
  /** What a person should do about it. */
  readonly hint?: string;
  readonly email?: string;
  readonly identityType?: string;
  readonly entitlements: readonly ProvisionedEntitlement[];
}

export type MemberEdit =
  /** Net effect: an id occurs in one list only. */
  | { readonly kind: 'delta'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'replace'; readonly members: readonly string[] };

/** The net of one PATCH or PUT (rules.md R8). What is absent stays; `externalId: null` clears it. */
export interface GroupEdit {
  readonly displayName?: string;
  readonly externalId?: string | null;
  readonly members?: MemberEdit;
}

export interface Precondition {
  /** The `version` that `If-Match` named; absent = whatever it is now. */
  readonly ifVersion?: number;
}

export type UserWritten =
  | {
      readonly ok: true;
      readonly user: UserRecord;
      /** Whose member the user is, where the write had to read it anyway. */
      readonly groups?: readonly GroupId[];
    }
  | { readonly ok: false; readonly reason: 'absent' | 'versionMismatch' | 'userNameTaken' };
export type GroupWritten =
  | {
      readonly ok: true;
      readonly group: GroupRecord;
      /** Member ids that name no user of this connection; the others joined (F57). Journalled and counted. */
      readonly unknownMembers: readonly string[];
    }
  | { readonly ok: false; readonly reason: 'absent' | 'versionMismatch' | 'displayNameTaken' };
export type Deleted = 'deleted' | 'absent' | 'versionMismatch';

/** The half that `scim/` uses. */
export interface ScimDirectory {
  /**
   * Judges a credential by the table as it is now; nothing is cached, so what was revoked is refused by the next request
   * (T01-T11). A right one is admitted however many wrong ones come from the same place. Never throws for bad input.
   */
  admit(presented: Presented): Promise<Admission>;
  /** An access token of an admitted OAuth client, for these of its scopes; it is kept nowhere. */
  sealAccessToken(
    client: TokenGrant,
    scopes: readonly TokenScope[],
  ): { readonly accessToken: string; readonly lifeSeconds: number };
  /** The same directory, whose journal records name this request. */
  onBehalfOf(behalf: Behalf): ScimDirectory;

  /** design.md section 4, "Create user". The stored version is 1. */
  createUser(c: ConnectionId, resource: UserResource): Promise<UserWritten>;
  getUser(c: ConnectionId, id: string): Promise<UserRecord | undefined>;
  /** In the order of the ids; who is not there is left out. */
  getUsers(c: ConnectionId, ids: readonly string[]): Promise<readonly UserRecord[]>;
  /**
   * Reads the user, lets `change` compute the new resource and writes it under the version that was read; runs `change`
   * again when a concurrent writer came first. What `change` throws passes through and nothing is written. A result that
   * equals the stored one is not written and keeps version and lastModified (I19).
   */
  updateUser(
    c: ConnectionId,
    id: string,
    change: (current: UserRecord) => UserResource,
    precondition?: Precondition,
  ): Promise<UserWritten>;
  /** The user is gone for every later read; memberships and the account follow (rules.md R7). */
  deleteUser(c: ConnectionId, id: string, precondition?: Precondition): Promise<Deleted>;
  findUsers(c: ConnectionId, lookup: UserLookup): Promise<readonly UserRecord[]>;
  /** In id order; walking pages of one size costs O(page) each. `totalResults` is the true number (rules.md R15). */
  listUsers(c: ConnectionId, page: PageRequest): Promise<Page<UserRecord>>;
  /** For walks over everybody: each user is read once, whoever comes or goes meanwhile (RFC 9865). */
  sliceUsers(c: ConnectionId, request: SliceRequest): Promise<Slice<UserRecord>>;
  /** The same with these top-level attributes of the resource only, for a walk that judges and does not show. */
  glimpseUsers(
    c: ConnectionId,
    request: SliceRequest,
    attributes: readonly string[],
  ): Promise<Slice<UserGlimpse>>;
  /** The live groups of each user, for the read-only `groups` attribute. Users without groups are absent from the map. */
  groupsOf(c: ConnectionId, users: readonly UserGlimpse[]): Promise<ReadonlyMap<UserId, readonly GroupRef[]>>;

  /** What stands in the table about each user's account (design.md section 4). */
  provisioningOf(c: ConnectionId, users: readonly UserGlimpse[]): Promise<ReadonlyMap<UserId, Provisioning>>;

  createGroup(
    c: ConnectionId,
    draft: {
      readonly displayName: string;
      readonly externalId?: string;
      readonly members: readonly string[];
    },
  ): Promise<GroupWritten>;
  getGroup(c: ConnectionId, id: string): Promise<GroupRecord | undefined>;
  /** In the order of the ids; who is not there is left out. */
  getGroups(c: ConnectionId, ids: readonly string[]): Promise<readonly GroupRecord[]>;
  /** Deltas only: cost and effect do not depend on the other members (I02). No net change = no write, no new version. */
  changeGroup(
    c: ConnectionId,
    id: string,
    edit: GroupEdit,
    precondition?: Precondition,
  ): Promise<GroupWritten>;
  deleteGroup(c: ConnectionId, id: string, precondition?: Precondition): Promise<Deleted>;
  findGroups(c: ConnectionId, lookup: GroupLookup): Promise<readonly GroupRecord[]>;
  listGroups(c: ConnectionId, page: PageRequest): Promise<Page<GroupRecord>>;
  sliceGroups(c: ConnectionId, request: SliceRequest): Promise<Slice<GroupRecord>>;
  /** The member ids in id order, the first `most` of them or all. */
  listMembers(c: ConnectionId, groupId: GroupId, most?: number): Promise<readonly UserId[]>;
  /** Whether this user is a member: one item. */
  isMember(c: ConnectionId, groupId: GroupId, userId: string): Promise<boolean>;
}

export interface NewToken {
  readonly label: string;
  /** Default: `bearer`. */
  readonly kind?: TokenRecord['kind'];
  /** Default: all. */
  readonly scopes?: readonly TokenScope[];
  /** Epoch milliseconds; the default is also the latest, `LONGEST_TOKEN_MS` from now. */
  readonly expiresAt?: number;
  /** As `readNetwork` gives them. */
  readonly networks?: readonly string[];
  readonly createdBy?: string;
}
/** Tokens as the operator handles them. */
export interface TokenDirectory {
  /**
   * `secret` is what the identity provider presents, of a client together with the token's id; it is not stored and
   * cannot be shown again.
   */
  createToken(
    c: ConnectionId,
    draft: NewToken,
  ): Promise<{ readonly token: TokenRecord; readonly secret: string }>;
  listTokens(c: ConnectionId): Promise<readonly TokenRecord[]>;
  /** False when the connection has no such token. `by` is who asked, for the journal. */
  revokeToken(c: ConnectionId, tokenId: string, by?: string): Promise<boolean>;
}
