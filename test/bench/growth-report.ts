/** What grows with the directory, and what does not. */
import type { Family, Options, Report, Verdict } from './family.ts';
import { shown } from './figures.ts';
import { compareSizes, type Grown, grow, openLarge, openSmall, type Place } from './growth.ts';
import { measureGroups } from './many-groups.ts';
import { type Walked, walk } from './walk.ts';

export const growthFamily: Family = {
  name: 'growth',
  about: 'a directory and a group that grow, against 1,000 users and 10 members; walks; many groups',
  run: reportGrowth,
};

/** What the design allows where the size may not matter. */
const MOST = 1.2;

async function reportGrowth({ full, onProgress }: Options): Promise<Report> {
  const sizes = full ? [1_000, 10_000, 50_000, 100_000] : [1_000, 3_000];
  const small = await openSmall();
  let large: Place = await openLarge();
  try {
    const steps: { users: number; grown: Grown[] }[] = [];
    for (const users of sizes) {
      large = await grow(large, users, onProgress);
      steps.push({ users, grown: await compareSizes(small, large, full ? 60 : 25) });
    }
    const walks = [];
    for (const style of ['startIndex', 'cursor'] as const) walks.push(await walk(large, style, onProgress));
    const groups = await measureGroups(large, full ? 5_000 : 300, onProgress);
    return reportOf(steps, walks, groups);
  } finally {
    await small.stage.close();
    await large.stage.close();
  }
}

function reportOf(
  steps: readonly { readonly users: number; readonly grown: readonly Grown[] }[],
  walks: readonly Walked[],
  groups: Awaited<ReturnType<typeof measureGroups>>,
): Report {
  const largest = steps.at(-1);
  const names = largest?.grown.map(({ what }) => what) ?? [];
  return {
    tables: [
      {
        title:
          'Times what it takes with 1,000 users and 10 members, in turns; group and directory grow together',
        header: ['operation', ...steps.map(({ users }) => shown(users)), 'ms there'],
        rows: names.map((what, at) => [
          what,
          ...steps.map(({ grown }) => shown(grown[at]?.ratio ?? 0)),
          shown(largest?.grown[at]?.largeMs ?? 0),
        ]),
      },
      {
        title: 'Walks in pages of 200',
        header: ['', 'users', 'pages', 'ms, first third', 'ms, last third', 'times'],
        rows: walks.map(({ style, seen, pages, firstThirdMs, lastThirdMs, lastToFirst }) => [
          style,
          ...[seen, pages, firstThirdMs, lastThirdMs, lastToFirst].map(shown),
        ]),
      },
      {
        title: `With ${shown(groups.groups)} groups, and a person who is in 200 of them`,
        header: ['', 'ms', 'ms of somebody in none'],
        rows: groups.figures.map(({ what, ms, plainMs }) => [what, shown(ms), shown(plainMs)]),
      },
    ],
    verdicts: [
      ...(largest?.grown ?? [])
        .filter(({ what }) => what.endsWith('one member'))
        .map(
          ({ what, ratio }): Verdict => ({
            what: `${what}: group of ${shown(largest?.users ?? 0)} against group of 10`,
            value: ratio,
            bar: { most: MOST },
          }),
        ),
      ...walks.map(
        ({ style, lastToFirst }): Verdict => ({
          what: `walk by ${style}: last third against first`,
          value: lastToFirst,
          bar: { most: MOST },
        }),
      ),
    ],
    data: { steps, walks, groups },
  };
}
