/**
 * Bundles all functions with one esbuild call: ES modules for the current Lambda runtime, one folder for each, and beside
 * them what they are made of (`materials.ts`). Everything is bundled, the SDK too, so that what was tested is what runs.
 *
 * What makes a cold start short is in decision 16, with figures. No module of ours does anything when it is imported
 * (`sideEffects` in package.json), so what a function does not use is left out. Built-ins are fetched without being
 * evaluated: an ES import of `node:http` runs every getter of it. Credentials and settings of the SDK come from the
 * environment only. zod is imported as a namespace in the code, which leaves its locales out.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { billOf, licencesOf } from './materials.ts';

export const functionNames = ['scim', 'provision', 'reconcile', 'admin'] as const;
export type FunctionName = (typeof functionNames)[number];

export const root = resolve(import.meta.dirname, '..');
const standardFolder = resolve(root, 'dist/lambdas');

/** A built-in module as it lies in Node, without an import that would evaluate all of it. */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: ({ onResolve, onLoad }) => {
    const names = new Set(builtinModules);
    onResolve({ filter: /^(node:)?[a-z][a-z0-9_/]*$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return names.has(name) ? { path: name, namespace: 'builtin' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
      loader: 'js',
    }));
  },
};

/** The SDK asks files for settings that no variable holds. In Lambda there are none, and each client would wait for that. */
const withoutSharedFiles: Plugin = {
  name: 'without-shared-files',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/shared-ini-file-loader\/loadSharedConfigFiles\.js$/ }, () => ({
      contents: [
        'export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });',
        "export const CONFIG_PREFIX_SEPARATOR = '.';",
      ].join('\n'),
      loader: 'js',
    }));
  },
};

/** How everything for Lambda is bundled; `measure.ts` builds what it compares with in the same way. */
export const manner: BuildOptions = {
  absWorkingDir: root,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  plugins: [lazyBuiltins, withoutSharedFiles],
  alias: { '@aws-sdk/credential-provider-node': resolve(root, 'lambdas/credentials.ts') },
  sourcemap: 'linked',
  sourcesContent: false,
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
};

export type Bundles = Readonly<Record<FunctionName, string>>;

/** Writes `<folder>/<name>/index.mjs` for each function, and what they are made of; gives the folder of each. */
export async function bundleFunctions(folder: string = standardFolder): Promise<Bundles> {
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    ...manner,
    entryPoints: functionNames.map((name) => ({ in: `lambdas/${name}.ts`, out: `${name}/index` })),
    outdir: folder,
    metafile: true,
  });
  describeMaterials(folder, metafile);
  const folderOf = (name: FunctionName): string => resolve(folder, name);
  return {
    scim: folderOf('scim'),
    provision: folderOf('provision'),
    reconcile: folderOf('reconcile'),
    admin: folderOf('admin'),
  };
}

function describeMaterials(folder: string, metafile: Metafile): void {
  mkdirSync(folder, { recursive: true });
  const files = functionNames.map((name) => join(folder, name, 'index.mjs'));
  const bill = billOf(metafile, { root, folder, files });
  writeFileSync(join(folder, 'bom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  writeFileSync(join(folder, 'licences.txt'), licencesOf(bill));
}
