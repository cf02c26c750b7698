import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountActions, Action, AdobeIdentity } from '../../lambdas/adobe/adobe.ts';
import { BugError } from '../../lambdas/adobe/errors.ts';
import { packRequest } from '../../lambdas/adobe/pack.ts';
import { sentSteps, work } from './arbitraries.ts';

function federated(email: string, username = email): AdobeIdentity {
  return { email, username, type: 'federatedID' };
}
function grants(identity: AdobeIdentity, count: number): Action[] {
  return Array.from({ length: count }, (_, i) => ({ kind: 'grant', identity, name: `P${i}` }) as const);
}
function account(accountId: string, actions: Action[]): AccountActions {
  return { accountId, actions };
}
function firstCommand(actions: Action[]): unknown {
  return packRequest([account('a1', actions)]).commands[0]?.command;
}

const ada = federated('Ada@example.com');

describe('the wire form of a command', () => {
  const rows: { label: string; actions: Action[]; sent: unknown }[] = [
    {
      label: 'a create has no option, then removes, then adds (R33, umapi.md 18.2)',
      actions: [
        { kind: 'grant', identity: ada, name: 'Live Agent' },
        { kind: 'revoke', identity: ada, name: 'Viewer' },
        { kind: 'createUser', identity: ada, firstname: 'Ada', lastname: 'L', country: 'nl' },
      ],
      sent: {
        user: 'Ada@example.com',
        do: [
          { createFederatedID: { email: 'Ada@example.com', firstname: 'Ada', lastname: 'L', country: 'NL' } },
          { remove: { group: ['Viewer'] } },
          { add: { group: ['Live Agent'] } },
        ],
      },
    },
    {
      label: 'an Enterprise ID without country sends none',
      actions: [
        { kind: 'createUser', identity: { ...ada, type: 'enterpriseID' }, firstname: 'Ada', lastname: 'L' },
      ],
      sent: {
        user: 'Ada@example.com',
        do: [{ createEnterpriseID: { email: 'Ada@example.com', firstname: 'Ada', lastname: 'L' } }],
      },
    },
    {
      label: 'a Business ID is created as an Adobe ID, with useAdobeID (R2)',
      actions: [{ kind: 'createUser', identity: { ...ada, type: 'businessID' } }],
      sent: { user: 'Ada@example.com', useAdobeID: true, do: [{ addAdobeID: { email: 'Ada@example.com' } }] },
    },
    {
      label: 'every later command of a Business ID has useAdobeID too (R2)',
      actions: grants({ ...ada, type: 'businessID' }, 1),
      sent: { user: 'Ada@example.com', useAdobeID: true, do: [{ add: { group: ['P0'] } }] },
    },
    {
      label: 'a grant to an Adobe ID has useAdobeID, lest it reaches its managed twin',
      actions: grants({ ...ada, type: 'adobeID' }, 1),
      sent: { user: 'Ada@example.com', useAdobeID: true, do: [{ add: { group: ['P0'] } }] },
    },
    {
      label: 'a federated create names the username, if it differs (umapi.md 6.1)',
      actions: [{ kind: 'createUser', identity: federated('a@example.com', 'u1@example.com') }],
      sent: { user: 'u1@example.com', do: [{ createFederatedID: { email: 'a@example.com' } }] },
    },
    {
      label: 'every later step names the e-mail, if the username differs (umapi.md 6.2)',
      actions: grants(federated('a@example.com', 'u1@example.com'), 1),
      sent: { user: 'a@example.com', do: [{ add: { group: ['P0'] } }] },
    },
    {
      label: 'a username-login directory gets bare username and domain in every command',
      actions: grants(
        { email: 'a@example.com', username: 'ada', type: 'federatedID', domain: 'd.example' },
        1,
      ),
      sent: { user: 'ada', domain: 'd.example', do: [{ add: { group: ['P0'] } }] },
    },
    {
      label: 'a rename names the old e-mail and sends e-mail and username (umapi.md 6.2)',
      actions: [{ kind: 'renameUser', identity: ada, to: federated('n@example.com') }],
      sent: {
        user: 'Ada@example.com',
        do: [{ update: { email: 'n@example.com', username: 'n@example.com' } }],
      },
    },
    {
      label: 'an update sends only what is given',
      actions: [{ kind: 'updateUser', identity: ada, lastname: 'Byron' }],
      sent: { user: 'Ada@example.com', do: [{ update: { lastname: 'Byron' } }] },
    },
    {
      label: 'names that differ in case only travel once (umapi.md 10.3)',
      actions: ['Live', 'LIVE ', 'Other'].map((name) => ({ kind: 'grant', identity: ada, name }) as const),
      sent: { user: 'Ada@example.com', do: [{ add: { group: ['Live', 'Other'] } }] },
    },
  ];
  test.each(rows)('$label', ({ actions, sent }) => {
    expect(firstCommand(actions)).toEqual(sent);
  });

  test('a command carries the request id that the caller gives for its place', () => {
    const { commands } = packRequest(
      [account('a1', grants(ada, 1)), account('a2', grants(federated('b@example.com'), 1))],
      { requestId: (id, index) => `r-${id}-${index}` },
    );
    expect(commands.map((packed) => packed.command.requestID)).toEqual(['r-a1-0', 'r-a2-1']);
  });
});

describe('what is left for a later request', () => {
  const create: Action = { kind: 'createUser', identity: federated('a@example.com', 'u1@example.com') };
  const grant: Action = { kind: 'grant', identity: create.identity, name: 'P' };
  const rename: Action = { kind: 'renameUser', identity: ada, to: federated('n@example.com') };

  test('a create whose username differs from the e-mail travels without memberships (6.1, 6.2)', () => {
    const { commands, left } = packRequest([account('a1', [create, grant])]);
    expect(commands.map((packed) => packed.steps)).toEqual([[[create]]]);
    expect(left).toEqual([account('a1', [grant])]);
  });

  test('a rename travels alone in its command (R31)', () => {
    const others = grants(ada, 2);
    const { commands, left } = packRequest([account('a1', [...others, rename])]);
    expect(commands.map((packed) => packed.steps)).toEqual([[[rename]]]);
    expect(left).toEqual([account('a1', others)]);
  });

  const collisions: { label: string; second: Action }[] = [
    { label: 'its handle', second: { kind: 'grant', identity: federated('N@Example.com'), name: 'P' } },
    {
      label: 'the e-mail it creates',
      second: { kind: 'createUser', identity: { ...federated('n@example.com'), type: 'adobeID' } },
    },
    {
      label: 'the username it creates',
      second: { kind: 'createUser', identity: federated('x@example.com', 'n@example.com') },
    },
    {
      label: 'the address it frees',
      second: { kind: 'renameUser', identity: federated('n@example.com'), to: federated('z@example.com') },
    },
    { label: 'the same old address', second: { kind: 'grant', identity: ada, name: 'P' } },
  ];
  test.each(collisions)(
    'a rename onto an address leaves an account whole that has it as $label (R31, F48)',
    ({ second }) => {
      const free = account('a3', grants(federated('c@example.com'), 1));
      const { commands, left } = packRequest([account('a1', [rename]), account('a2', [second]), free]);
      expect(commands.map((packed) => packed.accountId)).toEqual(['a1', 'a3']);
      expect(left).toEqual([account('a2', [second])]);
    },
  );

  test('two people with one bare username wait for each other (R31)', () => {
    const bare = { username: 'ada', type: 'federatedID', domain: 'd.example' } as const;
    const work = ['x@example.com', 'y@example.com'].map((email, i) =>
      account(`a${i}`, grants({ ...bare, email }, 1)),
    );
    expect(packRequest(work).left).toEqual(work.slice(1));
  });

  test('what names another identity of the same account waits: a command has one user', () => {
    const [own, other] = [grants(ada, 1), grants(federated('old@example.com'), 1)];
    const { commands, left } = packRequest([account('a1', [...own, ...other])]);
    expect(commands.map((packed) => packed.steps)).toEqual([[own]]);
    expect(left).toEqual([account('a1', other)]);
  });

  test('one action object listed twice is two actions', () => {
    expect(packRequest([account('a1', [rename, rename])]).left).toEqual([account('a1', [rename])]);
  });

  test('the eleventh account, the eleventh step and the eleventh name wait (umapi.md 4.3)', () => {
    const people = Array.from({ length: 11 }, (_, i) =>
      account(`a${i}`, grants(federated(`p${i}@example.com`), 105)),
    );
    const { commands, left } = packRequest(people);
    expect(commands).toHaveLength(10);
    for (const packed of commands) {
      expect(sentSteps(packed).map((step) => step.add?.group)).toEqual(
        Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (__, j) => `P${i * 10 + j}`)),
      );
    }
    expect(left.map(({ actions }) => actions.length)).toEqual([...Array.from({ length: 10 }, () => 5), 105]);
  });

  test('an account without actions gives no command', () => {
    expect(packRequest([account('a1', [])])).toEqual({ commands: [], lists: [], left: [] });
  });
});

describe('what is never sent', () => {
  test.each(['_org_admin', ' _admin_Live Agent', '_', ''])('a membership in "%s" is a bug (T26)', (name) => {
    expect(() => packRequest([account('a1', [{ kind: 'grant', identity: ada, name }])])).toThrow(BugError);
    expect(() => packRequest([account('a1', [{ kind: 'revoke', identity: ada, name }])])).toThrow(BugError);
  });
  test('an update without a field is a bug', () => {
    expect(() => packRequest([account('a1', [{ kind: 'updateUser', identity: ada }])])).toThrow(BugError);
  });
});

describe('every packing', () => {
  test('keeps 10 commands, 10 steps, 10 different names, and no empty list (I16)', () => {
    fc.assert(
      fc.property(work, (accounts) => {
        const { commands } = packRequest(accounts);
        expect(commands.length).toBeLessThanOrEqual(10);
        for (const packed of commands) {
          const steps = sentSteps(packed);
          expect(steps.length).toBeGreaterThan(0);
          expect(steps.length).toBeLessThanOrEqual(10);
          expect(packed.steps).toHaveLength(steps.length);
          for (const step of steps) {
            expect(Object.keys(step)).toHaveLength(1);
            const list = (step.add ?? step.remove)?.group;
            if (!Array.isArray(list)) continue;
            expect(list.length).toBeGreaterThan(0);
            expect(list.length).toBeLessThanOrEqual(10);
            expect(new Set(list.map((name: string) => name.toLowerCase())).size).toBe(list.length);
          }
        }
      }),
    );
  });

  test('names an e-mail in one command only, and an account in one command only (R31, F48)', () => {
    fc.assert(
      fc.property(work, (accounts) => {
        const { commands } = packRequest(accounts);
        const seen = commands.flatMap(({ command, accountId }) => {
          const text = JSON.stringify({ ...command, domain: undefined }).toLowerCase();
          const handle = command.domain === undefined ? [] : [`${String(command.user)}@@`.toLowerCase()];
          return [...new Set([accountId, ...handle, ...(text.match(/[a-z0-9]+@example\.com/g) ?? [])])];
        });
        expect(new Set(seen).size).toBe(seen.length);
      }),
    );
  });

  test('loses nothing: what is packed and what is left is what came in', () => {
    fc.assert(
      fc.property(work, (accounts) => {
        const { commands, left } = packRequest(accounts);
        const out = [
          ...commands.flatMap(({ accountId, steps }) =>
            steps.flat().map((action) => ({ accountId, action })),
          ),
          ...left.flatMap(({ accountId, actions }) => actions.map((action) => ({ accountId, action }))),
        ];
        const into = accounts.flatMap(({ accountId, actions }) =>
          actions.map((action) => ({ accountId, action })),
        );
        expect(out.map((one) => JSON.stringify(one)).sort()).toEqual(
          into.map((one) => JSON.stringify(one)).sort(),
        );
      }),
    );
  });

  test('orders create, update, removes, adds; a rename is alone; steps say what they carry', () => {
    const rank = ['createUser', 'updateUser', 'revoke', 'grant'];
    fc.assert(
      fc.property(work, (accounts) => {
        for (const { steps } of packRequest(accounts).commands) {
          const kinds = steps.map((step) => step[0]?.kind ?? 'none');
          for (const step of steps) expect(new Set(step.map(({ kind }) => kind)).size).toBe(1);
          if (kinds.includes('renameUser')) expect(kinds).toEqual(['renameUser']);
          else expect(kinds).toEqual(kinds.toSorted((a, b) => rank.indexOf(a) - rank.indexOf(b)));
          expect(kinds.filter((kind) => kind === 'createUser').length).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('makes progress: packing the rest again and again ends with nothing left', () => {
    fc.assert(
      fc.property(work, (accounts) => {
        let left: readonly AccountActions[] = accounts;
        for (let round = 0; left.length > 0; round += 1) {
          expect(round).toBeLessThan(200);
          left = packRequest(left).left;
        }
      }),
    );
  });

  test('is the same for the same work', () => {
    fc.assert(
      fc.property(work, (accounts) => {
        expect(packRequest(accounts)).toEqual(packRequest(structuredClone(accounts)));
      }),
    );
  });
});
