/**
 * Handler and bare calls in turns. Three subjects in the same state: the handler works on the first while its calls are
 * written down, these are sent bare for the second, and the handler works on the third. So the machine's other work, its
 * caches and its garbage meet both alike, and what counts is the ratio. With several lanes, that many of each work at once.
 */
import { digest, emailKey } from '../../lambdas/directory/keys.ts';
import { type Answered, personNumber, type Stage } from '../size/stage.ts';
import { type Operation, type Subject, settle } from './operations.ts';
import { NOBODY, type Person, personOf } from './people.ts';
import { type Names, type Recorder, retarget, sendAll } from './record.ts';

/** Three in one state. */
export interface Trio {
  readonly recorded: Subject;
  readonly bare: Subject;
  readonly timed: Subject;
}

export interface Timed {
  readonly handlerMs: number[];
  readonly bareMs: number[];
  /** Processor time of this process for all of a round. */
  readonly handlerCpuMs: number[];
  readonly bareCpuMs: number[];
  /** Of one performance. */
  calls: number;
}

export interface Bench {
  readonly stage: Stage;
  readonly recorder: Recorder;
}

/** One round of one operation in every lane, all lanes at once; each gives the time of its own request. */
export async function perform(
  { stage, recorder }: Bench,
  {
    operation,
    trios,
    round,
  }: { readonly operation: Operation; readonly trios: readonly Trio[]; round: number },
  into: Timed,
): Promise<void> {
  const everybody = trios.flatMap((trio) => [trio.recorded, trio.bare, trio.timed]);
  await settle(
    stage,
    everybody.flatMap((subject) => operation.settles?.(subject) ?? []),
  );
  stage.clock.advance(1_000);
  const waves: ReturnType<typeof retarget>[] = [];
  recorder.take();
  // Written down one after the other: calls of two requests could not be told apart.
  for (const { recorded, bare } of trios) {
    const names = namesOf(recorded, bare);
    const answer = await ask(stage, operation, { subject: recorded, round });
    const calls = recorder.take();
    into.calls = calls.length;
    waves.push(retarget(calls, names));
    await meet(stage, operation, { subject: recorded, answer });
    if (operation.makes) bare.person = bornAs(bare.person, recorded.person, names);
  }
  const bareMs = async () => {
    into.bareMs.push(
      ...(await Promise.all(waves.map((one) => timeOf(() => sendAll(stage.deps.client, one))))),
    );
  };
  let answers: Answered[] = [];
  const handlerMs = async () => {
    answers = await Promise.all(trios.map(({ timed: subject }) => ask(stage, operation, { subject, round })));
    into.handlerMs.push(...answers.map(({ ms }) => ms));
  };
  const both = [
    { one: bareMs, cpuMs: into.bareCpuMs },
    { one: handlerMs, cpuMs: into.handlerCpuMs },
  ];
  for (const { one, cpuMs } of round % 2 === 0 ? both : both.reverse())
    cpuMs.push(await processorTimeOf(one));
  for (const [at, { timed: subject }] of trios.entries())
    await meet(stage, operation, { subject, answer: answers[at] });
}

/** Who was just made. */
async function meet(
  stage: Stage,
  { makes }: Operation,
  { subject, answer }: { readonly subject: Subject; readonly answer: Answered | undefined },
): Promise<void> {
  if (makes) subject.person = await personOf(stage, subject.person.number, String(answer?.json['id']));
}

async function processorTimeOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function ask(
  stage: Stage,
  operation: Operation,
  { subject, round }: { readonly subject: Subject; readonly round: number },
): Promise<Answered> {
  const { method, path, body, status } = operation.ask(subject, round);
  const answer = await stage.ask(method, path, { body });
  if (answer.status !== status)
    throw new Error(`${operation.name}: ${answer.status} ${JSON.stringify(answer.json)}`);
  return answer;
}

/** What tells two subjects apart in a call to the database. */
function namesOf(from: Subject, to: Subject): Names {
  const names: Names = new Map([[from.group, to.group]]);
  const pairs: [Person, Person | undefined][] = [
    [from.person, to.person],
    ...from.crowd.map((one, at): [Person, Person | undefined] => [one, to.crowd[at]]),
  ];
  for (const [one, other] of pairs) {
    if (other === undefined) throw new Error('the crowds of a trio are not of the same size');
    // Who is still to be made gets an id of his own.
    if (one.id !== NOBODY) names.set(one.id, other.id).set(one.account, other.account);
    const [a, b] = [personNumber(one.number), personNumber(other.number)];
    names.set(a.userName, b.userName);
    names.set(digest(emailKey(a.userName)), digest(emailKey(b.userName)));
    names.set(digest(a.externalId ?? ''), digest(b.externalId ?? ''));
  }
  return names;
}

function bornAs(unborn: Person, model: Person, names: Names): Person {
  const [id, account] = [names.get(model.id), names.get(model.account)];
  if (id === undefined || account === undefined) throw new Error('nobody was made by the bare calls');
  // The account's id has the shape of the one that it stands for.
  return { number: unborn.number, id, account: account as Person['account'] };
}
