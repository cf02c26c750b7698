/** `doctor`: each point judged by the state it is about, through the real handler; and the thresholds, as a table. */
import { afterEach, describe, expect, test } from 'vitest';
import { type Check, type Facts, judge } from '../../lambdas/admin/doctor-checks.ts';
import { type ConnectionSettings, SCHEMA_VERSION } from '../../lambdas/directory/records.ts';
import type { TestBridgeOptions } from '../build.ts';
import { type Desk, openDesk } from './desk.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const group = 'Chat agents';

let open: Desk | undefined;
afterEach(async () => {
  await open?.bridge.close();
  open = undefined;
});

/** A bridge that runs well: mapped, listed, compared, with somebody in it. */
async function well(
  settings: Partial<ConnectionSettings> = {},
  options: TestBridgeOptions = {},
): Promise<Desk> {
  open = await openDesk({
    userGroups: [group],
    settings: { protected: ['boss@example.com'], ...settings },
    ...options,
  });
  await open.bridge.drain();
  await open.apply([{ group: 'Agents', grants: [{ userGroup: group }] }]);
  await open.addGroup('Agents', [await open.addUser('ada@example.com')]);
  await open.bridge.drain();
  open.bridge.clock.advance(21 * HOUR);
  await open.bridge.reconcile();
  return open;
}

interface Examined {
  readonly failed: boolean | undefined;
  readonly text: string;
  readonly checks: readonly Check[];
}

async function examine(desk: Desk, args?: unknown): Promise<Examined> {
  const { text, data, failed } = await desk.run('doctor', args);
  const { checks } = data as { checks: Check[] };
  return { failed, text: text.join('\n'), checks };
}

const notOk = ({ checks }: Examined) => checks.filter(({ state }) => state !== 'ok');
const named = ({ checks }: Examined, name: string) => checks.filter((check) => check.name === name);

describe('doctor', () => {
  test('finds nothing wrong with a bridge that runs well, and changes nothing', async () => {
    const desk = await well();
    const before = desk.bridge.org.calls().length;
    const found = await examine(desk);
    expect([notOk(found), found.failed]).toEqual([[], false]);
    expect(found.text).toContain('All is well.');
    const asked = desk.bridge.org.calls().slice(before);
    expect(asked.map(({ endpoint }) => endpoint)).toEqual(['user']);
  });

  test('says of a new bridge what is still to be done', async () => {
    open = await openDesk();
    const found = await examine(open);
    expect(found.failed).toBe(true);
    expect(notOk(found).map(({ name, state }) => `${state} ${name}`)).toEqual([
      'fail catalogue',
      'warn reconcile',
      'warn protected',
      'warn mapping',
    ]);
    for (const { todo } of notOk(found)) expect(todo).toMatch(/\w{3}/);
  });

  test('a credential that Adobe refuses fails, before and after the drain has met it', async () => {
    let refuse = false;
    const desk = await well(
      {},
      {
        wrapFetch: (fetch) => async (url, init) =>
          refuse ? new Response(null, { status: 401 }) : fetch(url, init),
      },
    );
    refuse = true;
    expect(named(await examine(desk), 'credential')).toMatchObject([{ state: 'fail', todo: /Developer/ }]);
  });

  test('an org that Adobe is moving fails with what to do', async () => {
    const desk = await well();
    desk.bridge.org.byHand({ action: 'setMigrating', migrating: true });
    const found = await examine(desk);
    expect([found.failed, named(found, 'credential')[0]?.state]).toEqual([true, 'fail']);
    desk.bridge.org.byHand({ action: 'setMigrating', migrating: false });
    expect((await examine(desk)).failed).toBe(false);
  });

  test('a pause, parked people, a foreign domain and a deleted group (R12)', async () => {
    const desk = await well();
    const { bridge } = desk;
    const eve = await desk.addUser('eve@elsewhere.example');
    const { id } = (await bridge.scim('GET', '/scim/v2/Groups?filter=displayName+eq+%22Agents%22')).json
      .Resources[0];
    await desk.patchMembers(id, 'add', [eve]);
    await bridge.drain();
    await desk.run('pause', { scope: 'connection', reason: 'a test' });
    const found = await examine(desk);
    expect(named(found, 'pause')).toMatchObject([{ state: 'warn', says: expect.stringContaining('a test') }]);
    expect(named(found, 'domains')).toMatchObject([
      { state: 'warn', says: expect.stringContaining('elsewhere.example (1)') },
    ]);
    expect(named(found, 'parked')).toMatchObject([
      { state: 'warn', says: expect.stringContaining('1 domain-not-allowed') },
    ]);
    expect((await bridge.scim('DELETE', `/scim/v2/Groups/${id}`)).status).toBe(204);
    expect(named(await examine(desk), 'mapping')).toMatchObject([
      { state: 'fail', says: expect.stringContaining('"Agents"'), todo: expect.stringContaining('relink') },
    ]);
  });

  test('a name of the mapping that Adobe no longer lists fails', async () => {
    const desk = await well();
    desk.bridge.org.byHand({ action: 'deleteGroup', group });
    desk.bridge.clock.advance(21 * HOUR);
    await desk.bridge.reconcile();
    expect(named(await examine(desk), 'names')).toMatchObject([
      { state: 'fail', says: expect.stringContaining(group) },
    ]);
  });

  test('a clock that is off is told only where two clocks are compared', async () => {
    const desk = await well();
    const at = desk.bridge.clock.now();
    expect(named(await examine(desk), 'clock')).toEqual([]);
    for (const [clock, state] of [
      [at + 30_000, 'ok'],
      [at - 120_000, 'warn'],
      [at + 6 * 60_000, 'fail'],
    ] as const) {
      expect(named(await examine(desk, { clock }), 'clock')).toMatchObject([{ state }]);
    }
  });
});

const at = Date.parse('2026-03-02T08:00:00Z');
const goodFacts = {
  now: at,
  clock: undefined,
  org: {
    key: 'acme',
    adobeOrgId: 'A@AdobeOrg',
    clientId: 'c',
    connections: ['okta'],
    catalogueAt: at - HOUR,
    listing: { startedAt: at - HOUR, completedAt: at - HOUR, users: 10 },
    counted: { at: at - HOUR, users: 10 },
  },
  connection: {
    id: 'okta',
    org: 'acme',
    settings: { domains: { 'example.com': { type: 'federatedID' } }, protected: ['a@example.com'] },
    mappingVersion: 1,
  },
  mode: 'full',
  paused: [],
  status: { pending: 0, parked: { total: 0, reasons: {}, hints: {} }, faults: [] },
  reconciliation: { listing: at - HOUR, endedAt: at - HOUR, compared: 10, drifted: 0 },
  openHold: undefined,
  tokens: [{ id: 't', label: 'Okta', expiresAt: at + 300 * DAY }],
  oldestDue: undefined,
  foreignDomains: new Map(),
  signs: [],
  orphaned: [],
  adobe: { kind: 'accepted' },
  schema: SCHEMA_VERSION,
  // The fields that the checks read, and no more.
} as unknown as Facts;

const fault = { code: 'invalid_client', message: 'No.', hint: 'Store it again.', at: at - HOUR };
const token = (days: number) => ({ tokens: [{ id: 't', label: 'Okta', expiresAt: at + days * DAY }] });
const rows: readonly { label: string; facts: object; says: string[] }[] = [
  { label: 'nothing wrong', facts: {}, says: [] },
  { label: 'no token', facts: { tokens: [] }, says: ['fail token'] },
  { label: 'only an expired token', facts: token(-1), says: ['fail token'] },
  { label: 'a token of 6 days', facts: token(6), says: ['fail token'] },
  { label: 'a token of 29 days', facts: token(29), says: ['warn token'] },
  { label: 'a token of 31 days', facts: token(31), says: [] },
  {
    label: 'a catalogue of 27 hours',
    facts: { org: { ...goodFacts.org, catalogueAt: at - 27 * HOUR } },
    says: ['warn catalogue'],
  },
  {
    label: 'a catalogue of 4 days',
    facts: { org: { ...goodFacts.org, catalogueAt: at - 4 * DAY } },
    says: ['fail catalogue'],
  },
  {
    label: 'a comparison of 27 hours',
    facts: { reconciliation: { ...goodFacts.reconciliation, endedAt: at - 27 * HOUR } },
    says: ['warn reconcile'],
  },
  {
    label: 'differences',
    facts: { reconciliation: { ...goodFacts.reconciliation, drifted: 2 } },
    says: ['warn reconcile'],
  },
  {
    label: 'a list that is not believed (V7)',
    facts: { org: { ...goodFacts.org, counted: { at, users: 1 } } },
    says: ['warn reconcile'],
  },
  { label: 'report-only', facts: { mode: 'report-only' }, says: ['warn mode'] },
  {
    label: 'a restored table (V6)',
    facts: { connection: { ...goodFacts.connection, restored: true } },
    says: ['fail mode'],
  },
  {
    label: 'usernames undecided',
    facts: { connection: { ...goodFacts.connection, usernameUndecided: true } },
    says: ['fail mode'],
  },
  {
    label: 'no domain',
    facts: { connection: { ...goodFacts.connection, settings: { domains: {}, protected: ['a'] } } },
    says: ['fail domains'],
  },
  {
    label: 'an open hold',
    facts: { openHold: { id: 3, state: 'open', opened: at - 5 * HOUR, pairs: 12 } },
    says: ['warn holds'],
  },
  {
    label: 'a queue of 29 minutes',
    facts: { oldestDue: at - 29 * 60_000 },
    says: [],
  },
  { label: 'a queue of 31 minutes', facts: { oldestDue: at - 31 * 60_000 }, says: ['warn backlog'] },
  { label: 'a queue of 25 hours', facts: { oldestDue: at - 25 * HOUR }, says: ['fail backlog'] },
  { label: 'a table of a later release (F21)', facts: { schema: SCHEMA_VERSION + 1 }, says: ['warn schema'] },
  {
    label: 'Adobe cannot be asked',
    facts: { adobe: { kind: 'unknown', why: 'no way' } },
    says: ['warn credential'],
  },
  {
    label: 'Adobe refused it, and cannot be asked now',
    facts: { adobe: { kind: 'unknown', why: 'no way' }, org: { ...goodFacts.org, authFault: fault } },
    says: ['fail credential'],
  },
  {
    label: 'Adobe accepts it again',
    facts: { org: { ...goodFacts.org, authFault: fault } },
    says: ['warn credential'],
  },
];

describe('the thresholds', () => {
  for (const { label, facts, says } of rows) {
    test(`${label}: ${says.join(', ') || 'all is well'}`, () => {
      const found = judge({ ...goodFacts, ...facts }).filter(({ state }) => state !== 'ok');
      expect(found.map(({ name, state }) => `${state} ${name}`)).toEqual(says);
      for (const { todo } of found) expect(todo).toMatch(/\w{3}/);
    });
  }
});
