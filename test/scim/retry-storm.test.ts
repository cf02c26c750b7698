/**
 * An identity provider that repeats everything, at once and for hours (F52), over a table that throttles (F01), cancels
 * (F03) and loses answers (F05, F53): no valid request is ever answered with 5xx, and a repeat changes nothing.
 */
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from 'vitest';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { lostAnswer, seededRandom, withTransactionFaults } from '../directory/conflicts.ts';
import { interceptSend } from '../directory/intercept.ts';
import { openTestScim, patchOp, type TestScim } from './bridge.ts';

let bridge: TestScim;
afterEach(() => bridge.close());

type Request = readonly [method: string, path: string, body?: unknown];

async function statusOf([method, path, body]: Request): Promise<number> {
  return (await bridge.scim(method, path, body)).status;
}

/** As every provider does it: what is answered with 429 is sent again. */
async function insistOn(request: Request): Promise<number> {
  for (let tries = 0; ; tries++) {
    const status = await statusOf(request);
    if (status !== 429 || tries === 9) return status;
  }
}

/** Some of everything that a provider sends for one person, good and bad. */
function requestsFor(id: string, group: string, n: number): { valid: Request[]; bad: Request[] } {
  const patch = (...Operations: object[]) => ({ schemas: [patchOp], Operations });
  return {
    valid: [
      ['GET', `/Users?filter=${encodeURIComponent(`userName eq "p${n}@example.com"`)}`],
      ['GET', `/Users/${id}`],
      ['PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'title', value: `T${n}` })],
      [
        'PUT',
        `/Users/${id}`,
        { userName: `p${n}@example.com`, title: `T${n}`, emails: [{ value: `p${n}@example.com` }] },
      ],
      ['PATCH', `/Groups/${group}`, patch({ op: 'add', path: 'members', value: [{ value: id }] })],
    ],
    bad: [
      ['POST', '/Users', { userName: `p${n}@example.com` }],
      ['POST', '/Users', '{"userName":'],
      ['PATCH', `/Users/${id}`, patch({ op: 'replace', path: 'emails[type eq', value: 'x' })],
      ['PATCH', `/Users/${id}`, patch({ op: 'explode' })],
      ['PUT', `/Groups/${group}`, { members: 'everybody' }],
    ],
  };
}

describe('an identity provider that repeats everything', () => {
  test('five times at once, over a table with faults: valid requests succeed, bad ones are 4xx, nothing is 5xx (F52)', async () => {
    const wrap = (deps: DirectoryDeps) =>
      withTransactionFaults(throttling(deps), { seed: 52, conflict: 0.15, lostAnswer: 0.05 });
    bridge = await openTestScim({ wrap });
    const group = await bridge.newGroup('Everybody');
    const ids = [];
    for (let n = 0; n < 4; n++) ids.push(await bridge.newUser(`p${n}@example.com`));
    const all = ids.map((id, n) => requestsFor(id, group, n));
    const flood = (requests: Request[]) =>
      Promise.all(Array.from({ length: 5 }, () => requests).flatMap((some) => some.map(insistOn)));
    const [valid, bad] = await Promise.all([
      flood(all.flatMap((one) => one.valid)),
      flood(all.flatMap((one) => one.bad)),
    ]);
    expect([...new Set(valid)].sort()).toEqual([200, 204]);
    expect([...new Set(bad)].sort()).toEqual([400, 409]);
    expect((await bridge.membersOf(group)).length).toBe(4);
    for (const [n, id] of ids.entries())
      expect((await bridge.scim('GET', `/Users/${id}`)).json).toMatchObject({ title: `T${n}` });
  });

  test('once more when all is as it says: no write, no new version, no mark (F53, I09)', async () => {
    let writes = 0;
    bridge = await openTestScim({
      wrap: (deps) => ({
        ...deps,
        client: interceptSend(deps.client, (command, send) => {
          if (command instanceof TransactWriteItemsCommand) writes += 1;
          return send();
        }),
      }),
    });
    const group = await bridge.newGroup('Everybody');
    const id = await bridge.newUser('p0@example.com');
    const { valid } = requestsFor(id, group, 0);
    for (const request of valid) await statusOf(request);
    const before = (await bridge.scim('GET', `/Users/${id}`)).json;
    writes = 0;
    for (let again = 0; again < 5; again++)
      for (const request of valid) expect(await statusOf(request)).toBeLessThan(300);
    expect(writes).toBe(0);
    expect((await bridge.scim('GET', `/Users/${id}`)).json).toEqual(before);
  });
});

describe('a request whose answer was lost, sent again (F53)', () => {
  test('POST finds the user there, DELETE finds nobody, PUT and PATCH change nothing', async () => {
    bridge = await openTestScim();
    const user = { userName: 'ada@example.com', externalId: 'x1' };
    expect(await statusOf(['POST', '/Users', user])).toBe(201);
    const again = await bridge.scim('POST', '/Users', user);
    expect([again.status, again.json['scimType']]).toEqual([409, 'uniqueness']);
    const filter = encodeURIComponent('userName eq "ada@example.com"');
    const { json } = await bridge.scim('GET', `/Users?filter=${filter}`);
    const [found] = json['Resources'] as { id: string; meta: { version: string } }[];
    const replaced = await bridge.scim('PUT', `/Users/${found?.id}`, user);
    expect([replaced.status, replaced.json['meta']]).toEqual([200, found?.meta]);
    expect(await statusOf(['DELETE', `/Users/${found?.id}`])).toBe(204);
    expect(await statusOf(['DELETE', `/Users/${found?.id}`])).toBe(404);
  });
});

describe('a table that is busy for longer than a request may wait (F01, F11)', () => {
  test.each([
    ['throttles', () => Object.assign(new Error('slow down'), { name: 'ThrottlingException' })],
    ['does not answer', () => lostAnswer()],
    ['has internal errors', () => Object.assign(new Error('oops'), { $metadata: { httpStatusCode: 500 } })],
  ])('and %s is 429 with Retry-After on every route, and nothing was changed', async (_, error) => {
    let busy = false;
    let waitedMs = 0;
    bridge = await openTestScim({
      wrap: (deps) => ({
        ...deps,
        realNow: () => waitedMs,
        pause: async (ms) => {
          waitedMs += ms;
        },
        client: interceptSend(deps.client, async (__, send) => {
          if (busy) throw error();
          return send();
        }),
      }),
    });
    const group = await bridge.newGroup('Everybody');
    const id = await bridge.newUser('p0@example.com');
    const before = (await bridge.scim('GET', `/Users/${id}`)).json;
    busy = true;
    const { valid } = requestsFor(id, group, 0);
    for (const [method, path, body] of [...valid, ['DELETE', `/Users/${id}`] as const]) {
      const { status, headers, json } = await bridge.scim(method, path, body);
      expect([method, path, status]).toEqual([method, path, 429]);
      expect(Number(headers['retry-after'] ?? headers['Retry-After'])).toBeGreaterThan(0);
      expect(json['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error']);
    }
    busy = false;
    expect((await bridge.scim('GET', `/Users/${id}`)).json).toEqual(before);
  });
});

/** One call in ten is throttled, whatever it is. */
function throttling(deps: DirectoryDeps): DirectoryDeps {
  const random = seededRandom(1);
  const client = interceptSend(deps.client, async (_, send) => {
    if (random() < 0.1) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    return send();
  });
  return { ...deps, client };
}
