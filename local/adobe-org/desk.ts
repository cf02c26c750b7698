/** What stands behind the control interface and behind tests in the same process: the org seen from inside. */
import { doByHand, type HandAction } from './by-hand.ts';
import { type KnobSettings, type Knobs, turnKnobs } from './knobs.ts';
import { roleName } from './names.ts';
import { accessOf, licensedIn, type Run } from './people.ts';
import { seedEmptyOrg, seedLargeOrg, seedSmallOrg } from './seed.ts';
import type { Call, Fault, Mail, OrgState } from './state.ts';
import { dumpStore, openStore, type Store } from './store.ts';

/** A person as an administrator sees one: what is held directly, and every profile that can be used. */
export interface PersonView {
  readonly email: string;
  readonly username: string;
  readonly type: string;
  readonly firstname?: string;
  readonly lastname?: string;
  readonly country?: string;
  /** Direct profiles and user groups, and admin groups, sorted. */
  readonly groups: readonly string[];
  /** `Product: profile` by any path, sorted. */
  readonly access: readonly string[];
  /** The part of `access` that has no seat. */
  readonly unlicensed: readonly string[];
}

export type SeedWish =
  | { readonly seed: 'default' | 'empty' }
  | { readonly groups: number; readonly profiles: number; readonly people?: number | undefined }
  | { readonly state: OrgState };

export interface OrgDesk {
  /** The whole state, secrets included: what a new org can be made from. */
  state(): OrgState;
  calls(): readonly Call[];
  outbox(): readonly Mail[];
  people(): PersonView[];
  /** Direct members of a profile or user group, e-mails sorted; of all that share the name. */
  members(name: string): string[];
  /** Returns how many faults wait. */
  queueFaults(faults: readonly Fault[]): number;
  turnKnobs(settings: KnobSettings | Readonly<Record<string, unknown>>): Knobs;
  /** @throws NothingThere when the action names something that is not there */
  byHand(action: HandAction): void;
  /** Starts over; credentials, org id, knobs and signing key stay unless a whole state is given. */
  seed(wish: SeedWish): void;
}

/** Holds the one store of an org, which a seed replaces. */
export interface StoreHolder {
  store: Store;
}

export function openDesk(
  holder: StoreHolder,
  {
    random,
    now,
    save,
  }: { random: () => number; now: () => number; save: (whole: OrgState | undefined) => void },
): OrgDesk {
  const run = (): Run => ({ store: holder.store, random, at: now(), by: 'console' });
  return {
    state: () => dumpStore(holder.store),
    calls: () => holder.store.calls,
    outbox: () => holder.store.mails,
    people: () => peopleOf(holder.store),
    members: (name) => membersNamed(holder.store, name),
    queueFaults(faults) {
      holder.store.meta.faults.push(...faults);
      save(undefined);
      return holder.store.meta.faults.length;
    },
    turnKnobs(settings) {
      holder.store.meta.knobs = turnKnobs(holder.store.meta.knobs, settings);
      save(undefined);
      return holder.store.meta.knobs;
    },
    byHand(action) {
      doByHand(run(), action);
      save(undefined);
    },
    seed(wish) {
      const state = 'state' in wish ? wish.state : seeded(holder.store, wish, { random, at: now() });
      holder.store = openStore(state);
      save(dumpStore(holder.store));
    },
  };
}

function seeded(
  store: Store,
  wish: Exclude<SeedWish, { state: OrgState }>,
  { random, at }: { random: () => number; at: number },
): OrgState {
  const { orgId, credentials, signingKey, knobs, tokensValidFrom } = store.meta;
  const options = { random, at };
  const fresh =
    'seed' in wish
      ? (wish.seed === 'empty' ? seedEmptyOrg : seedSmallOrg)(options)
      : seedLargeOrg({
          ...options,
          groups: wish.groups,
          profiles: wish.profiles,
          ...(wish.people === undefined ? {} : { people: wish.people }),
        });
  return { ...fresh, meta: { ...fresh.meta, orgId, credentials, signingKey, knobs, tokensValidFrom } };
}

function membersNamed(store: Store, name: string): string[] {
  const named = [...store.groups.values()].filter((group) => group.name === name);
  const ids = new Set(named.flatMap(({ groupId }) => [...(store.members.get(String(groupId)) ?? [])]));
  return [...ids].flatMap((id) => store.users.get(id)?.email ?? []).sort();
}

function peopleOf(store: Store): PersonView[] {
  const licensed = new Map<number, Set<string>>();
  const hasSeat = (profileId: number, userId: string): boolean => {
    const profile = store.groups.get(profileId);
    if (profile?.kind !== 'profile') return true;
    const seats = licensed.get(profileId) ?? licensedIn(store, profile);
    licensed.set(profileId, seats);
    return seats.has(userId);
  };
  return [...store.users.values()]
    .filter((user) => user.inOrg && !user.technical)
    .map((user) => {
      const { email, username, type, firstname, lastname, country } = user;
      const profileIds = [...accessOf(store, user).keys()];
      const direct = Object.keys(user.memberships).flatMap((id) => store.groups.get(Number(id))?.name ?? []);
      return {
        email,
        username,
        type,
        ...(firstname === undefined ? {} : { firstname }),
        ...(lastname === undefined ? {} : { lastname }),
        ...(country === undefined ? {} : { country }),
        groups: [...direct, ...user.roles.flatMap((role) => roleName(store, role) ?? [])].sort(),
        access: profileIds.map((id) => fullName(store, id)).sort(),
        unlicensed: profileIds
          .filter((id) => !hasSeat(id, user.id))
          .map((id) => fullName(store, id))
          .sort(),
      };
    })
    .sort((left, right) => (left.email < right.email ? -1 : left.email > right.email ? 1 : 0));
}

function fullName(store: Store, profileId: number): string {
  const profile = store.groups.get(profileId);
  const product = store.meta.products.find(
    ({ id }) => profile?.kind === 'profile' && id === profile.productId,
  );
  return `${product?.name ?? ''}: ${profile?.name ?? ''}`;
}
