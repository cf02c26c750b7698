/**
 * Adobe's error codes as the simulated org words them. Messages quoted in `umapi.md` section 10 are exact; the others
 * are ours, because nobody has published Adobe's.
 */

export interface Fault {
  readonly code: string;
  readonly message: string;
}

const MESSAGES: Readonly<Record<string, string>> = {
  'error.user.not_found': 'No valid users were found in the request',
  'error.user.belongs_to_another_org': "Illegal to invite user from another organization's owned auth src",
  'error.domain.trust.nonexistent': 'Changes to users are only allowed in claimed domains.',
  'error.usergroup.not_found': 'UserGroup not found',
  'error.internal.add': 'Failed to add users to user group',
  'error.user.already_in_org': 'User is already a member of this organization',
  'error.user.not_in_org': 'User is not in this organization',
  'error.user.nonexistent_or_has_conflicting_parameters': 'User does not exist or has conflicting parameters',
  'error.user.not_found_or_ambiguous': 'Several accounts match the user',
  'error.user.must_match_email': 'User name must match the email address',
  'error.user.name.contains.email': 'User name must not be an email address in this directory',
  'error.user.name.invalid': 'User name is not valid',
  'error.user.name_in_use': 'User name is already in use',
  'error.user.email.invalid': 'Email is not valid',
  'error.user.email.name_in_use': 'Email is already in use',
  'error.user.firstname_missing': 'First name is required',
  'error.user.lastname_missing': 'Last name is required',
  'error.user.domain_enforcement': 'Domain enforcement does not allow this identity type',
  'error.user.type_mismatch': 'Identity type does not match the directory',
  'error.user.type_not_available': 'Identity type is not available in this organization',
  'error.user.change_domain_update.no': 'Email cannot move to a domain outside the directory',
  'error.update.domain.mismatch': 'Domain does not match the domain of the user',
  'error.update.adobeid.no': 'An Adobe ID cannot be updated',
  'error.update.username.no': 'User name cannot be updated for this identity type',
  'error.update.country.no_update': 'Country cannot be updated',
  'error.api.user.not.parent.org': 'User is owned by another organization',
  'error.country.invalid': 'Country is not valid',
  'error.internal.removefromorg': 'Could not remove the user from the organization',
  'error.usergroup.already_exists': 'UserGroup already exists',
  'error.usergroup.user_list.invalid': 'No user of the list was changed',
  'error.usergroup.exceeds_maximum_member_count': 'UserGroup exceeds the maximum member count',
  'error.usergroup.readonly.update_not_allowed': 'UserGroup is read-only and cannot be updated',
  'error.usergroup.readonly.add_user_not_allowed': 'Users cannot be added to a read-only UserGroup',
  'error.usergroup.readonly.remove_user_not_allowed': 'Users cannot be removed from a read-only UserGroup',
  'error.usergroup.readonly.remove_not_allowed': 'A read-only UserGroup cannot be removed',
  'error.throttled_by_external_service': 'Throttled by an external service',
  'error.command.malformed': 'Request must be a JSON array of commands',
  'error.organization.invalid_id': 'Bad organization Id',
  'error.organization.migrating': 'Organization is being migrated',
};

/** An error with Adobe's message for its code, or the given one. */
export function fault(code: string, message = MESSAGES[code] ?? code): Fault {
  return { code, message };
}

export function createFailed(step: string): Fault {
  return fault('error.internal.create_failed', `Could not create person of type ${step}`);
}

export function groupNotFound(name: string): Fault {
  return fault('error.group.not_found', `Group ${name} was not found`);
}
