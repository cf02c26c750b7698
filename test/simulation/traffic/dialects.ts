/** One change as each identity provider writes it (`idp-traffic.md`): the same meaning on four wires. */
import type { Dialect } from './operations.ts';

const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `/scim/v2` on, with its query. */
  readonly path: string;
  readonly body?: unknown;
}

const patch = (path: string, ...operations: readonly object[]): Request => ({
  method: 'PATCH',
  path,
  body: { schemas: [PATCH_OP], Operations: operations },
});

export function setActive(id: string, active: boolean, dialect: Dialect): Request {
  const path = `/Users/${id}`;
  switch (dialect) {
    case 'entra':
      return patch(path, { op: 'Replace', path: 'active', value: active ? 'True' : 'False' });
    case 'entra-flag':
      return patch(path, { op: 'replace', path: 'active', value: active });
    default:
      return patch(path, { op: 'replace', value: { active } });
  }
}

export function rename(id: string, to: { userName: string; email: string }, dialect: Dialect): Request {
  const path = `/Users/${id}`;
  const { userName, email } = to;
  const emails = [{ value: email, type: 'work', primary: true }];
  switch (dialect) {
    case 'entra':
      return patch(
        path,
        { op: 'Replace', path: 'userName', value: userName },
        { op: 'Replace', path: 'emails[type eq "work"].value', value: email },
      );
    case 'entra-flag':
      return patch(path, { op: 'replace', value: { userName, 'emails[type eq "work"].value': email } });
    default:
      return patch(path, { op: 'replace', value: { userName, emails } });
  }
}

const values = (ids: readonly string[]): object[] => ids.map((value) => ({ value }));

export function addMembers(group: string, ids: readonly string[], dialect: Dialect): Request {
  const op = dialect === 'entra' ? 'Add' : 'add';
  return patch(`/Groups/${group}`, { op, path: 'members', value: values(ids) });
}

export function removeMembers(group: string, ids: readonly string[], dialect: Dialect): Request {
  const path = `/Groups/${group}`;
  if (dialect === 'entra') return patch(path, { op: 'Remove', path: 'members', value: values(ids) });
  return patch(path, ...ids.map((id) => ({ op: 'remove', path: `members[value eq "${id}"]` })));
}

export function replaceMembers(
  group: string,
  { displayName, ids }: { displayName: string | undefined; ids: readonly string[] },
  dialect: Dialect,
): Request {
  const path = `/Groups/${group}`;
  if (dialect === 'put' && displayName !== undefined) {
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:Group'];
    return { method: 'PUT', path, body: { schemas, displayName, members: values(ids) } };
  }
  return patch(path, { op: 'replace', path: 'members', value: values(ids) });
}

export function renameGroup(group: string, displayName: string, dialect: Dialect): Request {
  const path = `/Groups/${group}`;
  if (dialect === 'entra') return patch(path, { op: 'Replace', path: 'displayName', value: displayName });
  return patch(path, { op: 'replace', value: { displayName } });
}

export const filtered = (path: string, filter: string): Request => ({
  method: 'GET',
  path: `${path}?filter=${encodeURIComponent(filter)}`,
});
