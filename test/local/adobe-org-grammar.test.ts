import { describe, expect, test } from 'vitest';
import { type Answer, aBench, add, federated, problems, remove } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';
const LONG = 'x'.repeat(251);
const eleven = Array.from({ length: 11 }, (_, n) => `Name ${n}`);
const groupStep = (step: unknown) => ({ usergroup: 'Readers', do: [step] });
const userStep = (step: unknown) => ({ user: ADA, do: [step] });

describe('umapi.md 20 action parsing: the whole request', () => {
  test.each([
    ['not JSON', '[{', 400],
    ['not an array', '{}', 400],
    ['an empty array', '[]', 400],
    ['no body', '', 400],
    ['11 commands', JSON.stringify(Array(11).fill(userStep(add('Agents')))), 400],
    [
      'more than 1 MB',
      JSON.stringify([{ ...userStep(add('Agents')), requestID: 'x'.repeat(1_048_576) }]),
      413,
    ],
  ])('%s is rejected with error.command.malformed in result', async (_, body, status) => {
    const bench = aBench();
    const answer = await bench.post(body);
    expect([answer.status, answer.body.result]).toEqual([status, 'error.command.malformed']);
    expect(answer.body.errors).toBeUndefined();
    expect(bench.org.members('Agents')).toEqual([]);
  });

  test('10 commands are taken', async () => {
    const answer = await aBench().post(Array(10).fill(userStep(add('Agents'))));
    expect(answer.body).toMatchObject({ result: 'success', completed: 10 });
  });
});

describe('umapi.md 20 action parsing: one command', () => {
  test.each<[string, unknown, string]>([
    ['no object', 'text', 'error.command.illegal_entry'],
    ['neither user nor usergroup', { do: [add('Agents')] }, 'error.command.user_usergroup.missing'],
    [
      'both user and usergroup',
      { user: ADA, usergroup: 'Readers', do: [add('Agents')] },
      'error.command.illegal_entry',
    ],
    ['an unknown key', { user: ADA, groups: [], do: [add('Agents')] }, 'error.command.illegal_entry'],
    ['a user that is no string', { user: 7, do: [add('Agents')] }, 'error.command.string_expected'],
    ['an empty user', { user: ' ', do: [add('Agents')] }, 'error.command.user.missing'],
    ['a user of 251 characters', { user: `${LONG}@x`, do: [add('Agents')] }, 'error.command.string.too_long'],
    ['do that is no array', { user: ADA, do: {} }, 'error.command.steps.malformed'],
    ['no do', { user: ADA }, 'error.command.steps.malformed'],
    ['an empty do', { user: ADA, do: [] }, 'error.command.steps.malformed'],
    [
      'a step with two keys',
      userStep({ ...add('Agents'), ...remove('Readers') }),
      'error.command.illegal_entry',
    ],
    ['an unknown step', userStep({ invite: {} }), 'error.command.step.unknown'],
    ['a historic step (6.5)', userStep({ addRoles: { admin: ['org'] } }), 'error.command.step.unknown'],
    ['11 steps', { user: ADA, do: Array(11).fill(add('Agents')) }, 'error.command.add_remove.list_too_long'],
    [
      'a requestID that is no string',
      { ...userStep(add('Agents')), requestID: 1 },
      'error.command.string_expected',
    ],
    [
      'useAdobeID that is no boolean',
      { ...userStep(add('Agents')), useAdobeID: 'true' },
      'error.command.boolean_expected',
    ],
    [
      'domain with an e-mail',
      { ...userStep(add('Agents')), domain: 'example.com' },
      'error.command.domain.must_be_used_with_nonemail_username',
    ],
    ['a bare name without domain', { user: 'bo', do: [add('Agents')] }, 'error.command.domain.missing'],
    [
      'domain that is no string',
      { user: 'bo', domain: 1, do: [add('Agents')] },
      'error.command.domain.string_expected',
    ],
    [
      'a create that is no object',
      userStep({ createFederatedID: [] }),
      'error.command.create.object_expected',
    ],
    [
      'a create with a number',
      userStep(federated(ADA, { firstname: 1 })),
      'error.command.create.string_expected',
    ],
    [
      'a create with an unknown key',
      userStep(federated(ADA, { nickname: 'A' })),
      'error.command.create.key.unknown',
    ],
    [
      'a name of 251 characters',
      userStep(federated(ADA, { firstname: LONG })),
      'error.command.string.too_long',
    ],
    [
      'two creates',
      { user: ADA, do: [federated(ADA), federated(ADA)] },
      'error.command.create.more_than_one',
    ],
    [
      'a create that is not first',
      { user: ADA, do: [add('Agents'), federated(ADA)] },
      'error.command.create.not_first',
    ],
    ['an illegal option', userStep(federated(ADA, { option: 'maybe' })), 'error.option.illegal'],
    [
      'an option in update',
      userStep({ update: { option: 'ignoreIfAlreadyExists' } }),
      'error.command.update.option.no',
    ],
    [
      'removeFromOrg that is not last',
      { user: ADA, do: [{ removeFromOrg: {} }, add('Agents')] },
      'error.command.removefromorg.not_last',
    ],
    [
      'deleteAccount that is no boolean',
      userStep({ removeFromOrg: { deleteAccount: 'no' } }),
      'error.command.boolean_expected',
    ],
    [
      'removeFromOrg with a historic key',
      userStep({ removeFromOrg: { removedDomain: 'x' } }),
      'error.command.illegal_entry',
    ],
    ['add "all"', userStep({ add: 'all' }), 'error.command.add_remove.list'],
    ['add of a list', userStep({ add: ['Agents'] }), 'error.command.add_remove.list'],
    ['add without a list', userStep({ add: {} }), 'error.command.add_remove.missing_list'],
    ['add of text', userStep({ add: { group: 'Agents' } }), 'error.command.add_remove.list_not_array'],
    ['add with an unknown key', userStep({ add: { user: [ADA] } }), 'error.command.add_remove.key.unknown'],
    ['11 groups', userStep({ add: { group: eleven } }), 'error.command.add_remove.list_too_long'],
    ['an empty list', userStep({ add: { group: [] } }), 'error.group.invalid_list'],
    ['a null entry', userStep({ add: { group: ['Agents', null] } }), 'error.group.invalid_list'],
    ['a number in the list', userStep({ add: { group: [1] } }), 'error.command.string_expected'],
    [
      'a group name of 251 characters',
      userStep(add(LONG)),
      'error.command.add_remove.group_or_product_name_too_long',
    ],
    [
      'a group twice in other letters',
      userStep(add('Agents', 'AGENTS ')),
      'error.command.add_remove.duplicate.group_list',
    ],
    [
      'a product twice',
      userStep({ remove: { product: ['A', 'a'] } }),
      'error.command.add_remove.duplicate.product_list',
    ],
    ['a user step in a usergroup', groupStep({ removeFromOrg: {} }), 'error.command.step.unknown'],
    [
      'domain in a usergroup command',
      { ...groupStep(add('Agents')), domain: 'x' },
      'error.command.illegal_entry',
    ],
    ['group in a usergroup list', groupStep(add('Agents')), 'error.command.add_remove.key.unknown'],
    [
      '11 users and profiles',
      groupStep({ add: { user: eleven.slice(0, 6), productConfiguration: eleven.slice(0, 5) } }),
      'error.command.add_remove.list_too_long',
    ],
    [
      'a user twice in other letters',
      groupStep({ add: { user: [ADA, 'ADA@example.com'] } }),
      'error.command.add_remove.duplicate.user_list',
    ],
    ['an empty user in a list', groupStep({ add: { user: [''] } }), 'error.user.user_list.invalid'],
    [
      'a deleteUserGroup with content',
      groupStep({ deleteUserGroup: { force: true } }),
      'error.command.object_not_empty',
    ],
    ['remove "all" of a usergroup', groupStep({ remove: 'all' }), 'error.command.add_remove.list'],
  ])('%s hits its command only', async (_, bad, code) => {
    const bench = aBench();
    const good = { user: 'ben@example.com', do: [add('Readers')] };
    const answer = await bench.post([good, bad]);
    expect(answer.body).toMatchObject({ result: 'partial', completed: 1, notCompleted: 1 });
    expect(answer.body.errors?.map(({ index, errorCode }) => [index, errorCode])).toEqual([[1, code]]);
    expect(bench.org.members('Readers')).toEqual(['ben@example.com']);
    expect(bench.org.members('Agents')).toEqual([]);
  });

  test('a command with a broken step does nothing of its other steps', async () => {
    const bench = aBench();
    const answer = await bench.post([{ user: ADA, do: [add('Readers'), add()] }]);
    expect(problems(answer)).toEqual(['0.1 error.group.invalid_list']);
    expect(bench.org.members('Readers')).toEqual([]);
  });

  test('domain is ignored for Adobe IDs and Enterprise IDs (5.1)', async () => {
    const bench = aBench();
    const answer = await bench.post([
      { user: 'twin@example.com', domain: 'AdobeID', useAdobeID: true, do: [add('Readers')] },
    ]);
    expect(answer.body.result).toBe('success');
  });
});

describe('umapi.md 20 answers', () => {
  const reply = (): Promise<Answer> =>
    aBench().post([
      { user: ADA, requestID: 'w-1', do: [add('Readers'), add('Nowhere'), add('Never')] },
      { usergroup: 'Nobody', do: [{ add: { user: [ADA] } }] },
      { user: 'ben@example.com', do: [add('Readers')] },
    ]);

  test('counts are of commands, several errors may share an index, user carries the group name', async () => {
    const { body } = await reply();
    expect(body).toMatchObject({ result: 'partial', completed: 1, notCompleted: 2, completedInTestMode: 0 });
    expect(body.errors).toEqual([
      {
        index: 0,
        step: 1,
        requestID: 'w-1',
        user: ADA,
        errorCode: 'error.group.not_found',
        message: 'Group Nowhere was not found',
      },
      {
        index: 0,
        step: 2,
        requestID: 'w-1',
        user: ADA,
        errorCode: 'error.group.not_found',
        message: 'Group Never was not found',
      },
      {
        index: 1,
        step: 0,
        user: 'Nobody',
        errorCode: 'error.usergroup.not_found',
        message: 'UserGroup not found',
      },
    ]);
  });

  test('errors and warnings are left out when empty; result is error when nothing passed', async () => {
    const fine = await aBench().post([userStep(add('Readers'))]);
    expect(Object.keys(fine.body).sort()).toEqual([
      'completed',
      'completedInTestMode',
      'notCompleted',
      'result',
    ]);
    const none = await aBench().post([userStep(add('Nowhere'))]);
    expect(none.body).toMatchObject({ result: 'error', completed: 0, notCompleted: 1 });
  });

  test('the product key works with a warning', async () => {
    const bench = aBench();
    const { body } = await bench.post([
      { user: ADA, requestID: 'w', do: [{ add: { product: ['Chat Viewer'] } }] },
    ]);
    expect(body).toMatchObject({ result: 'success', completed: 1 });
    expect(body.warnings).toEqual([
      {
        index: 0,
        step: 0,
        requestID: 'w',
        user: ADA,
        warningCode: 'warning.command.deprecated',
        message: "'product' command is deprecated. Please use productConfiguration.",
      },
    ]);
    expect(bench.org.members('Chat Viewer')).toEqual([ADA]);
  });
});
