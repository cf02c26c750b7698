/** Memberships by `usergroup` commands: what is sent, when it pays, and what the answer tells (`umapi.md` 7, 18.1). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountActions, AdobeIdentity, RequestOutcome } from '../../lambdas/adobe/adobe.ts';
import { readActionAnswer } from '../../lambdas/adobe/answers.ts';
import { packRequest } from '../../lambdas/adobe/pack.ts';
import { keepMembers } from '../../lambdas/adobe/pack-lists.ts';
import { answerBody, FUZZ, work } from './arbitraries.ts';

function person(number: number): AdobeIdentity {
  const email = `p${number}@example.com`;
  return { email, username: email, type: 'federatedID' };
}
function joins(number: number, ...names: string[]): AccountActions {
  const identity = person(number);
  return {
    accountId: `a${number}`,
    byList: true,
    actions: names.map((name) => ({ kind: 'grant', identity, name }) as const),
  };
}
function leaves(number: number, name: string): AccountActions {
  return {
    accountId: `a${number}`,
    byList: true,
    actions: [{ kind: 'revoke', identity: person(number), name }],
  };
}
const many = (count: number, ...names: string[]) =>
  Array.from({ length: count }, (_, at) => joins(at, ...names));

describe('a request of lists', () => {
  test('carries 1,000 people of one group in 10 commands of 10 steps of 10 names', () => {
    const { commands, lists, left } = packRequest(many(1_001, 'Staff'));
    expect([commands.length, lists.length, left.length]).toEqual([0, 10, 1]);
    for (const { command } of lists) {
      // The wire array that the packer made; its shape is what the test is about.
      const steps = command['do'] as { add: { user: string[] } }[];
      expect(steps.map(({ add }) => add.user.length)).toEqual(Array.from({ length: 10 }, () => 10));
    }
  });

  test('names the group, removes before it adds, and people by e-mail', () => {
    const { lists } = packRequest([...many(20, 'Staff'), leaves(30, 'STAFF')], {
      requestId: (id) => `r-${id}`,
    });
    const [first] = lists;
    expect(first?.command).toMatchObject({ usergroup: 'Staff', requestID: 'r-a30' });
    expect(JSON.stringify(first?.command['do'])).toMatch(
      /^\[\{"remove":\{"user":\["p30@example.com"\]\}\},\{"add":\{"user":\["p0@example.com",/,
    );
  });

  const rows: { label: string; work: AccountActions[]; lists: number; commands: number; left: number }[] = [
    { label: '10 people: a command each', work: many(10, 'Staff'), lists: 0, commands: 10, left: 0 },
    {
      label: '11 people: one list instead of two requests',
      work: many(11, 'Staff'),
      lists: 1,
      commands: 0,
      left: 0,
    },
    {
      label: '11 people of 11 groups: two requests either way',
      work: Array.from({ length: 11 }, (_, at) => joins(at, `G${at}`)),
      lists: 0,
      commands: 10,
      left: 1,
    },
    {
      label:
        '11 people of 3 groups each: commands of their own need one request less than three rounds of lists',
      work: many(11, 'A', 'B', 'C'),
      lists: 0,
      commands: 10,
      left: 1,
    },
    {
      label: '40 people of 2 groups: one group now, the other later (R31)',
      work: many(40, 'A', 'B'),
      lists: 1,
      commands: 0,
      left: 40,
    },
    {
      label: 'who may not be named in a list has a command beside the lists',
      work: [{ ...joins(99, 'Staff'), byList: false }, ...many(20, 'Staff')],
      lists: 1,
      commands: 1,
      left: 0,
    },
  ];
  test.each(rows)('$label', ({ work: given, lists, commands, left }) => {
    const packed = packRequest(given);
    expect([packed.lists.length, packed.commands.length, packed.left.length]).toEqual([
      lists,
      commands,
      left,
    ]);
  });

  test('without those whose intent was not written names the others only', () => {
    const { lists } = packRequest(many(25, 'Staff'));
    const [list] = lists;
    if (list === undefined) throw new Error('no list was packed');
    const kept = keepMembers(list, (id) => id !== 'a3');
    expect(kept?.lists.flat().map(({ accountId }) => accountId)).toEqual(
      Array.from({ length: 25 }, (_, at) => `a${at}`).filter((id) => id !== 'a3'),
    );
    expect(JSON.stringify(kept?.command)).not.toContain('p3@example.com');
    expect(keepMembers(list, () => false)).toBeUndefined();
  });
});

describe('any work, with lists allowed for memberships', () => {
  // Few names and few addresses, so that lists pay and people collide.
  const member = fc
    .record({
      account: fc.integer({ min: 0, max: 40 }),
      address: fc.integer({ min: 0, max: 25 }),
      names: fc.uniqueArray(fc.constantFrom('Staff', 'STAFF ', 'Pilots', 'Beta'), {
        minLength: 1,
        maxLength: 2,
      }),
      kind: fc.constantFrom('grant' as const, 'revoke' as const),
      byList: fc.boolean(),
    })
    .map(({ account, address, names, kind, byList }): AccountActions => {
      const actions = names.map((name) => ({ kind, identity: person(address), name }));
      return { accountId: `a${account}`, actions, byList };
    });
  const listed = fc
    .tuple(fc.array(member, { maxLength: 60 }), work)
    .map(([members, others]) => [...members, ...others.slice(0, 2)]);
  const limits = { maxCommands: 3, maxSteps: 3, maxNames: 2 };

  test('is in the request or left, each action once; an address is in one command only (R31)', () => {
    let withLists = 0;
    fc.assert(
      fc.property(listed, (accounts) => {
        const { commands, lists, left } = packRequest(accounts, limits);
        withLists += lists.length;
        expect(commands.length + lists.length).toBeLessThanOrEqual(3);
        const sent = [
          ...commands.flatMap(({ steps }) => steps.flat()),
          ...lists.flatMap((list) => list.lists.flat().map(({ action }) => action)),
        ];
        const all = [...sent, ...left.flatMap(({ actions }) => actions)];
        expect(all.length).toBe(accounts.flatMap(({ actions }) => actions).length);
        const named = lists.flatMap((list) =>
          list.lists.flat().map(({ action }) => action.identity.email.toLowerCase()),
        );
        expect(new Set(named).size).toBe(named.length);
        const handles = commands.map(({ command }) => String(command['user']).toLowerCase());
        expect(named.filter((email) => handles.includes(email))).toEqual([]);
        for (const { lists: steps } of lists) {
          expect(steps.length).toBeLessThanOrEqual(3);
          for (const step of steps) expect([1, 2]).toContain(step.length);
        }
      }),
      { numRuns: 300 },
    );
    expect(withLists, 'lists in all the runs').toBeGreaterThan(50);
  });

  test('is all sent in the end, whatever is left for later (no action waits for ever)', () => {
    fc.assert(
      fc.property(listed, (accounts) => {
        let left: readonly AccountActions[] = accounts;
        const total = accounts.flatMap(({ actions }) => actions).length;
        for (let request = 0; left.length > 0 && request <= total; request++) left = packRequest(left).left;
        expect(left).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the answer to a list', () => {
  const { lists } = packRequest([...many(30, 'Staff')]);
  function answered(errors: object[]): RequestOutcome {
    const body =
      errors.length === 0
        ? { result: 'success', completed: 1, notCompleted: 0 }
        : { result: 'error', completed: 0, notCompleted: 1, errors };
    return readActionAnswer(lists, JSON.stringify(body));
  }
  /** Per step of ten, the outcomes of its people in a word. */
  function words(outcome: RequestOutcome): string[] {
    if (outcome.kind !== 'answered') return [outcome.kind];
    const all = outcome.commands.map(({ actions }) => {
      const told = actions[0]?.outcome;
      if (told === undefined) return 'none';
      return 'error' in told && told.error !== undefined ? `${told.kind} ${told.error.code}` : told.kind;
    });
    return [0, 10, 20].map((from) => [...new Set(all.slice(from, from + 10))].join(','));
  }
  const at = (step: number | undefined, errorCode: string) => ({
    index: 0,
    errorCode,
    message: 'No valid users were found in the request',
    ...(step === undefined ? {} : { step }),
  });
  const rows: { label: string; errors: object[]; steps: string[] }[] = [
    {
      label: 'success proves nobody a member',
      errors: [],
      steps: ['unverified', 'unverified', 'unverified'],
    },
    {
      label: '“changed nothing” is left to a reading (10.2)',
      errors: [at(1, 'error.usergroup.user_list.invalid')],
      steps: ['unverified', 'unverified', 'unknown'],
    },
    {
      label: 'an error that may be one person’s is nobody’s yet; behind it nothing is known (R25)',
      errors: [at(1, 'error.user.not_found')],
      steps: ['unverified', 'unverified error.user.not_found', 'unknown'],
    },
    {
      label: 'a back end that was busy',
      errors: [at(0, 'error.throttled_by_external_service')],
      steps: ['unverified error.throttled_by_external_service', 'unknown', 'unknown'],
    },
    {
      label: 'a fault of the group is everybody’s (18.3)',
      errors: [
        at(0, 'error.usergroup.not_found'),
        at(1, 'error.usergroup.not_found'),
        at(2, 'error.usergroup.not_found'),
      ],
      steps: [0, 1, 2].map(() => 'failed error.usergroup.not_found'),
    },
    {
      label: 'a domain is one person’s: it must not trip for the whole list',
      errors: [at(0, 'error.domain.trust.nonexistent')],
      steps: ['unverified error.domain.trust.nonexistent', 'unknown', 'unknown'],
    },
    {
      label: 'no step named: it may be any',
      errors: [at(undefined, 'error.usergroup.exceeds_maximum_member_count')],
      steps: [0, 1, 2].map(() => 'failed error.usergroup.exceeds_maximum_member_count'),
    },
  ];
  test.each(rows)('$label', ({ errors, steps }) => {
    expect(words(answered(errors))).toEqual(steps);
  });
  test('whatever it is, tells nobody done, and everybody exactly once, or is unknown as a whole (F40)', () => {
    const people = lists.flatMap((list) => list.lists.flat().map(({ accountId }) => accountId));
    fc.assert(
      fc.property(answerBody, (text) => {
        const outcome = readActionAnswer(lists, text);
        if (outcome.kind !== 'answered') {
          expect(outcome.kind).toBe('unknown');
          return;
        }
        expect(outcome.commands.map(({ accountId }) => accountId)).toEqual(people);
        const kinds = outcome.commands.flatMap(({ actions }) => actions.map((one) => one.outcome.kind));
        expect(kinds).not.toContain('done');
      }),
      { numRuns: FUZZ },
    );
  });
  test('that contradicts itself leaves the whole request unknown (F38)', () => {
    expect(
      readActionAnswer(lists, JSON.stringify({ result: 'success', completed: 0, notCompleted: 1 })).kind,
    ).toBe('unknown');
  });
});
