import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bundleFunctions, functionNames } from '../../infra/bundle.ts';
import { findSource } from '../../infra/find-source.ts';
import { allowedLicences, billOf } from '../../infra/materials.ts';
import { printStarts } from '../../infra/measure.ts';
import { defaultProvider } from '../../lambdas/credentials.ts';

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-bundles-'));
  await bundleFunctions(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = (name: string): string => readFileSync(join(folder, name, 'index.mjs'), 'utf8');

describe('the bundles', () => {
  for (const name of functionNames) {
    test(`${name} is one ES module that starts on its own and exports a handler`, () => {
      const file = join(folder, name, 'index.mjs');
      const script = `const m = await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(typeof m.handler);`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: folder,
        encoding: 'utf8',
        env: {},
      });
      expect([run.stderr, run.stdout.trim()]).toEqual(['', 'function']);
      expect(statSync(file).size).toBeLessThan(1_200_000);
    });

    test(`${name} imports nothing: built-ins are fetched without being evaluated`, () => {
      const code = codeOf(name);
      expect(/^import\s|\bfrom\s?["'](node:|[a-z])/m.exec(code)?.[0]).toBeUndefined();
      expect(code.includes('getBuiltinModule("node:crypto")')).toBe(true);
    });

    test(`${name} looks for credentials and settings of the SDK in the environment only, and has no locale of zod`, () => {
      const code = codeOf(name);
      // Told apart by words, not shown: the code is half a megabyte.
      const found = [
        'AWS_WEB_IDENTITY_TOKEN_FILE',
        'AWS_CONTAINER_CREDENTIALS',
        'credential_process',
        'AWS_CONFIG_FILE',
        'ungültig',
      ];
      expect(found.filter((word) => code.includes(word))).toEqual([]);
    });
  }

  test('none holds anything of local/, test/ or the CDK', () => {
    for (const name of functionNames) {
      const { sources } = JSON.parse(readFileSync(join(folder, name, 'index.mjs.map'), 'utf8'));
      const root = resolve(import.meta.dirname, '../..');
      const own = sources.map((source: string) => resolve(folder, name, source).replace(`${root}/`, ''));
      expect(own.filter((path: string) => /^(local|test|infra|operator)\/|aws-cdk/.test(path))).toEqual([]);
      expect(own).toContain(`lambdas/${name}.ts`);
    }
  });

  test('scim holds only its half of the directory', () => {
    const { sources } = JSON.parse(readFileSync(join(folder, 'scim', 'index.mjs.map'), 'utf8'));
    const half = (source: string) =>
      /directory\/(dynamo|dynamo-(journal|holds|ledger|drift))\.ts$/.test(source);
    expect(sources.filter(half)).toEqual([]);
    expect(sources.some((source: string) => source.endsWith('/directory/dynamo-scim.ts'))).toBe(true);
  });

  test('equal sources give equal bundles', async () => {
    const before = functionNames.map(codeOf);
    await bundleFunctions(folder);
    expect(functionNames.map((name, at) => codeOf(name) === before[at])).toEqual([true, true, true, true]);
  });
});

const Bill = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  components: z.array(
    z.object({
      type: z.enum(['library', 'file']),
      name: z.string(),
      version: z.string().optional(),
      purl: z.string().optional(),
      licenses: z.array(z.object({ license: z.object({ id: z.string() }) })).optional(),
      hashes: z.array(z.object({ content: z.string() })).optional(),
    }),
  ),
});

describe('the bill of materials', () => {
  const bill = () => Bill.parse(JSON.parse(readFileSync(join(folder, 'bom.cdx.json'), 'utf8')));

  test('names every package that is in a bundle, with a licence that may be shipped', () => {
    const libraries = bill().components.filter(({ type }) => type === 'library');
    expect(libraries.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['@aws-sdk/client-dynamodb', '@middy/core', 'zod']),
    );
    for (const { name, version, purl, licenses } of libraries) {
      expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`);
      expect(allowedLicences).toContain(licenses?.[0]?.license.id);
    }
    const used = new Set<string>();
    for (const name of functionNames) {
      const { sources } = JSON.parse(readFileSync(join(folder, name, 'index.mjs.map'), 'utf8'));
      for (const source of sources) {
        const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
        if (found !== undefined) used.add(found);
      }
    }
    expect([...used].filter((name) => !libraries.some((library) => library.name === name))).toEqual([]);
  });

  test('has the hash of every bundle', () => {
    const hashes = bill().components.flatMap(({ type, name, hashes: all }) =>
      type === 'file' ? [[name, all?.[0]?.content]] : [],
    );
    expect(hashes).toEqual(
      functionNames.map((name) => [
        `${name}/index.mjs`,
        createHash('sha256')
          .update(readFileSync(join(folder, name, 'index.mjs')))
          .digest('hex'),
      ]),
    );
  });

  test('a package whose licence may not be shipped stops the build, by name', () => {
    const root = mkdtempSync(join(tmpdir(), 'bridge-licence-'));
    const written = spawnSync(process.execPath, [
      '-e',
      `const fs = require('fs'); fs.mkdirSync('${root}/node_modules/sly', { recursive: true });
       fs.writeFileSync('${root}/package.json', '{"name":"own","version":"1.0.0"}');
       fs.writeFileSync('${root}/node_modules/sly/package.json', '{"name":"sly","version":"2.0.0","license":"AGPL-3.0"}');`,
    ]);
    expect(written.status).toBe(0);
    const input = { bytes: 1, imports: [] };
    const build = () =>
      billOf(
        { inputs: { 'node_modules/sly/index.js': input }, outputs: {} },
        { root, folder: root, files: [] },
      );
    expect(build).toThrow(/sly 2\.0\.0 has the licence "AGPL-3\.0"/);
    rmSync(root, { recursive: true, force: true });
  });
});

test('a place in a stack trace is found in the source (source maps)', () => {
  const code = codeOf('scim');
  const at = code.indexOf('This network may not use the bridge');
  const line = code.slice(0, at).split('\n').length;
  const column = at - code.lastIndexOf('\n', at);
  expect(findSource(folder, `scim:${line}:${column}`)).toMatch(/^lambdas\/edge\.ts:\d+$/);
  expect(() => findSource(folder, 'scim:1')).toThrow(/--where scim:12:3456/);
});

test('credentials of the environment, and a clear error without them', async () => {
  const kept = { ...process.env };
  try {
    process.env['AWS_ACCESS_KEY_ID'] = 'a';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'b';
    process.env['AWS_SESSION_TOKEN'] = 'c';
    expect(await defaultProvider()()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' });
    delete process.env['AWS_ACCESS_KEY_ID'];
    await expect(defaultProvider()()).rejects.toThrow('AWS_ACCESS_KEY_ID is not set');
  } finally {
    process.env = kept;
  }
});

test('a measurement prints the ratio to the client alone', () => {
  const one = { importMs: 50, answerMs: 100 };
  const two = { importMs: 60, answerMs: 125 };
  const printed = printStarts({
    client: one,
    lean: one,
    scim: two,
    provision: two,
    reconcile: two,
    admin: two,
  });
  expect(printed).toMatch(
    /scim +import +60 ms \(1\.20 x client, 1\.20 x lean\) +first answer +125 ms \(1\.25 x client/,
  );
});
