/**
 * Counts what the work behind the answers asks of DynamoDB, on the embedded engine with the real handlers' parts: a
 * minute with nothing to do, a first load, a night. What SCIM requests ask is counted by `npm run bench -- operations`.
 */
import { createLog } from '../../lambdas/log.ts';
import { nightOf } from '../../lambdas/outcomes-telling.ts';
import { drainOf } from '../../lambdas/runtime.ts';
import type { Derived } from '../bench/derived.ts';
import { openUnitMeter } from '../bench/units.ts';
import { openTestBridge, type TestBridge } from '../build.ts';

export interface Counts {
  /** Whole, of the org. */
  readonly idleMinute: Derived;
  /** Each divided by the people. */
  readonly create: Derived;
  readonly join: Derived;
  readonly provision: Derived;
  readonly night: Derived;
  readonly people: number;
}

const DAY_MS = 24 * 3600 * 1000;
const GRANT = { kind: 'profile', name: 'Agent' } as const;

export async function countWork(people: number): Promise<Counts> {
  const meter = openUnitMeter();
  const bridge = await openTestBridge({
    profiles: [{ name: GRANT.name, product: 'Dynamic Chat' }],
    wrap: (deps) => ({ ...deps, client: meter.wrap(deps.client) }),
  });
  const log = createLog({ level: 'error', now: bridge.clock.now, write: () => undefined });
  const parts = { ...bridge.drainDeps, directory: bridge.directory, log };
  const minute = async () => void (await drainOf(parts, bridge.orgKey)(bridge.clock.now() + 50_000));
  try {
    await bridge.map([{ group: 'Chat', grants: [GRANT] }]);
    await minute();
    bridge.clock.advance(60_000);
    return { people, ...(await countAll(bridge, meter, { people, minute, parts })) };
  } finally {
    await bridge.close();
  }
}

interface Counting {
  readonly people: number;
  readonly minute: () => Promise<void>;
  readonly parts: Parameters<typeof nightOf>[0];
}

async function countAll(
  bridge: TestBridge,
  meter: ReturnType<typeof openUnitMeter>,
  { people, minute, parts }: Counting,
): Promise<Omit<Counts, 'people'>> {
  meter.take();
  await minute();
  const idleMinute = meter.take();
  const ids: string[] = [];
  for (let at = 0; at < people; at++) ids.push(await createUser(bridge, at));
  const create = each(meter.take(), people);
  const members = ids.map((value) => ({ value }));
  await bridge.scim('POST', '/scim/v2/Groups', { displayName: 'Chat', members });
  const join = each(meter.take(), people);
  await bridge.drain();
  const provision = each(meter.take(), people);
  bridge.clock.advance(DAY_MS);
  const night = nightOf(parts, bridge.orgKey);
  await night(bridge.clock.now() + 600_000);
  meter.take();
  // The second night: the first one writes what nobody had seen before.
  bridge.clock.advance(DAY_MS);
  await night(bridge.clock.now() + 600_000);
  return { idleMinute, create, join, provision, night: each(meter.take(), people) };
}

async function createUser(bridge: TestBridge, at: number): Promise<string> {
  const email = `person${String(at).padStart(5, '0')}@example.com`;
  const { json } = await bridge.scim('POST', '/scim/v2/Users', {
    userName: email,
    externalId: `00u${at}`,
    name: { givenName: 'Given', familyName: 'Okafor' },
    emails: [{ value: email, type: 'work', primary: true }],
  });
  return String(json.id);
}

function each({ calls, read, write, index }: Derived, people: number): Derived {
  return { calls: calls / people, read: read / people, write: write / people, index: index / people };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await countWork(200), undefined, 1)}\n`);
