/** What installs, builds and deploys: the lock file, and the workflows of the forge. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Package, readLock, refusedPackages } from '../../infra/gate.ts';

const root = resolve(import.meta.dirname, '../..');

describe('the lock file', () => {
  test('has a licence that may be used and a hash for every package, and names who may run scripts', () => {
    const locked = readLock(root);
    expect(Object.keys(locked.packages).length).toBeGreaterThan(50);
    expect(refusedPackages(locked)).toEqual([]);
  });

  const good: Package = { version: '1.0.0', integrity: 'sha512-x', license: 'MIT' };
  const cases: readonly { says: string; found: Package; refused: RegExp | undefined }[] = [
    { says: 'a good one', found: good, refused: undefined },
    { says: 'one of two licences', found: { ...good, license: '(GPL-3.0 OR MIT)' }, refused: undefined },
    {
      says: 'both of two licences',
      found: { ...good, license: 'GPL-3.0 AND MIT' },
      refused: /licence "GPL-3.0 AND MIT"/,
    },
    {
      says: 'a licence that is not on the list',
      found: { ...good, license: 'AGPL-3.0' },
      refused: /licence "AGPL-3.0"/,
    },
    { says: 'no licence', found: { version: '1.0.0', integrity: 'sha512-x' }, refused: /licence "none"/ },
    { says: 'no hash', found: { version: '1.0.0', license: 'MIT' }, refused: /no SHA-512 hash/ },
    { says: 'a weak hash', found: { ...good, integrity: 'sha1-x' }, refused: /no SHA-512 hash/ },
    {
      says: 'a script that nobody decided about',
      found: { ...good, hasInstallScript: true },
      refused: /install script/,
    },
    {
      says: 'a licence for development only, in what is shipped',
      found: { ...good, license: 'MPL-2.0' },
      refused: /MPL/,
    },
    {
      says: 'the same in development',
      found: { ...good, license: 'MPL-2.0', dev: true },
      refused: undefined,
    },
  ];
  for (const { says, found, refused } of cases) {
    test(`${says} is ${refused === undefined ? 'taken' : 'refused'}`, () => {
      const problems = refusedPackages({ packages: { 'node_modules/sly': found }, allowScripts: {} });
      expect(problems.length).toBe(refused === undefined ? 0 : 1);
      if (refused !== undefined) expect(problems[0]).toMatch(refused);
    });
  }
});

const Step = z.object({ uses: z.string().optional(), run: z.string().optional() });
const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      steps: z.array(Step),
      permissions: z.record(z.string(), z.string()).optional(),
      environment: z.string().optional(),
      needs: z.string().optional(),
    }),
  ),
});
const folder = resolve(root, '.github/workflows');
const workflows = globSync('*.yml', { cwd: folder }).map((name) => {
  const text = readFileSync(resolve(folder, name), 'utf8');
  return { name, text, workflow: Workflow.parse(parse(text)) };
});

describe('the workflows (T56)', () => {
  test('there is one for changes and one for releases', () => {
    expect(workflows.map(({ name }) => name).sort()).toEqual(['check.yml', 'release.yml']);
  });

  for (const { name, text, workflow } of workflows) {
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

    test(`${name}: every action is pinned by a full hash, with its version beside it`, () => {
      const uses = steps.flatMap((step) => step.uses ?? []);
      expect(uses.length).toBeGreaterThan(1);
      for (const one of uses) {
        expect(one).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
        expect(text).toMatch(new RegExp(`${one} # v\\d+\\.\\d+\\.\\d+`));
      }
    });

    test(`${name}: packages are installed from the lock, without their scripts, and pass the gate`, () => {
      const runs = steps.flatMap((step) => step.run ?? []);
      const installs = runs.filter((run) => /\bnpm (ci|i|install)\b/.test(run));
      expect(new Set(installs)).toEqual(new Set(['npm ci --ignore-scripts']));
      expect(runs).toContain('npm run gate');
    });

    test(`${name}: it may read by default, and no key of AWS is in it`, () => {
      expect(workflow.permissions).toEqual({ contents: 'read' });
      expect(text).not.toMatch(/secrets\.|aws-access-key-id|AWS_SECRET/i);
    });
  }

  test('a release is deployed by a role taken over with OIDC, after the checks and an approval', () => {
    const release = workflows.find(({ name }) => name === 'release.yml');
    const { build, deploy } = release?.workflow.jobs ?? {};
    expect(deploy).toMatchObject({
      environment: 'production',
      needs: 'build',
      permissions: { 'id-token': 'write' },
    });
    expect(build?.steps.flatMap(({ run }) => run ?? [])).toContain('npm run check');
    expect(release?.text).toContain('role-to-assume');
  });

  for (const { says, settings, status } of [
    { says: 'stops without settings', settings: '', status: 1 },
    { says: 'goes on with some', settings: 'stack: Ours', status: 0 },
  ]) {
    test(`the deployment ${says}`, () => {
      const release = workflows.find(({ name }) => name === 'release.yml');
      const steps = release?.workflow.jobs['deploy']?.steps ?? [];
      const step = steps.find(({ run }) => run?.includes('printenv SETTINGS'));
      const env = { PATH: process.env['PATH'], SETTINGS: settings, BRIDGE_SETTINGS: '/dev/null' };
      expect(spawnSync('bash', ['-e', '-c', step?.run ?? 'exit 3'], { env }).status).toBe(status);
    });
  }
});
