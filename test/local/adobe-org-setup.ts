/**
 * An org for the tests of the simulated org itself: one directory of every kind, a few groups and people, a clock that
 * only moves when told, throttles off unless a test is about them.
 */
import * as z from 'zod';
import type { HandAction } from '../../local/adobe-org/by-hand.ts';
import type { KnobSettings } from '../../local/adobe-org/knobs.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { makeCredential, seedEmptyOrg } from '../../local/adobe-org/seed.ts';
import type { Credential, Directory, OrgState } from '../../local/adobe-org/state.ts';
import { type AdobeOrg, createAdobeOrg } from '../../local/adobe-org.ts';

export const START = Date.UTC(2026, 5, 1, 9, 30);
export const MINUTE = 60_000;

const Item = z.looseObject({
  index: z.number(),
  step: z.number().optional(),
  requestID: z.string().optional(),
  user: z.string().optional(),
  errorCode: z.string().optional(),
  warningCode: z.string().optional(),
  message: z.string(),
});
const Entry = z.looseObject({ email: z.string(), groups: z.array(z.string()).optional() });

/** Every field that an answer of the org can have. */
const Body = z.looseObject({
  result: z.string().optional(),
  message: z.string().optional(),
  completed: z.number().optional(),
  notCompleted: z.number().optional(),
  completedInTestMode: z.number().optional(),
  errors: z.array(Item).optional(),
  warnings: z.array(Item).optional(),
  lastPage: z.boolean().optional(),
  users: z.array(Entry).optional(),
  user: Entry.optional(),
  groups: z.array(z.looseObject({ groupId: z.number(), groupName: z.string(), type: z.string() })).optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
  error: z.string().optional(),
  error_code: z.string().optional(),
  errorMessage: z.string().optional(),
});

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: z.infer<typeof Body>;
}

export interface Bench {
  readonly org: AdobeOrg;
  readonly orgId: string;
  readonly credential: Credential;
  now(): number;
  advance(ms: number): void;
  /** Waits that the org asked for. */
  readonly waits: number[];
  token(as?: Credential): Promise<string>;
  post(commands: unknown, options?: { testOnly?: boolean; as?: Credential }): Promise<Answer>;
  get(path: string, as?: Credential): Promise<Answer>;
  raw(path: string, init?: RequestInit): Promise<Answer>;
  hand(...actions: HandAction[]): void;
}

export const ALL_LIMITS_OFF: KnobSettings = { throttle: false, frequencyThrottle: false };

function directory(name: string, domains: string[], special: Partial<Directory> = {}): Directory {
  const plain = { synced: false, usernameLogin: false, usernameMayDiffer: false, enforcement: true };
  return { name, type: 'federatedID', domains, ...plain, ...special };
}

const DIRECTORIES: Directory[] = [
  directory('sso', ['example.com', 'example.org'], { usernameMayDiffer: true }),
  directory('enterprise', ['ent.example'], { type: 'enterpriseID', enforcement: false }),
  directory('plain', ['plain.example']),
  directory('bare', ['bare.example'], { usernameLogin: true }),
  directory('trusted', ['trusted.example'], { trustOwner: 'OTHER@AdobeOrg' }),
  directory('synced', ['synced.example'], { synced: true }),
];

const CONTENTS: HandAction[] = [
  { action: 'addProfile', name: 'Chat Agent', product: 'Chat' },
  { action: 'addProfile', name: 'Chat Viewer', product: 'Chat' },
  { action: 'addProfile', name: 'Silent', product: 'Chat', notify: false },
  { action: 'addProfile', name: 'One Seat', product: 'Insight', quota: 1 },
  { action: 'addProfile', name: 'Twice', product: 'Chat' },
  { action: 'addProfile', name: 'Twice', product: 'Insight' },
  { action: 'addUserGroup', name: 'Agents' },
  { action: 'addUserGroup', name: 'Readers' },
  { action: 'addUserGroup', name: 'Shared', readOnly: true },
  { action: 'attach', group: 'Agents', profile: 'Chat Agent' },
  person('ada@example.com'),
  person('ben@example.com'),
  { ...person('cleo@example.com'), username: 'c.leo@example.com' },
  { ...person('root@example.com') },
  { action: 'makeAdmin', email: 'root@example.com', role: 'org' },
  { action: 'addUser', email: 'twin@example.com', type: 'adobeID', firstname: 'Twi', lastname: 'N' },
  { action: 'addUser', email: 'ent@ent.example', type: 'enterpriseID', firstname: 'En', lastname: 'T' },
  { ...person('bo@bare.example'), username: 'bo' },
  person('guest@trusted.example'),
  person('sync@synced.example'),
];

export function person(email: string): Extract<HandAction, { action: 'addUser' }> {
  const [firstname = ''] = email.split('@');
  return { action: 'addUser', email, firstname, lastname: 'Test', country: 'DE' };
}

export function benchState(random: () => number): OrgState {
  const state = seedEmptyOrg({ random, at: START });
  return { ...state, meta: { ...state.meta, directories: structuredClone(DIRECTORIES) } };
}

/** The org described above, with an empty outbox. */
function filledState(random: () => number): OrgState {
  const org = createAdobeOrg({ now: () => START, random, state: benchState(random) });
  for (const action of CONTENTS) org.byHand(action);
  return { ...org.state(), mails: [] };
}

/** A bench whose org is `state`, or the one described above. */
export function aBench(
  knobs: KnobSettings = {},
  { seed = 7, state }: { seed?: number; state?: OrgState } = {},
): Bench {
  let at = START;
  const random = seededRandom(seed);
  const waits: number[] = [];
  const options = {
    now: () => at,
    random,
    knobs: { ...ALL_LIMITS_OFF, ...knobs },
    sleep: async (ms: number) => {
      waits.push(ms);
    },
  };
  const org = createAdobeOrg({ ...options, state: state ?? filledState(random) });
  const [credential = makeCredential(random)] = org.state().meta.credentials;
  const { orgId } = org.state().meta;
  const raw = async (path: string, init?: RequestInit): Promise<Answer> =>
    toAnswer(await org.fetch(new Request(`http://127.0.0.1:9${path}`, init)));
  const token = async (as = credential): Promise<string> => {
    const answer = await raw('/ims/token/v3', tokenRequest(as));
    return answer.body.access_token ?? '';
  };
  const call = async (path: string, init: RequestInit, as = credential): Promise<Answer> =>
    raw(path, { ...init, headers: { Authorization: `Bearer ${await token(as)}`, 'X-Api-Key': as.clientId } });
  return {
    org,
    orgId,
    credential,
    waits,
    now: () => at,
    advance(ms) {
      at += ms;
    },
    token,
    raw,
    get: (path, as) => call(path.replace('{org}', orgId), {}, as),
    post(commands, { testOnly = false, as } = {}) {
      const body = typeof commands === 'string' ? commands : JSON.stringify(commands);
      const query = testOnly ? '?testOnly=true' : '';
      return call(`/v2/usermanagement/action/${orgId}${query}`, { method: 'POST', body }, as);
    },
    hand(...actions) {
      for (const action of actions) org.byHand(action);
    },
  };
}

export function tokenRequest(as: Credential, changed: Record<string, string> = {}): RequestInit {
  const fields = {
    grant_type: 'client_credentials',
    client_id: as.clientId,
    client_secret: as.clientSecrets[0] ?? '',
    scope: 'openid,AdobeID,user_management_sdk',
    ...changed,
  };
  return { method: 'POST', body: new URLSearchParams(fields) };
}

async function toAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: Body.parse(isJson ? JSON.parse(text) : {}),
  };
}

/** The error codes of an answer, as `index.step code`. */
export function problems(answer: Answer): string[] {
  return (answer.body.errors ?? []).map(
    ({ index, step, errorCode }) => `${index}.${step ?? '-'} ${errorCode}`,
  );
}

/** Names of what a person holds directly. */
export function held(bench: Bench, email: string): readonly string[] | undefined {
  return bench.org.people().find((one) => one.email === email)?.groups;
}

export function federated(email: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { createFederatedID: { email, firstname: 'New', lastname: 'Person', country: 'NL', ...more } };
}

export function add(...group: string[]): Record<string, unknown> {
  return { add: { group } };
}

export function remove(...group: string[]): Record<string, unknown> {
  return { remove: { group } };
}
