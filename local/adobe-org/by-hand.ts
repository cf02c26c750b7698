/**
 * What an administrator does by hand in the Admin Console, which the API knows nothing of until its next read. Hand
 * actions obey none of the command rules (an administrator can do what a command cannot), but they mail like commands.
 * A group is named by its name, by its `groupId`, or, where a name occurs twice, by name and product.
 */
import * as z from 'zod';
import { groupsNamed } from './names.ts';
import {
  changeUser,
  joinGroup,
  leaveGroup,
  leaveOrg,
  makeUserId,
  type Run,
  usersWithEmail,
} from './people.ts';
import { type Group, IdentityType, type Profile, type User } from './state.ts';
import { addMail, dropUser, normal, putGroup, takeNumber } from './store.ts';
import { directoryOf, domainOf } from './subject.ts';
import { attachOrDetach, deleteGroup, makeUserGroup } from './usergroup-steps.ts';

const person = { email: z.string(), type: IdentityType.optional() };
const group = { group: z.union([z.string(), z.number()]), product: z.string().optional() };

export const HandAction = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('addUser'),
    email: z.string(),
    type: IdentityType.default('federatedID'),
    username: z.string().optional(),
    firstname: z.string().optional(),
    lastname: z.string().optional(),
    country: z.string().optional(),
    technical: z.boolean().default(false),
  }),
  z.object({ action: z.literal('removeUser'), ...person, deleteAccount: z.boolean().default(false) }),
  z.object({ action: z.literal('renameUser'), ...person, to: z.string(), username: z.string().optional() }),
  z.object({
    action: z.literal('setStatus'),
    ...person,
    status: z.enum(['active', 'disabled', 'locked', 'removed']),
  }),
  z.object({ action: z.literal('grant'), ...person, ...group }),
  z.object({ action: z.literal('revoke'), ...person, ...group }),
  z.object({ action: z.literal('makeAdmin'), ...person, role: z.string() }),
  z.object({ action: z.literal('dropAdmin'), ...person, role: z.string() }),
  z.object({ action: z.literal('renameGroup'), ...group, to: z.string() }),
  z.object({ action: z.literal('deleteGroup'), ...group }),
  z.object({ action: z.literal('attach'), group: group.group, profile: group.group, product: group.product }),
  z.object({ action: z.literal('detach'), group: group.group, profile: group.group, product: group.product }),
  z.object({
    action: z.literal('addProfile'),
    name: z.string(),
    product: z.string(),
    quota: z.number().int().optional(),
    notify: z.boolean().default(true),
  }),
  z.object({ action: z.literal('addUserGroup'), name: z.string(), readOnly: z.boolean().default(false) }),
  z.object({ action: z.literal('setQuota'), ...group, quota: z.number().int().nullable() }),
  z.object({ action: z.literal('setNotify'), ...group, notify: z.boolean() }),
  z.object({ action: z.literal('setSynced'), domain: z.string(), synced: z.boolean() }),
  z.object({ action: z.literal('setMigrating'), migrating: z.boolean() }),
  z.object({ action: z.literal('expireTokens') }),
]);
export type HandAction = z.input<typeof HandAction>;

/** Something that the action names does not exist; the message says what. */
export class NothingThere extends Error {
  override name = 'NothingThere';
}

/** Does it. @throws NothingThere, z.ZodError */
export function doByHand(run: Run, input: HandAction): void {
  const hand = HandAction.parse(input);
  switch (hand.action) {
    case 'addUser':
      addByHand(run, hand);
      return;
    case 'removeUser': {
      const gone = leaveOrg(run, findPerson(run, hand));
      if (hand.deleteAccount) dropUser(run.store, gone.id);
      return;
    }
    case 'renameUser':
      changeUser(run, findPerson(run, hand), { email: hand.to, username: hand.username ?? hand.to });
      return;
    case 'setStatus':
      changeUser(run, findPerson(run, hand), { status: hand.status });
      return;
    case 'grant':
      joinGroup(run, findPerson(run, hand), findGroup(run, hand));
      return;
    case 'revoke':
      leaveGroup(run, findPerson(run, hand), findGroup(run, hand));
      return;
    case 'makeAdmin':
    case 'dropAdmin':
      changeRole(run, hand);
      return;
    case 'setSynced':
    case 'setMigrating':
    case 'expireTokens':
      changeOrg(run, hand);
      return;
    default:
      changeGroups(run, hand);
  }
}

type Hand<A extends string> = Extract<z.output<typeof HandAction>, { action: A }>;

function addByHand(run: Run, hand: Hand<'addUser'>): void {
  const existing = usersWithEmail(run.store, hand.email).find(({ type }) => type === hand.type);
  const directory = hand.type === 'adobeID' ? undefined : directoryOf(run.store, domainOf(hand.email));
  if (hand.type !== 'adobeID' && directory === undefined) {
    throw new NothingThere(`No directory holds the domain of ${hand.email}: claim it, or add an adobeID.`);
  }
  const { action: _, username = hand.email, ...fields } = hand;
  const account: User = existing ?? {
    ...fields,
    id: makeUserId(run),
    username,
    domain: directory?.domains[0] ?? 'AdobeID',
    status: 'active',
    inOrg: true,
    owned: directory?.trustOwner === undefined,
    memberships: {},
    roles: [],
    past: [],
  };
  changeUser(run, account, { inOrg: true });
  if (hand.type === 'adobeID')
    addMail(run.store, { at: run.at, to: hand.email, kind: 'addedToOrg', by: run.by });
}

function changeRole(run: Run, hand: Hand<'makeAdmin' | 'dropAdmin'>): void {
  const user = findPerson(run, hand);
  const others = user.roles.filter((role) => role !== hand.role);
  changeUser(run, user, { roles: hand.action === 'makeAdmin' ? [...others, hand.role] : others });
}

function changeOrg(run: Run, hand: Hand<'setSynced' | 'setMigrating' | 'expireTokens'>): void {
  const { meta } = run.store;
  switch (hand.action) {
    case 'setMigrating':
      meta.migrating = hand.migrating;
      return;
    case 'expireTokens':
      // Tokens of this very millisecond go too.
      meta.tokensValidFrom = run.at + 1;
      return;
    case 'setSynced': {
      const directory = directoryOf(run.store, hand.domain);
      if (directory === undefined) throw new NothingThere(`No directory holds ${hand.domain}.`);
      directory.synced = hand.synced;
    }
  }
}

type GroupAction = Exclude<
  z.output<typeof HandAction>,
  Hand<
    | 'addUser'
    | 'removeUser'
    | 'renameUser'
    | 'setStatus'
    | 'grant'
    | 'revoke'
    | 'makeAdmin'
    | 'dropAdmin'
    | 'setSynced'
    | 'setMigrating'
    | 'expireTokens'
  >
>;

function changeGroups(run: Run, hand: GroupAction): void {
  const { store } = run;
  switch (hand.action) {
    case 'renameGroup':
      putGroup(store, { ...findGroup(run, hand), name: hand.to });
      return;
    case 'deleteGroup':
      deleteGroup(run, findGroup(run, hand));
      return;
    case 'attach':
    case 'detach': {
      const profile = findProfile(run, { group: hand.profile, product: hand.product });
      const { groupId } = findGroup(run, { group: hand.group, product: undefined });
      const [problem] = attachOrDetach(run, { groupId, profile, attach: hand.action === 'attach' });
      if (problem !== undefined) throw new NothingThere(problem.message);
      return;
    }
    case 'addProfile':
      addProfile(run, hand);
      return;
    case 'addUserGroup':
      putGroup(store, { ...makeUserGroup(run, hand.name, ''), readOnly: hand.readOnly });
      return;
    case 'setQuota': {
      const { quota: _, ...profile } = findProfile(run, hand);
      putGroup(store, hand.quota === null ? profile : { ...profile, quota: hand.quota });
      return;
    }
    case 'setNotify':
      putGroup(store, { ...findProfile(run, hand), notify: hand.notify });
      return;
  }
}

function addProfile(run: Run, hand: Hand<'addProfile'>): void {
  const { products } = run.store.meta;
  const known = products.find(({ name }) => normal(name) === normal(hand.product));
  const product = known ?? { id: takeNumber(run.store), name: hand.product };
  if (known === undefined) products.push(product);
  putGroup(run.store, {
    kind: 'profile',
    groupId: takeNumber(run.store),
    name: hand.name,
    productId: product.id,
    ...(hand.quota === undefined ? {} : { quota: hand.quota }),
    notify: hand.notify,
  });
}

function findPerson(run: Run, { email, type }: { email: string; type?: IdentityType | undefined }): User {
  const members = usersWithEmail(run.store, email).filter(
    (user) => user.inOrg && (type === undefined || user.type === type),
  );
  const user = members.find((member) => member.type !== 'adobeID') ?? members[0];
  if (user === undefined) throw new NothingThere(`Nobody in the org has the e-mail ${email}.`);
  return user;
}

function findGroup(
  run: Run,
  { group, product }: { group: string | number; product?: string | undefined },
): Group {
  const candidates =
    typeof group === 'number' ? [run.store.groups.get(group)] : groupsNamed(run.store, group);
  const wanted = run.store.meta.products.find(({ name }) => normal(name) === normal(product ?? ''));
  const found = candidates
    .flatMap((candidate) => candidate ?? [])
    .filter(
      (candidate) =>
        product === undefined || (candidate.kind === 'profile' && candidate.productId === wanted?.id),
    );
  const [only, ...others] = found;
  if (only === undefined) throw new NothingThere(`There is no group or profile ${group}.`);
  if (others.length > 0)
    throw new NothingThere(`${group} occurs ${found.length} times: name the product too.`);
  return only;
}

function findProfile(run: Run, wish: { group: string | number; product?: string | undefined }): Profile {
  const found = findGroup(run, wish);
  if (found.kind !== 'profile') throw new NothingThere(`${wish.group} is a user group, not a profile.`);
  return found;
}
