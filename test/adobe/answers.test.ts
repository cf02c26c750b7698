import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountActions, Action, AdobeIdentity, RequestOutcome } from '../../lambdas/adobe/adobe.ts';
import { readActionAnswer } from '../../lambdas/adobe/answers.ts';
import { packRequest } from '../../lambdas/adobe/pack.ts';
import { answerBody, FUZZ, problem, work } from './arbitraries.ts';

function person(number: number): AdobeIdentity {
  const email = `p${number}@example.com`;
  return { email, username: email, type: 'federatedID' };
}
function actionsFor(number: number, { adds = ['A', 'B'] }: { adds?: string[] } = {}): Action[] {
  const identity = person(number);
  return [
    { kind: 'createUser', identity, firstname: 'P', lastname: 'P', country: 'NL' },
    { kind: 'revoke', identity, name: 'Old' },
    ...adds.map((name): Action => ({ kind: 'grant', identity, name })),
  ];
}
/** Commands of three steps each: create, remove "Old", add A and B. */
function packPeople(count: number, options?: { adds?: string[] }) {
  const accounts = Array.from(
    { length: count },
    (_, i): AccountActions => ({ accountId: `a${i}`, actions: actionsFor(i, options) }),
  );
  return packRequest(accounts, { requestId: (id) => `r-${id}` }).commands;
}
interface Body {
  result?: unknown;
  completed?: unknown;
  notCompleted?: unknown;
  errors?: unknown;
  warnings?: unknown;
}
function answerOf(count: number, body: Body, options?: { adds?: string[] }): RequestOutcome {
  return readActionAnswer(packPeople(count, options), JSON.stringify(body));
}
/** For each command, what became of its actions, in a word. */
function words(outcome: RequestOutcome): string[][] | string {
  if (outcome.kind !== 'answered') return outcome.kind;
  return outcome.commands.map(({ actions }) =>
    actions.map(({ outcome: one }) =>
      one.kind === 'failed' ? one.error.code.replace('error.', '') : one.kind,
    ),
  );
}
const ALL_DONE = ['done', 'done', 'done', 'done'];

describe('a coherent answer tells each action its outcome (R25, F37)', () => {
  test('without errors everything is done', () => {
    expect(words(answerOf(2, { result: 'success', completed: 2, notCompleted: 0 }))).toEqual([
      ALL_DONE,
      ALL_DONE,
    ]);
  });
  test('before the first error done, the failing step failed, behind it unknown', () => {
    const errors = [
      { index: 1, step: 1, errorCode: 'error.group.not_found', message: 'Group Old was not found' },
    ];
    expect(words(answerOf(2, { result: 'partial', completed: 1, notCompleted: 1, errors }))).toEqual([
      ALL_DONE,
      ['done', 'group.not_found', 'unknown', 'unknown'],
    ]);
  });
  test('of several errors on one index the lowest step counts, in whatever order they come', () => {
    const errors = [
      {
        index: 0,
        step: 2,
        errorCode: 'error.user.not_found',
        message: 'No valid users were found in the request',
      },
      { index: 0, step: 0, errorCode: 'error.country.invalid', message: 'no' },
      {
        index: 0,
        step: 1,
        errorCode: 'error.user.not_found',
        message: 'No valid users were found in the request',
      },
    ];
    expect(words(answerOf(1, { result: 'error', completed: 0, notCompleted: 1, errors }))).toEqual([
      ['country.invalid', 'unknown', 'unknown', 'unknown'],
    ]);
  });
  test('already_in_org fails the create as ok and leaves the rest unknown, although Adobe runs it (R25)', () => {
    const errors = [{ index: 0, step: 0, errorCode: 'error.user.already_in_org', message: 'x' }];
    const outcome = answerOf(1, { result: 'error', completed: 0, notCompleted: 1, errors });
    expect(words(outcome)).toEqual([['user.already_in_org', 'unknown', 'unknown', 'unknown']]);
    expect(outcome).toMatchObject({
      commands: [{ actions: [{ outcome: { error: { class: 'ok' } } }, {}, {}, {}] }],
    });
  });
  test('step as text and keys in any case are understood (umapi.md 8)', () => {
    const body = {
      Result: 'Partial',
      COMPLETED: '1',
      notcompleted: 1,
      Errors: [{ Index: 0, Step: '1', ErrorCode: 'error.x' }],
    };
    expect(words(readActionAnswer(packPeople(2), JSON.stringify(body)))).toEqual([
      ['done', 'x', 'unknown', 'unknown'],
      ALL_DONE,
    ]);
  });
  test('a warning stays with the step that it is about', () => {
    const warnings = [{ index: 0, step: 2, warningCode: 'warning.command.deprecated', message: 'old key' }];
    const outcome = answerOf(1, { result: 'success', completed: 1, notCompleted: 0, warnings });
    const told = outcome.kind === 'answered' ? outcome.commands[0]?.actions.map((one) => one.outcome) : [];
    const warned = { kind: 'done', warning: 'warning.command.deprecated: old key' };
    expect(told).toEqual([{ kind: 'done' }, { kind: 'done' }, warned, warned]);
  });
  test('counts may be absent', () => {
    expect(words(answerOf(1, { result: 'success' }))).toEqual([ALL_DONE]);
  });
});

describe('an error of a step that names several profiles', () => {
  const at2 = { index: 0, step: 2, errorCode: 'error.group.not_found' };
  const failed = { result: 'error', completed: 0, notCompleted: 1 };
  const rows: { label: string; adds: string[]; messages: string[]; words: string[] }[] = [
    {
      label: 'fails the one that Adobe names; the others may have happened',
      adds: ['Live Agent', 'Live Agent EU'],
      messages: ['Group live agent was not found'],
      words: ['done', 'done', 'group.not_found', 'unknown'],
    },
    {
      label: 'is not confused by a name that contains another',
      adds: ['Live Agent', 'Live Agent EU'],
      messages: ['Not found: Live Agent EU'],
      words: ['done', 'done', 'unknown', 'group.not_found'],
    },
    {
      label: 'may come once per name',
      adds: ['A1', 'B1', 'C1'],
      messages: ['Group A1 was not found', 'Group C1 was not found'],
      words: ['done', 'done', 'group.not_found', 'unknown', 'group.not_found'],
    },
  ];
  test.each(rows)('$label (F45)', ({ adds, messages, words: expected }) => {
    const errors = messages.map((message) => ({ ...at2, message }));
    expect(words(answerOf(1, { ...failed, errors }, { adds }))).toEqual([expected]);
  });
  test('and tells no name fails all of them as a matter of this person, so that no entitlement trips', () => {
    const outcome = answerOf(1, { ...failed, errors: [{ ...at2, message: 'not found' }] });
    expect(words(outcome)).toEqual([['done', 'done', 'group.not_found', 'group.not_found']]);
    expect(JSON.stringify(outcome)).not.toContain('"scope":"entitlement"');
  });
  test('trips the entitlement when it can only be that one', () => {
    const errors = [{ ...at2, message: 'not found' }];
    expect(answerOf(1, { ...failed, errors }, { adds: ['A'] })).toMatchObject({
      commands: [{ actions: [{}, {}, { outcome: { error: { scope: 'entitlement' } } }] }],
    });
  });
});

describe('an error without a usable step', () => {
  const failed = { result: 'error', completed: 0, notCompleted: 1 };
  const rows = [
    {
      label: 'about a group belongs to the memberships; before it nothing is known',
      code: 'error.group.not_found',
      step: 7,
      words: ['unknown', 'group.not_found', 'unknown', 'unknown'],
    },
    {
      label: 'about anything else belongs to the first step',
      code: 'error.command.malformed',
      step: null,
      words: ['command.malformed', 'unknown', 'unknown', 'unknown'],
    },
  ];
  test.each(rows)('$label', ({ code, step, words: expected }) => {
    const errors = [{ index: 0, step, errorCode: code, message: '' }];
    expect(words(answerOf(1, { ...failed, errors }))).toEqual([expected]);
  });
});

describe('result, counts and errors that disagree leave everything unknown (F38)', () => {
  const error = (index: number) => ({ index, step: 0, errorCode: 'error.x', message: '' });
  const noSuchIndex = 'error at an index that was not sent';
  const errorSets = { none: [], one: [error(0)], both: [error(0), error(1)], [noSuchIndex]: [error(2)] };

  test('of all combinations for two commands, four are believed', () => {
    const believed: string[] = [];
    for (const result of ['success', 'partial', 'error', 'done', 'error.organization.migrating']) {
      for (const [label, errors] of Object.entries(errorSets)) {
        for (const completed of [0, 1, 2, 3]) {
          for (const notCompleted of [0, 1, 2, 3]) {
            const { kind } = answerOf(2, { result, completed, notCompleted, errors });
            if (kind === 'answered')
              believed.push(`${result}, errors ${label}, ${completed} + ${notCompleted}`);
          }
        }
      }
    }
    expect(believed).toEqual([
      'success, errors none, 2 + 0',
      'partial, errors one, 1 + 1',
      // Every command failed, some after a step that worked: not told apart from `error` (umapi.md 8).
      'partial, errors both, 0 + 2',
      'error, errors both, 0 + 2',
    ]);
  });
  test('an error with the request id of another command is not believed', () => {
    const errors = [{ ...error(0), requestID: 'r-a1' }];
    expect(answerOf(2, { result: 'partial', completed: 1, notCompleted: 1, errors }).kind).toBe('unknown');
    const own = [{ ...error(0), requestID: 'r-a0' }];
    expect(answerOf(2, { result: 'partial', completed: 1, notCompleted: 1, errors: own }).kind).toBe(
      'answered',
    );
  });
  test('a code as result keeps its class', () => {
    expect(answerOf(1, { result: 'error.apikey.invalid' })).toMatchObject({ error: { class: 'auth' } });
  });
});

describe('the answer to a test (umapi.md 5.2)', () => {
  test.each([
    { label: 'two would be done', counts: { completed: 0, completedInTestMode: 2 }, kind: 'answered' },
    {
      label: 'two were done, test or not',
      counts: { completed: 2, completedInTestMode: 0 },
      kind: 'unknown',
    },
    { label: 'some of each', counts: { completed: 1, completedInTestMode: 1 }, kind: 'unknown' },
    { label: 'no word about tests', counts: {}, kind: 'unknown' },
  ])('$label: $kind', ({ counts, kind }) => {
    const text = JSON.stringify({ result: 'success', notCompleted: 0, ...counts });
    expect(readActionAnswer(packPeople(2), text, true).kind).toBe(kind);
  });
});

describe('a body that is no answer leaves everything unknown (F40)', () => {
  const bodies = [
    '',
    ' ',
    'null',
    '[]',
    '"success"',
    '{}',
    '{"result":1}',
    '<html></html>',
    '{"result":"success"',
    '{"result":"success","errors":{}}',
    '{"result":"partial","errors":[{"step":1}]}',
  ];
  test.each(bodies)('%s', (text) => {
    expect(readActionAnswer(packPeople(1), text)).toMatchObject({
      kind: 'unknown',
      error: { code: 'answer.unreadable' },
    });
  });
  test('a leading byte order mark does not matter', () => {
    expect(readActionAnswer(packPeople(1), '\ufeff{"result":"success"}').kind).toBe('answered');
  });
});

describe('every answer', () => {
  test('gives an outcome for exactly the packed actions, or is unknown as a whole; never throws (F40)', () => {
    fc.assert(
      fc.property(work, answerBody, (accounts, text) => {
        const { commands } = packRequest(accounts);
        if (commands.length === 0) return;
        const outcome = readActionAnswer(commands, text);
        if (outcome.kind !== 'answered') {
          expect(outcome.kind).toBe('unknown');
          return;
        }
        expect(outcome.commands.map(({ accountId }) => accountId)).toEqual(
          commands.map(({ accountId }) => accountId),
        );
        expect(outcome.commands.map(({ actions }) => actions.map(({ action }) => action))).toEqual(
          commands.map(({ steps }) => steps.flat()),
        );
      }),
      { numRuns: FUZZ },
    );
  });

  test('with an error for a command never calls its last step done', () => {
    const errors = fc.array(problem, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(errors, (list) => {
        const placed = list.map((one) => ({ ...one, index: 0 }));
        const outcome = answerOf(1, { result: 'error', completed: 0, notCompleted: 1, errors: placed });
        const last =
          outcome.kind === 'answered' ? outcome.commands[0]?.actions.at(-1)?.outcome.kind : 'unknown';
        expect(last).not.toBe('done');
      }),
    );
  });
});
