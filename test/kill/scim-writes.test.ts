/**
 * `kill -9` of the bridge during SCIM writes (rules.md R9, I01): what was answered with 2xx is there after the restart,
 * what was not answered happened whole or not at all, and lists count what they list. The client is a bare one that
 * repeats nothing, so that each request is either acknowledged or open.
 */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { openStage, type Stage, wait } from './set-up.ts';

const KILLS = 8;
const LANES = 6;
const USERS_PER_LANE = 5;
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const random = seededRandom(seed);

/** What is true of one userName; absent: no such user. */
type Truth = {
  readonly id: string;
  readonly active: boolean;
  readonly title: string;
  readonly member: boolean;
};
interface Seat {
  readonly userName: string;
  truth: Truth | undefined;
  /** What the open request makes of it, if it happened. A new user's id is not known then. */
  open: { readonly after: Truth | undefined } | undefined;
}
interface Write {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly after: Truth | undefined;
}

const seats: Seat[] = Array.from({ length: LANES * USERS_PER_LANE }, (_, index) => ({
  userName: `writer.${index + 1}@example.com`,
  truth: undefined,
  open: undefined,
}));
const told = { acknowledged: 0, cutOff: 0, happened: 0, failures: [] as string[] };
let stage: Stage;
let group: string;

const Resource = z.looseObject({ id: z.string() });
const User = z.object({ id: z.string(), active: z.boolean(), title: z.string() });
const UserList = z.object({ totalResults: z.number(), Resources: z.array(User).default([]) });
const Group = z.object({ members: z.array(z.object({ value: z.string() })).default([]) });

/** Undefined when the connection broke. */
async function request(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown } | undefined> {
  const { scimUrl, token } = stage.bridge.endpoint();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
  try {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${scimUrl}${path}`, init);
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function read(path: string): Promise<unknown> {
  const answer = await request('GET', path);
  if (answer?.status !== 200) throw new Error(`GET ${path} answered ${answer?.status}`);
  return answer.json;
}

beforeAll(async () => {
  stage = await openStage({ speed: 60, random, longestMs: 0 });
  await stage.bridge.start();
  const made = await request('POST', '/Groups', { schemas: [GROUP], displayName: 'Book club' });
  group = Resource.parse(made?.json).id;
});

afterAll(() => stage?.close());

function inventWrite({ userName, truth }: Seat): Write {
  if (truth === undefined) {
    const title = `title ${random()}`;
    const body = { schemas: [USER], userName, title, active: true };
    return { method: 'POST', path: '/Users', body, after: { id: '', active: true, title, member: false } };
  }
  const { id, active, member } = truth;
  const patch = (path: string, operation: object, after: Truth): Write => {
    return { method: 'PATCH', path, body: { schemas: [PATCH], Operations: [operation] }, after };
  };
  const dice = random();
  if (dice < 0.1) return { method: 'DELETE', path: `/Users/${id}`, after: undefined };
  if (dice < 0.3) {
    return patch(
      `/Users/${id}`,
      { op: 'replace', path: 'active', value: !active },
      { ...truth, active: !active },
    );
  }
  if (dice < 0.5) {
    const title = `title ${random()}`;
    return patch(`/Users/${id}`, { op: 'replace', path: 'title', value: title }, { ...truth, title });
  }
  const operation = member
    ? { op: 'remove', path: `members[value eq "${id}"]` }
    : { op: 'add', path: 'members', value: [{ value: id }] };
  return patch(`/Groups/${group}`, operation, { ...truth, member: !member });
}

/** Writes for the lane's users, one at a time, until the connection breaks. */
async function writeUntilCut(lane: number): Promise<void> {
  const own = seats.filter((_, index) => index % LANES === lane);
  for (;;) {
    const seat = own[Math.floor(random() * own.length)];
    if (seat === undefined) throw new Error('a lane without users');
    const { method, path, body, after } = inventWrite(seat);
    seat.open = { after };
    const answer = await request(method, path, body);
    if (answer === undefined) {
      told.cutOff += 1;
      return;
    }
    seat.open = undefined;
    if (answer.status >= 300) told.failures.push(`${method} ${path}: ${answer.status}`);
    const id = method === 'POST' ? Resource.parse(answer.json).id : (seat.truth?.id ?? '');
    seat.truth = after === undefined ? undefined : { ...after, id };
    told.acknowledged += 1;
  }
}

/** What the directory shows, held against what was acknowledged; the truth is then what it shows. */
async function check(): Promise<string[]> {
  const members = new Set(Group.parse(await read(`/Groups/${group}`)).members.map(({ value }) => value));
  const lines: string[] = [];
  for (const seat of seats) {
    const filter = encodeURIComponent(`userName eq "${seat.userName}"`);
    const [user] = UserList.parse(await read(`/Users?filter=${filter}`)).Resources;
    const { id = '', active = false, title = '' } = user ?? {};
    const shown = user === undefined ? undefined : { id, active, title, member: members.has(id) };
    const happened = seat.open !== undefined && same(shown, seat.open.after);
    if (!happened && !same(shown, seat.truth)) {
      lines.push(`${seat.userName}: ${JSON.stringify(shown)}, not ${JSON.stringify(seat)}`);
    }
    if (happened) told.happened += 1;
    seat.truth = shown;
    seat.open = undefined;
  }
  return [...lines, ...(await checkList())];
}

function same(shown: Truth | undefined, wanted: Truth | undefined): boolean {
  if (shown === undefined || wanted === undefined) return shown === wanted;
  const { id, active, title, member } = wanted;
  const known = id === '' || id === shown.id;
  return known && active === shown.active && title === shown.title && member === shown.member;
}

async function checkList(): Promise<string[]> {
  const listed: string[] = [];
  for (let total = 1; listed.length < total; ) {
    const page = UserList.parse(await read(`/Users?count=10&startIndex=${listed.length + 1}`));
    total = page.totalResults;
    listed.push(...page.Resources.map(({ id }) => id));
    if (page.Resources.length === 0 && listed.length < total)
      return [`${total} users, ${listed.length} listed`];
  }
  const wanted = seats.flatMap(({ truth }) => truth?.id ?? []);
  return listed.sort().join() === wanted.sort().join() ? [] : [`listed are ${listed}, not ${wanted}`];
}

describe(`kill -9 of the bridge during SCIM writes (SEED=${seed})`, () => {
  test('everything answered with 2xx is there after the restart, everything else whole or not at all (R9)', async () => {
    for (let turn = 1; turn <= KILLS; turn += 1) {
      const lanes = Array.from({ length: LANES }, (_, lane) => writeUntilCut(lane));
      await wait(100 + random() * 900);
      await stage.bridge.kill();
      await Promise.all(lanes);
      await stage.bridge.start();
      expect(await check(), `SEED=${seed}: after kill ${turn}`).toEqual([]);
    }
    console.log(
      `SEED=${seed}: ${told.acknowledged} writes acknowledged, ${told.cutOff} cut off, of which ${told.happened} happened`,
    );
    expect(told.failures).toEqual([]);
    expect(told.acknowledged).toBeGreaterThan(KILLS * LANES);
    expect(told.cutOff).toBe(KILLS * LANES);
  }, 180_000);
});
