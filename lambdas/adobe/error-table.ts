/**
 * Adobe's error codes as data: every code of `umapi.md` section 10 once, with its class, what else it affects, and what
 * a person should do. `errors.ts` reads it; nothing else decides by code. The classes:
 *
 *   retry   passes by itself; repeated with growing pauses `tries` times, then a fault of what `scope` names
 *   user    permanent for this person or value        config  an administrator has to change Adobe or the settings
 *   auth    all calls stop                            bug     we built a wrong request: never repeated unchanged
 *   ok      the wanted state holds already            gone    no such person: a single read decides (`rules.md` R27)
 *
 * Invariant: no row makes a failed grant count as granted unless the code says that the person holds it.
 */
import type { Action, AdobeError, ErrorClass } from './adobe.ts';

export type StepKind = Action['kind'];
type Verdict = Pick<AdobeError, 'class' | 'scope' | 'hint' | 'tries'>;
/** `on` names the steps on which the code means something else. */
export type ErrorRow = Verdict & { readonly on?: Partial<Readonly<Record<StepKind, Verdict>>> };

const REPORT_BUG =
  'The bridge built a request that Adobe does not accept. Report it with this code and message; nothing to do in Adobe.';
const PASSES = 'Trouble at Adobe that usually passes; the bridge repeats it.';
const ADMIN_RIGHT =
  'Adobe could not change an admin or developer right, which the bridge never asks for. Check the mapping.';
const SHARED_GROUP =
  'This user group is shared read-only by another organisation. Map a user group that this organisation owns.';
const RENAMED_TARGET =
  'Adobe knows no profile or user group of this name. If it was renamed or deleted in the Admin Console, correct the mapping and apply it.';
const NO_SUCH_PERSON =
  'Adobe does not find this person in the organisation. The bridge looks again and creates the person if still wanted.';
const CLAIM_DOMAIN =
  'In the Admin Console under Settings, Identity: claim this e-mail domain, or get trust for it from the organisation that owns it.';
const OLD_MESSAGE = 'Adobe no longer documents this answer. If it returns, report it with its message.';
const WRONG_ORG =
  'Adobe does not accept the organisation id or the credential. Check both against the Developer Console, then repair the settings.';
const ADDRESS_TAKEN =
  'Another account at Adobe already has this address. Find it in the Admin Console and free the address, or correct it in the identity provider.';
const ISOLATE =
  'Adobe refuses an entry of the list. Look at this person in the Admin Console and correct it there.';

function user(hint: string, on?: ErrorRow['on']): ErrorRow {
  return row({ class: 'user', scope: 'person', hint }, on);
}
function retry(hint: string = PASSES, on?: ErrorRow['on']): ErrorRow {
  return row({ class: 'retry', scope: 'person', hint }, on);
}
/** A back end of Adobe was busy: nobody's fault, however often it says so. */
function patient(hint: string = PASSES): ErrorRow {
  return { ...retry(hint), tries: Number.POSITIVE_INFINITY };
}
/** Repeated, then a matter of the mapping: the entitlement trips for everybody. */
function retryThenConfig(tries: number, hint: string): ErrorRow {
  return { class: 'retry', scope: 'entitlement', hint, tries };
}
function gone(on: ErrorRow['on']): ErrorRow {
  return row({ class: 'gone', scope: 'person', hint: NO_SUCH_PERSON }, on);
}
function ok(hint: string, on?: ErrorRow['on']): ErrorRow {
  return row({ class: 'ok', scope: 'person', hint }, on);
}
function config(scope: AdobeError['scope'], hint: string): ErrorRow {
  return row({ class: 'config', scope, hint });
}
function org(kind: ErrorClass, hint: string): ErrorRow {
  return row({ class: kind, scope: 'org', hint });
}
function row(verdict: Verdict, on?: ErrorRow['on']): ErrorRow {
  return on === undefined ? verdict : { ...verdict, on };
}
const BUG: ErrorRow = { class: 'bug', scope: 'person', hint: REPORT_BUG };
/** What counts as "wanted state holds" on one step must not do so on another. */
const ODD_HERE = retry('An unexpected answer to this step. If it stays, report it with its message.');

export const ERROR_TABLE: Readonly<Record<string, ErrorRow>> = {
  // Users (`umapi.md` 10.1)
  'error.user.not_found': gone({ createUser: retry() }),
  'error.user.nonexistent': gone({ createUser: retry() }),
  'error.user.nonexistent_or_has_conflicting_parameters': {
    ...retry(
      'Adobe does not find this person, or holds the address under another identity type. Compare the type in the Admin Console with the type set for the domain.',
    ),
    tries: 2,
  },
  'error.user.not_in_org': gone({
    createUser: user(
      'The account belongs to another organisation. Ask its administrator, or use another address.',
    ),
  }),
  'error.user.already_in_org': ok(
    'The person was in the organisation before; the bridge goes on with that account.',
    {
      updateUser: ODD_HERE,
      renameUser: ODD_HERE,
      grant: ODD_HERE,
      revoke: ODD_HERE,
    },
  ),
  'error.user.already_invited': retry(
    'An invitation of the old kind is pending. Withdraw it in the Admin Console.',
  ),
  'error.user.already_exists': ok('The person is a member already; nothing to do.', {
    createUser: user('Adobe says that this account exists. Look the address up in the Admin Console.'),
    updateUser: ODD_HERE,
    renameUser: ODD_HERE,
    revoke: ODD_HERE,
  }),
  'error.user.must_match_email': config(
    'domain',
    'This directory does not allow a username that differs from the e-mail. Set the username of this domain to `email`.',
  ),
  'error.user.name.contains.email': config(
    'domain',
    'This directory logs in by bare username. Choose a username source without e-mail form for this domain.',
  ),
  'error.user.type_must_not_be_adobeid': user(
    'An Adobe ID belongs to the person; its data cannot be changed from here.',
  ),
  'error.update.adobeid.no': user(
    'An Adobe ID belongs to the person: name and e-mail can only be changed by that person.',
  ),
  'error.user.type_not_available': config(
    'domain',
    'This organisation cannot have accounts of this identity type. Correct the identity type of the domain.',
  ),
  'error.user.type_mismatch': config(
    'domain',
    'The directory of this domain has another identity type. Set the same type (Federated or Enterprise ID) for the domain.',
  ),
  'error.user.type_unknown': retry('Adobe could not tell the identity type. If it stays, ask Adobe support.'),
  'error.user.type.missing': retry('Adobe could not tell the identity type. If it stays, ask Adobe support.'),
  'error.user.not_found_or_ambiguous': user(
    'Several accounts at Adobe match this person. Remove or rename the surplus one in the Admin Console.',
  ),
  'error.user.name.invalid': user(
    'Adobe does not accept this username. Correct it in the identity provider.',
  ),
  'error.user.user_list.invalid': user(ISOLATE),
  'error.user.email.invalid': user(
    'Adobe does not accept this e-mail (60 characters at most; Gmail addresses without dots and plus signs). Correct it in the identity provider.',
  ),
  'error.user.belongs_to_another_org': config('domain', CLAIM_DOMAIN),
  'error.user.domain_enforcement': config(
    'domain',
    'Domain enforcement forbids this identity type here. Use the managed type for the domain, or add an exception in the Admin Console.',
  ),
  'error.user.change_domain_update.no': config(
    'person',
    'The new e-mail lies in a domain outside the directory of this person. Add the domain to that directory, or correct the address.',
  ),
  'error.user.name_in_use': user(ADDRESS_TAKEN),
  'error.user.email.name_in_use': user(ADDRESS_TAKEN),
  'error.user.firstname_missing': user(
    'Adobe needs a first name. Fill it in the identity provider and let it be sent.',
  ),
  'error.user.lastname_missing': user(
    'Adobe needs a last name. Fill it in the identity provider and let it be sent.',
  ),
  'error.user.id_missing': BUG,
  'error.user.update_failed': retry(),
  'error.user.command.missing.arguments': BUG,
  'error.user.productadmin.group.not_found': config('entitlement', RENAMED_TARGET),
  'error.user.productadmin.add.user.failed': retryThenConfig(2, ADMIN_RIGHT),
  'error.user.productadmin.remove.admin.failed': retryThenConfig(2, ADMIN_RIGHT),
  'error.productadmin.add.user.failed': retryThenConfig(2, ADMIN_RIGHT),
  'error.productadmin.remove.admin.failed': retryThenConfig(2, ADMIN_RIGHT),
  'error.developer.add_user.failed': retryThenConfig(2, ADMIN_RIGHT),
  'error.developer.remove_user.failed': retryThenConfig(2, ADMIN_RIGHT),
  'error.country.invalid': user(
    'Adobe does not accept this country. Correct it in the identity provider, or the country set for the domain.',
  ),
  'error.update.no': user('Adobe does not accept the new e-mail. Correct it in the identity provider.'),
  'error.update.domain.mismatch': user(
    'The login domain of this person at Adobe differs from the one set. Compare the settings with the Admin Console.',
  ),
  'error.update.username.no': user(
    'The username of this identity type follows the e-mail and cannot be set.',
  ),
  'error.update.country.no_update': BUG,
  'error.api.user.not.parent.org': config(
    'domain',
    'Another organisation owns these accounts; this one may only grant products. Change names and addresses there.',
  ),
  'error.domain.trust.nonexistent': config('domain', CLAIM_DOMAIN),

  // Groups and profiles (10.2)
  'error.group.not_found': config('entitlement', RENAMED_TARGET),
  'error.group.invalid_list': BUG,
  'error.group.invalid_name': config('entitlement', RENAMED_TARGET),
  'error.usergroup.not_found': config('entitlement', RENAMED_TARGET),
  // As a step on a person it cannot mean that the person is a member.
  'error.usergroup.already_exists': config(
    'entitlement',
    'A user group or profile of this name exists already. Choose another name.',
  ),
  // "Nothing changed": on a revoke the person is not a member either way; on a grant a read has to tell.
  'error.usergroup.user_list.invalid': user(ISOLATE, {
    grant: { class: 'gone', scope: 'person', hint: NO_SUCH_PERSON },
    revoke: { class: 'ok', scope: 'person', hint: 'The person is not a member; nothing to do.' },
  }),
  'error.usergroup.update.failed': retryThenConfig(
    3,
    'Adobe could not change this user group. Look at it in the Admin Console; if it looks well, ask Adobe support.',
  ),
  'error.usergroup.command.missing.arguments': BUG,
  'error.usergroup.exceeds_maximum_member_count': config(
    'entitlement',
    'The user group is larger than Adobe allows. Split it, or ask Adobe for a higher limit.',
  ),
  'error.usergroup.readonly.update_not_allowed': config('entitlement', SHARED_GROUP),
  'error.usergroup.readonly.add_user_not_allowed': config('entitlement', SHARED_GROUP),
  'error.usergroup.readonly.remove_user_not_allowed': config('entitlement', SHARED_GROUP),
  'error.usergroup.readonly.remove_not_allowed': config('entitlement', SHARED_GROUP),
  'error.command.product.not_found': config('entitlement', RENAMED_TARGET),
  'plc.not_found': config('entitlement', RENAMED_TARGET),
  'plc.admin.group.not_found': config('entitlement', RENAMED_TARGET),
  // Speaks of an admin, never of a member: not `ok` for any of our steps.
  'plc.admin.already_added': config('entitlement', ADMIN_RIGHT),
  'plc.add.admin.error': config('entitlement', ADMIN_RIGHT),
  'plc.remove.admin.error': config('entitlement', ADMIN_RIGHT),

  // Grammar of commands (10.3)
  'error.command.malformed': BUG,
  'error.command.steps.malformed': BUG,
  'error.command.user.missing': BUG,
  'error.command.user_usergroup.missing': BUG,
  'error.command.illegal_entry': BUG,
  'error.command.step.unknown': BUG,
  'error.command.object_not_empty': BUG,
  'error.command.string_expected': BUG,
  'error.command.boolean_expected': BUG,
  'error.command.string.too_long': user(
    'A name or address is longer than Adobe takes (250 characters). Shorten it in the identity provider.',
  ),
  'error.command.domain.missing': BUG,
  'error.command.domain.string_expected': BUG,
  'error.command.domain.must_be_used_with_nonemail_username': BUG,
  'error.command.create.object_expected': BUG,
  'error.command.create.string_expected': BUG,
  'error.command.create.more_than_one': BUG,
  'error.command.create.not_first': BUG,
  'error.command.create.key.unknown': BUG,
  'error.command.update.option.no': BUG,
  'error.command.removefromorg.not_last': BUG,
  'error.command.add_remove.list': BUG,
  'error.command.add_remove.list_not_array': BUG,
  'error.command.add_remove.list_too_long': BUG,
  'error.command.add_remove.missing_list': BUG,
  'error.command.add_remove.key.unknown': BUG,
  'error.command.add_remove.user_usergroup.missing': BUG,
  'error.command.add_remove.group_or_product_name_too_long': config(
    'entitlement',
    'The mapping names a profile or user group by a name that is too long for Adobe. Correct the mapping.',
  ),
  'error.command.add_remove.invalid.usergroup_list': config('entitlement', RENAMED_TARGET),
  'error.command.add_remove.duplicate.user_list': BUG,
  'error.command.add_remove.duplicate.group_list': BUG,
  'error.command.add_remove.duplicate.product_list': BUG,
  'error.command.add_remove.duplicate.usergroup_list': BUG,
  'error.command.add_remove.duplicate.productadmin_list': BUG,
  'error.option.illegal': BUG,

  // Organisation, credential, service (10.4)
  'error.apikey.invalid': org('auth', WRONG_ORG),
  'error.unauthorized': org('auth', WRONG_ORG),
  'error.organization.invalid_id': org('auth', WRONG_ORG),
  'error.organization.invalid_name': org('auth', WRONG_ORG),
  'error.organization.invalid': org('auth', WRONG_ORG),
  'error.organization.migrating': org(
    'retry',
    'Adobe is moving this organisation. Wait some hours; nothing is lost.',
  ),
  'error.throttled_by_external_service': patient(),
  'error.api.not_available': patient(),
  'error.internal.exceptionflys': retry(),
  // `errors.ts` turns this into a fault of the domain when the message says so.
  'error.internal.create_failed': {
    ...retry('Adobe could not create the account. If it stays, check the domain in the Admin Console.'),
    tries: 2,
  },
  'error.internal.add': retry(
    'Adobe could not add the person. If it stays: was the person moved between directories? Ask Adobe support.',
  ),
  'error.internal.update_failed': retry(),
  'error.internal.removefromorg': retry(),
  'error.internal.group.remove': retry(),
  'error.internal.everybody_group.not_found': org(
    'config',
    'This organisation is damaged at Adobe. Ask Adobe support.',
  ),
  'warning.command.deprecated': BUG,
  '429050': org('retry', 'Adobe asked for a pause. The bridge waits and goes on by itself.'),
  '403003': org('auth', WRONG_ORG),
  '403025': org(
    'config',
    'The credential lacks the User Management API or a profile. Add it to the project in the Developer Console.',
  ),

  // Gone from today's documentation, may still appear (10.4)
  'error.internal.invite.email_template_misconfigured': retry(OLD_MESSAGE),
  'error.internal.no_email_for_user': user(OLD_MESSAGE),
  'error.internal.notification.failed': retry(OLD_MESSAGE),
  'error.internal.notification.failed.dma': retry(OLD_MESSAGE),
  'error.internal.notification.failed.jem': retry(OLD_MESSAGE),
  'error.internal.reset_password_email': retry(OLD_MESSAGE),
  'error.resetpw.user_must_be_enterprise_type': BUG,
  'invites.pending.not_found': retry(OLD_MESSAGE),
  'invites.pending.resend.error': retry(OLD_MESSAGE),
  'invites.pending.revoke.error': retry(OLD_MESSAGE),
};

/** The directory of this domain is fed by Microsoft Entra, Google or another organisation (`umapi.md` 10.4). */
export const SYNCED_DOMAIN: ErrorRow = config(
  'domain',
  'The directory of this domain is probably kept by another sync (Microsoft Entra or Google), or the domain is not claimed. Switch that sync off in the Admin Console, or claim the domain.',
);
/** Codes that the table does not hold (`umapi.md` 10.4, last line). */
export const UNKNOWN_CODE: ErrorRow = retry(
  'Adobe answered with a code that the bridge does not know. Please report code and message.',
);
