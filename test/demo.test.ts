/** The demo's story against the whole bridge in one process, on the org and the mapping of a first start. */

import { expect, test } from 'vitest';
import { openAdminConsole } from '../local/admin-console.ts';
import { seededRandom } from '../local/adobe-org/random.ts';
import { seedSmallOrg } from '../local/adobe-org/seed.ts';
import { asFetch } from '../local/adobe-org.ts';
import { runDemo } from '../local/demo.ts';
import { createDialect } from '../local/idp/dialects.ts';
import { openTestBridge } from './build.ts';

test('the demo shows at Adobe what its groups grant, twice in a row, and leaves everybody else as they were', async () => {
  const state = seedSmallOrg({ random: seededRandom(3), at: Date.parse('2026-03-02T07:00:00Z') });
  const bridge = await openTestBridge({ state });
  await bridge.map([
    { group: 'Chat agents EU', grants: [{ kind: 'userGroup', name: 'Chat agents EU' }] },
    { group: 'Chat agents US', grants: [{ kind: 'userGroup', name: 'Chat agents US' }] },
    {
      group: 'Marketing',
      grants: [
        { kind: 'userGroup', name: 'Marketing' },
        { kind: 'profile', name: 'Marketo Standard', product: 'Marketo Engage' },
      ],
    },
  ]);
  const before = bridge.org.people();
  const { orgId, credentials } = bridge.org.state().meta;
  const [credential] = credentials;
  const access = {
    url: 'https://adobe.example.test',
    orgId,
    clientId: credential?.clientId ?? '',
    clientSecret: credential?.clientSecrets[0] ?? '',
  };
  // Time goes by where the demo waits, and the bridge works meanwhile.
  const wait = async (ms: number) => {
    bridge.clock.advance(ms);
    await bridge.drainOnce();
  };
  const lines: string[] = [];
  for (const tag of ['first', 'second']) {
    await runDemo({
      dialect: createDialect('okta-catalog', {
        send: ({ method, path, query, headers, body }) =>
          bridge.scim(method, `/scim/v2${path}${query === undefined ? '' : `?${query}`}`, body, {
            ...headers,
          }),
        token: bridge.token,
        wait,
        newId: () => 'k7Rt-random',
      }),
      deleteUser: async (userId) => {
        expect((await bridge.scim('DELETE', `/scim/v2/Users/${userId}`)).status).toBe(204);
      },
      adobe: openAdminConsole({ access, fetch: asFetch(bridge.org), wait }),
      tag,
      print: (line) => lines.push(line),
      wait,
      now: bridge.clock.now,
      patienceMs: 90_000,
    });
  }
  expect(lines.filter((line) => line.includes('Adobe shows'))).toHaveLength(20);
  const after = bridge.org.people();
  expect(after.filter(({ email }) => before.some((person) => person.email === email))).toEqual(before);
  await bridge.close();
});
