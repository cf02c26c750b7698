/**
 * The wall between two connections under random traffic (I05, T24, T25, T30): both write and read, and ids are swapped
 * between them at random. The same traffic goes to a second world of the same seed, where every swapped id is one that
 * nobody has. Whatever anybody is answered must be the same in both, byte for byte, and so must the calls of the store.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patchOp } from './bridge.ts';
import { type Ask, bytesOf, type Neighbours, openNeighbours } from './neighbours.ts';

type Side = 'own' | 'theirs';
type Kind = 'user' | 'group';

/** An id by its place among those that a side has made; `swapped` takes it from the other side. */
interface Slot {
  readonly kind: Kind;
  readonly at: number;
  readonly swapped: boolean;
}
interface Step {
  readonly side: Side;
  readonly verb: string;
  readonly target: Slot;
  readonly members: readonly Slot[];
}

/** Ids that each side has made, the same in both worlds. */
const made: Record<Side, Record<Kind, string[]>> = {
  own: { user: [], group: [] },
  theirs: { user: [], group: [] },
};
let named = 0;
let real: Neighbours;
let nobodys: Neighbours;
beforeAll(async () => {
  [real, nobodys] = await Promise.all([openNeighbours(), openNeighbours()]);
  for (const side of ['own', 'theirs'] as const) {
    for (let at = 0; at < 3; at++) await play({ side, verb: 'newUser', target: anyone, members: [] });
    await play({ side, verb: 'newGroup', target: anyone, members: [{ ...anyone, at: 1 }] });
  }
});
afterAll(() => Promise.all([real.close(), nobodys.close()]));

const anyone: Slot = { kind: 'user', at: 0, swapped: false };

const otherSide = (side: Side): Side => (side === 'own' ? 'theirs' : 'own');
/** An id of the same form and age that was never given to anybody. */
const unknownFor = (id: string) => `${id.slice(0, -12)}${id.slice(-12).split('').reverse().join('')}`;

/** The id in a world: of the other side, or in its place nobody's. */
function idIn(world: Neighbours, side: Side, { kind, at, swapped }: Slot): string {
  const ids = made[swapped ? otherSide(side) : side][kind];
  const id = ids[at % Math.max(1, ids.length)] ?? '019cad8f-ac00-7000-8000-000000000000';
  return swapped && world === nobodys ? unknownFor(id) : id;
}

type Request = readonly [method: string, path: string, body?: unknown];

const verbs: Readonly<Record<string, (id: string, value: readonly { value: string }[]) => Request>> = {
  newUser: () => ['POST', '/Users', { userName: `p${named}@example.com` }],
  newGroup: (_id, members) => ['POST', '/Groups', { displayName: `Group ${named}`, members }],
  getUser: (id) => ['GET', `/Users/${id}?attributes=userName,groups`],
  putUser: (id) => ['PUT', `/Users/${id}`, { userName: `p${named}@example.com`, title: 'x' }],
  patchUser: (id) => [
    'PATCH',
    `/Users/${id}`,
    patch({ op: 'replace', path: 'active', value: named % 2 === 0 }),
  ],
  deleteUser: (id) => ['DELETE', `/Users/${id}`],
  getGroup: (id) => ['GET', `/Groups/${id}`],
  putGroup: (id, members) => ['PUT', `/Groups/${id}`, { displayName: `Group ${named}`, members }],
  addMembers: (id, value) => ['PATCH', `/Groups/${id}`, patch({ op: 'add', path: 'members', value })],
  removeMembers: (id, value) => ['PATCH', `/Groups/${id}`, patch({ op: 'remove', path: 'members', value })],
  replaceMembers: (id, value) => ['PATCH', `/Groups/${id}`, patch({ op: 'replace', path: 'members', value })],
  deleteGroup: (id) => ['DELETE', `/Groups/${id}`],
  findById: (id) => [
    'GET',
    `/?filter=${encodeURIComponent(`id eq "${id}" or meta.location ew "${id}"`)}`.replace('/?', '?'),
  ],
  findByMember: (id) => ['GET', `/Groups?filter=${encodeURIComponent(`members.value eq "${id}"`)}`],
  findByGroup: (id) => ['GET', `/Users?filter=${encodeURIComponent(`groups.value eq "${id}"`)}`],
  search: (id) => ['POST', '/.search', { schemas: [searchRequest], filter: `id ne "${id}"`, count: 3 }],
  bulk: (id, members) => [
    'POST',
    '/Bulk',
    {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [
        {
          method: 'PATCH',
          path: `/Groups/${id}`,
          data: patch({ op: 'add', path: 'members', value: members }),
        },
        ...members.map(({ value }) => ({
          method: 'PATCH',
          path: `/Users/${value}`,
          data: patch({ op: 'replace', path: 'title', value: 'y' }),
        })),
      ],
    },
  ],
};
const searchRequest = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

function patch(...Operations: object[]) {
  return { schemas: [patchOp], Operations };
}

/** One step in both worlds; gives what was answered. */
async function play(step: Step): Promise<string> {
  const { side, verb, target, members } = step;
  named += 1;
  const ask = async (world: Neighbours) => {
    const slots = [target, ...members];
    const ids = slots.map((slot) => idIn(world, side, slot));
    const [id = '', ...values] = ids;
    const [method, path, body] = verbs[verb]?.(
      id,
      values.map((value) => ({ value })),
    ) ?? ['GET', ''];
    const by: Ask = world[side];
    const answer = await by(method, path, body);
    // Only swapped ids differ between the worlds.
    const swapped = ids.filter((_, at) => slots[at]?.swapped === true);
    return { answer, bytes: bytesOf(answer, swapped), cost: world.commands() };
  };
  const [one, other] = [await ask(real), await ask(nobodys)];
  expect({ step, bytes: one.bytes }).toEqual({ step, bytes: other.bytes });
  expect({ step, cost: one.cost }).toEqual({ step, cost: other.cost });
  expect(one.answer.status).not.toBe(500);
  if (one.answer.status === 201)
    made[side][verb === 'newUser' ? 'user' : 'group'].push(String(one.answer.json['id']));
  return one.bytes;
}

const slot = fc.record({
  kind: fc.constantFrom<Kind>('user', 'user', 'group'),
  at: fc.nat(20),
  swapped: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.record({
  side: fc.constantFrom<Side>('own', 'theirs'),
  verb: fc.constantFrom(...Object.keys(verbs)),
  target: slot,
  members: fc.array(slot, { maxLength: 3 }),
});

test('300 random requests with swapped ids are answered as with ids of nobody, and leave both sides as they were', {
  timeout: 180_000,
}, async () => {
  const statuses = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 10 }), async (steps) => {
      for (const one of steps) {
        const status = (await play(one)).slice(1, 4);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      for (const side of ['own', 'theirs'] as const) {
        const views = [real, nobodys].map(async (world) =>
          bytesOf(await world[side]('GET', '?count=200'), []),
        );
        const [seen, expected] = await Promise.all(views);
        expect(seen).toBe(expected);
        real.commands();
        nobodys.commands();
      }
    }),
    { numRuns: 30 },
  );
  // Of everything something: requests that worked, and requests about nobody.
  for (const status of ['200', '201', '204', '404'])
    expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0]);
});
