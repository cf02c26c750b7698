/**
 * Plays the recorded exchanges of one client through a bridge and tells everything that is wrong: an answer that is not
 * what the recording needs, an answer that breaks the protocol, and at the end people at Adobe who hold too much or too
 * little. An answer that only looks right does not help anybody (design.md 10.1).
 */
import { seededRandom } from '../local/adobe-org/random.ts';
import { seedSmallOrg } from '../local/adobe-org/seed.ts';
import type { openTestBridge, ScimAnswer, TestBridge, TestRule } from './build.ts';
import {
  type Exchange,
  mismatches,
  readExchanges,
  readExpectation,
  readRules,
  substituted,
} from './exchanges.ts';

const exampleMapping: readonly TestRule[] = [
  { group: 'Chat agents EU', grants: [{ kind: 'userGroup', name: 'Chat agents EU' }] },
  {
    group: 'Marketing',
    grants: [
      { kind: 'userGroup', name: 'Marketing' },
      { kind: 'profile', name: 'Marketo Standard', product: 'Marketo Engage' },
    ],
  },
  { group: 'Sales', grants: [{ kind: 'profile', name: 'Sales Insight' }] },
];

export interface Play {
  readonly client: string;
  readonly open: typeof openTestBridge;
  /** Called before each exchange, with the name of its file. */
  readonly before?: (file: string) => void;
  /** Only the answers, without Adobe, and no further than the first that is wrong. */
  readonly answersOnly?: boolean;
}

/** What is wrong, as `file: what` or `Adobe: what`; empty when the client gets what it needs. */
export async function playExchanges({ client, open, before, answersOnly }: Play): Promise<string[]> {
  const state = seedSmallOrg({ random: seededRandom(3), at: Date.parse('2026-03-02T07:00:00Z') });
  const bridge = await open({ state });
  try {
    await bridge.map(readRules(client) ?? exampleMapping);
    const byHand = heldNow(bridge, client);
    const ids = new Map<string, string>();
    const wrong: string[] = [];
    for (const { name, exchange } of readExchanges(client)) {
      before?.(name);
      wrong.push(...(await exchangeOnce(bridge, exchange, ids)).map((what) => `${name}: ${what}`));
      if (answersOnly === true && wrong.length > 0) return wrong;
      if (answersOnly !== true && exchange.afterwards === 'drain') await bridge.drain();
    }
    if (answersOnly === true) return [];
    await bridge.drain();
    return [...wrong, ...wrongAtAdobe(bridge, client, byHand)];
  } finally {
    await bridge.close();
  }
}

function heldNow(bridge: TestBridge, client: string): ReadonlyMap<string, readonly string[]> {
  const { absent: _, ...expected } = readExpectation(client);
  return new Map(Object.keys(expected).map((name) => [name, bridge.holders(name)]));
}

/** Whoever was there before the identity provider (`byHand`) stays: nobody manages them. */
function wrongAtAdobe(
  bridge: TestBridge,
  client: string,
  byHand: ReadonlyMap<string, readonly string[]>,
): string[] {
  const { absent = [], ...expected } = readExpectation(client);
  const known = new Set(bridge.org.people().map(({ email }) => email.toLowerCase()));
  const held = heldNow(bridge, client);
  const wrongHolders = Object.entries(expected).flatMap(([name, emails]) => {
    const wanted = [...(byHand.get(name) ?? []), ...emails].sort();
    const actual = [...(held.get(name) ?? [])].sort();
    return wanted.join() === actual.join()
      ? []
      : [`${name} is held by ${actual.join(', ')}, not by ${wanted.join(', ')}`];
  });
  const tooMany = absent.filter((email) => known.has(email)).map((email) => `${email} is there`);
  return [...wrongHolders, ...tooMany].map((what) => `Adobe: ${what}`);
}

async function exchangeOnce(
  bridge: TestBridge,
  { request, response }: Exchange,
  ids: Map<string, string>,
): Promise<string[]> {
  const resolve = (value: unknown) => JSON.parse(substituted(JSON.stringify(value), ids));
  const path = `/scim/v2${substituted(request.path, ids)}`;
  const body = request.body === undefined ? undefined : resolve(request.body);
  const answer = await bridge.scim(request.method, path, body, request.headers);
  for (const [name, attribute] of Object.entries(response.save ?? {}))
    ids.set(name, String(answer.json?.[attribute]));
  return [
    ...(answer.status === response.status ? [] : [`status ${answer.status}, not ${response.status}`]),
    ...mismatches(resolve(response.body ?? {}), answer.json ?? {}),
    ...mismatches(response.headers ?? {}, answer.headers, 'headers'),
    ...(response.without ?? []).filter((name) => name in (answer.json ?? {})).map((name) => `shows ${name}`),
    ...protocolFaults(answer),
  ];
}

const MESSAGES = 'urn:ietf:params:scim:api:messages:2.0';

/** What every answer owes every client, whatever the recording says (RFC 7644 sections 3.1, 3.3, 3.4.2, 3.12). */
export function protocolFaults({ status, headers, json }: ScimAnswer): string[] {
  if (status === 204) return json === undefined ? [] : ['204 with a body'];
  const { schemas } = json ?? {};
  if (!Array.isArray(schemas) || schemas.length === 0) return ['a body without schemas'];
  const owed: [boolean, string][] = [
    [/^application\/scim\+json\b/.test(headers['content-type'] ?? ''), 'another media type'],
    [status !== 201 || isLocated(headers['location'], json), '201 without the Location of the resource'],
    [status < 400 || isError(status, json), 'no SCIM error'],
    [!schemas.includes(`${MESSAGES}:ListResponse`) || isList(json), 'no proper ListResponse'],
    [[json, ...(json.Resources ?? [])].every(isPlain), 'a password, or active that is no boolean'],
  ];
  return owed.filter(([kept]) => !kept).map(([, what]) => what);
}

function isLocated(location: string | undefined, json: ScimAnswer['json']): boolean {
  return location !== undefined && location === json.meta?.location && location.endsWith(`/${json.id}`);
}

function isError(status: number, json: ScimAnswer['json']): boolean {
  return (
    json.schemas[0] === `${MESSAGES}:Error` && json.status === String(status) && json.detail?.endsWith('.')
  );
}

/** `totalResults` may be missing behind a cursor (RFC 9865 section 2.1). */
function isList({ totalResults = 0, itemsPerPage, Resources }: ScimAnswer['json']): boolean {
  return Number.isInteger(totalResults) && Array.isArray(Resources) && itemsPerPage === Resources.length;
}

function isPlain(resource: ScimAnswer['json']): boolean {
  return !('password' in resource) && ['boolean', 'undefined'].includes(typeof resource.active);
}
