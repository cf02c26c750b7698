/**
 * The restore drill of `docs/operations.md` on the local database (F12, V6): a copy of the table as it was, under another
 * id, beside an Adobe org that has moved on. It only reports until an operator has looked, nothing is taken away that was
 * given since, and when the identity provider has said again what it wants, both sides agree.
 */
import { expect, test } from 'vitest';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { readGauges } from '../../lambdas/metrics-gauges.ts';
import { type Desk, deskOf } from '../admin/desk.ts';
import { openTestBridge, type TestBridge, type TestBridgeOptions } from '../build.ts';
import { findBroken } from '../directory/invariants.ts';
import { testClock } from '../open.ts';
import { fill, plain, readTable } from './dump.ts';

const DAY_MS = 24 * 3600 * 1000;
const rules = [{ group: 'Chat', grants: [{ kind: 'profile' as const, name: 'Agent' }] }];

interface Opened extends Desk {
  readonly deps: DirectoryDeps;
}

async function open(options: TestBridgeOptions): Promise<Opened> {
  let deps: DirectoryDeps | undefined;
  const wrap = (given: DirectoryDeps): DirectoryDeps => {
    deps = given;
    return given;
  };
  const bridge = await openTestBridge({ ...options, wrap });
  if (deps === undefined) throw new Error('the directory was not opened');
  return { ...deskOf(bridge), deps };
}

const actionCalls = (bridge: TestBridge) =>
  bridge.org.calls().filter(({ endpoint }) => endpoint === 'action');

/** Ada and Ben hold the product when the copy is taken; then Ben leaves and Cleo comes. */
async function beforeAndAfter() {
  const old = await open({ profiles: [{ name: 'Agent', product: 'Dynamic Chat' }] });
  await old.bridge.map(rules);
  const ids = [await old.addUser('ada@example.com'), await old.addUser('ben@example.com')];
  const chat = await old.addGroup('Chat', ids);
  await old.bridge.drain();
  const copy = await readTable(old.deps);
  await old.bridge.scim('DELETE', `/scim/v2/Users/${ids[1]}`);
  await old.patchMembers(chat, 'add', [await old.addUser('cleo@example.com')]);
  await old.bridge.drain();
  expect(old.bridge.holders('Agent')).toEqual(['ada@example.com', 'cleo@example.com']);
  const state = old.bridge.org.state();
  const at = old.bridge.clock.now();
  await old.bridge.close();
  return { copy, state, at, ids, chat };
}

test('a restored table reports only, shows what it would do, and goes on after a yes (F12)', async () => {
  const { copy, state, at, ids, chat } = await beforeAndAfter();
  const { bridge, run, addUser, patchMembers, deps } = await open({
    state,
    clock: testClock(at + 3_600_000),
  });
  // As recovery to a point in time does it: everything of that time, in a table of another id.
  await fill(deps, copy, undefined);
  await bridge.directory.claimSchema();
  const before = actionCalls(bridge).length;

  await bridge.drain();
  bridge.clock.advance(DAY_MS);
  expect((await bridge.reconcile()).outcome).toBe('compared');
  await bridge.drain();
  expect(actionCalls(bridge)).toHaveLength(before);
  expect(
    await readGauges({ directory: bridge.directory, now: bridge.clock.now }, bridge.orgKey),
  ).toMatchObject({
    ConnectionsStopped: 1,
  });
  expect((await run('status')).text.join('\n')).toMatch(/restored from a backup/);
  // Ben's product was taken after the copy; the table still believes in it, and the comparison says so.
  expect((await run('drift')).text.join('\n')).toMatch(/ben@example\.com|Agent/);

  // The identity provider says again what it wants, as a full synchronisation does.
  await bridge.scim('DELETE', `/scim/v2/Users/${ids[1]}`);
  await patchMembers(chat, 'add', [await addUser('cleo@example.com')]);
  await bridge.drain();
  expect(actionCalls(bridge)).toHaveLength(before);
  expect((await run('mode', { mode: 'full' })).text.join('\n')).toMatch(/Mode report-only until confirmed/);

  await run('mode', { mode: 'full', yes: true });
  await bridge.drain();
  bridge.clock.advance(DAY_MS);
  await bridge.reconcile();
  await bridge.drain();
  expect(bridge.holders('Agent')).toEqual(['ada@example.com', 'cleo@example.com']);
  // Ada and Cleo were never without it: nobody was mailed a second time.
  expect(bridge.org.outbox().filter(({ kind }) => kind === 'profileAdded')).toHaveLength(
    state.mails.filter(({ kind }) => kind === 'profileAdded').length,
  );
  const items = (await readTable(deps)).map(plain);
  expect(findBroken(items, bridge.connection, bridge.orgKey)).toEqual([]);
  expect(
    (await readGauges({ directory: bridge.directory, now: bridge.clock.now }, bridge.orgKey))
      .ConnectionsStopped,
  ).toBe(0);
  await bridge.close();
});
