import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { current, Stateful, statefulOf, variants } from './stateful.ts';

const folder = resolve(import.meta.dirname, 'released');
const files = globSync('*.json', { cwd: folder });
const Release = z.object({ 'aws-owned': Stateful, 'customer-key': Stateful });
const releases = files.map((file) => ({
  version: basename(file, '.json'),
  record: Release.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
}));

describe('an upgrade replaces nothing that holds data (design.md section 7)', () => {
  test('there is a record of the last release', () => {
    const { version } = JSON.parse(readFileSync(resolve(folder, '../../../package.json'), 'utf8'));
    expect(releases.map((release) => release.version)).toContain(version);
  });

  for (const { version, record } of releases) {
    for (const variant of ['aws-owned', 'customer-key'] as const) {
      test(`from ${version} with ${variant}: same logical ids, keys, index, and kept when the stack goes`, () => {
        expect(Object.keys(variants)).toContain(variant);
        expect(current(variant)).toEqual(expect.objectContaining(record[variant]));
        expect(Object.keys(record[variant]).length).toBeGreaterThanOrEqual(4);
      });
    }
  }

  test('a changed key, another name and another logical id are each noticed', () => {
    const table = {
      Type: 'AWS::DynamoDB::GlobalTable',
      DeletionPolicy: 'Retain',
      Properties: { KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] },
    };
    const before = statefulOf({ Table: table });
    const variations: Parameters<typeof statefulOf>[0][] = [
      { Table: { ...table, Properties: { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] } } },
      { Table: { ...table, DeletionPolicy: 'Delete' } },
      { Other: table },
    ];
    for (const variation of variations) expect(statefulOf(variation)).not.toMatchObject(before);
    expect(
      statefulOf({ Table: { ...table, Properties: { ...table.Properties, TableName: 'x' } } }),
    ).not.toEqual(before);
  });
});
