/** A user to patch, and ways to do it. */
import type { UserResource } from '../../lambdas/directory/records.ts';
import { patchUser } from '../../lambdas/scim/patch-user.ts';
import { refusal } from './refusal.ts';

export const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const id = '018f0000-0000-7000-8000-000000000001';

export const ada: UserResource = {
  externalId: 'ext-1',
  userName: 'ada@example.com',
  name: { givenName: 'Ada', familyName: 'Park' },
  displayName: 'Ada Park',
  title: 'Lead',
  active: true,
  emails: [{ value: 'ada@example.com', type: 'work', primary: true }],
};
export const bare: UserResource = { userName: 'bo@example.com', active: true };
export const two: UserResource = {
  ...bare,
  emails: [
    { value: 'w@x', type: 'work', primary: true },
    { value: 'h@x', type: 'home' },
  ],
};

export const body = (...operations: unknown[]) => ({ schemas: [patchOp], Operations: operations });
export const patch = (resource: UserResource, ...operations: unknown[]) =>
  patchUser({ id, resource }, body(...operations));
export const refused = (resource: UserResource, ...operations: unknown[]) =>
  refusal(() => patch(resource, ...operations));

export type Row = [label: string, before: UserResource, operations: unknown[], after: Partial<UserResource>];
