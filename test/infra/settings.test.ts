import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseSettings, readSettings, Settings, SettingsError } from '../../infra/settings.ts';

const docs = resolve(import.meta.dirname, '../../docs');
const example = resolve(docs, 'settings.example.yaml');

describe('a settings file', () => {
  test('the example in the documentation is taken as it stands, and names every key', () => {
    expect(readSettings(example)).toMatchObject({ connection: 'okta', encryption: 'customer-key' });
    const named = readFileSync(example, 'utf8').matchAll(/^(?:# )?([a-zA-Z]+):/gm);
    expect([...named].map(([, key]) => key).sort()).toEqual(Object.keys(Settings.shape).sort());
  });

  test('docs/settings.md explains every key and states its default', () => {
    const page = readFileSync(resolve(docs, 'settings.md'), 'utf8');
    for (const key of Object.keys(Settings.shape))
      expect(page).toMatch(new RegExp(`^\\|.*\`${key}[\`.]`, 'm'));
    const { stack, org, connection, encryption, logLevel, retention } = readSettings(undefined);
    for (const value of [stack, org, connection, encryption, logLevel])
      expect(page).toContain(`\`${value}\``);
    expect(page).toContain(`${retention.logs} days`);
  });

  test('is not needed: the defaults are complete', () => {
    expect(readSettings(undefined)).toEqual(Settings.parse({}));
  });

  test('that is not there is named, with what to do', () => {
    expect(() => readSettings('/nowhere/settings.yaml')).toThrow(
      /\/nowhere\/settings\.yaml.*no such file: write one/s,
    );
  });
});

describe('a mistake deploys nothing and is named by its key', () => {
  const cases = [
    { says: 'a misspelt key', text: 'netwrks: [203.0.113.0/24]', error: /netwrks: there is no such key/ },
    {
      says: 'a misspelt key inside',
      text: 'domain: {host: a.b}',
      error: /domain\.host: there is no such key/,
    },
    { says: 'a network that is none', text: 'networks: [203.0.113.1.1]', error: /networks\.0: use the form/ },
    { says: 'an empty list of networks', text: 'networks: []', error: /networks: name at least one/ },
    {
      says: 'an account without quotes',
      text: 'account: 012345678901',
      error: /account: put the number in quotes/,
    },
    {
      says: 'days that CloudWatch does not know',
      text: 'retention: {logs: 91}',
      error: /retention\.logs: use a number/,
    },
    {
      says: 'a throttle of nothing',
      text: 'throttles: {scim: {perSecond: 0, burst: 1}}',
      error: /throttles\.scim\.perSecond/,
    },
    {
      says: 'one name for two things',
      text: 'org: a\nconnection: a',
      error: /connection: choose another name/,
    },
    { says: 'a name of the journal', text: 'connection: mail', error: /connection: this name is taken/ },
    { says: 'the other name of the journal', text: 'org: who', error: /org: this name is taken/ },
    {
      says: 'a key of one’s own nowhere',
      text: 'encryption: customer-key',
      error: /region: name the region/,
    },
    {
      says: 'a certificate that is none',
      text: 'domain: {name: a.example.com, certificate: x}',
      error: /domain\.certificate: use the ARN/,
    },
    { says: 'an empty file', text: '', error: /f\.yaml cannot be deployed:\n {2}it is empty/ },
    { says: 'a line feed', text: '\n', error: /it is empty/ },
    { says: 'comments only', text: '# stack: x\n', error: /it is empty/ },
    { says: 'nothing, in YAML', text: '---\n~\n', error: /it is empty/ },
    {
      says: 'the stream of another table',
      text: 'table: {name: new-one, stream: "arn:aws:dynamodb:r:1:table/old-one/stream/t"}',
      error: /table: the stream is one of another table/,
    },
    { says: 'a list', text: '- a', error: /the file: / },
    { says: 'no YAML', text: 'a: [', error: /f\.yaml cannot be deployed/ },
  ];
  for (const { says, text, error } of cases) {
    test(says, () => {
      expect(() => parseSettings('f.yaml', text)).toThrow(SettingsError);
      expect(() => parseSettings('f.yaml', text)).toThrow(error);
    });
  }

  test('all mistakes are named at once', () => {
    expect(() => parseSettings('f.yaml', 'org: A\nlogLevel: loud\nx: 1')).toThrow(/org: .*logLevel: .*x: /s);
  });
});
