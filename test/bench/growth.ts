/**
 * The same operations in a small directory and in one that grows, in turns: what does not grow with the directory shows a ratio
 * of one. Everybody is in one group, which grows with the directory; the group that is changed in the small one has ten.
 */
import { addGroup, openStage, personNumber, type Stage } from '../size/stage.ts';
import { median } from './figures.ts';
import { makePeople } from './people.ts';
import { seedCrowd } from './seed.ts';

export interface Place {
  readonly stage: Stage;
  readonly users: readonly string[];
  /** Everybody, or ten. */
  readonly group: string;
  /** In no group. */
  readonly guest: string;
}

export interface Grown {
  readonly what: string;
  readonly smallMs: number;
  readonly largeMs: number;
  readonly ratio: number;
}

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export async function openSmall(): Promise<Place> {
  const stage = await openStage({ timed: true });
  const people = (await makePeople(stage, 0, 1_001)).map(({ id }) => id);
  // As everybody of the large one, so that users are alike.
  await addGroup({ directory: stage.asRequest }, 'Everybody', people.slice(0, 1_000));
  const group = await addGroup({ directory: stage.asRequest }, 'Ten', people.slice(0, 10));
  return { stage, users: people.slice(0, 1_000), group, guest: people.at(-1) ?? '' };
}

export async function openLarge(): Promise<Place> {
  const stage = await openStage({ timed: true });
  const group = await addGroup({ directory: stage.asRequest }, 'Everybody', []);
  const [guest] = await makePeople(stage, 900_000, 1);
  return { stage, users: [], group, guest: guest?.id ?? '' };
}

/** Until so many users are there. */
export async function grow(place: Place, to: number, onProgress: (text: string) => void): Promise<Place> {
  const { stage, group, users } = place;
  const more = await seedCrowd(stage, { from: users.length, to, group }, (made) =>
    onProgress(`${made} of ${to} users, all in one group`),
  );
  return { ...place, users: [...users, ...more] };
}

interface Request {
  readonly what: string;
  readonly send: (place: Place, round: number) => Promise<number>;
}

export async function compareSizes(small: Place, large: Place, rounds: number): Promise<Grown[]> {
  const times = requests().map((request) => ({ request, smallMs: [] as number[], largeMs: [] as number[] }));
  for (let round = 0; round < rounds + 3; round++) {
    for (const { request, smallMs, largeMs } of times) {
      const both = [
        { place: small, into: smallMs },
        { place: large, into: largeMs },
      ];
      for (const { place, into } of round % 2 === 0 ? both : both.reverse()) {
        const ms = await request.send(place, round);
        if (round >= 3) into.push(ms);
      }
    }
  }
  return times.map(({ request, smallMs, largeMs }) => {
    const [one, other] = [median(smallMs), median(largeMs)];
    return { what: request.what, smallMs: one, largeMs: other, ratio: other / one };
  });
}

/** In an order in which each finds what it needs. */
function requests(): Request[] {
  const born = new Map<Place, string>();
  const anybody = ({ users }: Place, round: number) => (round * 7_919) % users.length;
  const guestPatch = (op: 'add' | 'remove') => (place: Place) =>
    ask(place, 'PATCH', `/Groups/${place.group}`, {
      schemas: [PATCH],
      Operations: [{ op, path: 'members', value: [{ value: place.guest }] }],
    });
  return [
    {
      what: 'look-up, found',
      send: (place, round) => ask(place, 'GET', nameFilter(anybody(place, round))),
    },
    { what: 'look-up, nobody', send: (place) => ask(place, 'GET', nameFilter(999_999)) },
    {
      what: 'get',
      send: (place, round) => ask(place, 'GET', `/Users/${place.users[anybody(place, round)]}`),
    },
    {
      what: 'create',
      send: async (place, round) => {
        const { json, ms } = await answered(place, 'POST', '/Users', { ...personNumber(950_000 + round) });
        born.set(place, String(json['id']));
        return ms;
      },
    },
    {
      what: 'patch',
      send: (place, round) =>
        ask(place, 'PATCH', `/Users/${place.users[anybody(place, round)]}`, {
          schemas: [PATCH],
          Operations: [{ op: 'replace', path: 'title', value: `Title ${round}` }],
        }),
    },
    { what: 'delete', send: (place) => ask(place, 'DELETE', `/Users/${born.get(place)}`) },
    { what: 'add one member', send: guestPatch('add') },
    { what: 'remove one member', send: guestPatch('remove') },
    {
      what: 'group without members',
      send: (place) => ask(place, 'GET', `/Groups/${place.group}?excludedAttributes=members`),
    },
    { what: 'first page of 100', send: (place) => ask(place, 'GET', '/Users?count=100') },
  ];
}

const nameFilter = (number: number) =>
  `/Users?filter=${encodeURIComponent(`userName eq "${personNumber(number).userName}"`)}`;

async function ask(...asked: Parameters<typeof answered>): Promise<number> {
  return (await answered(...asked)).ms;
}

async function answered({ stage }: Place, method: string, path: string, body?: unknown) {
  stage.clock.advance(1_000);
  const answer = await stage.ask(method, path, { body });
  if (answer.status >= 400)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
  return answer;
}
