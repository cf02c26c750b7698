import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { printRights } from '../../infra/print-rights.ts';
import { holders, rightsOf } from '../../infra/rights.ts';
import { allows } from '../rights.ts';
import { statementsOf, synthesise } from './synth.ts';

const { template, close } = synthesise();
afterAll(close);
const statements = statementsOf(template);
const names = { connection: 'default', org: 'main' };

/** What may stand for several actions or resources, and why. */
const wildcards: readonly {
  readonly resource: RegExp;
  readonly actions: readonly string[];
  readonly why: string;
}[] = [
  {
    resource: /DirectoryTable[^/]*\/stream\/\*/,
    actions: ['dynamodb:ListStreams'],
    why: 'the name of a stream holds the time at which it was made; Lambda lists the streams of the table',
  },
];

describe('statements', () => {
  test('no wildcard in an action or a resource without a written reason', () => {
    const unexplained = statements.flatMap(({ policy, actions, resources }) => {
      const text = JSON.stringify(resources);
      const reason = wildcards.find(
        (one) => one.resource.test(text) && actions.every((action) => one.actions.includes(action)),
      );
      const wild = actions.some((action) => action.includes('*')) || text.includes('*');
      return wild && reason === undefined ? [`${policy}: ${actions.join(', ')} on ${text}`] : [];
    });
    expect(unexplained).toEqual([]);
    expect(statements.filter(({ resources }) => JSON.stringify(resources).includes('*'))).toHaveLength(1);
  });

  test('no managed policy, and one role per function', () => {
    const roles = Object.values(template.findResources('AWS::IAM::Role'));
    expect(roles).toHaveLength(holders.length);
    for (const { Properties } of roles) expect(Properties).not.toHaveProperty('ManagedPolicyArns');
  });

  test('every item action is bound to partition keys; nothing scans or changes the table', () => {
    const actions = statements.filter(({ effect }) => effect === 'Allow').flatMap((one) => one.actions);
    expect(
      actions.filter((action) => /Scan|PartiQL|(?<!Describe)Table$|Backup|Restore/.test(action)),
    ).toEqual([]);
    const onItems = statements.filter(
      ({ effect, actions: own, resources }) =>
        effect === 'Allow' &&
        own.some((action) => /Item|Query/.test(action)) &&
        !JSON.stringify(resources).includes('/index/'),
    );
    for (const { conditions } of onItems) {
      expect(conditions).toMatchObject({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.anything() },
        // Without this the condition would hold for a request that has no key.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      });
    }
  });

  test('each item action of a function is one statement, so that it covers all keys of a transaction', () => {
    for (const holder of holders) {
      const policy = new RegExp(`^${holder}Role`, 'i');
      const granted = statements
        .filter((one) => policy.test(one.policy) && JSON.stringify(one.conditions)?.includes('LeadingKeys'))
        .flatMap(({ actions }) => actions.map((action) => action.replace('dynamodb:', '')));
      const wanted = new Set(rightsOf[holder].items.flatMap(({ actions }) => actions));
      expect(granted.sort()).toEqual([...wanted].sort());
    }
  });

  test('a function writes into its own log only', () => {
    const logs = statements.filter(({ actions }) => actions.some((action) => action.startsWith('logs:')));
    expect(logs).toHaveLength(holders.length);
    for (const { policy, resources } of logs) {
      const own = policy.replace(/RoleDefault.*/, '');
      expect(JSON.stringify(resources)).toMatch(new RegExp(`^\\[\\{"Fn::GetAtt":\\["${own}Logs`));
    }
  });

  test('the SCIM function cannot read the Adobe credential, nor provisioning the token pepper', () => {
    const readable = (name: string): string =>
      JSON.stringify(
        statements
          .filter(
            ({ policy, actions }) =>
              policy.startsWith(name) && actions.includes('secretsmanager:GetSecretValue'),
          )
          .map(({ resources }) => resources),
      );
    expect([readable('Scim'), readable('Provision'), readable('Reconcile')]).toEqual([
      expect.stringMatching(/^(?!.*AdobeCredential).*TokenPepper/),
      expect.stringMatching(/^(?!.*TokenPepper).*AdobeCredential/),
      expect.stringMatching(/^(?!.*TokenPepper).*AdobeCredential/),
    ]);
  });
});

describe('the journal is put only (T54)', () => {
  const records = ['J#default#2026-03-02#3', 'J#main#2026-03-02#0', 'J#main#SEAL'];
  for (const holder of holders) {
    test(`${holder} may add a record, and neither change one nor take one away`, () => {
      for (const pk of records) {
        const may = (action: string) => allows(holder, { action, on: [pk] }, names);
        expect([may('PutItem'), may('UpdateItem'), may('DeleteItem')]).toEqual([true, false, false]);
      }
    });
  }

  test('no statement of the template covers a record but for putting and reading it', () => {
    const Keys = z.object({
      'ForAllValues:StringLike': z.object({
        'dynamodb:LeadingKeys': z.union([z.string(), z.array(z.string())]),
      }),
    });
    const changing = statements.filter(({ actions }) =>
      actions.some((one) => /(Update|Delete)Item$/.test(one)),
    );
    expect(changing.length).toBeGreaterThanOrEqual(holders.length);
    for (const { conditions } of changing) {
      const keys = [Keys.parse(conditions)['ForAllValues:StringLike']['dynamodb:LeadingKeys']].flat();
      expect(keys.filter((key) => key.startsWith('J') || key.startsWith('*')).toSorted()).toEqual(
        keys.filter((key) => key === 'J#who#*' || key === 'J#mail#*').toSorted(),
      );
    }
  });
});

describe('what the evaluation of the tests refuses, as IAM would', () => {
  const cases = [
    { holder: 'scim', action: 'GetItem', pk: 'other#U', may: false, says: 'people of another connection' },
    { holder: 'scim', action: 'GetItem', pk: 'default#U', may: true, says: 'people of its own' },
    { holder: 'scim', action: 'PutItem', pk: 'T#1', may: false, says: 'making a token' },
    { holder: 'scim', action: 'Query', pk: 'main', may: false, says: 'the org, its lease and its catalogue' },
    { holder: 'scim', action: 'UpdateItem', pk: 'BRIDGE', may: false, says: 'the kill switch' },
    { holder: 'provision', action: 'PutItem', pk: 'default#U', may: false, says: 'making people' },
    { holder: 'provision', action: 'GetItem', pk: 'T#1', may: false, says: 'tokens' },
    { holder: 'provision', action: 'UpdateItem', pk: 'BRIDGE', may: false, says: 'the kill switch' },
    { holder: 'reconcile', action: 'DeleteItem', pk: 'main#A#1', may: false, says: 'taking an account away' },
    { holder: 'admin', action: 'DeleteItem', pk: 'default#U', may: false, says: 'deleting people' },
  ] as const;
  for (const { holder, action, pk, may, says } of cases) {
    test(`${holder}, ${says}: ${may ? 'allowed' : 'refused'}`, () => {
      expect(allows(holder, { action, on: [pk] }, names)).toBe(may);
    });
  }
});

test('the keys of one action of a transaction are judged together: a person and its record (I14)', () => {
  const together = (pks: string[]) => allows('scim', { action: 'PutItem', on: pks }, names);
  expect(together(['default#U', 'main#A#1', 'J#default#2026-03-02#3'])).toBe(true);
  expect(together(['default#U', 'T#1'])).toBe(false);
});

test('the printed list has every statement of every function, with its reason', () => {
  const printed = printRights(template.toJSON());
  expect(printed.split('\n')).toHaveLength(statements.length + 1);
  for (const holder of holders) {
    for (const { on } of rightsOf[holder].items) expect(printed).toContain(on);
    expect(printed).toMatch(new RegExp(`^${holder} .*secretsmanager:GetSecretValue`, 'm'));
  }
});
