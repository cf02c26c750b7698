/** The client, the packer and the answers against the simulated org: what the two understand of each other. */
import { describe, expect, test } from 'vitest';
import type { Action, AdobeIdentity, RequestOutcome } from '../../lambdas/adobe/adobe.ts';
import { createAdobeClient } from '../../lambdas/adobe/client.ts';
import { packRequest } from '../../lambdas/adobe/pack.ts';
import { createTokenSource } from '../../lambdas/adobe/token.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { asFetch, createAdobeOrg } from '../../local/adobe-org.ts';

function aBridge() {
  const clock = { now: Date.UTC(2026, 0, 5, 9) };
  const now = (): number => clock.now;
  const org = createAdobeOrg({ now, random: seededRandom(7) });
  const { orgId, credentials } = org.state().meta;
  const [{ clientId, clientSecrets } = { clientId: '', clientSecrets: [] }] = credentials;
  const credential = {
    orgId,
    clientId,
    clientSecret: clientSecrets[0] ?? '',
    imsUrl: 'https://ims.example',
    umapiUrl: 'https://umapi.example/v2/usermanagement',
  };
  const timeoutSignal = (ms: number): AbortSignal => AbortSignal.timeout(ms);
  const fetch = asFetch(org);
  const token = createTokenSource({ credential, fetch, now, timeoutMs: 5_000, timeoutSignal });
  const client = createAdobeClient({
    credential,
    fetch,
    now,
    token,
    newRequestId: () => `request-${clock.now}`,
    userAgent: 'bridge/1.0',
    timeoutSignal,
  });
  const deadline = (): number => clock.now + 5_000;
  /** Sends each person's actions, one command each. */
  const send = async (...people: Action[][]): Promise<RequestOutcome> => {
    const work = people.map((actions, i) => ({ accountId: `a${i}`, actions }));
    const { commands } = packRequest(work, { requestId: (id) => `w-${id}` });
    return await client.send(commands, deadline());
  };
  return { clock, org, client, deadline, send };
}

function federated(email: string, username = email): AdobeIdentity {
  return { email, username, type: 'federatedID' };
}
function create(identity: AdobeIdentity): Action {
  return { kind: 'createUser', identity, firstname: 'Ada', lastname: 'L', country: 'NL' };
}
function grant(identity: AdobeIdentity, name: string): Action {
  return { kind: 'grant', identity, name };
}
function words(outcome: RequestOutcome): string[][] | string {
  if (outcome.kind !== 'answered') return outcome.kind;
  return outcome.commands.map(({ actions }) =>
    actions.map(({ outcome: one }) =>
      one.kind === 'failed' ? `${one.error.class} ${one.error.code}` : one.kind,
    ),
  );
}

const ada = federated('ada@example.com');
const mina = federated('mina.osei@example.com', 'm.osei@example.com');

describe('against the simulated org', () => {
  test('a person is created, granted, renamed and revoked, and reads show it', async () => {
    const { org, client, deadline, send } = aBridge();
    expect(words(await send([create(ada), grant(ada, 'chat agents eu')]))).toEqual([['done', 'done']]);
    expect(org.members('Chat agents EU')).toContain('ada@example.com');
    const to = federated('ada.l@example.com');
    expect(words(await send([{ kind: 'renameUser', identity: ada, to }]))).toEqual([['done']]);
    expect(await client.readUser('ADA.L@example.com', deadline(), 'example.com')).toEqual({
      kind: 'ok',
      value: {
        email: 'ada.l@example.com',
        username: 'ada.l@example.com',
        type: 'federatedID',
        status: 'active',
        firstname: 'Ada',
        lastname: 'L',
        country: 'NL',
        groups: ['Chat agents EU'],
      },
    });
    expect(await client.readUser('ada@example.com', deadline())).toEqual({ kind: 'ok', value: undefined });
    expect(words(await send([{ kind: 'revoke', identity: to, name: 'Chat agents EU' }]))).toEqual([['done']]);
    expect(org.members('Chat agents EU')).toEqual([]);
  });

  test('a first contact with somebody who is there answers ok on the create (R33, R25)', async () => {
    const { send } = aBridge();
    const hanna = federated('hanna.made@example.com');
    expect(words(await send([create(hanna), grant(hanna, 'Marketing')]))).toEqual([
      ['ok error.user.already_in_org', 'unknown'],
    ]);
  });

  test('a person whose username differs: created by username, then granted by e-mail (6.1, 6.2)', async () => {
    const { org, send } = aBridge();
    const eve = federated('eve@example.com', 'e.adams@example.com');
    expect(words(await send([create(eve)], [grant(mina, 'Marketing')]))).toEqual([['done'], ['done']]);
    expect(words(await send([grant(eve, 'Marketing')]))).toEqual([['done']]);
    expect(org.members('Marketing')).toEqual([
      'eve@example.com',
      'mina.osei@example.com',
      'twin@example.com',
    ]);
  });

  test('one unknown name fails alone; a person who is not there is gone (R27, F45)', async () => {
    const { send } = aBridge();
    const nobody = federated('nobody@example.com');
    const outcome = await send(
      [grant(mina, 'Marketing'), grant(mina, 'No such group'), grant(mina, 'All staff')],
      [grant(nobody, 'Marketing')],
    );
    expect(words(outcome)).toEqual([
      ['unknown', 'config error.group.not_found', 'unknown'],
      [expect.stringMatching(/^gone error\.user\.n/)],
    ]);
  });

  test('an unclaimed domain trips the domain and nobody else (F49)', async () => {
    const { send } = aBridge();
    const outcome = await send([create(federated('x@unclaimed.example'))], [create(ada)]);
    expect(words(outcome)).toEqual([['config error.domain.trust.nonexistent'], ['done']]);
  });

  test('the eleventh call of a minute is refused until Adobe says (F32)', async () => {
    const { clock, org, send } = aBridge();
    for (let i = 0; i < 10; i += 1) expect((await send([grant(mina, 'Marketing')])).kind).toBe('answered');
    const outcome = await send([grant(mina, 'All staff')]);
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'throttled' });
    expect(org.members('All staff')).toEqual([]);
    const until = outcome.kind === 'refused' ? (outcome.blockedUntil ?? 0) : 0;
    expect(until).toBeGreaterThan(clock.now);
    clock.now = until;
    expect((await send([grant(mina, 'All staff')])).kind).toBe('answered');
  });

  test('an answer lost after the effect leaves everything unknown, and a repeat settles it (F35)', async () => {
    const { org, send } = aBridge();
    org.turnKnobs({ randomFaults: { lostAnswer: 1 } });
    expect((await send([grant(mina, 'Marketing')])).kind).toBe('unknown');
    org.turnKnobs({ randomFaults: { lostAnswer: 0 } });
    expect(words(await send([grant(mina, 'Marketing')]))).toEqual([['done']]);
    expect(org.members('Marketing')).toEqual(['mina.osei@example.com', 'twin@example.com']);
  });

  test('an empty answer leaves everything unknown; an HTML answer never counts as done (F40)', async () => {
    const { org, send } = aBridge();
    org.turnKnobs({ randomFaults: { emptyAnswer: 1 } });
    expect((await send([grant(mina, 'Marketing')])).kind).toBe('unknown');
    org.turnKnobs({ randomFaults: { emptyAnswer: 0, html: 1 } });
    expect((await send([grant(mina, 'Marketing')])).kind).not.toBe('answered');
  });

  test('a token past its life is renewed before the next call (F42)', async () => {
    const { clock, send } = aBridge();
    await send([grant(mina, 'Marketing')]);
    clock.now += 25 * 60 * 60 * 1_000;
    expect((await send([grant(mina, 'All staff')])).kind).toBe('answered');
  });

  test('listings come page by page to the last', async () => {
    const { org, client, deadline } = aBridge();
    org.turnKnobs({ usersPageSize: 3, groupsPageSize: 400, shuffleReads: false });
    const emails: string[] = [];
    for (let page = 0, last = false; !last; page += 1) {
      const read = await client.listUsers(page, deadline());
      if (read.kind !== 'ok') throw new Error(read.error.code);
      emails.push(...read.value.rows.map((row) => row.email));
      expect(read.value.pageCount).toBeGreaterThan(page);
      last = read.value.lastPage;
    }
    expect(emails.sort()).toEqual(
      org
        .people()
        .map(({ email }) => email)
        .sort(),
    );
    const groups = await client.listGroups(0, deadline());
    const twice = groups.kind === 'ok' ? groups.value.rows.filter(({ name }) => name === 'Live Agent') : [];
    expect(twice.map(({ productName }) => productName).sort()).toEqual([
      'Dynamic Chat (EU)',
      'Dynamic Chat (US)',
    ]);
  });

  test('the members of a group are read by name, and an unknown name is told (umapi.md 11.2)', async () => {
    const { client, deadline } = aBridge();
    const read = await client.readGroupMembers('marketing', 0, deadline());
    expect(read).toMatchObject({
      kind: 'ok',
      value: { rows: [{ email: 'twin@example.com', type: 'adobeID' }] },
    });
    expect(await client.readGroupMembers('No such group', 0, deadline())).toEqual({
      kind: 'ok',
      value: undefined,
    });
  });
});
