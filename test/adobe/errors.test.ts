import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ErrorClass } from '../../lambdas/adobe/adobe.ts';
import { ERROR_TABLE, type StepKind } from '../../lambdas/adobe/error-table.ts';
import { classifyError, httpError, plain, transportError } from '../../lambdas/adobe/errors.ts';

/** `umapi.md` section 10, typed off by hand: class, then the codes that have it. */
const EXPECTED: Readonly<Record<ErrorClass, string>> = {
  gone: 'error.user.not_found error.user.nonexistent error.user.not_in_org',
  ok: 'error.user.already_in_org error.user.already_exists',
  user: `error.user.type_must_not_be_adobeid error.update.adobeid.no error.user.not_found_or_ambiguous
    error.user.name.invalid error.user.user_list.invalid error.user.email.invalid error.user.name_in_use
    error.user.email.name_in_use error.user.firstname_missing error.user.lastname_missing error.country.invalid
    error.update.no error.update.domain.mismatch error.update.username.no error.command.string.too_long
    error.usergroup.user_list.invalid error.internal.no_email_for_user`,
  config: `error.user.must_match_email error.user.name.contains.email error.user.type_not_available
    error.user.type_mismatch error.user.belongs_to_another_org error.user.domain_enforcement
    error.user.change_domain_update.no error.user.productadmin.group.not_found error.api.user.not.parent.org
    error.domain.trust.nonexistent error.group.not_found error.group.invalid_name error.usergroup.not_found
    error.usergroup.already_exists error.usergroup.exceeds_maximum_member_count
    error.usergroup.readonly.update_not_allowed error.usergroup.readonly.add_user_not_allowed
    error.usergroup.readonly.remove_user_not_allowed error.usergroup.readonly.remove_not_allowed
    error.command.product.not_found plc.not_found plc.admin.group.not_found plc.admin.already_added
    plc.add.admin.error plc.remove.admin.error error.command.add_remove.group_or_product_name_too_long
    error.command.add_remove.invalid.usergroup_list error.internal.everybody_group.not_found 403025`,
  auth: `error.apikey.invalid error.unauthorized error.organization.invalid_id error.organization.invalid_name
    error.organization.invalid 403003`,
  retry: `error.user.nonexistent_or_has_conflicting_parameters error.user.already_invited error.user.type_unknown
    error.user.type.missing error.user.update_failed error.user.productadmin.add.user.failed
    error.user.productadmin.remove.admin.failed error.productadmin.add.user.failed
    error.productadmin.remove.admin.failed error.developer.add_user.failed error.developer.remove_user.failed
    error.usergroup.update.failed error.organization.migrating error.throttled_by_external_service
    error.api.not_available error.internal.exceptionflys error.internal.create_failed error.internal.add
    error.internal.update_failed error.internal.removefromorg error.internal.group.remove 429050
    error.internal.invite.email_template_misconfigured error.internal.notification.failed
    error.internal.notification.failed.dma error.internal.notification.failed.jem
    error.internal.reset_password_email invites.pending.not_found invites.pending.resend.error
    invites.pending.revoke.error`,
  bug: `error.user.id_missing error.user.command.missing.arguments error.update.country.no_update
    error.group.invalid_list error.usergroup.command.missing.arguments error.command.malformed
    error.command.steps.malformed error.command.user.missing error.command.user_usergroup.missing
    error.command.illegal_entry error.command.step.unknown error.command.object_not_empty
    error.command.string_expected error.command.boolean_expected error.command.domain.missing
    error.command.domain.string_expected error.command.domain.must_be_used_with_nonemail_username
    error.command.create.object_expected error.command.create.string_expected error.command.create.more_than_one
    error.command.create.not_first error.command.create.key.unknown error.command.update.option.no
    error.command.removefromorg.not_last error.command.add_remove.list error.command.add_remove.list_not_array
    error.command.add_remove.list_too_long error.command.add_remove.missing_list
    error.command.add_remove.key.unknown error.command.add_remove.user_usergroup.missing
    error.command.add_remove.duplicate.user_list error.command.add_remove.duplicate.group_list
    error.command.add_remove.duplicate.product_list error.command.add_remove.duplicate.usergroup_list
    error.command.add_remove.duplicate.productadmin_list error.option.illegal warning.command.deprecated
    error.resetpw.user_must_be_enterprise_type`,
};
const CODES = Object.values(EXPECTED).flatMap((text) => text.split(/\s+/));

describe('the codes of umapi.md section 10 (F39)', () => {
  test('are in the table, each once, and no others', () => {
    expect(new Set(CODES).size).toBe(CODES.length);
    expect(Object.keys(ERROR_TABLE).sort()).toEqual([...CODES].sort());
  });
  test('have their class', () => {
    const actual = Object.fromEntries(CODES.map((code) => [code, classifyError(code, '').class]));
    const expected = Object.entries(EXPECTED).flatMap(([kind, codes]) =>
      codes.split(/\s+/).map((code) => [code, kind] as const),
    );
    expect(actual).toEqual(Object.fromEntries(expected));
  });
  test('have a hint that is a sentence', () => {
    for (const code of CODES) expect(classifyError(code, '').hint).toMatch(/^[A-Z].{15,}\.$/);
  });
});

/** What fails alike, typed off by hand too; everybody else's trouble is one person's. */
const SCOPES: Readonly<Record<string, string>> = {
  entitlement: `error.user.productadmin.group.not_found error.user.productadmin.add.user.failed
    error.user.productadmin.remove.admin.failed error.productadmin.add.user.failed
    error.productadmin.remove.admin.failed error.developer.add_user.failed error.developer.remove_user.failed
    error.group.not_found error.group.invalid_name error.usergroup.not_found error.usergroup.already_exists
    error.usergroup.update.failed error.usergroup.exceeds_maximum_member_count
    error.usergroup.readonly.update_not_allowed error.usergroup.readonly.add_user_not_allowed
    error.usergroup.readonly.remove_user_not_allowed error.usergroup.readonly.remove_not_allowed
    error.command.product.not_found plc.not_found plc.admin.group.not_found plc.admin.already_added
    plc.add.admin.error plc.remove.admin.error error.command.add_remove.group_or_product_name_too_long
    error.command.add_remove.invalid.usergroup_list`,
  domain: `error.user.must_match_email error.user.name.contains.email error.user.type_not_available
    error.user.type_mismatch error.user.belongs_to_another_org error.user.domain_enforcement
    error.api.user.not.parent.org error.domain.trust.nonexistent`,
  org: `error.apikey.invalid error.unauthorized error.organization.invalid_id error.organization.invalid_name
    error.organization.invalid error.organization.migrating error.internal.everybody_group.not_found
    429050 403003 403025`,
};
/** Tries in all, where it is not three. */
const TRIES: Readonly<Record<number, string>> = {
  2: `error.user.nonexistent_or_has_conflicting_parameters error.internal.create_failed
    error.user.productadmin.add.user.failed error.user.productadmin.remove.admin.failed
    error.productadmin.add.user.failed error.productadmin.remove.admin.failed error.developer.add_user.failed
    error.developer.remove_user.failed`,
  Infinity: 'error.throttled_by_external_service error.api.not_available',
};
function keyOf(table: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.keys(table).find((key) => table[key]?.split(/\s+/).includes(code));
}

describe('every documented code, row by row (F39)', () => {
  const rows = CODES.map((code) => ({
    code,
    class: keyOf(EXPECTED, code),
    scope: keyOf(SCOPES, code) ?? 'person',
    tries: Number(keyOf(TRIES, code) ?? 3),
  }));
  test.each(rows)('$code: $class of the $scope, $tries tries', ({ code, ...expected }) => {
    const { class: kind, scope, tries = 3 } = classifyError(code, 'Adobe says so');
    expect({ class: kind, scope, tries }).toEqual(expected);
  });
});

describe('the step and the message decide where the code alone does not', () => {
  const rows: {
    label: string;
    code: string;
    message: string;
    step?: StepKind;
    class: ErrorClass;
    scope: string;
  }[] = [
    {
      label: 'a person not found by a grant is gone (R27)',
      code: 'error.user.not_found',
      message: 'No valid users were found in the request',
      step: 'grant',
      class: 'gone',
      scope: 'person',
    },
    {
      label: 'a person not found by a create passes',
      code: 'error.user.not_found',
      message: '',
      step: 'createUser',
      class: 'retry',
      scope: 'person',
    },
    {
      label: 'user.not_found that speaks of a group is a fault of the mapping',
      code: 'error.user.not_found',
      message: 'Group Live Agent was not found',
      step: 'grant',
      class: 'config',
      scope: 'entitlement',
    },
    {
      label: 'a create of a member is fine (R33)',
      code: 'error.user.already_in_org',
      message: '',
      step: 'createUser',
      class: 'ok',
      scope: 'person',
    },
    {
      label: 'already_in_org on a grant proves no membership',
      code: 'error.user.already_in_org',
      message: '',
      step: 'grant',
      class: 'retry',
      scope: 'person',
    },
    {
      label: 'a member already, on a grant',
      code: 'error.user.already_exists',
      message: '',
      step: 'grant',
      class: 'ok',
      scope: 'person',
    },
    {
      label: 'a member already, on a revoke, is no success',
      code: 'error.user.already_exists',
      message: '',
      step: 'revoke',
      class: 'retry',
      scope: 'person',
    },
    {
      label: 'a list that changed nothing, on a revoke: not a member either way',
      code: 'error.usergroup.user_list.invalid',
      message: '',
      step: 'revoke',
      class: 'ok',
      scope: 'person',
    },
    {
      label: 'a list that changed nothing, on a grant: a read decides',
      code: 'error.usergroup.user_list.invalid',
      message: '',
      step: 'grant',
      class: 'gone',
      scope: 'person',
    },
    {
      label: 'create_failed over a synced directory trips the domain',
      code: 'error.internal.create_failed',
      message: 'Could not create person of type createFederatedID',
      step: 'createUser',
      class: 'config',
      scope: 'domain',
    },
    {
      label: 'an unclaimed domain trips the domain (F49)',
      code: 'error.domain.trust.nonexistent',
      message: '',
      step: 'createUser',
      class: 'config',
      scope: 'domain',
    },
    {
      label: 'a missing profile trips the entitlement (F45)',
      code: 'error.group.not_found',
      message: 'Group X was not found',
      step: 'revoke',
      class: 'config',
      scope: 'entitlement',
    },
    {
      label: 'an unknown code passes',
      code: 'error.brand.new',
      message: '',
      class: 'retry',
      scope: 'person',
    },
    {
      label: 'a code like an object method',
      code: 'constructor',
      message: '',
      class: 'retry',
      scope: 'person',
    },
  ];
  test.each(rows)('$label', ({ code, message, step, class: kind, scope }) => {
    expect(classifyError(code, message, step)).toMatchObject({ code, message, class: kind, scope });
  });
});

describe('an answer that is no result (umapi.md 9)', () => {
  const rows: { status: number; body: string; code: string; class: ErrorClass; scope: string }[] = [
    {
      status: 400,
      body: '{"result":"error.command.malformed"}',
      code: 'error.command.malformed',
      class: 'bug',
      scope: 'person',
    },
    {
      status: 400,
      body: '{"errorMessage":"For input string: \\"x\\""}',
      code: 'http.400',
      class: 'bug',
      scope: 'person',
    },
    {
      status: 400,
      body: '{"result":"error.organization.invalid_id","message":"Bad organization Id"}',
      code: 'error.organization.invalid_id',
      class: 'auth',
      scope: 'org',
    },
    { status: 401, body: '', code: 'http.401', class: 'auth', scope: 'org' },
    {
      status: 401,
      body: '{"lastPage":false,"result":"error.unauthorized"}',
      code: 'error.unauthorized',
      class: 'auth',
      scope: 'org',
    },
    {
      status: 401,
      body: '{"result":"error.user.not_found"}',
      code: 'error.user.not_found',
      class: 'auth',
      scope: 'org',
    },
    { status: 403, body: '', code: 'http.403', class: 'auth', scope: 'org' },
    { status: 403, body: '<html>openresty</html>', code: 'http.403', class: 'auth', scope: 'org' },
    {
      status: 403,
      body: '{"error_code":"403003","message":"Api Key is invalid"}',
      code: '403003',
      class: 'auth',
      scope: 'org',
    },
    {
      status: 403,
      body: '{"error_code":403025,"message":"Profile is not valid"}',
      code: '403025',
      class: 'config',
      scope: 'org',
    },
    {
      status: 403,
      body: '{"result":"error.organization.migrating"}',
      code: 'error.organization.migrating',
      class: 'retry',
      scope: 'org',
    },
    { status: 302, body: '', code: 'http.302', class: 'config', scope: 'org' },
    { status: 404, body: 'no', code: 'http.404', class: 'config', scope: 'org' },
    { status: 413, body: '', code: 'http.413', class: 'bug', scope: 'person' },
    {
      status: 429,
      body: '{"error_code":"429050","message":"Too many requests"}',
      code: '429050',
      class: 'retry',
      scope: 'org',
    },
    { status: 500, body: 'null', code: 'http.500', class: 'retry', scope: 'org' },
    { status: 503, body: '', code: 'http.503', class: 'retry', scope: 'org' },
    {
      status: 504,
      body: '{"result":"error.user.not_found"}',
      code: 'error.user.not_found',
      class: 'retry',
      scope: 'org',
    },
  ];
  test.each(rows)('$status $body is $class', ({ status, body, ...verdict }) => {
    expect(httpError(status, body, new Headers())).toMatchObject(verdict);
  });
  test('its message has Adobe’s words, the status and the request id', () => {
    const headers = new Headers({ 'X-Request-Id': 'r1' });
    const { message } = httpError(403, '{"message":"Api Key is invalid"}', headers);
    expect(message).toBe('Api Key is invalid, HTTP 403, request r1');
    expect(httpError(504, '', new Headers()).message).toBe('an empty answer, HTTP 504');
    expect(httpError(403, '<html>secret</html>', new Headers()).message).toBe('an HTML page, HTTP 403');
  });
  test('any status and any body give an error of one line (F40, T43)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
        const error = httpError(status, body, new Headers());
        expect(error.message).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(error.hint).not.toBe('');
      }),
    );
  });
});

test('foreign text becomes one bounded line (T43)', () => {
  expect(plain('a\r\nb\u2028c\u001b[31m\ud800')).toBe('a b c [31m\ufffd');
  expect(plain('x'.repeat(10_000))).toHaveLength(500);
});

test('a broken way to Adobe is a passing fault of the org', () => {
  expect(transportError('network.lost', 'connection lost')).toMatchObject({ class: 'retry', scope: 'org' });
});
