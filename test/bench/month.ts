/**
 * What a month costs at DynamoDB for a thousand people: the operations by the derived table, and what the bridge does by itself
 * by the meter: a look each minute, the comparison each night, taking somebody to Adobe. Traffic is an assumption, and said.
 */
import { createLog } from '../../lambdas/log.ts';
import { drainOf, reconcileOf } from '../../lambdas/runtime.ts';
import { openTestBridge, type TestBridge } from '../build.ts';
import { ORG } from '../open.ts';
import { personNumber } from '../size/stage.ts';
import { type Derived, readDerived } from './derived.ts';
import type { Family, Options, Report } from './family.ts';
import { dollars, shown, type Units } from './figures.ts';
import { openUnitMeter, type UnitMeter } from './units.ts';

export const monthFamily: Family = {
  name: 'month',
  about: 'what 1,000 people cost at DynamoDB in a month, busy and idle',
  run: reportMonth,
};

const PEOPLE = 100;
const MINUTE_MS = 60_000;
const GRANT = { kind: 'profile', name: 'Agent EU' } as const;

/** Of a thousand people in a month: how often, and by which row of the table. */
const TRAFFIC: readonly { readonly what: string; readonly times: number; readonly label: string }[] = [
  { what: 'look-ups before changes', times: 600, label: 'look-up by userName, found' },
  { what: 'look-ups before creates', times: 30, label: 'look-up by userName, nobody there' },
  { what: 'creates', times: 30, label: 'create' },
  { what: 'deactivations', times: 30, label: 'deactivate' },
  { what: 'changed names', times: 20, label: 'replace, another family name' },
  { what: 'other changes', times: 250, label: 'patch, another title (nothing that Adobe has)' },
  { what: 'memberships that come or go', times: 300, label: 'add or remove 1 member' },
];
/** Of those, what Adobe is to be told. */
const TOLD = 380;
const MINUTES = 30 * 24 * 60;
const NIGHTS = 30;

interface OwnWork {
  readonly look: Units;
  /** Of one person. */
  readonly told: Units;
  readonly compared: Units;
}

async function measureOwnWork(onProgress: (text: string) => void): Promise<OwnWork> {
  const meter = openUnitMeter();
  const bridge = await openTestBridge({
    profiles: [{ name: GRANT.name, product: 'Dynamic Chat (EU)' }],
    wrap: (deps) => ({ ...deps, client: meter.wrap(deps.client) }),
  });
  try {
    return await ownWorkOf(bridge, meter, onProgress);
  } finally {
    await bridge.close();
  }
}

async function ownWorkOf(
  bridge: TestBridge,
  meter: UnitMeter,
  onProgress: (text: string) => void,
): Promise<OwnWork> {
  const { clock, directory } = bridge;
  const log = createLog({ level: 'error', now: clock.now, write: () => undefined });
  const parts = { ...bridge.drainDeps, directory, log };
  const look = drainOf(parts, ORG);
  const settle = async () => {
    for (let minute = 0; minute < 60; minute++) {
      clock.advance(MINUTE_MS);
      await look(clock.now() + MINUTE_MS);
    }
  };
  await bridge.map([{ group: 'Chat', grants: [GRANT] }]);
  await settle();
  onProgress(`${PEOPLE} people`);
  await tellEverybody(bridge);
  meter.take();
  await settle();
  const told = meter.take();
  await settle();
  const idle = meter.take();
  clock.advance(24 * 60 * MINUTE_MS);
  onProgress('a night');
  meter.take();
  await reconcileOf(parts, ORG)({ until: clock.now() + 14 * MINUTE_MS, force: true });
  const perLook = divided(idle, 60);
  return { look: perLook, told: divided(told, PEOPLE), compared: divided(meter.take(), PEOPLE) };
}

async function tellEverybody({ scim }: TestBridge): Promise<void> {
  const ids: string[] = [];
  for (let number = 0; number < PEOPLE; number++) {
    const { json } = await scim('POST', '/scim/v2/Users', { ...personNumber(number), active: true });
    ids.push(json.id);
  }
  const members = ids.map((value) => ({ value }));
  await scim('POST', '/scim/v2/Groups', { displayName: 'Chat', members });
}

function divided({ read, write, index }: Units, by: number): Units {
  return { read: read / by, write: write / by, index: index / by };
}

function times({ read, write, index }: Units, by: number): Units {
  return { read: read * by, write: write * by, index: index * by };
}

async function reportMonth({ onProgress }: Options): Promise<Report> {
  const derived = readDerived();
  const own = await measureOwnWork(onProgress);
  const rows = [
    ...TRAFFIC.map(({ what, times: often, label }) => ({
      what,
      often,
      units: times(derived.get(label) ?? nothing(label), often),
    })),
    { what: 'people taken to Adobe', often: TOLD, units: times(own.told, TOLD) },
    { what: 'nightly comparisons', often: NIGHTS, units: times(own.compared, 1_000 * NIGHTS) },
    { what: 'looks, one a minute', often: MINUTES, units: times(own.look, MINUTES) },
  ].map((row) => ({ ...row, dollars: dollars(row.units) }));
  const total = rows.reduce((sum, row) => sum + row.dollars, 0);
  return {
    tables: [
      {
        title: `1,000 people in a month: $${total.toFixed(2)} for requests to DynamoDB`,
        header: ['', 'times', 'read units', 'write units', '$'],
        rows: rows.map(({ what, often, units, dollars: cost }) => [
          what,
          shown(often),
          shown(Math.round(units.read)),
          shown(Math.round(units.write + units.index)),
          cost.toFixed(4),
        ]),
      },
    ],
    verdicts: [],
    data: { rows, totalDollars: total, own },
  };
}

function nothing(label: string): Derived {
  throw new Error(`the derived table has no row "${label}"`);
}
