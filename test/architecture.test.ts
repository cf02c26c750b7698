import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findViolations, importsOf, type SourceFile } from './architecture.ts';

const root = resolve(import.meta.dirname, '..');

function projectFiles(): SourceFile[] {
  return globSync(['{lambdas,infra,operator,local,test}/**/*.ts', '*.ts'], { cwd: root }).map((path) => ({
    path: path.replaceAll('\\', '/'),
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

describe('the house', () => {
  test('every file keeps the import table, the forbidden words and the sizes', () => {
    const files = projectFiles();
    expect(files.length).toBeGreaterThan(5);
    expect(findViolations(files)).toEqual([]);
  });
});

/** Each row is one bad file (or two); the checker must name it, or the test above proves nothing. */
const bad: readonly { label: string; files: Record<string, string>; says: string }[] = [
  {
    label: 'scim imports sync',
    files: { 'lambdas/scim/a.ts': "import { drain } from '../sync/drain.ts';" },
    says: 'lambdas/scim/a.ts -> may not import ../sync/drain.ts',
  },
  {
    label: 'scim imports the table',
    files: { 'lambdas/scim/a.ts': "import {\n  x,\n} from '../directory/dynamo.ts';" },
    says: 'lambdas/scim/a.ts -> may not import ../directory/dynamo.ts',
  },
  {
    label: 'scim imports the logger, even as a type',
    files: { 'lambdas/scim/a.ts': "import type { Log } from '../log.ts';" },
    says: 'lambdas/scim/a.ts -> may not import ../log.ts',
  },
  {
    label: 'sync imports scim',
    files: { 'lambdas/sync/a.ts': "import { x } from '../scim/users.ts';" },
    says: 'lambdas/sync/a.ts -> may not import ../scim/users.ts',
  },
  {
    label: 'sync imports the client',
    files: { 'lambdas/sync/a.ts': "import { x } from '../adobe/client.ts';" },
    says: 'lambdas/sync/a.ts -> may not import ../adobe/client.ts',
  },
  {
    label: 'sync imports the table',
    files: { 'lambdas/sync/a.ts': "import { x } from '../directory/dynamo-accounts.ts';" },
    says: 'lambdas/sync/a.ts -> may not import ../directory/dynamo-accounts.ts',
  },
  {
    label: 'directory imports adobe',
    files: { 'lambdas/directory/a.ts': "import { x } from '../adobe/adobe.ts';" },
    says: 'lambdas/directory/a.ts -> may not import ../adobe/adobe.ts',
  },
  {
    label: 'the SDK outside the table files',
    files: { 'lambdas/directory/a.ts': "import { x } from '@aws-sdk/client-dynamodb';" },
    says: 'lambdas/directory/a.ts -> may not import @aws-sdk/client-dynamodb',
  },
  {
    label: 'the SDK in infra',
    files: { 'infra/a.ts': "import { x } from '@aws-sdk/client-dynamodb';" },
    says: 'infra/a.ts -> may not import @aws-sdk/client-dynamodb',
  },
  {
    label: 'adobe imports ours',
    files: { 'lambdas/adobe/a.ts': "import { x } from '../directory/records.ts';" },
    says: 'lambdas/adobe/a.ts -> may not import ../directory/records.ts',
  },
  {
    label: 'admin imports scim',
    files: { 'lambdas/admin/a.ts': "import { x } from '../scim/errors.ts';" },
    says: 'lambdas/admin/a.ts -> may not import ../scim/errors.ts',
  },
  {
    label: 'infra imports a handler',
    files: { 'infra/a.ts': "import { x } from '../lambdas/scim.ts';" },
    says: 'infra/a.ts -> may not import ../lambdas/scim.ts',
  },
  {
    label: 'operator imports the directory',
    files: { 'operator/a.ts': "import { x } from '../lambdas/directory/records.ts';" },
    says: 'operator/a.ts -> may not import ../lambdas/directory/records.ts',
  },
  {
    label: 'operator imports local',
    files: { 'operator/a.ts': "import { x } from '../local/endpoint.ts';" },
    says: 'operator/a.ts -> may not import ../local/endpoint.ts',
  },
  {
    label: 'lambdas import test',
    files: { 'lambdas/a.ts': "import '../test/build.ts';" },
    says: 'lambdas/a.ts -> may not import ../test/build.ts',
  },
  {
    label: 'a lazy import counts',
    files: { 'lambdas/scim/a.ts': "const x = await import('../adobe/client.ts');" },
    says: 'lambdas/scim/a.ts -> may not import ../adobe/client.ts',
  },
  {
    label: 'an export from counts',
    files: { 'lambdas/scim/a.ts': "export { x } from '../adobe/client.ts';" },
    says: 'lambdas/scim/a.ts -> may not import ../adobe/client.ts',
  },
  {
    label: 'a package nobody allowed',
    files: { 'lambdas/scim/a.ts': "import _ from 'lodash';" },
    says: 'lambdas/scim/a.ts -> may not import lodash',
  },
  {
    label: 'a folder nobody knows',
    files: { 'src/a.ts': '' },
    says: 'src/a.ts -> lies outside the folders of the project',
  },
  {
    label: 'an account is deleted',
    files: { 'lambdas/adobe/a.ts': 'const x = { deleteAccount: true };' },
    says: 'lambdas/adobe/a.ts -> deleteAccount does not exist in our code',
  },
  {
    label: 'everything is removed',
    files: { 'operator/a.ts': "const x = { remove: 'all' };" },
    says: 'operator/a.ts -> remove: "all" does not exist in our code',
  },
  {
    label: 'everything is removed, quoted',
    files: { 'operator/a.ts': 'const x = { "remove": "all" };' },
    says: 'operator/a.ts -> remove: "all" does not exist in our code',
  },
  {
    label: 'logic reads the clock',
    files: { 'lambdas/sync/a.ts': 'const at = Date.now();' },
    says: 'lambdas/sync/a.ts -> time is a parameter (now)',
  },
  {
    label: 'logic reads the clock by new Date',
    files: { 'lambdas/scim/a.ts': 'const at = new Date();' },
    says: 'lambdas/scim/a.ts -> time is a parameter (now)',
  },
  {
    label: 'logic throws dice',
    files: { 'lambdas/adobe/a.ts': 'Math.random();' },
    says: 'lambdas/adobe/a.ts -> randomness is a parameter',
  },
  {
    label: 'logic takes random bytes from the machine',
    files: { 'lambdas/directory/a.ts': "import { createHash, randomBytes } from 'node:crypto';" },
    says: 'lambdas/directory/a.ts -> randomness is a parameter',
  },
  {
    label: 'a plain directory file loads a DynamoDB file',
    files: { 'lambdas/directory/a.ts': "import { createStore } from './dynamo-store.ts';" },
    says: 'lambdas/directory/a.ts -> may use types of the DynamoDB files, not the files',
  },
  {
    label: 'logic makes ids',
    files: { 'lambdas/directory/dynamo.ts': 'randomUUID();' },
    says: 'lambdas/directory/dynamo.ts -> randomness is a parameter',
  },
  {
    label: 'a hash is compared by ===',
    files: { 'lambdas/directory/dynamo-a.ts': 'if (token.hash === hashOf(x)) return;' },
    says: 'lambdas/directory/dynamo-a.ts -> a secret is compared by timingSafeEqual',
  },
  {
    label: 'a secret stands on the right',
    files: { 'local/a.ts': 'if (given !== clientSecret) return;' },
    says: 'local/a.ts -> a secret is compared by timingSafeEqual',
  },
  {
    label: 'logic reads the environment',
    files: { 'lambdas/admin/a.ts': 'process.env.TABLE;' },
    says: 'lambdas/admin/a.ts -> the environment is read by lambdas/config.ts',
  },
  {
    label: 'the SCIM side calls out',
    files: { 'lambdas/scim/a.ts': "await fetch('https://x');" },
    says: 'lambdas/scim/a.ts -> fetch belongs to adobe/, and is injected',
  },
  {
    label: 'a file of 401 lines',
    files: { 'local/a.ts': 'x\n'.repeat(401) },
    says: 'local/a.ts -> 401 lines; 400 is the limit',
  },
  {
    label: 'a folder called utils',
    files: { 'lambdas/utils/a.ts': '' },
    says: 'lambdas/utils/a.ts -> is named after nothing it holds',
  },
  {
    label: 'a file called helpers',
    files: { 'test/helpers.ts': '' },
    says: 'test/helpers.ts -> is named after nothing it holds',
  },
  {
    label: 'a cycle of two',
    files: { 'local/a.ts': "import './b.ts';", 'local/b.ts': "import { x } from './a.ts';" },
    says: 'local/a.ts -> local/b.ts -> local/a.ts (cycle)',
  },
];

describe('the checker of the house can fail', () => {
  for (const { label, files, says } of bad) {
    test(label, () => {
      const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
      expect(findViolations(sources)).toContain(says);
    });
  }

  test('it sees imports in every shape that the formatter leaves', () => {
    const text = [
      "import * as z from 'zod';",
      "import {\n  a,\n  type B,\n} from './a.ts';",
      "import './effect.ts';",
      "export * from './b.ts';",
      "export type { C } from './c.ts';",
      "const notAnImport = 'import x from nowhere';",
    ].join('\n');
    expect(importsOf(text)).toEqual(['zod', './a.ts', './effect.ts', './b.ts', './c.ts']);
  });

  const good: readonly { path: string; text: string }[] = [
    {
      path: 'lambdas/scim/users.ts',
      text: "import * as z from 'zod';\nimport type { UserId } from '../directory/records.ts';\n",
    },
    { path: 'lambdas/directory/item.ts', text: "import type { Item } from './dynamo-store.ts';\n" },
    { path: 'lambdas/directory/dynamo.ts', text: 'const id = ctx.randomBytes(16);\n' },
    {
      path: 'lambdas/scim/a.ts',
      text: "if (secret === undefined || seal === '' || hash !== null) return;\n",
    },
  ];
  for (const file of good) {
    test(`a good file is not named: ${file.path}`, () => {
      expect(findViolations([file])).toEqual([]);
    });
  }
});
