/**
 * `npm run gate`: what is installed may be used. Every package of the lock file has a known licence and a hash, only the
 * named ones may run scripts, and the registry knows no serious advisory about what is shipped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { root } from './bundle.ts';
import { allowedLicences } from './materials.ts';

/** Only used to build and test, never shipped: more is allowed. */
const allowedInDevelopment = [
  ...allowedLicences,
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CC-BY-4.0',
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
];

const Package = z.object({
  version: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  dev: z.boolean().optional(),
  hasInstallScript: z.boolean().optional(),
  inBundle: z.boolean().optional(),
});
export type Package = z.infer<typeof Package>;
const Lock = z.object({ packages: z.record(z.string(), Package) });
const Manifest = z.object({ allowScripts: z.record(z.string(), z.boolean()) });

export interface Locked {
  readonly packages: Readonly<Record<string, Package>>;
  /** By name: may it run scripts when it is installed. */
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

/** Every package that may not be used, with what is wrong with it. */
export function refusedPackages({ packages, allowScripts }: Locked): string[] {
  return Object.entries(packages).flatMap(([path, found]) => {
    if (path === '') return [];
    const name = path.replace(/^.*node_modules\//, '');
    const allowed = found.dev === true ? allowedInDevelopment : allowedLicences;
    const problems = [
      ...(isAllowed(found.license, allowed) ? [] : [`has the licence "${found.license ?? 'none'}"`]),
      // What a package brings along in its own archive is under the hash of that archive.
      ...(found.integrity?.startsWith('sha512-') || found.inBundle === true ? [] : ['has no SHA-512 hash']),
      ...(found.hasInstallScript === true && !Object.hasOwn(allowScripts, name)
        ? ['has an install script, about which package.json (allowScripts) says nothing']
        : []),
    ];
    return problems.map((problem) => `${name} ${found.version ?? ''} ${problem}`);
  });
}

/** An expression of SPDX: one of several, or all of them. */
function isAllowed(license: string | undefined, allowed: readonly string[]): boolean {
  if (license === undefined) return false;
  const plain = license.replaceAll(/[()]/g, '');
  if (plain.includes(' AND ')) return plain.split(' AND ').every((one) => isAllowed(one, allowed));
  return plain.split(' OR ').some((one) => allowed.includes(one.trim()));
}

export function readLock(folder: string): Locked {
  const json = (name: string): unknown => JSON.parse(readFileSync(resolve(folder, name), 'utf8'));
  const { packages } = Lock.parse(json('package-lock.json'));
  // npm leaves the licence out of the lock of some packages; their own file has it.
  const complete = Object.entries(packages).map(([path, found]): [string, Package] => {
    const own = resolve(folder, path, 'package.json');
    if (found.license !== undefined || path === '' || !existsSync(own)) return [path, found];
    const { license } = z
      .object({ license: z.string().optional() })
      .parse(JSON.parse(readFileSync(own, 'utf8')));
    return [path, license === undefined ? found : { ...found, license }];
  });
  return { packages: Object.fromEntries(complete), ...Manifest.parse(json('package.json')) };
}

if (import.meta.main) {
  const refused = refusedPackages(readLock(root));
  for (const problem of refused) console.error(problem);
  console.log(
    `licences, hashes, scripts: ${refused.length === 0 ? 'nothing to refuse' : `${refused.length} refused`}`,
  );
  const audit = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=moderate'], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = refused.length === 0 && audit.status === 0 ? 0 : 1;
}
