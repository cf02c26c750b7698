/**
 * Names of groups, profiles and administrators as one flat namespace (`umapi.md` section 12): which record a name in a
 * command or a path means, and which name a role shows under.
 */
import type { Group, Profile, UserGroup } from './state.ts';
import { normal, type Store, takeNumber } from './store.ts';

export type Named =
  | { readonly kind: 'group'; readonly group: Group }
  | { readonly kind: 'role'; readonly role: string }
  /** Nobody may grant or remove it through the API (6.3). */
  | { readonly kind: 'reserved'; readonly role: string }
  /** An admin group that does not exist before its first administrator (12.8). */
  | { readonly kind: 'noAdmins'; readonly role: string }
  | { readonly kind: 'unknown' };

const FIXED_ROLES: Readonly<Record<string, string>> = {
  _org_admin: 'org',
  _support_admin: 'support',
  _deployment_admin: 'deployment',
  _compartment_admin: 'compartmentAdmin',
  _compartment_viewer: 'compartmentViewer',
};
const RESERVED_ROLES = new Set(['org', 'compartmentAdmin', 'compartmentViewer']);

/** How a name is picked when it occurs twice; unproven at Adobe (21.8), hence a knob. */
export type PickOne = (candidates: readonly Group[]) => Group | undefined;

/** Finds what `name` means to a user command or a users-by-group read. */
export function resolveName(store: Store, name: string, pick: PickOne): Named {
  const wanted = normal(name);
  if (wanted.startsWith('_')) return resolveRole(store, wanted);
  const group = pick(groupsNamed(store, wanted));
  return group === undefined ? { kind: 'unknown' } : { kind: 'group', group };
}

/** All profiles and user groups of that name, in id order. */
export function groupsNamed(store: Store, name: string): Group[] {
  const ids = [...(store.byName.get(normal(name)) ?? [])].sort((left, right) => left - right);
  return ids.flatMap((id) => store.groups.get(id) ?? []);
}

export function userGroupNamed(store: Store, name: string): UserGroup | undefined {
  return groupsNamed(store, name).find((group) => group.kind === 'userGroup');
}

export function profilesNamed(store: Store, name: string): Profile[] {
  return groupsNamed(store, name).filter((group) => group.kind === 'profile');
}

function resolveRole(store: Store, wanted: string): Named {
  const fixed = FIXED_ROLES[wanted];
  if (fixed !== undefined) return { kind: RESERVED_ROLES.has(fixed) ? 'reserved' : 'role', role: fixed };
  const role = derivedRole(store, wanted);
  if (role === undefined) return { kind: 'unknown' };
  return { kind: store.admins.has(role) ? 'role' : 'noAdmins', role };
}

function derivedRole(store: Store, wanted: string): string | undefined {
  const ofProduct = afterPrefix(wanted, '_product_admin_');
  if (ofProduct !== undefined) {
    const product = store.meta.products.find(({ name }) => normal(name) === normal(ofProduct));
    return product === undefined ? undefined : `product:${product.id}`;
  }
  const ofProfile = afterPrefix(wanted, '_developer_');
  if (ofProfile !== undefined) {
    const [profile] = profilesNamed(store, ofProfile);
    return profile === undefined ? undefined : `developer:${profile.groupId}`;
  }
  const ofGroup = afterPrefix(wanted, '_admin_');
  const [group] = ofGroup === undefined ? [] : groupsNamed(store, ofGroup);
  return group === undefined ? undefined : `group:${group.groupId}`;
}

function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** The `_...` name of a role, or undefined when what it administers is gone. */
export function roleName(store: Store, role: string): string | undefined {
  const fixed = Object.entries(FIXED_ROLES).find(([, value]) => value === role);
  if (fixed !== undefined) return fixed[0];
  const { prefix, of } = roleSubject(store, role);
  return of === undefined ? undefined : `${prefix}${of.name}`;
}

export type AdminGroupType =
  | 'SYSADMIN_GROUP'
  | 'SUPPORT_ADMIN_GROUP'
  | 'DEPLOYMENT_ADMIN_GROUP'
  | 'PRODUCT_ADMIN_GROUP'
  | 'PROFILE_ADMIN_GROUP'
  | 'USER_ADMIN_GROUP'
  | 'DEVELOPER_GROUP';

/** What a derived role is about, with the `type` of its group entry (11.4). */
export function roleSubject(
  store: Store,
  role: string,
): { prefix: string; type: AdminGroupType; of: { name: string } | undefined } {
  const [kind = '', id = ''] = role.split(':');
  const group = store.groups.get(Number(id));
  if (kind === 'product') {
    const of = store.meta.products.find((product) => product.id === Number(id));
    return { prefix: '_product_admin_', type: 'PRODUCT_ADMIN_GROUP', of };
  }
  if (kind === 'developer') return { prefix: '_developer_', type: 'DEVELOPER_GROUP', of: group };
  const type = group?.kind === 'profile' ? 'PROFILE_ADMIN_GROUP' : 'USER_ADMIN_GROUP';
  return { prefix: '_admin_', type, of: group };
}

/** The stable `groupId` of an admin group, made at first need. */
export function adminGroupId(store: Store, role: string): number {
  const known = store.meta.adminGroupIds[role];
  if (known !== undefined) return known;
  const id = takeNumber(store);
  store.meta.adminGroupIds[role] = id;
  return id;
}
