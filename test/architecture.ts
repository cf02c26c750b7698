/**
 * The rules of the house about files and imports, as a pure check over source texts: who may import whom, which words
 * may not occur where, how long a file may be, which folder names are refused.
 *
 * It reads imports with a pattern, not a parser: every import of the project is a plain declaration at the start of a
 * line, and a call of `import()` with a literal, which is what Biome leaves standing. Type-only imports count, too:
 * a type is knowledge of the other side.
 */
import { dirname, posix } from 'node:path';

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** What one area of the tree may import: project files by pattern, packages by pattern. */
interface Area {
  readonly area: RegExp;
  readonly files: readonly RegExp[];
  readonly packages: readonly RegExp[];
}

const zod = /^zod$/;
const sdk = /^@(aws-sdk|smithy)\//;
const anything = /./;
/** `normal.ts` is among them: what counts as the same name must be one function on both sides. */
const directoryWords = /^lambdas\/directory\/(directory|records|normal)\.ts$/;
const directoryPure = /^lambdas\/directory\/(?!dynamo)[a-z-]+\.ts$/;
/** Numbers only: how long one part waits for another. */
const times = /^lambdas\/times\.ts$/;
const adobePure = /^lambdas\/adobe\/(adobe|pack|pack-lists|pace|errors|identity)\.ts$/;

/** The first area that matches a file decides. */
const areas: readonly Area[] = [
  {
    area: /^lambdas\/[a-z-]+\.ts$/,
    files: [/^lambdas\//],
    packages: [/^@middy\//, /^aws-lambda$/, sdk, zod, /^node:/],
  },
  { area: /^lambdas\/scim\//, files: [/^lambdas\/scim\//, directoryWords], packages: [zod] },
  {
    area: /^lambdas\/directory\/dynamo[a-z-]*\.ts$/,
    files: [/^lambdas\/directory\//],
    packages: [zod, sdk, /^node:(crypto|util)$/],
  },
  {
    // `net` only for its lists of addresses: nothing here opens a connection.
    area: /^lambdas\/directory\//,
    files: [/^lambdas\/directory\//],
    packages: [zod, /^node:(crypto|net|util)$/],
  },
  {
    area: /^lambdas\/sync\//,
    files: [/^lambdas\/sync\//, directoryPure, adobePure, times],
    packages: [zod],
  },
  { area: /^lambdas\/adobe\//, files: [/^lambdas\/adobe\//], packages: [zod] },
  {
    area: /^lambdas\/admin\//,
    files: [/^lambdas\/admin\//, directoryPure, /^lambdas\/sync\//, /^lambdas\/adobe\//, times],
    packages: [zod],
  },
  {
    area: /^infra\//,
    files: [/^infra\//, /^lambdas\/(config|metrics)\.ts$/, times],
    packages: [/^aws-cdk-lib(\/|$)/, /^cdk-nag$/, /^constructs$/, /^esbuild$/, /^yaml$/, zod, /^node:/],
  },
  {
    area: /^operator\//,
    // Of infra only the settings file: what is deployed is looked at before the CDK is asked.
    files: [/^operator\//, /^lambdas\/admin\//, /^infra\/settings\.ts$/],
    packages: [zod, /^yaml$/, /^node:/, /^@aws-sdk\/client-(lambda|secrets-manager)$/],
  },
  { area: /^(local|test)\//, files: [anything], packages: [anything] },
  { area: /^vitest\.config\.ts$/, files: [], packages: [/^vitest\//] },
];

interface Ban {
  readonly area: RegExp;
  readonly word: RegExp;
  readonly says: string;
}

/** What must be compared in constant time (T05); to be there or not, or empty, is no secret. */
const secretWord = String.raw`\b[\w.]*(?:[sS]ecret|[hH]ash|[sS]eal|[pP]epper|[sS]ignature)\b`;
const there = "undefined|null|''";

const pure = /^lambdas\/(scim|directory|sync|adobe|admin)\//;
const shipped = /^(lambdas|infra|operator)\//;
const bans: readonly Ban[] = [
  { area: shipped, word: /deleteAccount/, says: 'deleteAccount does not exist in our code' },
  {
    area: shipped,
    word: /\bremove['"]?\s*:\s*['"`]all['"`]/,
    says: 'remove: "all" does not exist in our code',
  },
  { area: pure, word: /\bDate\.now\b|\bnew Date\(\s*\)/, says: 'time is a parameter (now)' },
  {
    area: pure,
    // An injected `randomBytes` may be called; the one of the machine may not be imported.
    word: /\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b|\brandom(Bytes|Int)\b[^;]*from 'node:crypto'/,
    says: 'randomness is a parameter',
  },
  {
    area: /^lambdas\/directory\/(?!dynamo)/,
    word: /^import\s(?!type\s)[^;]*from\s'\.\/dynamo/m,
    says: 'may use types of the DynamoDB files, not the files',
  },
  {
    area: /^(lambdas|local|operator)\//,
    word: new RegExp(`${secretWord}\\s*[=!]==?(?!=|\\s*(?:${there}))|[=!]==?\\s*${secretWord}`),
    says: 'a secret is compared by timingSafeEqual',
  },
  { area: pure, word: /\bprocess\.env\b/, says: 'the environment is read by lambdas/config.ts' },
  {
    area: /^lambdas\/(scim|directory|sync|admin)\//,
    word: /(?<![.\w])fetch\(/,
    says: 'fetch belongs to adobe/, and is injected',
  },
];

const longestFileLines = 400;
const refusedFolders = /(^|\/)(utils?|common|helpers?|shared|services?|managers?)(\/|\.ts$)/;

/** Every broken rule as a sentence `file -> what`, sorted. */
export function findViolations(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  for (const file of files) {
    found.push(...brokenImports(file), ...brokenWords(file), ...brokenShape(file));
  }
  return [...found, ...findCycles(files)].sort();
}

/** Module specifiers as written, in order. */
export function importsOf(text: string): string[] {
  const declarations = text.matchAll(/^(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm);
  const calls = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [...declarations, ...calls].map(([, specifier]) => specifier ?? '');
}

function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(`${dirname(from)}/${specifier}`) : undefined;
}

function brokenImports({ path, text }: SourceFile): string[] {
  const area = areas.find((candidate) => candidate.area.test(path));
  if (area === undefined) return [`${path} -> lies outside the folders of the project`];
  return importsOf(text)
    .filter((specifier) => {
      const target = resolveImport(path, specifier);
      const allowed = target === undefined ? area.packages : area.files;
      return !allowed.some((pattern) => pattern.test(target ?? specifier));
    })
    .map((specifier) => `${path} -> may not import ${specifier}`);
}

function brokenWords({ path, text }: SourceFile): string[] {
  return bans
    .filter(({ area, word }) => area.test(path) && word.test(text))
    .map(({ says }) => `${path} -> ${says}`);
}

function brokenShape({ path, text }: SourceFile): string[] {
  const broken: string[] = [];
  const lines = text.trimEnd().split('\n').length;
  if (lines > longestFileLines) broken.push(`${path} -> ${lines} lines; ${longestFileLines} is the limit`);
  if (refusedFolders.test(path)) broken.push(`${path} -> is named after nothing it holds`);
  return broken;
}

/** Import cycles, each once, named from its alphabetically first file. */
function findCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text).flatMap((specifier) => resolveImport(path, specifier) ?? []),
    ]),
  );
  const cycles = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const ring = trail.slice(at);
      const first = ring.indexOf([...ring].sort()[0] ?? '');
      cycles.add([...ring.slice(first), ...ring.slice(0, first), ring[first]].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return [...cycles].map((cycle) => `${cycle} (cycle)`);
}
