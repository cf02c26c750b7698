/** People and groups for the measurements, made by the directory's own functions. */
import { AccountId } from '../../lambdas/directory/records.ts';
import { CONNECTION } from '../open.ts';
import { personNumber, type Stage } from '../size/stage.ts';

export interface Person {
  /** Of `personNumber`. */
  readonly number: number;
  readonly id: string;
  readonly account: AccountId;
}

/** The id of whom an operation has still to create. */
export const NOBODY = '00000000-0000-7000-8000-000000000000';

/** Whom an operation has still to create. */
export const unborn = (number: number): Person => ({ number, id: NOBODY, account: AccountId.parse(NOBODY) });

/** Two dozen at a time, in the order of their numbers. */
export async function makePeople(
  { directory, clock }: Stage,
  first: number,
  count: number,
): Promise<Person[]> {
  const people: Person[] = [];
  for (let from = 0; from < count; from += 24) {
    const numbers = Array.from({ length: Math.min(24, count - from) }, (_, at) => first + from + at);
    const made = await Promise.all(
      numbers.map((number) => directory.createUser(CONNECTION, personNumber(number))),
    );
    for (const [at, one] of made.entries()) {
      if (!one.ok) throw new Error(`person ${numbers[at]} was not made: ${one.reason}`);
      people.push({ number: numbers[at] ?? 0, id: one.user.id, account: one.user.accountId });
    }
    clock.advance(20);
  }
  return people;
}

export async function personOf(
  { directory }: Pick<Stage, 'directory'>,
  number: number,
  id: string,
): Promise<Person> {
  const user = await directory.getUser(CONNECTION, id);
  if (user === undefined) throw new Error(`there is no user ${id}`);
  return { number, id, account: user.accountId };
}

export const idsOf = (people: readonly Person[]): string[] => people.map(({ id }) => id);
