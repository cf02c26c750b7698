/**
 * Upgrades and the way back (F20, F21). The table of every schema version so far, as its release left it, is served by
 * this code through the handlers: read, searched, changed, drained, compared, decided upon. Then the same with everything
 * that a later version may have added, which has to be there afterwards.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { SCHEMA_VERSION } from '../../lambdas/directory/records.ts';
import { mustRaise, TableTooNew } from '../../lambdas/directory/schema.ts';
import { seedBridge } from '../../local/seed.ts';
import { deskOf } from '../admin/desk.ts';
import { openTestBridge, type TestBridge } from '../build.ts';
import { findBroken } from '../directory/invariants.ts';
import { tableIdOf, testClock } from '../open.ts';
import { fill, fromJson, Golden, keyOf, plain, readTable } from './dump.ts';
import { TEAM } from './month.ts';

// About formats, not about order, loss or crash (decision 14); the dumps were made on the engine.
process.env['DIRECTORY_STORE'] ??= 'model';

const folder = resolve(import.meta.dirname, 'golden');
const goldens = globSync('schema-*.json', { cwd: folder })
  .sort()
  .map((name) => Golden.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));

type Stored = ReturnType<typeof fromJson>[number];

interface Upgraded extends TestBridge {
  readonly deps: DirectoryDeps;
  /** Keys of the items that were there in the beginning. */
  readonly keys: readonly string[];
}

async function openUpgraded(golden: Golden, change = (item: Stored): Stored => item): Promise<Upgraded> {
  let deps: DirectoryDeps | undefined;
  const bridge = await openTestBridge({
    state: golden.org,
    clock: testClock(golden.at),
    wrap: (given) => {
      deps = given;
      return given;
    },
  });
  if (deps === undefined) throw new Error('the directory was not opened');
  const items = fromJson(golden.items).map(change);
  await fill(deps, items, await tableIdOf(deps));
  return { ...bridge, deps, keys: items.map(keyOf) };
}

const patchOp = (Operations: object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
});

/** What a day asks of a bridge, with what must come of it. */
async function liveOn(bridge: Upgraded, golden: Golden): Promise<void> {
  await bridge.directory.claimSchema();
  const found = await readAll(bridge, golden);
  await changeSome(bridge, found);
  const seal = () => bridge.directory.sealJournal(bridge.orgKey);
  await bridge.drain();
  await seal();
  bridge.clock.advance(2 * 3600 * 1000);
  await bridge.drain();
  await decide(bridge);
  await seal();
  bridge.clock.advance(24 * 3600 * 1000);
  expect((await bridge.reconcile()).outcome).toBe('compared');
  await bridge.drain();
  await seal();
  expect(bridge.holders('Agent EU')).toEqual(['ada@example.com', 'ben@example.com', 'gus@example.com']);
  expect(bridge.holders('Standard')).toEqual(['ben@example.com']);
  const items = (await readTable(bridge.deps)).map(plain);
  expect(findBroken(items, bridge.connection, bridge.orgKey)).toEqual([]);
  const { findings } = await bridge.directory.verifyJournal(bridge.orgKey, golden.at - 40 * 24 * 3600 * 1000);
  expect(findings).toEqual([]);
}

interface Found {
  readonly gus: string;
  readonly dan: string;
  readonly chat: string;
}

async function readAll({ scim }: Upgraded, golden: Golden): Promise<Found> {
  const as = { authorization: `Bearer ${golden.token.join('')}` };
  const list = await scim('GET', '/scim/v2/Users?count=200', undefined, as);
  expect([list.status, list.json.totalResults]).toEqual([200, 8 + TEAM]);
  const walked = await scim('GET', '/scim/v2/Users?startIndex=5&count=2', undefined, as);
  expect(walked.json.Resources).toHaveLength(2);
  const idOf = async (path: string): Promise<string> => {
    const { json } = await scim('GET', `/scim/v2/${path}`, undefined, as);
    expect(json.totalResults, path).toBe(1);
    return json.Resources[0].id;
  };
  const groups = await scim('GET', '/scim/v2/Groups', undefined, as);
  expect(groups.json.totalResults).toBe(3);
  expect(await idOf('Users?filter=userName eq "ADA@example.com"')).toBe(
    await idOf('Users?filter=externalId eq "x-ada@example.com"'),
  );
  return {
    gus: await idOf('Users?filter=emails.value eq "gus@example.com"'),
    dan: await idOf('Users?filter=externalId eq "x-dan@example.com"'),
    chat: await idOf('Groups?filter=displayName eq "chat"'),
  };
}

async function changeSome({ scim }: Upgraded, { gus, dan, chat }: Found): Promise<void> {
  const answers = [
    await scim('PATCH', `/scim/v2/Users/${gus}`, patchOp([{ op: 'replace', path: 'title', value: 'Dr' }])),
    await scim(
      'PATCH',
      `/scim/v2/Groups/${chat}`,
      patchOp([
        { op: 'add', path: 'members', value: [{ value: gus }] },
        { op: 'remove', path: `members[value eq "${dan}"]` },
        { op: 'replace', path: 'displayName', value: 'Talk' },
      ]),
    ),
    await scim('DELETE', `/scim/v2/Users/${dan}`),
    await scim('POST', '/scim/v2/Groups', { displayName: 'Gone', externalId: 'g-Gone' }),
  ];
  for (const { status, json } of answers) expect([status, json?.detail]).toEqual([status, undefined]);
}

/** An operator approves the hold of that time, and settings, mapping and mode change once. */
async function decide(bridge: Upgraded): Promise<void> {
  const desk = deskOf(bridge);
  for (const command of ['status', 'token.list', 'mapping.show', 'drift', 'settings.show', 'journal.show'])
    expect((await desk.ask(command)).ok, command).toBe(true);
  const [hold] = await bridge.directory.listHolds(bridge.orgKey, 1);
  expect(hold?.state).toBe('open');
  await desk.run('holds.approve', { id: hold?.id, pairs: hold?.pairs });
  await bridge.directory.changeSettings(bridge.connection, (before) => ({
    ...before,
    protected: ['x@y.test'],
  }));
  await bridge.drain();
  await bridge.map([
    { group: 'Talk', grants: [{ kind: 'profile', name: 'Agent EU' }] },
    { group: 'Market', grants: [{ kind: 'profile', name: 'Standard' }] },
  ]);
  await bridge.drain();
}

/** Records and seals of the journal are written once: nobody adds to them, or the check would say so. */
const isRecord = (item: Stored): boolean => /^J#(?!who#|mail#)/.test(item['pk']?.S ?? '');

/** As a later version leaves an item: its number, and what this one has never heard of. */
function later(item: Stored): Stored {
  if (isRecord(item)) return item;
  return { ...item, ...marshall({ v: SCHEMA_VERSION + 1, novelty: { of: 'a later version' } }) };
}

async function withoutNovelty(bridge: Upgraded): Promise<string[]> {
  const now = await readTable(bridge.deps);
  const lost = now.filter((item) => !isRecord(item) && item['novelty'] === undefined);
  return lost.map(keyOf).filter((key) => bridge.keys.includes(key));
}

describe('the table of every schema version so far', () => {
  test('is there, this version included', () => {
    expect(goldens.map(({ schema }) => schema)).toEqual(
      Array.from({ length: SCHEMA_VERSION }, (_, at) => at + 1),
    );
  });

  for (const golden of goldens) {
    test(`schema ${golden.schema} is read, changed, drained, compared and decided upon (F20)`, async () => {
      const bridge = await openUpgraded(golden);
      await liveOn(bridge, golden);
      await bridge.close();
    });

    test(`schema ${golden.schema} with a later version's fields: they stay, whatever is written (F21)`, async () => {
      const bridge = await openUpgraded(golden, later);
      await liveOn(bridge, golden);
      expect(await withoutNovelty(bridge)).toEqual([]);
      await bridge.close();
    });
  }
});

describe('forward, back and forward again (F20, F21)', () => {
  const newest = goldens.at(-1);
  if (newest === undefined) throw new Error('there is no golden dump: node test/upgrade/make.ts makes it');
  const versionOf = async (bridge: Upgraded): Promise<unknown> =>
    (await readTable(bridge.deps)).map(plain).find(({ pk }) => pk === 'SCHEMA')?.['version'];

  test('the later version comes, this one comes back and works, and the later one finds its own', async () => {
    const bridge = await openUpgraded(newest, later);
    await bridge.directory.claimSchema(SCHEMA_VERSION + 1);
    expect(await versionOf(bridge)).toBe(SCHEMA_VERSION + 1);
    await liveOn(bridge, newest);
    expect(await versionOf(bridge)).toBe(SCHEMA_VERSION + 1);
    await bridge.directory.claimSchema(SCHEMA_VERSION + 1);
    expect(await withoutNovelty(bridge)).toEqual([]);
    await bridge.close();
  });

  test('a table two versions ahead is refused with what to do, and nothing is written', async () => {
    const bridge = await openUpgraded(newest);
    await bridge.directory.claimSchema(SCHEMA_VERSION + 2);
    const before = await readTable(bridge.deps);
    await expect(bridge.directory.claimSchema()).rejects.toThrow(
      /later release.*Nothing was changed.*Deploy/s,
    );
    const adobe = { url: '', orgId: 'o', clientId: 'c', clientSecret: 's' };
    await expect(seedBridge({ directory: bridge.directory, adobe, token: undefined })).rejects.toThrow(
      TableTooNew,
    );
    expect(await readTable(bridge.deps)).toEqual(before);
    await bridge.close();
  });

  for (const [table, code, answer] of [
    [undefined, 1, true],
    [1, 1, false],
    [1, 2, true],
    [1, 5, true],
    [2, 1, false],
    [3, 2, false],
  ] as const) {
    test(`code ${code} on a table of ${table ?? 'no version'}: ${answer ? 'raises it' : 'goes as it is'}`, () => {
      expect(mustRaise(table, code)).toBe(answer);
    });
  }

  test('code 1 on a table of 3 does not start', () => {
    expect(() => mustRaise(3, 1)).toThrow(TableTooNew);
  });
});
