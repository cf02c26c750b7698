/** The rows of the groups listing (`umapi.md` 11.4): profiles, user groups, and the admin groups that exist. */
import { adminGroupId, roleName, roleSubject } from './names.ts';
import { peopleInProfile, productName } from './people.ts';
import type { Group } from './state.ts';
import type { Store } from './store.ts';

/** Listed whether or not anybody holds them. */
const STANDING_ROLES: readonly (readonly [string, string])[] = [
  ['org', 'SYSADMIN_GROUP'],
  ['support', 'SUPPORT_ADMIN_GROUP'],
  ['deployment', 'DEPLOYMENT_ADMIN_GROUP'],
];

type Entry = Readonly<Record<string, unknown>> & { readonly groupId: number };

export function groupEntries(store: Store): Entry[] {
  const standing = STANDING_ROLES.map(([role, type]) => adminEntry(store, role, { type }));
  const derived = [...store.admins.keys()].filter((role) => role.includes(':'));
  const entries = [
    ...[...store.groups.values()].map((group) => groupEntry(store, group)),
    ...standing,
    ...derived.map((role) => adminEntry(store, role, derivedFields(store, role))),
  ];
  return entries.sort((left, right) => left.groupId - right.groupId);
}

function groupEntry(store: Store, group: Group): Entry {
  const role = `group:${group.groupId}`;
  const adminGroupName = store.admins.has(role) ? { adminGroupName: roleName(store, role) } : {};
  const { groupId, name: groupName } = group;
  if (group.kind === 'userGroup') {
    const memberCount = store.members.get(String(groupId))?.size ?? 0;
    return { groupId, groupName, type: 'USER_GROUP', memberCount, ...adminGroupName };
  }
  return {
    groupId,
    groupName,
    type: 'PRODUCT_PROFILE',
    productName: productName(store, group),
    memberCount: peopleInProfile(store, group).length,
    ...(group.quota === undefined ? {} : { licenseQuota: String(group.quota) }),
    ...adminGroupName,
  };
}

function adminEntry(store: Store, role: string, fields: Record<string, unknown>): Entry {
  return {
    groupId: adminGroupId(store, role),
    groupName: roleName(store, role),
    memberCount: store.admins.get(role)?.size ?? 0,
    ...fields,
  };
}

function derivedFields(store: Store, role: string): Record<string, unknown> {
  const { type, of } = roleSubject(store, role);
  switch (type) {
    case 'USER_ADMIN_GROUP':
      return { type, userGroupName: of?.name };
    case 'PRODUCT_ADMIN_GROUP':
      return { type, productName: of?.name };
    case 'PROFILE_ADMIN_GROUP':
    case 'DEVELOPER_GROUP':
      return { type, productProfileName: of?.name };
    default:
      return { type };
  }
}
