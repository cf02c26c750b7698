/** `mode`, `pause`, `resume`: what an operator is shown before and after (design.md section 6; V6, V8, V10). */
import { afterEach, describe, expect, test } from 'vitest';
import type { TestBridgeOptions } from '../build.ts';
import { type Desk, openDesk } from './desk.ts';

const profile = 'Agent EU';
let open: Desk | undefined;

afterEach(async () => {
  await open?.bridge.close();
  open = undefined;
});

async function desk(options: TestBridgeOptions = {}): Promise<Desk> {
  open = await openDesk({ profiles: [{ name: profile, product: 'Dynamic Chat' }], ...options });
  await open.bridge.map([{ group: 'Chat', grants: [{ kind: 'profile', name: profile }] }]);
  return open;
}

const sent = ({ bridge }: Desk) => bridge.org.calls().filter(({ endpoint }) => endpoint === 'action').length;

describe('mode', () => {
  test('tells the mode; of another one, what would be sent, and changes nothing without a yes', async () => {
    const d = await desk({ settings: { mode: 'additive' } });
    const [ann, ben] = [await d.addUser('ann@example.com'), await d.addUser('ben@example.com')];
    const group = await d.addGroup('Chat', [ann, ben]);
    await d.bridge.drain();
    await d.patchMembers(group, 'remove', [ann]);
    await d.bridge.drain();
    expect((await d.run('mode')).text).toEqual(['Mode additive.']);
    expect((await d.run('mode', { mode: 'full' })).text).toEqual([
      'Mode additive; full would be next.',
      'Would lose "Agent EU": 1',
      '  ann@example.com',
      'Nothing was changed. Add --yes to change it.',
    ]);
    await d.bridge.drain();
    expect(d.bridge.holders(profile)).toHaveLength(2);
    expect((await d.run('mode', { mode: 'full', yes: true })).text.at(-1)).toBe('The mode is full now.');
    await d.bridge.drain();
    expect(d.bridge.holders(profile)).toEqual(['ben@example.com']);
    expect((await d.run('mode', { mode: 'full' })).text).toContain('Nothing would be sent now.');
  });

  test('report-only to full shows who would be created and gain; back to report-only sends nothing more', async () => {
    const d = await desk({ settings: { mode: 'report-only' } });
    const group = await d.addGroup('Chat', [await d.addUser('ann@example.com')]);
    await d.bridge.drain();
    const { text } = await d.run('mode', { mode: 'full', yes: true });
    expect(text).toEqual([
      'Mode report-only; full would be next.',
      'Would gain "Agent EU": 1',
      '  ann@example.com',
      'Would be created at Adobe: 1',
      '  ann@example.com',
      'The mode is full now.',
    ]);
    await d.bridge.drain();
    expect(d.bridge.holders(profile)).toEqual(['ann@example.com']);
    await d.run('mode', { mode: 'report-only', yes: true });
    const calls = sent(d);
    await d.patchMembers(group, 'add', [await d.addUser('ben@example.com')]);
    await d.bridge.drain();
    expect(sent(d)).toBe(calls);
  });

  test('is refused when somebody else changed the connection meanwhile', async () => {
    const d = await desk();
    const { rev } = await d.bridge.directory.getConnection(d.bridge.connection);
    const change = { mode: 'additive', rev: rev - 1, by: 'olga' } as const;
    expect(await d.bridge.directory.setMode(d.bridge.connection, change)).toBe(false);
  });
});

describe('pause and resume', () => {
  test.each(['connection', 'org', 'all'])('%s: status says since when, by whom and why', async (scope) => {
    const d = await desk();
    await d.run('pause', { scope, reason: 'the mapping looks wrong' });
    const line = (await d.run('status')).text.find((one) => one.includes('paused'));
    expect(line).toMatch(
      new RegExp(
        `is paused since 2026-03-02 08:00:00 UTC by unknown: the mapping looks wrong.*resume --${scope}`,
      ),
    );
    expect(await d.refusal('pause', { scope, reason: 'again' })).toMatch(/already/);
    await d.addGroup('Chat', [await d.addUser('ann@example.com')]);
    await d.bridge.drain();
    expect(sent(d)).toBe(0);
    await d.run('resume', { scope });
    expect((await d.run('status')).text.join()).not.toContain('is paused since');
    expect(await d.refusal('resume', { scope })).toMatch(/is not paused/);
    await d.bridge.drain();
    expect(d.bridge.holders(profile)).toEqual(['ann@example.com']);
  });

  test('without a reason is refused', async () => {
    const d = await desk();
    expect(await d.refusal('pause', { scope: 'all', reason: ' ' })).toMatch(/say why/);
  });
});

describe('status warns', () => {
  test.each([
    { label: 'nobody is protected (V8)', settings: { protected: [] }, warned: true },
    { label: 'somebody is', settings: { protected: ['boss@example.com'] }, warned: false },
  ])('$label: $warned', async ({ settings, warned }) => {
    const d = await desk({ settings });
    const { text } = await d.run('status');
    expect(text.some((line) => line.startsWith('Nobody is on the protected list'))).toBe(warned);
  });
});
