import { test } from 'vitest';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import { seeded } from '../build.ts';
import { testClock } from '../open.ts';
import { openDesk } from './desk.ts';

test('look', async () => {
  const clock = testClock();
  const desk = await openDesk({ clock, state: seedSmallOrg({ random: seeded(3), at: clock.now() }) });
  const show = async (c: string, a: unknown = {}) => {
    const r = await desk.ask(c, a);
    console.log(
      `$ ${c} ${JSON.stringify(a)}\n${r.ok ? r.result.text.join('\n') : 'REFUSED ' + r.error.message}`,
    );
  };
  await show('status');
  await show('mapping.show');
  await show('token.list');
  await desk.bridge.drain();
  const ids = [];
  for (const u of [
    'ann@example.com',
    'twin@example.com',
    'mina.osei@example.com',
    'far@elsewhere.test',
    'olga.admin@example.com',
    'hanna.made@example.com',
  ])
    ids.push(await desk.addUser(u));
  const g = await desk.addGroup('Agents', ids);
  const rules = [
    {
      group: 'Agents',
      grants: [{ userGroup: 'Chat agents EU' }, { profile: 'Marketo Standard', product: 'Marketo Engage' }],
    },
    { group: 'Coming soon', grants: [{ userGroup: 'Marketing' }], mode: 'report-only' },
  ];
  await show('mapping.apply', { rules });
  await desk.apply(rules);
  await show('status');
  await show('status.person', { email: 'ann@example.com' });
  await desk.bridge.drain();
  await show('status');
  for (const u of [
    'ann@example.com',
    'twin@example.com',
    'far@elsewhere.test',
    'olga.admin@example.com',
    'hanna.made@example.com',
    'nobody@example.com',
    'quentin.seat@example.com',
  ])
    await show('status.person', { email: u });
  await show('who', { entitlement: 'chat agents eu' });
  await show('who', { entitlement: 'Marketo Standard' });
  await show('who', { entitlement: 'Sales Insigt' });
  await show('who', { entitlement: 'Sales Insight' });
  await show('mapping.show');
  await show('mapping.apply', { rules: [rules[0]] });
  await show('mapping.apply', { rules: [], yes: true });
  await desk.bridge.scim('DELETE', `/scim/v2/Groups/${g}`);
  await show('mapping.show');
  await show('who', { entitlement: 'chat agents eu' });
  await show('token.create', { label: 'Okta prod', expiresInDays: 90 });
  await show('token.list');
  await desk.bridge.close();
});
