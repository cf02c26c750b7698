/**
 * A first load end to end: an identity provider looks up, creates and groups everybody at its own pace through the real
 * handlers, while the drain takes them to the simulated org at Adobe's pace, both on one simulated clock. Whatever the drain
 * sleeps, the identity provider goes on in the meantime, so neither waits for the other.
 */
import type { AdobeOrg } from '../../local/adobe-org.ts';
import { openTestBridge, type TestBridge } from '../build.ts';
import { type TestClock, testClock } from '../open.ts';
import { personNumber } from '../size/stage.ts';

export interface FirstLoad {
  readonly label: string;
  readonly users: number;
  readonly scimRequests: number;
  readonly adobeRequests: number;
  /** From the identity provider's first request to Adobe's last answer, on the simulated clock. */
  readonly minutes: number;
  /** What Adobe's limit allows for so many requests at best. */
  readonly boundMinutes: number;
  readonly share: number;
  readonly errors: number;
}

export interface LoadOptions {
  readonly users: number;
  /** Members that the provider names in one PATCH. */
  readonly membersPerPatch: number;
  readonly label: string;
  readonly onProgress: (text: string) => void;
}

const MINUTE_MS = 60_000;
/** 25 requests a second, the most that the large providers send. */
const REQUEST_EVERY_MS = 40;
/** Of Adobe's 10 calls a minute one is kept free (`adobe/pace.ts`). */
const CALLS_PER_MINUTE = 9;
const GRANT = { kind: 'profile', name: 'Agent EU' } as const;

export async function loadEverybody(options: LoadOptions): Promise<FirstLoad> {
  // A hundred thousand requests in a minute or two (decision 14).
  process.env['DIRECTORY_STORE'] = 'model';
  const idp: { feed?: (until: number) => Promise<void> } = {};
  const clock = besideOthers(testClock(), (until) => idp.feed?.(until) ?? Promise.resolve());
  const bridge = await openTestBridge({
    clock,
    profiles: [{ name: GRANT.name, product: 'Dynamic Chat (EU)' }],
  });
  try {
    return await play(bridge, idp, options);
  } finally {
    await bridge.close();
    delete process.env['DIRECTORY_STORE'];
  }
}

/** Whoever sleeps lets the others act until then. */
function besideOthers(clock: TestClock, others: (until: number) => Promise<void>): TestClock {
  return {
    ...clock,
    sleep: async (ms) => {
      const until = clock.now() + ms;
      await others(until);
      clock.advance(Math.max(0, until - clock.now()));
    },
  };
}

async function play(
  bridge: TestBridge,
  idp: { feed?: (until: number) => Promise<void> },
  options: LoadOptions,
): Promise<FirstLoad> {
  const { clock, org } = bridge;
  const said = { requests: 0, errors: 0 };
  await bridge.map([{ group: 'Chat', grants: [GRANT] }]);
  await bridge.drain();
  const began = clock.now();
  const requests = requestsOf(bridge, options, said);
  let isBusy = false;
  let isOver = false;
  idp.feed = async (until) => {
    // A request of the provider never waits for itself.
    if (isBusy) return;
    isBusy = true;
    while (!isOver && began + said.requests * REQUEST_EVERY_MS <= until) {
      clock.advance(Math.max(0, began + said.requests * REQUEST_EVERY_MS - clock.now()));
      isOver = (await requests.next()).done === true;
    }
    isBusy = false;
  };
  for (let minute = 0; org.members(GRANT.name).length < options.users; minute++) {
    if (minute > 60 * 24) throw new Error('the first load found no end in a day');
    await idp.feed(clock.now());
    await bridge.drainOnce(MINUTE_MS);
    await idp.feed(clock.now() + 1_000);
    clock.advance(1_000);
    bridge.lines.length = 0;
    options.onProgress(
      `${options.label}: ${said.requests} requests, ${org.members(GRANT.name).length} of ${options.users} people at Adobe`,
    );
  }
  return summed(org, { ...options, began, said });
}

interface Said {
  requests: number;
  errors: number;
}

function summed(
  org: AdobeOrg,
  { label, users, began, said }: LoadOptions & { readonly began: number; readonly said: Said },
): FirstLoad {
  const actions = org.calls().filter(({ endpoint, at }) => endpoint === 'action' && at >= began);
  const minutes = ((actions.at(-1)?.at ?? began) - began) / MINUTE_MS;
  const boundMinutes = Math.ceil(Math.ceil(users / 10) / CALLS_PER_MINUTE) - 1;
  return {
    label,
    users,
    scimRequests: said.requests,
    adobeRequests: actions.length,
    minutes,
    boundMinutes,
    share: boundMinutes / minutes,
    errors: said.errors,
  };
}

/** One request at each step: look-up, create, and the group as soon as enough people are there. */
async function* requestsOf(bridge: TestBridge, { users, membersPerPatch }: LoadOptions, said: Said) {
  const ask = async (method: string, path: string, body?: unknown) => {
    said.requests += 1;
    const answer = await bridge.scim(method, `/scim/v2${path}`, body);
    if (answer.status >= 400) said.errors += 1;
    return answer;
  };
  const group = await ask('POST', '/Groups', { displayName: 'Chat' });
  let waiting: { value: string }[] = [];
  for (let number = 0; number < users; number++) {
    const { userName, ...person } = personNumber(number);
    await ask('GET', `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`);
    yield;
    const { json } = await ask('POST', '/Users', { ...person, userName, active: true });
    waiting.push({ value: json.id });
    yield;
    if (waiting.length < membersPerPatch && number < users - 1) continue;
    const operation = { op: 'add', path: 'members', value: waiting };
    await ask('PATCH', `/Groups/${group.json.id}`, { Operations: [operation] });
    waiting = [];
    yield;
  }
}
