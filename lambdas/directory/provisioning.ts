/**
 * How far the bridge is with one person, as the identity provider may know it: a state, the reason that Adobe or a setting
 * gave, and the entitlements with the group each comes from. Derived from the account and the rules in force; pure.
 *
 * It says what stands in the table, and promises nothing: what a run will decide is the run's to decide.
 */
import type { ProvisionedEntitlement, Provisioning, ProvisioningState } from './directory.ts';
import { entitlementKey } from './keys.ts';
import type { Account, BoundRule, GroupId } from './records.ts';

/** `names` are the live groups of the person. */
export function provisioningOf(
  account: Account,
  rules: readonly BoundRule[],
  names: ReadonlyMap<GroupId, string>,
): Provisioning {
  const { error, reason, wanted, touchedAt } = account;
  const about = error ?? (account.status === 'parked' ? wanted.problem : undefined);
  // Whose account it is that has the address is not this client's business (T30).
  const message = (error?.message ?? wanted.problem?.detail)?.replace(/ \([0-9a-f-]{36}\)/, '');
  const identity = account.applied.identity ?? wanted.identity;
  return {
    state: stateOf(account),
    since: touchedAt,
    ...(reason === undefined ? {} : { reason }),
    ...(about === undefined || message === undefined ? {} : { message }),
    ...(error === undefined ? {} : { hint: error.hint }),
    ...(identity === undefined ? {} : { email: identity.email, identityType: identity.type }),
    // In one order, so that two reads of the same state are equal.
    entitlements: [...wantedBy(account, rules, names), ...heldWithoutWish(account, rules, names)].sort(
      byName,
    ),
  };
}

function byName(left: ProvisionedEntitlement, right: ProvisionedEntitlement): number {
  const key = ({ name, kind, group }: ProvisionedEntitlement) =>
    JSON.stringify([name, kind, group?.id ?? '']);
  return key(left) < key(right) ? -1 : 1;
}

function stateOf(account: Account): ProvisioningState {
  const { status, intent, error, attempts, refused, wantedRev, ledgerRev, applied } = account;
  if (intent !== undefined) return 'sent';
  switch (status) {
    case 'idle':
      return 'confirmed';
    case 'held':
      return 'held';
    case 'parked':
      // Adobe refused this very person, as opposed to something that many wait for.
      return refused?.wantedRev === wantedRev ? 'failed' : 'parked';
    case 'waiting':
      if (error === undefined) return 'pending';
      return attempts > 0 ? 'failed' : 'parked';
    case 'pending':
      return ledgerRev === 0 && applied.identity === undefined ? 'accepted' : 'pending';
  }
}

/** One entry per entitlement and group: two groups that give the same are two reasons to have it. */
function wantedBy(
  account: Account,
  rules: readonly BoundRule[],
  names: ReadonlyMap<GroupId, string>,
): ProvisionedEntitlement[] {
  return rulesFor(account, rules, names).flatMap(({ everyone, binding, grants }) =>
    grants.map(({ name, kind }): ProvisionedEntitlement => {
      const id = everyone ? undefined : binding?.groupId;
      const displayName = id === undefined ? undefined : names.get(id);
      return {
        name,
        kind,
        state: stateAtAdobe(account, name),
        ...(id === undefined || displayName === undefined ? {} : { group: { id, displayName } }),
      };
    }),
  );
}

function rulesFor(
  { owner, wanted }: Account,
  rules: readonly BoundRule[],
  names: ReadonlyMap<GroupId, string>,
): readonly BoundRule[] {
  if (owner === undefined || !wanted.active) return [];
  return rules.filter(
    ({ everyone, binding }) =>
      everyone ||
      (binding?.state === 'bound' && wanted.groups.includes(binding.groupId) && names.has(binding.groupId)),
  );
}

/** What the last listing showed counts until something newer of ours (R34). */
function stateAtAdobe(
  { applied, unknown, drift, confirmedAt = 0, sentAt = 0 }: Account,
  name: string,
): ProvisionedEntitlement['state'] {
  const key = entitlementKey(name);
  if (Object.hasOwn(unknown, key)) return 'unknown';
  const held = Object.hasOwn(applied.entitlements, key) ? applied.entitlements[key] : undefined;
  if (held === undefined) return 'wanted';
  if (drift?.gone === true || drift?.missing.includes(key)) return 'missing';
  if (drift?.unlicensed?.includes(key)) return 'unlicensed';
  return confirmedAt > Math.max(held.since, sentAt) ? 'confirmed' : 'held';
}

/** What Adobe still has because of us, and no group gives any more. */
function heldWithoutWish(
  account: Account,
  rules: readonly BoundRule[],
  names: ReadonlyMap<GroupId, string>,
): ProvisionedEntitlement[] {
  const wished = new Set(
    rulesFor(account, rules, names).flatMap(({ grants }) => grants.map(({ name }) => entitlementKey(name))),
  );
  return Object.entries(account.applied.entitlements)
    .filter(([key]) => !wished.has(key))
    .map(([, { name, kind }]) => ({ name, kind, state: 'leaving' }));
}
