/** How soon and in how few requests people arrive at Adobe. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Family, Options, Report } from './family.ts';
import { percentile, shown } from './figures.ts';
import { type FirstLoad, loadEverybody } from './first-load.ts';
import { grantDelays, STANDINGS } from './grant-delay.ts';

export const firstLoadFamily: Family = {
  name: 'first-load',
  about: 'look-up, create and group for everybody, end to end into the simulated org, on a simulated clock',
  run: reportFirstLoad,
};

async function reportFirstLoad({ full, onProgress }: Options): Promise<Report> {
  const users = full ? 10_000 : 500;
  const loads: FirstLoad[] = [];
  for (const [label, membersPerPatch] of [
    ['Okta: members by the hundred', 100],
    ['Entra: members one by one', 1],
  ] as const)
    loads.push(await loadEverybody({ users, membersPerPatch, label, onProgress }));
  return {
    tables: [
      {
        title: `A first load of ${shown(users)} people at 25 requests a second`,
        header: ['', 'SCIM requests', 'errors', 'requests to Adobe', 'minutes', 'at best', 'share'],
        rows: loads.map((load) => [
          load.label,
          ...[
            load.scimRequests,
            load.errors,
            load.adobeRequests,
            load.minutes,
            load.boundMinutes,
            load.share,
          ].map(shown),
        ]),
      },
    ],
    verdicts: loads.flatMap(({ label, errors, adobeRequests }) => [
      { what: `${label}: errors`, value: errors, bar: { most: 0 } },
      {
        what: `${label}: requests to Adobe`,
        value: adobeRequests,
        bar: { most: Math.ceil(users / 10) * 1.05 },
      },
    ]),
    data: loads,
  };
}

export const drainFamily: Family = {
  name: 'drain',
  about:
    'new people at the configured pace; existing people into one user group (the scenarios of test/sync)',
  run: async (options) => reportDrain(options),
};

function reportDrain({ full, onProgress }: Options): Report {
  const [people, members] = full ? [10_000, 5_000] : [500, 240];
  onProgress(`${people} new people`);
  const drained = play('test/sync/pace-scale.test.ts', 'arrive at 95 %', { PEOPLE: String(people) });
  const [requests = 0, minutes = 0, share = 0] = figuresIn(
    drained,
    /people: ([\d.]+) requests in ([\d.]+) min, ([\d.]+) % of the pace/,
  );
  onProgress(`${members} members`);
  const joined = play('test/sync/members-scale.test.ts', 'are members', { MEMBERS: String(members) });
  const [lists = 0, seconds = 0] = figuresIn(joined, /members: ([\d.]+) requests in ([\d.]+) s/);
  return {
    tables: [],
    verdicts: [
      { what: `${shown(people)} new people: % of the pace`, value: share, bar: { least: 95 } },
      {
        what: `${shown(people)} new people: requests to Adobe`,
        value: requests,
        bar: { most: Math.ceil(people / 10) * 1.01 },
      },
      {
        what: `${shown(members)} existing people into one user group: requests to Adobe`,
        value: lists,
        bar: { most: Math.ceil(members / 1_000) + 1 },
      },
    ],
    data: { people, requests, minutes, paceShare: share / 100, members, lists, seconds },
  };
}

/** The scenarios stand under the test runner, because they are judged there too. @throws Error with its output where one fails */
function play(file: string, name: string, environment: Readonly<Record<string, string>>): string {
  const root = join(import.meta.dirname, '..', '..');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', file, '-t', name],
    { cwd: root, env: { ...process.env, ...environment }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${file} fails:\n${stdout}\n${stderr}`);
  return stdout;
}

function figuresIn(text: string, pattern: RegExp): number[] {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`the scenario printed no figures: ${text}`);
  return found.slice(1).map(Number);
}

export const grantFamily: Family = {
  name: 'grant',
  about: 'from the 2xx to the grant at Adobe, without backlog',
  run: reportGrants,
};

async function reportGrants({ full, onProgress }: Options): Promise<Report> {
  const delays = await grantDelays(full ? 60 : 15, onProgress);
  const words = {
    new: 'new to Adobe',
    listed: 'at Adobe, in the last listing',
    unlisted: 'at Adobe since the last listing',
  };
  const rows = STANDINGS.map((standing) => ({
    who: words[standing],
    medianSeconds: percentile(delays[standing], 50),
    p95Seconds: percentile(delays[standing], 95),
  }));
  return {
    tables: [
      {
        title: 'Seconds: waiting on the simulated clock and working on this machine, together',
        header: ['', 'median', '95 %'],
        rows: rows.map(({ who, medianSeconds, p95Seconds }) => [
          who,
          shown(medianSeconds),
          shown(p95Seconds),
        ]),
      },
    ],
    // Whom no listing showed takes two requests: the create that says so, and the grant (R25, R33).
    verdicts: rows.slice(0, 2).map(({ who, p95Seconds }) => ({
      what: `${who}: seconds of 95 %`,
      value: p95Seconds,
      bar: { most: 3 },
    })),
    data: rows,
  };
}
