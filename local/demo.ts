/**
 * `npm run demo`: the clicks of Adobe's page about Dynamic Chat users, without clicks, against the running bridge.
 * It plays an administrator of an Okta app and looks into the Adobe org after every step through Adobe's own reads.
 *
 * It touches only a person that it makes for this run, adds and removes that person by PATCH (the other members of a
 * group stay as they are), never renames or deletes a group, and takes its person out again whatever happens.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type AdminConsole, openAdminConsole } from './admin-console.ts';
import {
  AnswerLost,
  type Dialect,
  type Person,
  type ScimRequest,
  type Send,
  UnexpectedAnswer,
} from './idp/dialect.ts';
import { createDialect } from './idp/dialects.ts';
import { findBridge, httpSend, observed } from './idp/send.ts';

/** What the rules of the example mapping give for the groups that the demo uses. */
const EU = 'Chat agents EU';
const US = 'Chat agents US';
const MARKETING = 'Marketing';
const GRANTED = { [EU]: [EU], [US]: [US], [MARKETING]: ['Marketing', 'Marketo Standard'] } as const;
const SHOWN = new Set<string>(Object.values(GRANTED).flat());

export interface DemoDeps {
  readonly dialect: Dialect;
  /** Takes the person away again; an Okta client has no DELETE for users, so this is the bridge's own route. */
  readonly deleteUser: (userId: string) => Promise<void>;
  readonly adobe: AdminConsole;
  /** Makes this run's addresses unlike any other run's. */
  readonly tag: string;
  readonly print: (line: string) => void;
  readonly wait: (ms: number) => Promise<void>;
  readonly now: () => number;
  /** How long Adobe may take to show a step. */
  readonly patienceMs: number;
}

/** Adobe showed something else than it should when patience ended. */
export class DemoFailed extends Error {
  override readonly name = 'DemoFailed';
}

/** Runs the whole story. Throws `DemoFailed`, or what the dialect throws, after cleaning up. */
export async function runDemo(deps: DemoDeps): Promise<void> {
  const ada = personOf(deps.tag, 'Park');
  const { dialect, print } = deps;
  let userId: string | undefined;
  try {
    print('Groups of the example mapping, as the identity provider pushes them');
    const eu = await dialect.ensureGroup({ key: EU, name: EU });
    const us = await dialect.ensureGroup({ key: US, name: US });
    const marketing = await dialect.ensureGroup({ key: MARKETING, name: MARKETING });

    print('\nAdd a chat user (nobody is made at Adobe before a mapped group wants it)');
    userId = await dialect.ensureUser(ada);
    await expectNobody(deps, ada);
    print('\nAssign by group: the EU subscription');
    await dialect.addMembers(eu, [userId]);
    await expectHeld(deps, ada, [EU]);
    print('\nChoose the other subscription: move from EU to US');
    await dialect.addMembers(us, [userId]);
    await dialect.removeMembers(eu, [userId]);
    await expectHeld(deps, ada, [US]);
    print('\nA second product, by profile and user group');
    await dialect.addMembers(marketing, [userId]);
    await expectHeld(deps, ada, [US, MARKETING]);

    print('\nA wedding: another name, userName and e-mail');
    const wed = personOf(deps.tag, 'Lindqvist');
    await dialect.renamePerson(userId, wed);
    await expectHeld(deps, wed, [US, MARKETING]);
    await expectNobody(deps, ada);

    print('\nRemove from one product; the other stays');
    await dialect.removeMembers(marketing, [userId]);
    await expectHeld(deps, wed, [US]);
    print('\nDeactivate, as on the last day of work');
    await dialect.deactivate(userId);
    await expectHeld(deps, wed, []);
    print('\nReactivate: what was assigned is back');
    await dialect.reactivate(userId);
    await expectHeld(deps, wed, [US]);

    print('\nRemove the person');
    const leaving = userId;
    userId = undefined;
    await deps.deleteUser(leaving);
    await expectHeld(deps, wed, []);
  } finally {
    if (userId !== undefined) await deps.deleteUser(userId);
  }
}

function personOf(tag: string, familyName: string): Person {
  const address = `ada.${familyName.toLowerCase()}.${tag}@example.com`;
  return { key: `00u${tag}`, userName: address, email: address, givenName: 'Ada', familyName };
}

/** Waits until Adobe shows exactly the entitlements of `groups`, and the person's present name where any is held. */
async function expectHeld(
  deps: DemoDeps,
  person: Person,
  groups: readonly (keyof typeof GRANTED)[],
): Promise<void> {
  const wanted = groups.flatMap((group) => [...GRANTED[group]]).sort();
  const wantedName = wanted.length === 0 ? undefined : `${person.givenName} ${person.familyName}`;
  await poll(deps, person, {
    firstLookMs: 2500,
    wanted: wanted.length === 0 ? 'nothing' : `${wanted.join(', ')} for ${wantedName}`,
    look: async () => {
      const user = await deps.adobe.person(person.userName);
      const held = (user?.groups ?? []).filter((name) => SHOWN.has(name)).sort();
      if (held.length === 0) return 'nothing';
      const name = wantedName === undefined ? '' : ` for ${user?.firstname} ${user?.lastname}`;
      return held.join(', ') + name;
    },
  });
}

async function expectNobody(deps: DemoDeps, person: Person): Promise<void> {
  await poll(deps, person, {
    firstLookMs: 0,
    wanted: 'no such person',
    look: async () =>
      (await deps.adobe.person(person.userName)) === undefined ? 'no such person' : 'a person',
  });
}

interface Look {
  /** The bridge gathers changes for two seconds before it calls Adobe. */
  readonly firstLookMs: number;
  readonly wanted: string;
  readonly look: () => Promise<string>;
}

/** Adobe allows 25 single-user reads a minute, and the bridge needs some of them (`umapi.md` 4.1): few, wide looks. */
async function poll(deps: DemoDeps, person: Person, { firstLookMs, wanted, look }: Look): Promise<void> {
  const { print, wait, now, patienceMs } = deps;
  const startedAtMs = now();
  if (firstLookMs > 0) await wait(firstLookMs);
  for (let gapMs = 2000; ; gapMs = Math.min(gapMs + 1000, 5000)) {
    const shown = await look();
    const seconds = ((now() - startedAtMs) / 1000).toFixed(1);
    if (shown === wanted) {
      print(`  Adobe shows for ${person.userName}: ${shown}  (after ${seconds} s)`);
      return;
    }
    if (now() - startedAtMs >= patienceMs) {
      throw new DemoFailed(
        `After ${seconds} s Adobe shows for ${person.userName}: ${shown}. Expected: ${wanted}`,
      );
    }
    await wait(gapMs);
  }
}

/** What a request says, in a few words. */
export function describeRequest({ method, path, query, body }: ScimRequest): string {
  const question = query === undefined ? '' : `?${decodeURIComponent(query.replaceAll('+', ' '))}`;
  const words = body === undefined ? '' : `  ${JSON.stringify(withoutSecrets(body))}`;
  const line = `${method} ${path}${question}${words}`;
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

function withoutSecrets(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => !['password', 'schemas', 'meta'].includes(name)),
  );
}

async function deleteUser(send: Send, token: string, userId: string): Promise<void> {
  const request = {
    method: 'DELETE',
    path: `/Users/${userId}`,
    headers: { authorization: `Bearer ${token}` },
  } as const;
  const answer = await send(request);
  if (answer.status !== 204 && answer.status !== 404) throw new UnexpectedAnswer(request, answer);
}

async function main(dataDir: string): Promise<void> {
  const endpoint = findBridge(dataDir);
  const send = observed(httpSend(endpoint.scimUrl), (request, answer) =>
    console.log(`  ${answer.status}  ${describeRequest(request)}`),
  );
  const dialect = createDialect('okta-catalog', {
    send,
    token: endpoint.token,
    wait: sleep,
    newId: randomUUID,
  });
  await runDemo({
    dialect,
    deleteUser: (userId) => deleteUser(send, endpoint.token, userId),
    adobe: openAdminConsole({ access: endpoint.adobe, fetch, wait: sleep }),
    tag: randomUUID().slice(0, 8),
    print: console.log,
    wait: sleep,
    now: Date.now,
    patienceMs: 90_000,
  });
  console.log('\nEverything at Adobe was as it should be.');
}

const USAGE = `Usage: npm run demo -- [--data DIR]

Adds a chat user, assigns by group, chooses a subscription, moves, renames and removes, and shows each SCIM request and
what Adobe has after it. Ends with 1 if Adobe shows anything else than it should.
  --data DIR   the data folder of the running bridge (.bridge)`;

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string', default: '.bridge' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) console.log(USAGE);
    else await main(values.data);
  } catch (error) {
    const lost = error instanceof AnswerLost ? ' Is the bridge still running?' : '';
    console.error(error instanceof Error ? `\n${error.message}${lost}` : error);
    process.exitCode = 1;
  }
}
