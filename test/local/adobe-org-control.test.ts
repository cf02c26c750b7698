import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import { aBench, add, type Bench, held, START } from './adobe-org-setup.ts';

const ADA = 'ada@example.com';

async function control(
  bench: Bench,
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  const init = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  const request = new Request(`http://127.0.0.1:9/control/${path}`, body === undefined ? {} : init);
  const response = await bench.org.fetch(request);
  return { status: response.status, text: await response.text() };
}

describe('control interface', () => {
  test('the call log holds time, client, endpoint, commands and status, and never a secret', async () => {
    const bench = aBench();
    const commands = [{ user: ADA, requestID: 'w-1', do: [add('Readers'), add('Nowhere')] }];
    await bench.post(commands);
    const { text } = await control(bench, 'calls');
    const { calls } = z.object({ calls: z.array(z.record(z.string(), z.unknown())) }).parse(JSON.parse(text));
    expect(calls.map(({ endpoint }) => endpoint)).toEqual(['token', 'action']);
    expect(calls[1]).toEqual({
      number: expect.any(Number),
      at: START,
      clientId: bench.credential.clientId,
      endpoint: 'action',
      method: 'POST',
      path: `/v2/usermanagement/action/${bench.orgId}`,
      status: 200,
      commands: 1,
      body: commands,
      applied: true,
      testOnly: false,
      codes: ['error.group.not_found'],
    });
    expect(text).not.toContain(bench.credential.clientSecrets[0]);
    expect(text).not.toContain(await bench.token());
  });

  test('a secret in the query of the token endpoint is not logged', async () => {
    const bench = aBench();
    await bench.raw(`/ims/token/v3?client_secret=${bench.credential.clientSecrets[0]}`, { method: 'POST' });
    expect(JSON.stringify(bench.org.calls())).not.toContain(bench.credential.clientSecrets[0]);
  });

  test('calls and outbox can be asked for what is new', async () => {
    const bench = aBench();
    await bench.post([{ user: ADA, do: [add('Chat Viewer')] }]);
    const last = bench.org.calls().at(-1)?.number ?? 0;
    await bench.post([{ user: 'ben@example.com', do: [add('Chat Viewer')] }]);
    const calls = JSON.parse((await control(bench, `calls?since=${last}`)).text);
    expect(calls).toMatchObject({ calls: [{ endpoint: 'token' }, { endpoint: 'action' }] });
    const outbox = JSON.parse((await control(bench, `outbox?since=${last}`)).text);
    expect(outbox).toMatchObject({ mails: [{ to: 'ben@example.com' }] });
  });

  test('the state shows everything but secrets', async () => {
    const bench = aBench();
    const { text } = await control(bench, 'state');
    const { signingKey, orgId } = bench.org.state().meta;
    expect(text).toContain(orgId);
    expect(text).toContain('c.leo@example.com');
    for (const secret of [signingKey, bench.credential.clientSecrets[0]]) expect(text).not.toContain(secret);
  });

  test('faults, hand actions, knobs and seeds come over it', async () => {
    const bench = aBench();
    const next = [{ kind: 'status', status: 500 }, { kind: 'none' }];
    expect((await control(bench, 'faults', { next, endpoint: 'action' })).text).toBe('{"waiting":2}');
    expect((await bench.post([{ user: ADA, do: [add('Readers')] }])).status).toBe(500);
    await control(bench, 'console', { action: 'grant', email: ADA, group: 'Readers' });
    await control(bench, 'console', [
      { action: 'revoke', email: ADA, group: 'Readers' },
      { action: 'grant', email: ADA, group: 'Agents' },
    ]);
    expect(held(bench, ADA)).toEqual(['Agents']);
    await control(bench, 'knobs', { usersPageSize: 3, limitsPerMinute: { action: 2 } });
    const { knobs } = bench.org.state().meta;
    expect([knobs.usersPageSize, knobs.limitsPerMinute, knobs.groupsPageSize]).toEqual([
      3,
      { action: 2, users: 25, groupUsers: 25, user: 25, groups: 5 },
      400,
    ]);
    await control(bench, 'knobs', { retryAfterForm: 'date' });
    expect(bench.org.state().meta.knobs).toEqual({ ...knobs, retryAfterForm: 'date' });
    await control(bench, 'seed', { groups: 2, profiles: 3, people: 4 });
    expect(bench.org.people()).toHaveLength(4);
    expect(await bench.token()).not.toBe('');
    await control(bench, 'seed', { seed: 'empty' });
    expect(bench.org.people()).toEqual([]);
    await control(bench, 'seed', { seed: 'default' });
    expect(held(bench, 'twin@example.com')).toEqual(['Marketing']);
  });

  test.each<[string, string, unknown, number]>([
    ['an unknown route', 'nothing', undefined, 404],
    ['an unknown person', 'console', { action: 'grant', email: 'no@example.com', group: 'Readers' }, 404],
    ['an unknown group', 'console', { action: 'grant', email: ADA, group: 'Nowhere' }, 404],
    ['a name that occurs twice', 'console', { action: 'grant', email: ADA, group: 'Twice' }, 404],
    ['an unknown action', 'console', { action: 'dance' }, 400],
    ['an unknown knob', 'knobs', { usersPageSiz: 3 }, 400],
    ['an unknown chance', 'knobs', { randomFaults: { fire: 1 } }, 400],
    ['an unknown fault', 'faults', { next: [{ kind: 'flood' }] }, 400],
  ])('%s is refused with a reason', async (_, path, body, status) => {
    const answer = await control(aBench(), path, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({ message: expect.stringMatching(/\w/) });
  });

  test('a profile of a doubled name is named with its product', async () => {
    const bench = aBench();
    bench.hand({ action: 'grant', email: ADA, group: 'Twice', product: 'Insight' });
    expect(bench.org.people()[0]?.access).toEqual(['Insight: Twice']);
  });

  test('it answers to loopback names only, and to JSON only', async () => {
    const bench = aBench();
    const foreign = await bench.org.fetch(new Request('http://rebound.example/control/state'));
    expect(foreign.status).toBe(403);
    const form = await bench.raw('/control/seed', { method: 'POST', body: '{"seed":"empty"}' });
    expect(form.status).toBe(415);
    expect(bench.org.people()).not.toEqual([]);
    // A browser sends this one without asking anybody, whatever follows the semicolon.
    const disguised = await bench.raw('/control/seed', {
      method: 'POST',
      headers: { 'content-type': 'text/plain; application/json' },
      body: '{"seed":"empty"}',
    });
    expect(disguised.status).toBe(415);
  });
});

describe('the small org of a first start', () => {
  const bench = () => aBench({}, { state: seedSmallOrg({ random: seededRandom(1), at: START }) });

  test('holds every trap', () => {
    const { org } = bench();
    const { meta, groups, mails } = org.state();
    expect(meta.orgId).toMatch(/^[0-9A-F]{20}@AdobeOrg$/);
    expect(meta.directories.map(({ domains }) => domains)).toEqual([['example.com', 'example.org']]);
    const named = (name: string) => groups.filter((group) => group.name === name);
    expect(named('Live Agent')).toHaveLength(2);
    expect(named('Marketo Standard')).toHaveLength(1);
    expect(named('Marketing User EU')).toHaveLength(1);
    const people = Object.fromEntries(org.people().map((one) => [`${one.type} ${one.email}`, one]));
    expect(people['adobeID twin@example.com']?.groups).toEqual(['Marketing']);
    expect(people['federatedID mina.osei@example.com']?.username).toBe('m.osei@example.com');
    expect(people['federatedID hanna.made@example.com']?.groups).toEqual(['Marketo Standard']);
    expect(people['federatedID olga.admin@example.com']?.groups).toEqual(['_org_admin']);
    expect(people['federatedID chris.lead@example.com']?.groups).toEqual(['_admin_Chat agents EU']);
    expect(mails).toEqual([]);
  });

  test('each agents group opens the Live Agent of its own subscription', async () => {
    const small = bench();
    await small.post([
      { usergroup: 'Chat agents EU', do: [{ add: { user: ['mina.osei@example.com'] } }] },
      { usergroup: 'Chat agents US', do: [{ add: { user: ['hanna.made@example.com'] } }] },
    ]);
    const access = Object.fromEntries(small.org.people().map((one) => [one.email, one.access]));
    expect(access['mina.osei@example.com']).toEqual(['Dynamic Chat (EU): Live Agent']);
    expect(access['hanna.made@example.com']).toContain('Dynamic Chat (US): Live Agent');
  });

  test('Sales Insight has no free seat', async () => {
    const small = bench();
    await small.post([{ user: 'mina.osei@example.com', do: [add('Sales Insight')] }]);
    const mina = small.org.people().find(({ email }) => email === 'mina.osei@example.com');
    expect(mina?.unlicensed).toEqual(['Sales Insight Actions: Sales Insight']);
  });

  test('throttles are on, faults by chance and delays are off', () => {
    const { knobs } = seedSmallOrg({ random: seededRandom(1), at: START }).meta;
    expect([knobs.throttle, knobs.frequencyThrottle, knobs.shuffleCommands]).toEqual([true, true, true]);
    expect(Object.values(knobs.randomFaults).every((chance) => chance === 0)).toBe(true);
    expect([knobs.latencyMs, knobs.replicationDelayMs]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('one generator seeds the same org twice, another one other secrets', () => {
    const seed = (n: number) => seedSmallOrg({ random: seededRandom(n), at: START });
    expect(seed(5)).toEqual(seed(5));
    expect(seed(5).meta.credentials).not.toEqual(seed(6).meta.credentials);
  });
});
