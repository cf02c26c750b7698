/**
 * The half of the directory that an identity provider works with, by itself: the SCIM function opens no more than this, and
 * its bundle holds no more. `directory.ts` says what each function promises.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ScimDirectory, TokenDirectory } from './directory.ts';
import { claimSchema } from './dynamo-claim.ts';
import { changeGroup, createGroup, deleteGroup, getGroup } from './dynamo-groups.ts';
import {
  findGroups,
  findUsers,
  getGroups,
  getUsers,
  groupsOf,
  isMember,
  listMembers,
} from './dynamo-lists.ts';
import { listGroups, listUsers } from './dynamo-pages.ts';
import { provisioningOf } from './dynamo-provisioning.ts';
import { glimpseUsers, sliceGroups, sliceUsers } from './dynamo-slices.ts';
import { createStore } from './dynamo-store.ts';
import {
  admit,
  createToken,
  listTokens,
  revokeToken,
  sealAccess,
  type TokenContext,
} from './dynamo-tokens.ts';
import { createUser, deleteUser, getUser, updateUser } from './dynamo-users.ts';
import type { OperatorDirectory } from './work.ts';

export interface DirectoryDeps {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** The bridge's clock, epoch milliseconds. */
  readonly now: () => number;
  /** UUIDv7. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Keys the token hashes, at least 32 characters; empty where tokens are none of the process's business. */
  readonly pepper: string;
  /** Real milliseconds from any origin, for the bounds of contention (R10). */
  readonly realNow: () => number;
  readonly pause: (realMs: number) => Promise<void>;
}

/** What the SCIM function works with; the version of the table is a matter of every function. */
export function openScimDirectory(
  deps: DirectoryDeps,
): ScimDirectory & TokenDirectory & Pick<OperatorDirectory, 'claimSchema'> {
  const ctx = openContext(deps);
  return { ...scimSide(ctx), claimSchema: (code) => claimSchema(ctx, code) };
}

export function openContext(deps: DirectoryDeps): TokenContext {
  const { now, random, newId, pepper, randomBytes } = deps;
  return {
    store: createStore(deps),
    now,
    random,
    newId,
    settings: new Map(),
    pepper,
    randomBytes,
    overdone: new Map(),
  };
}

export function scimSide(ctx: TokenContext): ScimDirectory & TokenDirectory {
  return {
    admit: (presented) => admit(ctx, presented),
    sealAccessToken: (client, scopes) => sealAccess(ctx, client, scopes),
    onBehalfOf: (behalf) => scimSide({ ...ctx, behalf }),
    createUser: (c, resource) => createUser(ctx, c, resource),
    getUser: (c, id) => getUser(ctx, c, id),
    getUsers: (c, ids) => getUsers(ctx, c, ids),
    updateUser: (c, id, change, precondition) => updateUser(ctx, c, id, change, precondition),
    deleteUser: (c, id, precondition) => deleteUser(ctx, c, id, precondition),
    findUsers: (c, lookup) => findUsers(ctx, c, lookup),
    listUsers: (c, page) => listUsers(ctx, c, page),
    sliceUsers: (c, request) => sliceUsers(ctx, c, request),
    glimpseUsers: (c, request, attributes) => glimpseUsers(ctx, c, { ...request, attributes }),
    groupsOf: (c, users) => groupsOf(ctx, c, users),
    provisioningOf: (c, users) => provisioningOf(ctx, c, users),
    createGroup: (c, draft) => createGroup(ctx, c, draft),
    getGroup: (c, id) => getGroup(ctx, c, id),
    getGroups: (c, ids) => getGroups(ctx, c, ids),
    changeGroup: (c, id, edit, precondition) => changeGroup(ctx, c, id, { edit, ...precondition }),
    deleteGroup: (c, id, precondition) => deleteGroup(ctx, c, id, precondition),
    findGroups: (c, lookup) => findGroups(ctx, c, lookup),
    listGroups: (c, page) => listGroups(ctx, c, page),
    sliceGroups: (c, request) => sliceGroups(ctx, c, request),
    listMembers: (c, group, most) => listMembers(ctx, c, group, most),
    isMember: (c, group, user) => isMember(ctx, c, group, user),
    createToken: (c, draft) => createToken(ctx, c, draft),
    listTokens: (c) => listTokens(ctx, c),
    revokeToken: (c, id, by) => revokeToken(ctx, c, id, by),
  };
}
