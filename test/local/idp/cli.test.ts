import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../local/adobe-org/random.ts';
import { planDay } from '../../../local/idp/day.ts';
import { createNarrator, parseChoice } from '../../../local/idp.ts';

describe('the command line of npm run idp', () => {
  const rows: [string, string[], object][] = [
    [
      'Okta is the catalog client',
      ['okta'],
      { dialect: 'okta-catalog', people: 25, dataDir: '.bridge', seed: 9 },
    ],
    ['Okta made with the wizard', ['okta', '--wizard'], { dialect: 'okta-wizard' }],
    ['Entra as it is by default', ['entra', '--people', '7'], { dialect: 'entra', people: 7 }],
    [
      'Entra with the flag',
      ['entra', '--flag', '--seed', '3', '--data', 'd'],
      { dialect: 'entra-flag', seed: 3, dataDir: 'd' },
    ],
  ];
  test.each(rows)('%s', (_, args, expected) => {
    expect(parseChoice(args, 9)).toMatchObject(expected);
  });

  const refusals: [string, string[], string][] = [
    ['no provider', [], 'Usage: npm run idp'],
    ['an unknown provider', ['ping'], 'Usage: npm run idp'],
    ['a flag of the other provider', ['okta', '--flag'], 'npm run idp -- entra --flag'],
    ['the wizard of the other provider', ['entra', '--wizard'], 'npm run idp -- okta --wizard'],
    ['no people', ['okta', '--people', '0'], '--people takes a whole number'],
    ['an unknown option', ['okta', '--pepole', '3'], '--pepole'],
  ];
  test.each(refusals)('%s is refused with what to write instead', (_, args, words) => {
    expect(parseChoice(args, 9)).toContain(words);
  });
});

test('every step of a day has a line that names people and groups, never keys', () => {
  const { steps, groups } = planDay({ people: 40, random: seededRandom(2), tag: '', deletesUsers: true });
  const lines = steps.map(createNarrator());
  expect(lines[0]).toBe('test the connection');
  const keys = [
    ...groups.map(({ key }) => key),
    ...steps.flatMap((step) => (step.kind === 'join' ? [step.person.key] : [])),
  ];
  expect(lines.filter((line) => keys.some((key) => line.includes(key)))).toEqual([]);
  expect(lines).toContain('rename group "Webinar hosts" to "Webinar hosts and guests"');
});
