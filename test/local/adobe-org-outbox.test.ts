import { describe, expect, test } from 'vitest';
import { aBench, add, type Bench, federated, MINUTE, remove, START } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';
const mails = (bench: Bench): string[] =>
  bench.org.outbox().map(({ kind, to, profile }) => [kind, to, profile].filter(Boolean).join(' '));

describe('umapi.md 20 mail outbox', () => {
  test('a mail says when, to whom, what, which profile, who caused it', async () => {
    const bench = aBench();
    bench.advance(MINUTE);
    await bench.post([{ user: ADA, do: [add('Chat Viewer')] }]);
    const [mail] = bench.org.outbox().slice(-1);
    expect(mail).toEqual({
      number: expect.any(Number),
      at: START + MINUTE,
      to: ADA,
      kind: 'profileAdded',
      profile: 'Chat Viewer',
      product: 'Chat',
      by: 'api',
    });
  });

  test('one mail when a profile comes and one when it goes; none for repeats', async () => {
    const bench = aBench();
    for (const step of [
      add('Chat Viewer'),
      add('Chat Viewer'),
      remove('Chat Viewer'),
      remove('Chat Viewer'),
    ]) {
      await bench.post([{ user: ADA, do: [step] }]);
    }
    expect(mails(bench)).toEqual([`profileAdded ${ADA} Chat Viewer`, `profileRemoved ${ADA} Chat Viewer`]);
  });

  test('a second path to a profile sends none, and losing one of two neither', async () => {
    const bench = aBench();
    for (const step of [add('Chat Agent'), add('Agents'), remove('Chat Agent'), remove('Agents')]) {
      await bench.post([{ user: ADA, do: [step] }]);
    }
    expect(mails(bench)).toEqual([`profileAdded ${ADA} Chat Agent`, `profileRemoved ${ADA} Chat Agent`]);
  });

  test('attaching a profile to a group mails its members', async () => {
    const bench = aBench();
    await bench.post([{ usergroup: 'Readers', do: [{ add: { user: [ADA, 'ben@example.com'] } }] }]);
    expect(mails(bench)).toEqual([]);
    await bench.post([{ usergroup: 'Readers', do: [{ add: { productConfiguration: ['Chat Viewer'] } }] }]);
    expect(mails(bench)).toEqual([
      `profileAdded ${ADA} Chat Viewer`,
      'profileAdded ben@example.com Chat Viewer',
    ]);
  });

  test('a profile whose notification is off sends none', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [add('Silent'), remove('Silent')] }]);
    expect(mails(bench)).toEqual([]);
  });

  test('addAdobeID always mails; a federated create does not', async () => {
    const bench = aBench();
    await bench.post([
      { user: 'a@free.example', useAdobeID: true, do: [{ addAdobeID: { email: 'a@free.example' } }] },
    ]);
    await bench.post([{ user: 'new@example.com', do: [federated('new@example.com')] }]);
    expect(mails(bench)).toEqual(['addedToOrg a@free.example']);
  });

  test('leaving the org takes all profiles, with their mails', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [add('Agents', 'Chat Viewer'), { removeFromOrg: {} }] }]);
    expect(mails(bench).slice(2).sort()).toEqual([
      `profileRemoved ${ADA} Chat Agent`,
      `profileRemoved ${ADA} Chat Viewer`,
    ]);
  });

  test('hand actions mail too, and say so', () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Chat Viewer' });
    expect(bench.org.outbox()).toMatchObject([{ kind: 'profileAdded', to: ADA, by: 'console' }]);
  });

  test('a refused or unknown grant sends none', async () => {
    const bench = aBench();
    await bench.post([
      { user: 'no@example.com', do: [add('Chat Viewer')] },
      { user: ADA, do: [add('Nowhere')] },
    ]);
    expect(mails(bench)).toEqual([]);
  });
});
