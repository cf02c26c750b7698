/** Each operation once, by the meter: what it asks of DynamoDB, for comparison with the table that was derived by hand. */
import { addGroup, openStage, type Stage } from '../size/stage.ts';
import type { Derived } from './derived.ts';
import {
  comingAndGoing,
  groupReads,
  lifeOfAUser,
  lists,
  type Operation,
  type Subject,
  settle,
  smallDifference,
} from './operations.ts';
import { idsOf, makePeople, type Person, personOf, unborn } from './people.ts';
import { openUnitMeter, type UnitMeter } from './units.ts';

export interface Counted {
  readonly operation: Operation;
  readonly units: Derived;
}

export async function countUnits(): Promise<readonly Counted[]> {
  const meter = openUnitMeter();
  const stage = await openStage({ wrap: meter.wrap, timed: true });
  try {
    return await countOn(stage, meter);
  } finally {
    await stage.close();
  }
}

async function countOn(stage: Stage, meter: UnitMeter): Promise<Counted[]> {
  const people = await makePeople(stage, 0, 900);
  // A token's first use from a network is noted on it, and a process reads a connection's settings once.
  await stage.ask('GET', '/Users?count=1');
  const ten = await addGroup({ directory: stage.asRequest }, 'Ten', idsOf(people.slice(-10)));
  const count = (operations: readonly Operation[], crowd: readonly Person[] = []) =>
    countAll(stage, meter, { operations, subject: { person: unborn(9_000), group: ten, crowd, others: [] } });
  const counted = await count([...lists, ...groupReads, ...lifeOfAUser]);
  for (const members of [1, 100, 256])
    counted.push(...(await count(comingAndGoing(members), people.slice(0, members))));
  return [...counted, ...(await countReplace(stage, meter, people))];
}

async function countReplace(stage: Stage, meter: UnitMeter, people: readonly Person[]): Promise<Counted[]> {
  const [first, second, ...others] = [...people, ...(await makePeople(stage, 900, 101))];
  if (first === undefined || second === undefined) throw new Error('nobody was made');
  const group = await addGroup({ directory: stage.asRequest }, 'Thousand', idsOf([...others, second]));
  const subject = { person: first, group, crowd: [first, second], others: idsOf(others) };
  return countAll(stage, meter, { operations: [smallDifference], subject });
}

interface Counting {
  readonly operations: readonly Operation[];
  readonly subject: Subject;
}

async function countAll(
  stage: Stage,
  meter: UnitMeter,
  { operations, subject }: Counting,
): Promise<Counted[]> {
  const counted: Counted[] = [];
  for (const operation of operations) {
    await settle(stage, operation.settles?.(subject) ?? []);
    stage.clock.advance(1_000);
    const { method, path, body, status } = operation.ask(subject, 0);
    meter.take();
    const answer = await stage.ask(method, path, { body });
    counted.push({ operation, units: meter.take() });
    if (answer.status !== status)
      throw new Error(`${operation.name}: ${answer.status} ${JSON.stringify(answer.json)}`);
    if (operation.makes)
      subject.person = await personOf(stage, subject.person.number, String(answer.json['id']));
  }
  return counted;
}
