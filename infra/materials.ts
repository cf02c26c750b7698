/**
 * What the bundles are made of: a software bill of materials (CycloneDX 1.6) and a list of licences, from what esbuild
 * really took and not from what is installed. Nothing in them depends on time or machine, so equal sources give equal
 * files, and the hash of a bundle says whether it is the one that was built from them.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import * as z from 'zod';

const PackageJson = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

/** May be shipped: all of them ask for their notice at most. */
export const allowedLicences = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

interface Component {
  readonly type: 'library' | 'file';
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly licenses?: readonly { readonly license: { readonly id: string } }[];
  readonly hashes?: readonly { readonly alg: 'SHA-256'; readonly content: string }[];
}

export interface Bill {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: '1.6';
  readonly version: 1;
  readonly metadata: { readonly component: Component & { readonly type: string } };
  readonly components: readonly Component[];
}

export interface Built {
  readonly root: string;
  /** Names of files are written from here. */
  readonly folder: string;
  readonly files: readonly string[];
}

/** @throws Error that names a package without a licence that may be shipped */
export function billOf({ inputs }: Metafile, { root, folder, files }: Built): Bill {
  const own = PackageJson.parse(JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')));
  const folders = new Set(Object.keys(inputs).flatMap((input) => packageFolder(resolve(root, input)) ?? []));
  const libraries = [...folders].map(libraryIn).sort((a, b) => ((a.purl ?? '') < (b.purl ?? '') ? -1 : 1));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...component(own), type: 'library' } },
    components: [
      ...new Map(libraries.map((library) => [library.purl, library])).values(),
      ...files.map(
        (file): Component => ({
          type: 'file',
          name: relative(folder, file),
          hashes: [
            { alg: 'SHA-256', content: createHash('sha256').update(readFileSync(file)).digest('hex') },
          ],
        }),
      ),
    ],
  };
}

/** The folder of the package that a file belongs to; undefined for our own files and built-ins. */
function packageFolder(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function libraryIn(folder: string): Component {
  const found = PackageJson.parse(JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8')));
  if (found.license === undefined || !allowedLicences.includes(found.license)) {
    throw new Error(
      `${found.name} ${found.version} has the licence "${found.license ?? 'none'}", which infra/materials.ts does not let us ship`,
    );
  }
  return component(found);
}

function component({ name, version, license }: z.infer<typeof PackageJson>): Component {
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
  };
}

/** One line per package. */
export function licencesOf({ components }: Bill): string {
  return components
    .filter(({ type }) => type === 'library')
    .map(({ name, version, licenses }) => `${name} ${version}: ${licenses?.[0]?.license.id}\n`)
    .join('');
}
