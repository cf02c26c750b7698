/**
 * `npm run bundle`: writes dist/lambdas and says how large each function is; with `-- --measure` also how
 * fast it starts, with `-- --where FUNCTION:LINE:COLUMN` where a line of a stack trace comes from.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundleFunctions, functionNames } from './bundle.ts';
import { findSource } from './find-source.ts';
import { measureStarts, printStarts } from './measure.ts';

const [flag, place, ...more] = process.argv.slice(2);
if (
  more.length > 0 ||
  !['--measure', '--where', undefined].includes(flag) ||
  (flag === '--where') !== (place !== undefined)
)
  throw new Error('npm run bundle [-- --measure | --where scim:12:3456]');

const bundles = await bundleFunctions();
const kB = (bytes: number): string => `${(bytes / 1000).toFixed(0).padStart(5)} kB`;
for (const name of functionNames) {
  const file = join(bundles[name], 'index.mjs');
  const code = readFileSync(file);
  console.log(
    `${name.padEnd(10)} ${kB(code.length)}  compressed ${kB(gzipSync(code).length)}  source map ${kB(statSync(`${file}.map`).size)}`,
  );
}
const licences = readFileSync(join(bundles.scim, '../licences.txt'), 'utf8').trim().split('\n');
if (place !== undefined) console.log(findSource(join(bundles.scim, '..'), place));
console.log(`${licences.length} packages: dist/lambdas/bom.cdx.json, dist/lambdas/licences.txt`);

if (flag === '--measure') console.log(printStarts(await measureStarts(bundles)));
