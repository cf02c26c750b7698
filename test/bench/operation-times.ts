/** Times of all operations against their bare calls, with one, eight and thirty-two requests at once. */
import { addGroup, openStage } from '../size/stage.ts';
import { type Bench, perform, type Timed, type Trio } from './alternate.ts';
import { median } from './figures.ts';
import {
  comingAndGoing,
  groupReads,
  lifeOfAUser,
  lists,
  type Operation,
  type Subject,
  smallDifference,
} from './operations.ts';
import { idsOf, makePeople, type Person, unborn } from './people.ts';
import { openRecorder } from './record.ts';

export interface OperationTime {
  readonly operation: Operation;
  readonly lanes: number;
  readonly handlerMs: number;
  readonly bareMs: number;
  readonly ratio: number;
  /** Of this process, for one request. */
  readonly handlerCpuMs: number;
  readonly bareCpuMs: number;
  readonly calls: number;
  readonly rounds: number;
}

export interface TimesOptions {
  readonly rounds: number;
  readonly lanes: readonly number[];
  readonly onProgress: (text: string) => void;
}

/** The first rounds warm up compiler and connections: a third of them all. */
const WARM_UP = 0.5;

export async function measureTimes(options: TimesOptions): Promise<OperationTime[]> {
  const recorder = openRecorder();
  const stage = await openStage({ wrap: recorder.wrap, timed: true });
  try {
    const times: OperationTime[] = [];
    const bench = { stage, recorder };
    const people = await makePeople(stage, 0, 900);
    await stage.ask('GET', '/Users?count=1');
    const ten = await addGroup({ directory: stage.asRequest }, 'Ten', idsOf(people.slice(-10)));
    for (const lanes of options.lanes)
      for (const part of await partsOf(bench, { people, ten, lanes }))
        times.push(...(await measurePart(bench, part, { ...options, lanes })));
    return times;
  } finally {
    await stage.close();
  }
}

/** Operations that follow each other on the same subjects. */
interface Part {
  readonly operations: readonly Operation[];
  readonly trios: (round: number) => readonly Trio[];
  /** A share of the rounds, where one of them is long. */
  readonly share?: number;
}

interface Cast {
  readonly people: readonly Person[];
  readonly ten: string;
  readonly lanes: number;
}

let nextNumber = 10_000;

async function partsOf(bench: Bench, { people, ten, lanes }: Cast): Promise<Part[]> {
  const subject = (crowd: readonly Person[] = []): Subject => {
    nextNumber += 1;
    return { person: unborn(nextNumber), group: ten, crowd, others: [] };
  };
  const each = (make: (at: number) => Subject): Trio[] =>
    Array.from({ length: lanes }, (_, lane) => ({
      recorded: make(3 * lane),
      bare: make(3 * lane + 1),
      timed: make(3 * lane + 2),
    }));
  const crowds = (size: number) => each((at) => subject(people.slice(at * size, (at + 1) * size)));
  const one = crowds(1);
  const life = { operations: lifeOfAUser, trios: () => each(() => subject()) };
  const reads = { operations: groupReads, trios: () => one };
  const small = { operations: comingAndGoing(1), trios: () => one };
  if (lanes > 1) return [life, small, reads];
  const [hundred, most] = [crowds(100), crowds(256)];
  return [
    life,
    reads,
    small,
    { operations: lists, trios: () => one, share: 0.5 },
    { operations: comingAndGoing(100), trios: () => hundred, share: 0.2 },
    { operations: comingAndGoing(256), trios: () => most, share: 0.1 },
    await replacing(bench, people),
  ];
}

/** Three groups of 1,000, one for each of a trio. */
async function replacing({ stage }: Bench, people: readonly Person[]): Promise<Part> {
  const all = [...people, ...(await makePeople(stage, 900, 105))];
  const subjects = await Promise.all(
    [0, 2, 4].map(async (at): Promise<Subject> => {
      const crowd = all.slice(at, at + 2);
      const others = idsOf(all.slice(6));
      const group = await addGroup({ directory: stage.asRequest }, `Thousand ${at}`, [
        ...others,
        ...idsOf(crowd.slice(1)),
      ]);
      return { person: unborn(0), group, crowd, others };
    }),
  );
  const [recorded, bare, timed] = subjects;
  if (recorded === undefined || bare === undefined || timed === undefined)
    throw new Error('a trio has three');
  return { operations: [smallDifference], trios: () => [{ recorded, bare, timed }], share: 0.2 };
}

async function measurePart(
  bench: Bench,
  { operations, trios, share = 1 }: Part,
  { rounds: wanted, lanes, onProgress }: Omit<TimesOptions, 'lanes'> & { readonly lanes: number },
): Promise<OperationTime[]> {
  const rounds = Math.max(3, Math.round((wanted * share) / Math.sqrt(lanes)));
  const warmUp = Math.ceil(WARM_UP * rounds);
  const all = operations.map((operation) => ({
    operation,
    timed: untimed(),
  }));
  for (let round = 0; round < rounds + warmUp; round++) {
    const subjects = trios(round);
    onProgress(
      `${lanes} at once: ${operations[0]?.name ?? ''} to ${operations.at(-1)?.name ?? ''}, round ${round + 1} of ${rounds + warmUp}`,
    );
    for (const { operation, timed } of all) {
      const into = round < warmUp ? untimed() : timed;
      await perform(bench, { operation, trios: subjects, round }, into);
    }
  }
  return all.map(({ operation, timed }) => timeOf({ operation, timed, lanes, rounds }));
}

const untimed = (): Timed => ({ handlerMs: [], bareMs: [], handlerCpuMs: [], bareCpuMs: [], calls: 0 });

function timeOf({
  timed,
  lanes,
  ...rest
}: Pick<OperationTime, 'operation' | 'lanes' | 'rounds'> & { readonly timed: Timed }): OperationTime {
  const [handlerMs, bareMs] = [median(timed.handlerMs), median(timed.bareMs)];
  return {
    ...rest,
    lanes,
    handlerMs,
    bareMs,
    ratio: handlerMs / bareMs,
    handlerCpuMs: median(timed.handlerCpuMs) / lanes,
    bareCpuMs: median(timed.bareCpuMs) / lanes,
    calls: timed.calls,
  };
}
