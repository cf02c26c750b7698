/** Calls that take effect long after they were given up (F36): what they leave is found and put right (R28). */
import { describe, expect } from 'vitest';
import { night } from './nights.ts';
import { DAY, MINUTE, type Stage, scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const OLD = 'ada@outside.test';
const NEW = 'ada.new@outside.test';

/** Everything settled; what is late lands with the next request, whoever makes it. */
async function rested(stage: Stage): Promise<void> {
  for (let rounds = 0; rounds < 3; rounds++) {
    await stage.settle();
    await stage.org.fetch(new Request('https://umapi.example.test/control/people'));
  }
}

describe('an address that is replaced while a call may still land under it (R28)', () => {
  const outside = { type: 'adobeID', username: 'email', onRename: 'replace' } as const;
  const options = { settings: { domains: { 'outside.test': outside } } };

  /** Holds X; the answer to the grant of Y never comes, and it takes effect 20 minutes later. */
  async function lateGrant(stage: Stage): Promise<{ id: string; market: string }> {
    const id = await stage.user(OLD);
    await stage.group('Chat', [id]);
    await stage.drain();
    const market = await stage.group('Market', [id]);
    stage.faults({ kind: 'late', ms: 20 * MINUTE, endpoint: 'action' });
    await stage.drainOnce(5_000);
    return { id, market };
  }

  const reads = (stage: Stage) => stage.org.calls().filter(({ endpoint }) => endpoint === 'user').length;

  scenario('it is kept, visibly, until nothing can land there, then left empty', options, async (stage) => {
    const { id } = await lateGrant(stage);
    await stage.settle(MINUTE);
    await stage.email(id, NEW);
    await stage.drain();
    expect(await stage.account(id)).toMatchObject({ status: 'waiting', reason: 'watch' });
    expect(stage.person(OLD)?.groups.toSorted()).toEqual([X.name, Y.name]);
    await rested(stage);
    expect(stage.person(OLD)?.groups).toEqual([]);
    expect(stage.person(NEW)?.groups.toSorted()).toEqual([X.name, Y.name]);
    expect(await stage.account(id)).toMatchObject({ status: 'idle', watch: {} });
    expect(stage.welcomes()).toHaveLength(4);
  });

  scenario('what was taken back and landed after that is found by one look', options, async (stage) => {
    const { id, market } = await lateGrant(stage);
    await stage.quit(market, id);
    await stage.settle(MINUTE);
    expect(stage.person(OLD)?.groups).toEqual([X.name]);
    await stage.email(id, NEW);
    const before = reads(stage);
    await rested(stage);
    expect(stage.person(OLD)?.groups).toEqual([]);
    expect(stage.person(NEW)?.groups).toEqual([X.name]);
    expect(await stage.account(id)).toMatchObject({ status: 'idle', watch: {} });
    expect(reads(stage) - before).toBeLessThanOrEqual(4);
  });

  scenario('a lost answer on the way out is waited for, too, and it ends', options, async (stage) => {
    const id = await stage.user(OLD);
    await stage.group('Chat', [id]);
    await stage.drain();
    await stage.email(id, NEW);
    stage.loseNextAnswer();
    await stage.drain();
    expect(stage.person(NEW)).toBeUndefined();
    await rested(stage);
    expect(stage.holders(X.name)).toEqual([NEW]);
    expect(stage.welcomes()).toEqual([`${NEW}: ${X.name}`, `${OLD}: ${X.name}`]);
    expect(await stage.account(id)).toMatchObject({ status: 'idle', watch: {} });
  });
});

describe('a change of names that lands over a newer one (R28)', () => {
  const ada = 'ada@example.com';
  const named = (stage: Stage, id: string, givenName: string) =>
    stage.change(id, { name: { givenName, familyName: 'Okafor' } });

  async function lateNames(stage: Stage): Promise<string> {
    const id = await stage.user(ada);
    await stage.group('Chat', [id]);
    await stage.drain();
    await named(stage, id, 'Augusta');
    stage.faults({ kind: 'late', ms: 20 * MINUTE, endpoint: 'action' });
    await stage.drainOnce(5_000);
    return id;
  }

  scenario('the newer one is sent again after the next listing', {}, async (stage) => {
    const id = await lateNames(stage);
    await named(stage, id, 'Adaeze');
    await stage.settle(MINUTE);
    expect(stage.person(ada)?.firstname).toBe('Adaeze');
    stage.clock.advance(DAY);
    await stage.reconcile();
    expect(stage.person(ada)?.firstname).toBe('Augusta');
    // Known to be ours: nobody is told that somebody changed it by hand.
    expect((await stage.account(id)).drift).toBeUndefined();
    await stage.drain();
    expect(stage.person(ada)?.firstname).toBe('Adaeze');
    expect((await stage.account(id)).watch).toEqual({});
    const sent = stage.actionCalls().length;
    await night(stage);
    expect(stage.actionCalls()).toHaveLength(sent);
  });

  scenario('where it is the newest one, nothing is sent', {}, async (stage) => {
    const id = await lateNames(stage);
    await stage.settle(MINUTE);
    const sent = stage.actionCalls().length;
    await night(stage);
    expect(stage.actionCalls()).toHaveLength(sent);
    expect((await stage.account(id)).watch).toEqual({});
    expect(stage.person(ada)?.firstname).toBe('Augusta');
  });
});

describe('a rename that lands after a look showed the old address (R26, R28)', () => {
  const [from, to] = ['ada@example.com', 'ada.l@example.com'];

  async function lateRename(stage: Stage): Promise<string> {
    const id = await stage.user(from);
    await stage.group('Chat', [id]);
    await stage.drain();
    await stage.email(id, to);
    stage.faults({ kind: 'late', ms: 20 * MINUTE, endpoint: 'action' });
    await stage.drainOnce(5_000);
    return id;
  }

  async function mode(stage: Stage, wanted: 'full' | 'report-only'): Promise<void> {
    const { rev } = await stage.directory.getConnection(stage.connection);
    expect(await stage.directory.setMode(stage.connection, { mode: wanted, rev, by: 'olga' })).toBe(true);
  }

  const leavers: [string, (stage: Stage, id: string) => Promise<void>][] = [
    ['deactivated', (stage, id) => stage.leave(id)],
    ['deleted', (stage, id) => stage.remove('Users', id)],
    ['looked at, then deleted', (stage, id) => stage.settle(MINUTE).then(() => stage.remove('Users', id))],
  ];
  for (const [what, leaves] of leavers) {
    scenario(`somebody ${what} meanwhile keeps nothing under the new address`, {}, async (stage) => {
      const id = await lateRename(stage);
      // Nothing is sent before it has landed.
      await mode(stage, 'report-only');
      await leaves(stage, id);
      await stage.settle(MINUTE);
      expect(stage.person(from)?.groups).toEqual([X.name]);
      stage.clock.advance(25 * MINUTE);
      await mode(stage, 'full');
      await rested(stage);
      expect(stage.org.people().map(({ email, groups }) => [email, groups])).toEqual([[to, []]]);
    });
  }

  scenario('somebody who gets a third address meanwhile is found under the second', {}, async (stage) => {
    const third = 'ada.m@example.com';
    const id = await lateRename(stage);
    await mode(stage, 'report-only');
    await stage.settle(MINUTE);
    await stage.email(id, third);
    stage.clock.advance(25 * MINUTE);
    await mode(stage, 'full');
    await rested(stage);
    expect(stage.org.people().map(({ email, groups }) => [email, groups])).toEqual([[third, [X.name]]]);
  });

  scenario('somebody who was to keep the old one is brought back to it', {}, async (stage) => {
    const id = await lateRename(stage);
    await stage.email(id, from);
    await stage.settle(MINUTE);
    expect(await stage.account(id)).toMatchObject({ status: 'waiting', reason: 'watch' });
    // Nobody else is made of the address meanwhile.
    const other = await stage.user(to);
    await stage.join((await stage.directory.groupNamed(stage.connection, 'Chat'))?.id ?? '', other);
    await stage.drain();
    expect(await stage.account(other)).toMatchObject({ status: 'waiting', reason: 'identity-taken' });
    await rested(stage);
    expect(stage.holders(X.name)).toEqual([to, from]);
    expect(stage.person(to)?.firstname).toBe('ada.l');
    expect((await stage.account(id)).watch).toEqual({});
  });
});
