/** What the identity provider wants for one account: the union over the rules of its live groups. Pure. */
import { entitlementKey } from '../directory/keys.ts';
import type {
  Account,
  BoundRule,
  EntitlementKey,
  EntitlementKind,
  Identity,
  IdentityProblem,
} from '../directory/records.ts';

export interface DesiredEntitlement {
  readonly name: string;
  readonly kind: EntitlementKind;
  /** Every rule that wants it for this person. */
  readonly rules: readonly BoundRule[];
}

export interface Desired {
  /** Has an owner, and the owner is active. */
  readonly live: boolean;
  readonly identity?: Identity;
  readonly problem?: IdentityProblem;
  readonly firstname?: string;
  readonly lastname?: string;
  readonly country?: string;
  readonly entitlements: ReadonlyMap<EntitlementKey, DesiredEntitlement>;
}

/** Nothing for an inactive or ownerless account. A rule counts while its group lives: deletion orphans it (R12). */
export function desiredOf(account: Account, rules: readonly BoundRule[]): Desired {
  const { wanted } = account;
  const live = account.owner !== undefined && wanted.active;
  const entitlements = new Map<EntitlementKey, DesiredEntitlement>();
  for (const rule of live ? rules.filter((one) => appliesTo(one, account)) : []) {
    for (const grant of rule.grants) {
      const key = entitlementKey(grant.name);
      const before = entitlements.get(key);
      entitlements.set(key, { name: grant.name, kind: grant.kind, rules: [...(before?.rules ?? []), rule] });
    }
  }
  const { identity, problem, firstname, lastname, country } = wanted;
  return {
    live,
    entitlements,
    ...(identity === undefined ? {} : { identity }),
    ...(problem === undefined ? {} : { problem }),
    ...(firstname === undefined ? {} : { firstname }),
    ...(lastname === undefined ? {} : { lastname }),
    ...(country === undefined ? {} : { country }),
  };
}

function appliesTo(rule: BoundRule, account: Account): boolean {
  if (rule.everyone) return true;
  return rule.binding?.state === 'bound' && account.wanted.groups.includes(rule.binding.groupId);
}
