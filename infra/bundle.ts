/**
 * Bundles all functions with one esbuild call: ES modules for the current Lambda runtime, one folder for each.
 *
 * Everything is bundled, the SDK too, so that what was tested is what runs. Some packages below are CommonJS and call
 * `require` for built-ins; an ES module has none, so the first line of each bundle makes one.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSync } from 'esbuild';

export const functionNames = ['scim', 'provision', 'reconcile', 'admin'] as const;
export type FunctionName = (typeof functionNames)[number];

const root = resolve(import.meta.dirname, '..');

/** Writes `<folder>/<name>/index.mjs` for each function and returns the folder of each. */
export function bundleFunctions(
  folder: string = resolve(root, 'dist/lambdas'),
): Readonly<Record<FunctionName, string>> {
  rmSync(folder, { recursive: true, force: true });
  buildSync({
    absWorkingDir: root,
    entryPoints: functionNames.map((name) => ({ in: `lambdas/${name}.ts`, out: `${name}/index` })),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    sourcemap: 'linked',
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
  });
  const folderOf = (name: FunctionName): string => resolve(folder, name);
  return {
    scim: folderOf('scim'),
    provision: folderOf('provision'),
    reconcile: folderOf('reconcile'),
    admin: folderOf('admin'),
  };
}
