/**
 * The SCIM operations that are measured, under the names that they have in the table of `docs/performance.md`. Each brings
 * its subject into the state that the row speaks of, without being measured, and says what to ask.
 */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { accountKey } from '../../lambdas/directory/keys.ts';
import { ORG } from '../open.ts';
import { personNumber, type Stage } from '../size/stage.ts';
import type { Person } from './people.ts';

/** Whom an operation is about: one of several in the same state. */
export interface Subject {
  person: Person;
  /** Has as many members as the row says, of whom `crowd` are the last. */
  readonly group: string;
  readonly crowd: readonly Person[];
  /** All that are in `group` beside the crowd. */
  readonly others: readonly string[];
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
}

export interface Operation {
  /** The row of the table. */
  readonly label: string;
  /** Short, for reports. */
  readonly name: string;
  /** A round's number makes each change another one. */
  readonly ask: (subject: Subject, round: number) => Asked;
  /** Whose accounts are settled before it. */
  readonly settles?: (subject: Subject) => readonly Person[];
  /** The person comes into being, or ends. */
  readonly makes?: true;
}

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const patchOf = (...Operations: readonly object[]) => ({ schemas: [PATCH], Operations });
const filtered = (filter: string, rest = '') => `/Users?filter=${encodeURIComponent(filter)}${rest}`;
const alone = ({ person }: Subject) => [person];
const crowd = ({ crowd: people }: Subject) => people;

const look = (path: (subject: Subject) => string) => (subject: Subject) => ({
  method: 'GET',
  path: path(subject),
  status: 200,
});
const patchUser =
  (operation: (round: number) => object) =>
  ({ person }: Subject, round: number) => ({
    method: 'PATCH',
    path: `/Users/${person.id}`,
    body: patchOf(operation(round)),
    status: 200,
  });
const patchGroup = (operation: (subject: Subject) => object) => (subject: Subject) => ({
  method: 'PATCH',
  path: `/Groups/${subject.group}`,
  body: patchOf(operation(subject)),
  status: 204,
});
const values = (people: readonly Person[]) => people.map(({ id }) => ({ value: id }));
const adding = patchGroup(({ crowd: people }) => ({ op: 'add', path: 'members', value: values(people) }));
const removing = patchGroup(({ crowd: people }) => ({
  op: 'remove',
  path: 'members',
  value: values(people),
}));

/** The life of one person, in order: who was made by the first is gone after the last. */
export const lifeOfAUser: readonly Operation[] = [
  {
    name: 'look-up, miss',
    label: 'look-up by userName, nobody there',
    ask: look(({ person }) => filtered(`userName eq "${personNumber(person.number).userName}"`)),
  },
  {
    name: 'create',
    label: 'create',
    makes: true,
    ask: ({ person }) => ({
      method: 'POST',
      path: '/Users',
      body: { schemas: [USER], ...personNumber(person.number) },
      status: 201,
    }),
  },
  {
    name: 'look-up, hit',
    label: 'look-up by userName, found',
    ask: look(({ person }) => filtered(`userName eq "${personNumber(person.number).userName}"`)),
  },
  {
    name: 'look-up by e-mail',
    label: 'look-up by e-mail or externalId, found',
    ask: look(({ person }) => filtered(`emails.value eq "${personNumber(person.number).userName}"`)),
  },
  {
    name: 'get',
    label: 'get a user who is in no group',
    ask: look(({ person }) => `/Users/${person.id}`),
  },
  {
    name: 'replace',
    label: 'replace, another family name',
    settles: alone,
    ask: ({ person }, round) => {
      const resource = personNumber(person.number);
      const name = { ...resource.name, familyName: `Renamed${round}` };
      const body = { schemas: [USER], ...resource, active: true, name };
      return { method: 'PUT', path: `/Users/${person.id}`, body, status: 200 };
    },
  },
  {
    name: 'patch',
    label: 'patch, another title (nothing that Adobe has)',
    ask: patchUser((round) => ({ op: 'replace', path: 'title', value: `Title ${round}` })),
  },
  {
    name: 'deactivate',
    label: 'deactivate',
    settles: alone,
    ask: patchUser(() => ({ op: 'replace', path: 'active', value: false })),
  },
  {
    name: 'delete',
    label: 'delete somebody who is in no group and was never at Adobe',
    settles: alone,
    ask: ({ person }) => ({ method: 'DELETE', path: `/Users/${person.id}`, status: 204 }),
  },
];

/** For a crowd of 1, 100 or 256; who was added by the first has left after the last. */
export function comingAndGoing(members: number): readonly Operation[] {
  const label = `add or remove ${members} member${members === 1 ? '' : 's'}`;
  return [
    { name: `add ${members}`, label, settles: crowd, ask: adding },
    { name: `remove ${members}`, label, settles: crowd, ask: removing },
  ];
}

/** Of a crowd of two, one comes and the other goes, in turns. */
export const smallDifference: Operation = {
  name: 'replace members',
  label: 'replace the list of a group of 1,000, one goes and one comes (PATCH)',
  settles: crowd,
  ask: ({ group, crowd: people, others }, round) => {
    const staying = values(people.slice(round % 2, (round % 2) + 1));
    const value = [...others.map((id) => ({ value: id })), ...staying];
    const body = patchOf({ op: 'replace', path: 'members', value });
    return { method: 'PATCH', path: `/Groups/${group}`, body, status: 204 };
  },
};

export const lists: readonly Operation[] = [
  { name: 'list 100', label: 'list of users, first page of 100', ask: look(() => '/Users?count=100') },
  {
    name: 'list 100, no groups',
    label: 'the same without `groups`',
    ask: look(() => '/Users?count=100&excludedAttributes=groups'),
  },
  {
    name: 'filter, no index',
    label: 'filter without an index over 900 users, nobody matches',
    ask: look(() => filtered('title eq "Astronaut"')),
  },
];

export const groupReads: readonly Operation[] = [
  {
    name: 'group look-up',
    label: 'look-up of a group by name, without members',
    ask: look(
      () => `/Groups?filter=${encodeURIComponent('displayName eq "Ten"')}&excludedAttributes=members`,
    ),
  },
  { name: 'get group', label: 'get a group with 10 members', ask: look(({ group }) => `/Groups/${group}`) },
];

/** As a drain leaves an account that has nothing to do: out of the index, without a mark. */
export async function settle({ deps: { client, table } }: Stage, people: readonly Person[]): Promise<void> {
  for (let at = 0; at < people.length; at += 32) {
    await Promise.all(
      people.slice(at, at + 32).map(({ account }) => {
        const { pk, sk } = accountKey(ORG, account);
        return client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: { pk: { S: pk }, sk: { S: sk } },
            UpdateExpression: 'SET #status = :idle REMOVE wpk, wsk, wake, urgent',
            ExpressionAttributeNames: { '#status': 'status' },
            ExpressionAttributeValues: { ':idle': { S: 'idle' } },
          }),
        );
      }),
    );
  }
}
