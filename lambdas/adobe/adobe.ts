/**
 * Adobe's words as we use them: identities, what a read shows, and the actions a plan is made of.
 * Nothing here calls anything. Source of every wire fact: `umapi.md` (sections named where used).
 */
import * as z from 'zod';

export const AdobeIdentityType = z.enum(['federatedID', 'enterpriseID', 'adobeID', 'businessID']);
/** `businessID` is the bridge's word: sent as `addAdobeID` with `useAdobeID` (`rules.md` R2). */
export type AdobeIdentityType = z.infer<typeof AdobeIdentityType>;

/** `email` is the handle of commands (6.2); `domain` is set only in username-login directories (5.1). */
export const AdobeIdentity = z.object({
  email: z.string(),
  username: z.string(),
  type: AdobeIdentityType,
  domain: z.string().optional(),
  /** The type under which Adobe has the person, where it is not `type`. */
  as: z.enum(['federatedID', 'enterpriseID', 'adobeID']).optional(),
});
export type AdobeIdentity = z.infer<typeof AdobeIdentity>;

/**
 * One thing to do for one person. `identity` is who the command addresses: for every action but `createUser` the
 * identity that Adobe accepted last.
 */
export const Action = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('createUser'),
    identity: AdobeIdentity,
    firstname: z.string().optional(),
    lastname: z.string().optional(),
    country: z.string().optional(),
  }),
  z.object({
    kind: z.literal('updateUser'),
    identity: AdobeIdentity,
    firstname: z.string().optional(),
    lastname: z.string().optional(),
  }),
  /** Names the last accepted e-mail, sends e-mail and username (6.2). Travels alone in its command (`rules.md` R31). */
  z.object({ kind: z.literal('renameUser'), identity: AdobeIdentity, to: AdobeIdentity }),
  /** `name` is a product profile or user group, in Adobe's spelling. */
  z.object({ kind: z.literal('grant'), identity: AdobeIdentity, name: z.string() }),
  z.object({ kind: z.literal('revoke'), identity: AdobeIdentity, name: z.string() }),
  /** Out of the org; the account stays with its content in the directory (6.4). Travels alone in its command. */
  z.object({ kind: z.literal('removeFromOrg'), identity: AdobeIdentity }),
]);
export type Action = z.infer<typeof Action>;

/** A user as any of the three reads of section 11 shows it. */
export interface ObservedAdobeUser {
  readonly email: string;
  readonly username: string;
  /** As Adobe spells it; compare without case (11.1). */
  readonly type: string;
  readonly status: string;
  readonly firstname?: string;
  readonly lastname?: string;
  readonly country?: string;
  /** Everything in the `groups` array, `_...` admin groups included. */
  readonly groups: readonly string[];
}

export interface ObservedAdobeGroup {
  readonly groupId: string;
  readonly name: string;
  /** `PRODUCT_PROFILE`, `USER_GROUP`, `..._ADMIN_GROUP`, ... (11.4) */
  readonly type: string;
  readonly productName?: string;
  readonly memberCount?: number;
  readonly licenseQuota?: string;
}

/** One person's work for one request. The packer may leave a tail of `actions` for a later request. */
export interface AccountActions {
  readonly accountId: string;
  readonly actions: readonly Action[];
  /** All of them change memberships in user groups, of somebody whom a `usergroup` command may name (section 7). */
  readonly byList?: boolean;
}

/** What one packed `user` command carries: the wire object and where each of its steps came from. */
export interface UserCommand {
  readonly accountId: string;
  /** The JSON object of section 5.1. */
  readonly command: Readonly<Record<string, unknown>>;
  /** For each entry of `command.do`, the actions it performs. */
  readonly steps: readonly (readonly Action[])[];
}

/** One name in a list of a `usergroup` command. */
export interface ListedAction {
  readonly accountId: string;
  readonly action: Extract<Action, { kind: 'grant' | 'revoke' }>;
}

/** A packed `usergroup` command: many people, one group. */
export interface GroupCommand {
  /** The user group, in Adobe's spelling. */
  readonly group: string;
  readonly command: Readonly<Record<string, unknown>>;
  /** For each entry of `command.do`, the people it names. */
  readonly lists: readonly (readonly ListedAction[])[];
}

export type PackedCommand = UserCommand | GroupCommand;

export type ErrorClass = 'retry' | 'user' | 'config' | 'auth' | 'bug' | 'ok' | 'gone';

/** How one action ended (`rules.md` R25). */
export type ActionOutcome =
  | { readonly kind: 'done'; readonly warning?: string }
  /** The first error of the command, on this action's step. */
  | { readonly kind: 'failed'; readonly error: AdobeError }
  /** Behind the first error, or the whole request has no parsed answer: may or may not have happened. */
  | { readonly kind: 'unknown' }
  /**
   * The answer was about a list, and tells nothing of this person: Adobe skips names that it cannot take (section 7).
   * With `error` the list failed, perhaps for somebody else in it.
   */
  | { readonly kind: 'unverified'; readonly error?: AdobeError };

export interface AdobeError {
  readonly code: string;
  /** Adobe's own words. */
  readonly message: string;
  readonly class: ErrorClass;
  /** What a person should do about it. */
  readonly hint: string;
  /** For `config`: what all fails alike: an entitlement's name or an e-mail domain (trips once, section 18.3). */
  readonly scope: 'entitlement' | 'domain' | 'person' | 'org';
  /** For `retry`: tries in all before it counts as a fault of what `scope` says. Absent: three. */
  readonly tries?: number;
}

/** What became of one account's actions, in whichever command they travelled. */
export interface CommandOutcome {
  readonly accountId: string;
  /** In the order of the packed actions. */
  readonly actions: readonly { readonly action: Action; readonly outcome: ActionOutcome }[];
}

/** How one action request ended. */
export type RequestOutcome =
  | { readonly kind: 'answered'; readonly commands: readonly CommandOutcome[] }
  /** Surely nothing happened: throttled, refused as a whole, or never sent. */
  | {
      readonly kind: 'refused';
      readonly reason: 'throttled' | 'auth' | 'rejected' | 'unreachable';
      readonly error: AdobeError;
      /** From Retry-After, already as an instant of the given clock (4.1); absent when Adobe named none. */
      readonly blockedUntil?: number;
    }
  /** Sent, no parsed answer (time-out, reset, 5xx, not JSON): every action may have happened (I12). */
  | { readonly kind: 'unknown'; readonly error: AdobeError; readonly blockedUntil?: number };

export type ReadOutcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | {
      readonly kind: 'failed';
      readonly reason: 'throttled' | 'auth' | 'rejected' | 'unreachable';
      readonly error: AdobeError;
      readonly blockedUntil?: number;
    };

export interface ListingPage<T> {
  readonly rows: readonly T[];
  readonly page: number;
  /** From `X-Page-Count`, `X-Current-Page` (from 0) and `X-Total-Count`, when sent (`umapi.md` 11.1). */
  readonly pageCount?: number;
  readonly currentPage?: number;
  readonly totalCount?: number;
  readonly lastPage: boolean;
}

/** The User Management API as the drain sees it. Built by `client.ts` over an injected `fetch`. */
export interface AdobeClient {
  /** `POST /action/{org}`. `deadline` is an absolute instant of the injected clock (`rules.md` R29). */
  send(commands: readonly PackedCommand[], deadline: number): Promise<RequestOutcome>;
  /** The same with `testOnly=true` (5.2): what Adobe would say; nothing changes. For its pace a call like any other. */
  validate(commands: readonly PackedCommand[], deadline: number): Promise<RequestOutcome>;
  /** `GET /organizations/{org}/users/{email}` for one identity type; `undefined` = 404 `error.user.not_found`. */
  readUser(
    email: string,
    deadline: number,
    domain?: string,
  ): Promise<ReadOutcome<ObservedAdobeUser | undefined>>;
  /** `GET /users/{org}/{page}` */
  listUsers(page: number, deadline: number): Promise<ReadOutcome<ListingPage<ObservedAdobeUser>>>;
  /** `GET /groups/{org}/{page}` */
  listGroups(page: number, deadline: number): Promise<ReadOutcome<ListingPage<ObservedAdobeGroup>>>;
  /** `GET /users/{org}/{page}/{groupId}`: an unknown name is checked by one such read. `undefined` = no such group. */
  readGroupMembers(
    nameOrId: string,
    page: number,
    deadline: number,
  ): Promise<ReadOutcome<ListingPage<ObservedAdobeUser> | undefined>>;
  /** The members of a profile who have no licence (11.2, `status=inactive`), without their groups. */
  listUnlicensed(
    groupId: string,
    page: number,
    deadline: number,
  ): Promise<ReadOutcome<ListingPage<ObservedAdobeUser> | undefined>>;
}

export interface AdobeCredential {
  /** Adobe's org id, `...@AdobeOrg`. */
  readonly orgId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where the token endpoint is, without path: `https://ims-na1.adobelogin.com`. */
  readonly imsUrl: string;
  /** Where UMAPI is, with its path: `https://usermanagement.adobe.io/v2/usermanagement`. */
  readonly umapiUrl: string;
}
