/**
 * Fuzzing in slices. Each slice has a seed and a fresh world, so that a run of any length neither fills the store nor loses its
 * repeatability: the same seed and sizes give the same requests. A fault ends its slice after fast-check has made the request
 * as small as it can; the next slice goes on.
 */
import * as fc from 'fast-check';
import { type Costly, type Figures, openFigures, printed } from './figures.ts';
import { changedPrototypes, faultsOf, faultsOfLines, shapeOfPrototypes } from './judge.ts';
import { type FuzzRequest, rawRequests, requests } from './requests.ts';
import { openWorld, plainGet, type World } from './world.ts';

export interface FuzzOptions {
  readonly requests: number;
  readonly bodies: number;
  readonly seed: number;
  /** Requests per world. */
  readonly slice: number;
  /** One refusal out of so many is followed by a comparison of the whole store. */
  readonly compareEvery: number;
  readonly say: (line: string) => void;
}

/** One plain GET for so many requests. */
const PLAIN_EVERY = 5;
const KEPT_WORST = 5;
const REPEATS = 5;

interface Slice {
  readonly world: World;
  readonly figures: Figures;
  readonly shape: ReturnType<typeof shapeOfPrototypes>;
  readonly compareEvery: number;
  /** False while a fault is being made smaller. */
  counting: boolean;
  refusals: number;
  worst: readonly Costly[];
}

export async function fuzz(options: FuzzOptions): Promise<Figures> {
  const figures = openFigures();
  for (const [kind, total] of [
    ['requests', options.requests],
    ['raw bodies', options.bodies],
  ] as const) {
    for (let done = 0; done < total; done += options.slice) {
      const seed = options.seed + figures.seeds.length;
      figures.seeds.push(seed);
      const size = Math.min(options.slice, total - done);
      await runSlice(figures, { ...options, seed, isRaw: kind === 'raw bodies', size });
      options.say(
        `${kind}: ${Math.min(done + size, total)} of ${total}, seed ${seed}, faults ${faultsIn(figures)}`,
      );
    }
  }
  return figures;
}

function faultsIn({ crashes, failures, prototypes, otherFaults }: Figures): number {
  return crashes + failures + prototypes + otherFaults;
}

async function runSlice(
  figures: Figures,
  { seed, size, isRaw, compareEvery, say }: FuzzOptions & { readonly size: number; readonly isRaw: boolean },
): Promise<void> {
  const world = await openWorld(seed);
  const slice: Slice = {
    world,
    figures,
    shape: shapeOfPrototypes(),
    compareEvery,
    counting: true,
    refusals: 0,
    worst: [],
  };
  const arbitrary = isRaw ? rawRequests(world.known) : requests(world.known);
  const property = fc.asyncProperty(arbitrary, async (request) => {
    const faults = await tryOne(slice, request);
    if (slice.counting && isRaw) figures.raw += 1;
    if (faults.length === 0) return;
    slice.counting = false;
    throw new Error(faults.join('; '));
  });
  const found = await fc.check(property, { seed, numRuns: size, endOnFailure: false });
  if (found.failed) {
    const [request] = found.counterexample ?? [];
    say(`FAULT with seed ${seed}: ${String(found.errorInstance)}`);
    if (request !== undefined)
      say(`  npm run fuzz -- --seed ${seed} --replay '${printed(request).replaceAll("'", "'\\''")}'`);
  }
  await measureWorst(slice);
  await world.close();
}

/** Sends one request and says what is wrong with what came of it. */
export async function tryOne(slice: Slice, request: FuzzRequest): Promise<readonly string[]> {
  const { world, figures, counting } = slice;
  const isCompared = slice.refusals % slice.compareEvery === 0;
  const before = isCompared ? await world.stored() : '';
  const answer = await world.send(request);
  const faults = [
    ...faultsOf(request.path, answer, world.token),
    ...faultsOfLines(world.takeLines(), world.token),
  ];
  const changed = changedPrototypes(slice.shape);
  if (changed.length > 0) faults.push(`prototypes changed: ${changed.join(', ')} (T34)`);
  if (answer.status >= 400) {
    slice.refusals += 1;
    if (isCompared && (await world.stored()) !== before)
      faults.push(`a refusal by ${answer.status} changed the store (I17)`);
  }
  if (!counting) return faults;
  figures.requests += 1;
  figures.byStatus.set(answer.status, (figures.byStatus.get(answer.status) ?? 0) + 1);
  figures.storesCompared += Number(isCompared && answer.status >= 400);
  figures.crashes += Number(answer.thrown !== undefined);
  figures.failures += Number(answer.status === 500);
  figures.prototypes += Number(changed.length > 0);
  const isOther =
    faults.length > 0 && answer.thrown === undefined && answer.status !== 500 && changed.length === 0;
  figures.otherFaults += Number(isOther);
  figures.fuzzed.push(answer.cpuUs);
  if (figures.requests % PLAIN_EVERY === 0) figures.plain.push((await world.send(plainGet(world))).cpuUs);
  world.takeLines();
  note(slice, { request, cpuUs: answer.cpuUs, status: answer.status });
  return faults;
}

function note(slice: Slice, costly: Costly): void {
  const least = slice.worst.at(-1)?.cpuUs ?? 0;
  if (slice.worst.length >= KEPT_WORST && costly.cpuUs <= least) return;
  slice.worst = [...slice.worst, costly].sort((left, right) => right.cpuUs - left.cpuUs).slice(0, KEPT_WORST);
}

/** Each of the dearest again: what counts is the cheapest of its repeats. */
async function measureWorst({ world, figures, worst }: Slice): Promise<void> {
  for (const { request, cpuUs, status } of worst) {
    let least = cpuUs;
    for (let repeat = 0; repeat < REPEATS; repeat += 1)
      least = Math.min(least, (await world.send(request)).cpuUs);
    figures.worst = [...figures.worst, { request, status, cpuUs: least }]
      .sort((left, right) => right.cpuUs - left.cpuUs)
      .slice(0, KEPT_WORST);
  }
}

/** One request that was printed, against the world of its seed. */
export async function replay(
  seed: number,
  request: FuzzRequest,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const world = await openWorld(seed);
  const slice: Slice = {
    world,
    figures: openFigures(),
    shape: shapeOfPrototypes(),
    compareEvery: 1,
    counting: false,
    refusals: 0,
    worst: [],
  };
  const { status, headers, body, cpuUs } = await world.send(request);
  say(`${status} ${JSON.stringify(headers)}\n${body ?? ''}\n${cpuUs} us of CPU`);
  const faults = await tryOne(slice, request);
  await world.close();
  return faults;
}
