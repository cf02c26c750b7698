/** What may leave towards Adobe at all (V1, T26, I10): everything else is a bug, stopped before it is sent. */
import { describe, expect, test } from 'vitest';
import { refuseUnknownSteps } from '../../lambdas/adobe/outbound-guard.ts';

const command = (step: unknown, over: object = {}) => ({ user: 'a@example.com', do: [step], ...over });

describe('a command passes', () => {
  test.each([
    { label: 'a grant', step: { add: { group: ['Agent EU'] } } },
    { label: 'a revoke', step: { remove: { group: ['Agent EU', 'Staff'] } } },
    { label: 'members of a user group', step: { add: { user: ['a@example.com'] } } },
    { label: 'a create', step: { createFederatedID: { email: 'a@example.com', country: 'NL' } } },
    { label: 'new names', step: { update: { firstname: 'A' } } },
    { label: 'out of the org, softly', step: { removeFromOrg: {} } },
  ])('$label', ({ step }) => {
    expect(() => refuseUnknownSteps(command(step))).not.toThrow();
  });
});

describe('a command is stopped', () => {
  test.each([
    { label: 'all groups', step: { remove: 'all' } },
    { label: 'all groups, as a list', step: { remove: { group: 'all' } } },
    { label: 'deletion with the account', step: { removeFromOrg: { deleteAccount: true } } },
    { label: 'even its denial', step: { removeFromOrg: { deleteAccount: false } } },
    { label: 'deletion from the domain', step: { removeFromDomain: {} } },
    { label: 'an admin group', step: { add: { group: ['_org_admin'] } } },
    { label: 'an admin group, padded', step: { add: { group: [' _org_admin'] } } },
    { label: 'a step that nobody knows', step: { purge: {} } },
    { label: 'an unknown field', step: { update: { country2: 'X' } } },
    { label: 'a step that is no object', step: 'remove' },
  ])('$label', ({ step }) => {
    expect(() => refuseUnknownSteps(command(step))).toThrow(/never sends/);
  });

  test('with a key of its own', () => {
    expect(() => refuseUnknownSteps(command({ update: {} }, { deleteAll: true }))).toThrow(/deleteAll/);
  });
});
