import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRules } from '../../lambdas/admin/mapping-rules.ts';
import { nearNames } from '../../lambdas/admin/near-names.ts';

const good = { group: 'Agents', grants: [{ userGroup: 'Chat agents' }] };

function problemsOf(rules: unknown): string {
  const parsed = parseRules(rules);
  if (parsed.ok) throw new Error('nothing was wrong');
  return parsed.problems.join('\n');
}

describe('a mapping file', () => {
  test('keeps groups, everyone, kinds, products and modes', () => {
    const parsed = parseRules([
      {
        group: ' Agents ',
        grants: [{ userGroup: 'Chat agents' }, { profile: 'Live', product: 'Chat' }],
        mode: 'additive',
      },
      { everyone: true, grants: [{ userGroup: 'All staff' }] },
    ]);
    expect(parsed).toMatchObject({
      ok: true,
      rules: [
        {
          group: 'Agents',
          everyone: false,
          mode: 'additive',
          grants: [
            { name: 'Chat agents', kind: 'userGroup' },
            { name: 'Live', kind: 'profile', product: 'Chat' },
          ],
        },
        { id: 'everyone', everyone: true, grants: [{ name: 'All staff', kind: 'userGroup' }] },
      ],
    });
  });

  test('without rules is a mapping: nobody gets anything', () => {
    expect(parseRules([])).toEqual({ ok: true, rules: [] });
  });

  const refusals: readonly { label: string; rules: unknown; says: readonly string[] }[] = [
    { label: 'no list', rules: { group: 'A' }, says: ['Write "rules:"'] },
    { label: 'nothing', rules: undefined, says: ['Write "rules:"'] },
    {
      label: 'an unknown key',
      rules: [{ ...good, grant: [] }],
      says: ['rule 1 (group "Agents")', '"grant" is not known'],
    },
    {
      label: 'an unknown key of a grant',
      rules: [good, { group: 'B', grants: [{ usergroup: 'x' }] }],
      says: ['rule 2 (group "B"), grant 1', '"usergroup" is not known', 'userGroup, or profile'],
    },
    {
      label: 'a rule that is a text',
      rules: ['Agents'],
      says: ['rule 1: this is not a list of keys', 'group or everyone'],
    },
    { label: 'a number as a group', rules: [{ ...good, group: 7 }], says: ['rule 1, group', 'needs quotes'] },
    { label: 'an empty group', rules: [{ ...good, group: ' ' }], says: ['group: write a name'] },
    {
      label: 'neither group nor everyone',
      rules: [{ grants: good.grants }],
      says: ['either "group: NAME" or "everyone: true"'],
    },
    { label: 'both group and everyone', rules: [{ ...good, everyone: true }], says: ['not both'] },
    {
      label: 'everyone: false',
      rules: [{ everyone: false, grants: good.grants }],
      says: ['everyone: write true'],
    },
    {
      label: 'no grants',
      rules: [{ group: 'Agents' }],
      says: ['rule 1 (group "Agents"), grants', 'at least one'],
    },
    { label: 'empty grants', rules: [{ group: 'Agents', grants: [] }], says: ['at least one'] },
    {
      label: 'a grant of nothing',
      rules: [{ group: 'A', grants: [{}] }],
      says: ['grant 1: write either "userGroup: NAME" or'],
    },
    {
      label: 'a product alone',
      rules: [{ group: 'A', grants: [{ product: 'P' }] }],
      says: ['grant 1: write either'],
    },
    {
      label: 'a user group and a profile in one',
      rules: [{ group: 'A', grants: [{ userGroup: 'x', profile: 'y' }] }],
      says: ['grant 1: write either'],
    },
    {
      label: 'a product of a user group',
      rules: [{ group: 'A', grants: [{ userGroup: 'x', product: 'y' }] }],
      says: ['"product" belongs to a profile'],
    },
    {
      label: 'the same grant twice, in other spelling',
      rules: [{ group: 'A', grants: [{ userGroup: 'Chat' }, { profile: ' CHAT' }] }],
      says: ['"CHAT" is granted twice'],
    },
    {
      label: 'the same group twice, in other spelling',
      rules: [good, { ...good, group: 'AGENTS ' }],
      says: ['rule 2', 'already in rule 1'],
    },
    {
      label: 'everyone twice',
      rules: [
        { everyone: true, grants: good.grants },
        { everyone: true, grants: good.grants },
      ],
      says: ['rule 2 (everyone)', 'already in rule 1'],
    },
    {
      label: 'an unknown mode',
      rules: [{ ...good, mode: 'dry-run' }],
      says: ['mode: write report-only, additive or full'],
    },
    { label: 'an invisible character', rules: [{ ...good, group: 'A\u200bB' }], says: ['zero-width'] },
    {
      label: 'T26: an admin group',
      rules: [{ group: 'A', grants: [{ userGroup: '_org_admin' }] }],
      says: ['never mapped'],
    },
    {
      label: 'T26: an admin group in full width',
      rules: [{ group: 'A', grants: [{ profile: '＿org_admin' }] }],
      says: ['never mapped'],
    },
  ];
  for (const { label, rules, says } of refusals) {
    test(`with ${label} is refused with the rule, the key and what to do`, () => {
      const problems = problemsOf(rules);
      for (const words of says) expect(problems).toContain(words);
    });
  }

  test('shows all problems at once', () => {
    const problems = problemsOf([
      { ...good, mode: 'x' },
      { group: 'B', grants: [] },
    ]);
    expect(problems.split('\n')).toHaveLength(2);
  });

  test('of any shape is judged and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parseRules(value);
        return parsed.ok || parsed.problems.every((problem) => problem.length > 0);
      }),
    );
  });
});

describe('near names', () => {
  const known = ['Chat agents EU', 'Chat agents US', 'Marketing', 'Live Agent'];
  const rows: readonly { name: string; near: readonly string[] }[] = [
    { name: 'chat agnets eu', near: ['Chat agents EU', 'Chat agents US'] },
    { name: 'Marketin', near: ['Marketing'] },
    { name: 'agents', near: ['Chat agents EU', 'Chat agents US'] },
    { name: 'Photoshop', near: [] },
  ];
  for (const { name, near } of rows) {
    test(`of ${name} are ${near.join(', ') || 'none'}`, () => {
      expect(nearNames(name, known)).toEqual(near);
    });
  }
});
