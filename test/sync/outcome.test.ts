/** What an answer does to a ledger (R24-R28), and what an intent without an answer means (R26). */
import { describe, expect, test } from 'vitest';
import type { Action, ActionOutcome, AdobeError, ErrorClass } from '../../lambdas/adobe/adobe.ts';
import type { Intent } from '../../lambdas/directory/records.ts';
import type { Ledger } from '../../lambdas/directory/work.ts';
import type { Desired } from '../../lambdas/sync/desired.ts';
import {
  type Absorbed,
  absorb,
  backoffMs,
  FAULT_RETRY_MS,
  MAX_ATTEMPTS,
} from '../../lambdas/sync/outcome.ts';
import { factsBetween, settleIntent } from '../../lambdas/sync/settle.ts';

const NOW = 1_800_000_000_000;
const SENT = NOW - 500;
const ada = { email: 'ada@example.com', username: 'ada@example.com', type: 'federatedID' } as const;
const renamed = { ...ada, email: 'ada.l@example.com' };
const create: Action = { kind: 'createUser', identity: ada, firstname: 'Ada', lastname: 'Okafor' };
const update: Action = { kind: 'updateUser', identity: ada, firstname: 'Augusta', lastname: 'King' };
const rename: Action = { kind: 'renameUser', identity: ada, to: renamed };
const grant: Action = { kind: 'grant', identity: ada, name: 'X' };
const revoke: Action = { kind: 'revoke', identity: ada, name: 'X' };
const done: ActionOutcome = { kind: 'done' };
const unknown: ActionOutcome = { kind: 'unknown' };

function error(kind: ErrorClass, over: Partial<AdobeError> = {}): AdobeError {
  return {
    code: 'error.some',
    message: 'Adobe’s words',
    hint: 'Ours',
    class: kind,
    scope: 'person',
    ...over,
  };
}
const failed = (kind: ErrorClass, over: Partial<AdobeError> = {}): ActionOutcome => ({
  kind: 'failed',
  error: error(kind, over),
});

const held: Ledger = {
  applied: {
    identity: ada,
    firstname: 'Ada',
    lastname: 'Okafor',
    entitlements: { x: { name: 'X', kind: 'profile', since: 5 } },
  },
  unknown: {},
  watch: {},
  origin: 'made',
};
const empty: Ledger = { applied: { entitlements: {} }, unknown: {}, watch: {} };
const maybe = { identity: ada, at: 1, absentBefore: true, firstname: 'Ada', lastname: 'Okafor' };

interface Given {
  readonly ledger?: Ledger;
  readonly intent?: Partial<Intent>;
  readonly attempts?: number;
}

function record(given: Given, ...actions: [Action, ActionOutcome][]): Absorbed {
  const intent: Intent = {
    id: 'i',
    at: SENT,
    wantedRev: 7,
    mappingVersion: 1,
    actions: [],
    absentBefore: false,
    ...given.intent,
  };
  const entitlements = new Map([['x', { name: 'X', kind: 'profile' as const, rules: [] }]]);
  const desired: Desired = { live: true, identity: ada, entitlements };
  return absorb({
    ledger: given.ledger ?? held,
    intent,
    desired,
    actions: actions.map(([action, outcome]) => ({ action, outcome })),
    attempts: given.attempts ?? 0,
    now: NOW,
  });
}

describe('what was done', () => {
  test('a create and its grants: ours, with names and knowledge of the address', () => {
    const { ledger, seen, facts } = record({ ledger: { ...empty, maybe } }, [create, done], [grant, done]);
    expect(ledger).toMatchObject({
      origin: 'made',
      applied: { identity: ada, firstname: 'Ada', entitlements: { x: { since: NOW } } },
    });
    expect(ledger.maybe).toBeUndefined();
    expect(seen).toMatchObject([{ email: ada.email, at: NOW, users: [{ email: ada.email, groups: [] }] }]);
    expect(facts.map(({ fact }) => fact)).toEqual(['created', 'granted']);
  });

  test('a hundred grants are one fact, so that they fit in the transaction of their outcome (R9)', () => {
    const many = Array.from({ length: 100 }, (_, at): [Action, ActionOutcome] => [
      { ...grant, name: `G${at}` },
      done,
    ]);
    const { facts, ledger } = record({ ledger: held }, ...many);
    expect(facts).toHaveLength(1);
    expect(facts[0]?.['entitlements']).toHaveLength(100);
    expect(Object.keys(ledger.applied.entitlements)).toHaveLength(101);
  });

  test('a grant that was there before keeps its beginning and loses its doubt', () => {
    const { ledger } = record({ ledger: { ...held, unknown: { x: { name: 'X', at: 1 } } } }, [grant, done]);
    expect(ledger.applied.entitlements['x']?.since).toBe(5);
    expect(ledger.unknown).toEqual({});
  });

  test('a revoke takes the entitlement and the doubt away', () => {
    const { ledger } = record({ ledger: { ...held, unknown: { x: { name: 'X', at: 1 } } } }, [revoke, done]);
    expect([ledger.applied.entitlements, ledger.unknown]).toEqual([{}, {}]);
  });

  test('a rename moves the handle, and both addresses are known', () => {
    const { ledger, seen } = record({}, [rename, done]);
    expect(ledger.applied.identity?.email).toBe(renamed.email);
    expect(seen.map(({ email, users }) => [email, users.length])).toEqual([
      [ada.email, 0],
      [renamed.email, 1],
    ]);
  });
});

describe('what was there already (R26, R33)', () => {
  const already = failed('ok', { code: 'error.user.already_in_org' });
  const cases: [string, Given, string, string][] = [
    [
      'a first create that meets somebody',
      { ledger: empty, intent: { absentBefore: true } },
      'found',
      'adopted',
    ],
    [
      'a repeated create, absent before',
      { ledger: { ...empty, maybe }, intent: { absentBefore: true, repeated: true } },
      'made',
      'created',
    ],
    [
      'a repeated create, not known absent before',
      { ledger: { ...empty, maybe }, intent: { repeated: true } },
      'found',
      'adopted',
    ],
  ];
  test.each(cases)('%s', (_label, given, origin, fact) => {
    const { ledger, facts } = record(given, [create, already], [grant, unknown]);
    expect(ledger.origin).toBe(origin);
    expect(facts.map((one) => one.fact)).toEqual([fact]);
    // Behind that error nothing is known, so the grant goes again (R25).
    expect(Object.keys(ledger.unknown)).toEqual(['x']);
  });

  test('after a repeated create the names are sent once more', () => {
    const { ledger } = record(
      { ledger: { ...empty, maybe }, intent: { absentBefore: true, repeated: true } },
      [create, already],
    );
    expect([ledger.applied.firstname, ledger.applied.lastname]).toEqual([undefined, undefined]);
  });
});

describe('what nobody knows (R25, R28)', () => {
  test('a grant or revoke behind an error is unknown and watched', () => {
    for (const action of [grant, revoke]) {
      const { ledger } = record({}, [action, unknown]);
      expect([ledger.unknown, ledger.watch]).toEqual([{ x: { name: 'X', at: SENT } }, { x: SENT }]);
      expect(ledger.applied).toEqual(held.applied);
    }
  });

  test('names behind an error are sent again, whatever is wanted then', () => {
    const { ledger } = record({}, [update, unknown]);
    expect([ledger.applied.firstname, ledger.applied.lastname]).toEqual([undefined, undefined]);
  });

  test('a create without an answer is a maybe', () => {
    const { ledger } = record({ ledger: empty, intent: { absentBefore: true } }, [create, unknown]);
    expect(ledger.maybe).toEqual({ identity: ada, at: SENT, absentBefore: true });
  });
});

describe('what Adobe refused, by class (umapi.md 10)', () => {
  const told = (absorbed: Absorbed) => ({
    fault: absorbed.faults.map(({ scope, stopsRevokes }) => `${scope}${stopsRevokes ? ' and revokes' : ''}`),
    pause: absorbed.backoffMs,
    refused: absorbed.ledger.refused?.actions,
    gone: absorbed.ledger.goneAt,
    open: absorbed.open,
  });
  const nothing = { fault: [], pause: undefined, refused: undefined, gone: undefined, open: undefined };
  const rows: [string, Given, Action, ActionOutcome, object][] = [
    ['user: refused until something changes', {}, grant, failed('user'), { refused: ['grant:x'] }],
    ['bug: the same', {}, create, failed('bug'), { refused: ['createUser'] }],
    ['retry: a pause', {}, grant, failed('retry'), { pause: 15_000 }],
    ['retry: a longer one', { attempts: 1 }, grant, failed('retry'), { pause: 30_000 }],
    [
      'retry: in the end refused',
      { attempts: MAX_ATTEMPTS - 1 },
      grant,
      failed('retry'),
      { refused: ['grant:x'] },
    ],
    [
      'retry: a revoke is never given up (I07)',
      { attempts: 20 },
      revoke,
      failed('retry'),
      { pause: 900_000 },
    ],
    ['gone: nor here', { attempts: 20 }, revoke, failed('gone'), { pause: 900_000, gone: SENT }],
    [
      'config of an entitlement: a fault of it',
      {},
      grant,
      failed('config', { scope: 'entitlement' }),
      { fault: ['x'] },
    ],
    [
      'config: the group is unknown',
      {},
      grant,
      failed('config', { scope: 'entitlement', code: 'error.group.not_found' }),
      { fault: ['x and revokes'] },
    ],
    [
      'config met by a revoke',
      {},
      revoke,
      failed('config', { scope: 'entitlement' }),
      { fault: ['x and revokes'] },
    ],
    [
      'config of a domain: a fault of it',
      {},
      create,
      failed('config', { scope: 'domain' }),
      { fault: ['example.com'] },
    ],
    [
      'config of a domain met by a revoke: it comes back by time',
      {},
      revoke,
      failed('config', { scope: 'domain' }),
      { fault: ['example.com'], pause: FAULT_RETRY_MS },
    ],
    ['config of a person: refused', {}, rename, failed('config'), { refused: ['renameUser'] }],
    ['gone: a read decides', {}, grant, failed('gone'), { gone: SENT, pause: 15_000 }],
    [
      'gone: an earlier try of the rename may have landed',
      {},
      rename,
      failed('gone'),
      { open: true, pause: 15_000 },
    ],
    [
      'gone: nor is a rename tried for ever, and nothing stays open',
      { attempts: MAX_ATTEMPTS - 1 },
      rename,
      failed('gone'),
      { gone: SENT, refused: ['renameUser'] },
    ],
    [
      'gone: not for ever',
      { attempts: MAX_ATTEMPTS - 1 },
      grant,
      failed('gone'),
      { gone: SENT, refused: ['grant:x'] },
    ],
    ['auth: not this person’s fault', { attempts: 9 }, grant, failed('auth'), { pause: backoffMs(9) }],
  ];
  test.each(rows)('%s', (_label, given, action, outcome, expected) => {
    const absorbed = record(given, [action, outcome]);
    expect(told(absorbed)).toEqual({ ...nothing, ...expected });
    expect(absorbed.error).toEqual({
      code: 'error' in outcome ? outcome.error?.code : '',
      message: 'Adobe’s words',
      hint: 'Ours',
      at: NOW,
    });
    expect(absorbed.ledger.applied).toEqual(held.applied);
  });

  test('refusals of one wish gather, those of another wish are forgotten', () => {
    const before = {
      ...held,
      refused: {
        wantedRev: 7,
        actions: ['updateUser'],
        error: { code: 'a', message: 'b', hint: 'c', at: 1 },
      },
    };
    expect(record({ ledger: before }, [grant, failed('user')]).ledger.refused?.actions).toEqual([
      'updateUser',
      'grant:x',
    ]);
    expect(
      record({ ledger: before, intent: { wantedRev: 8 } }, [grant, failed('user')]).ledger.refused?.actions,
    ).toEqual(['grant:x']);
  });

  test('pauses double, up to a quarter of an hour', () => {
    expect([0, 1, 2, 6, 7, 50].map(backoffMs)).toEqual([15_000, 30_000, 60_000, 900_000, 900_000, 900_000]);
  });
});

describe('an intent without an outcome (R26)', () => {
  function settled(actions: readonly Action[], ledger: Ledger = held) {
    const intent: Intent = {
      id: 'i',
      at: SENT,
      wantedRev: 7,
      mappingVersion: 1,
      actions: [...actions],
      absentBefore: true,
    };
    return settleIntent({ ...ledger, intent } as Parameters<typeof settleIntent>[0]);
  }
  test('a create is a maybe', () => {
    expect(settled([create, grant], empty).ledger).toMatchObject({
      maybe: { identity: ada, at: SENT, absentBefore: true },
      unknown: { x: { name: 'X', at: SENT } },
    });
  });
  test('a revoke stays applied and becomes unknown and watched', () => {
    const { ledger } = settled([revoke]);
    expect([Object.keys(ledger.applied.entitlements), ledger.unknown, ledger.watch]).toEqual([
      ['x'],
      { x: { name: 'X', at: SENT } },
      { x: SENT },
    ]);
  });
  test('names are sent again', () => {
    expect(settled([update]).ledger.applied.firstname).toBeUndefined();
  });
  test('a rename waits for two reads, and the handle stays', () => {
    const { ledger, renaming } = settled([rename]);
    expect([ledger.applied.identity, renaming]).toEqual([ada, { from: ada, to: renamed, at: SENT }]);
  });
  test('no intent: the ledger as it is', () => {
    expect(settleIntent(held as Parameters<typeof settleIntent>[0])).toEqual({ ledger: held });
  });
});

describe('what a decision found out goes into the journal (I14)', () => {
  const rows: [string, Ledger, Ledger, string[]][] = [
    ['adoption', empty, held, ['adopted']],
    ['a create that turned out to have happened', { ...empty, maybe }, held, ['created']],
    ['gone from Adobe', held, empty, ['goneFromAdobe']],
    [
      'a rename that turned out to have happened',
      held,
      { ...held, applied: { ...held.applied, identity: renamed } },
      ['renamed'],
    ],
    ['nothing', held, held, []],
  ];
  test.each(rows)('%s', (_label, before, now, expected) => {
    expect(factsBetween(before, now).map(({ fact }) => fact)).toEqual(expected);
  });
});
