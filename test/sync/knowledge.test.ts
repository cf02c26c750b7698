/** Know before you write (R19, R20, R33; T14, T17, I11): what Adobe holds decides what the first write is. */
import { describe, expect } from 'vitest';
import { DAY, HOUR, MINUTE, type Stage, scenario, X, Y } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

/** So that single-user reads, not the listing of the first start, are what is known. */
async function listedLongAgo(stage: Stage): Promise<void> {
  await stage.drain();
  stage.clock.advance(HOUR);
}

describe('twins (T17)', () => {
  for (const known of ['the listing', 'a single-user read'] as const) {
    scenario(
      `a federated create over an Adobe ID known from ${known} sends nothing and parks visibly`,
      {},
      async (stage) => {
        if (known === 'a single-user read') await listedLongAgo(stage);
        stage.org.byHand({
          action: 'addUser',
          email: 'twin@example.com',
          type: 'adobeID',
          firstname: 'Tom',
          lastname: 'Winter',
        });
        const twin = await stage.user('twin@example.com');
        await stage.group('Chat', [twin]);
        await stage.settle();
        expect(stage.actionCalls()).toEqual([]);
        expect(stage.person('twin@example.com')).toMatchObject({
          type: 'adobeID',
          groups: [],
          firstname: 'Tom',
        });
        const account = await stage.account(twin);
        expect(account).toMatchObject({ status: 'parked', reason: 'twin' });
        expect(account.error?.hint).toMatch(/Admin Console/);
      },
    );
  }

  scenario(
    'when the twin is gone and the provider says something new, the person is created',
    {},
    async (stage) => {
      stage.org.byHand({ action: 'addUser', email: 'twin@example.com', type: 'adobeID' });
      const twin = await stage.user('twin@example.com');
      await stage.group('Chat', [twin]);
      await stage.drain();
      stage.org.byHand({
        action: 'removeUser',
        email: 'twin@example.com',
        type: 'adobeID',
        deleteAccount: true,
      });
      stage.clock.advance(HOUR);
      await stage.group('Market', [twin]);
      await stage.drain();
      expect(stage.person('twin@example.com')?.type).toBe('federatedID');
    },
  );
});

describe('people who were there before (T14)', () => {
  scenario(
    'username and e-mail differ: adopted as they are, granted to, never rewritten',
    {},
    async (stage) => {
      stage.org.byHand({
        action: 'addUser',
        email: 'mina@example.com',
        username: 'm.osei@example.com',
        firstname: 'Mina',
        lastname: 'Osei',
        country: 'DE',
      });
      const mina = await stage.user('mina@example.com', {
        name: { givenName: 'Wilhelmina', familyName: 'Osei-Bonsu' },
      });
      await stage.group('Chat', [mina]);
      await stage.drain();
      await stage.email(mina, 'mina.new@example.com');
      await stage.change(mina, { name: { givenName: 'Minnie', familyName: 'Osei' } });
      await stage.settle();
      expect(stage.person('mina@example.com')).toMatchObject({
        username: 'm.osei@example.com',
        firstname: 'Mina',
        lastname: 'Osei',
        groups: [X.name],
      });
      expect(JSON.stringify(stage.actionCalls().map(({ body }) => body))).not.toMatch(/update|create/);
      expect(await stage.account(mina)).toMatchObject({
        origin: 'found',
        status: 'parked',
        reason: 'adopted-rename',
      });
      const facts = (await stage.items()).map((item) => item['fact']);
      expect(facts).toContain('adopted');
    },
  );

  scenario(
    'somebody whose username is the address asked for blocks it and is never acted on',
    {},
    async (stage) => {
      stage.org.byHand({
        action: 'addUser',
        email: 'mina@example.com',
        username: 'm.osei@example.com',
        firstname: 'Mina',
        lastname: 'Osei',
        country: 'DE',
      });
      const other = await stage.user('m.osei@example.com');
      await stage.group('Chat', [other]);
      await stage.settle();
      expect(stage.actionCalls()).toEqual([]);
      expect((await stage.account(other)).status).toBe('parked');
    },
  );

  scenario(
    'what a fresh read shows is not granted again, what an old listing shows is (R20)',
    {},
    async (stage) => {
      for (const name of ['new', 'old']) {
        stage.org.byHand({
          action: 'addUser',
          email: `${name}@example.com`,
          firstname: name,
          lastname: 'Hand',
          country: 'DE',
        });
        stage.org.byHand({ action: 'grant', email: `${name}@example.com`, group: X.name });
      }
      const chat = await stage.group('Chat', [await stage.user('new@example.com')]);
      await stage.drain();
      expect(stage.actionCalls()).toEqual([]);
      stage.clock.advance(HOUR);
      // Reads are busy: the listing of an hour ago has to do, and what it shows may be gone by now.
      stage.faults({ kind: 'throttle', retryAfterSeconds: 200, blocks: false, endpoint: 'user' });
      await stage.join(chat, await stage.user('old@example.com'));
      await stage.drain();
      stage.clock.advance(MINUTE);
      await stage.drain();
      expect(stage.actionCalls()).toHaveLength(1);
      expect(stage.holders(X.name)).toEqual(['new@example.com', 'old@example.com']);
    },
  );

  scenario('a hand-made grant that no rule wants is never touched', {}, async (stage) => {
    stage.org.byHand({
      action: 'addUser',
      email: 'hanna@example.com',
      firstname: 'Hanna',
      lastname: 'Made',
      country: 'DE',
    });
    stage.org.byHand({ action: 'grant', email: 'hanna@example.com', group: Y.name });
    const hanna = await stage.user('hanna@example.com');
    await stage.group('Chat', [hanna]);
    await stage.drain();
    await stage.remove('Users', hanna);
    await stage.settle();
    expect([stage.holders(X.name), stage.holders(Y.name)]).toEqual([[], ['hanna@example.com']]);
    expect(stage.person('hanna@example.com')).toBeDefined();
  });
});

describe('names, countries and types (R2)', () => {
  scenario('names are updated for people we made, and a country never', {}, async (stage) => {
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.drain();
    await stage.change(ada, {
      name: { givenName: 'Augusta', familyName: 'King' },
      addresses: [{ country: 'GB', primary: true }],
    });
    await stage.drain();
    expect(stage.person('ada@example.com')).toMatchObject({
      firstname: 'Augusta',
      lastname: 'King',
      country: 'US',
    });
    expect(stage.actionCalls()).toHaveLength(2);
  });

  scenario(
    'a Business ID is made through addAdobeID with useAdobeID, and never renamed or rewritten',
    {},
    async (stage) => {
      const pat = await stage.user('pat@example.net');
      await stage.group('Chat', [pat]);
      await stage.drain();
      const [command] = (stage.actionCalls()[0]?.body ?? []) as { useAdobeID: boolean; do: object[] }[];
      expect(command?.useAdobeID).toBe(true);
      expect(Object.keys(command?.do[0] ?? {})).toEqual(['addAdobeID']);
      expect(stage.holders(X.name)).toEqual(['pat@example.net']);
      await stage.change(pat, { name: { givenName: 'Patricia', familyName: 'New' } });
      await stage.email(pat, 'pat.new@example.net');
      await stage.settle();
      expect(stage.actionCalls()).toHaveLength(1);
      expect(await stage.account(pat)).toMatchObject({ status: 'parked', reason: 'adobe-id-rename' });
    },
  );

  scenario('a Business ID that is there already is adopted, whatever type Adobe shows', {}, async (stage) => {
    stage.org.byHand({
      action: 'addUser',
      email: 'pat@example.net',
      type: 'adobeID',
      firstname: 'Pat',
      lastname: 'Ner',
    });
    const chat = await stage.group('Chat', [await stage.user('pat@example.net')]);
    await stage.drain();
    expect(stage.holders(X.name)).toEqual(['pat@example.net']);
    const text = JSON.stringify(stage.actionCalls().map(({ body }) => body));
    expect(text).toContain('"useAdobeID":true');
    expect(text).not.toContain('addAdobeID');
    expect(chat).not.toBe('');
  });
});

describe('listings (I11, R30)', () => {
  const people = Array.from({ length: 25 }, (_, at) => `h${at}@example.com`);
  const addByHand = (stage: Stage) => {
    for (const email of people)
      stage.org.byHand({ action: 'addUser', email, firstname: 'H', lastname: 'Hand', country: 'DE' });
  };

  scenario(
    'one that fails on page 3 concludes nothing, and people are looked up one by one',
    {},
    async (stage) => {
      stage.org.turnKnobs({ usersPageSize: 5 });
      addByHand(stage);
      stage.faults(
        { kind: 'none', endpoint: 'users' },
        { kind: 'none', endpoint: 'users' },
        { kind: 'status', status: 504, applied: false, headers: {}, endpoint: 'users' },
      );
      const known = await stage.user('h24@example.com');
      await stage.group('Chat', [known]);
      await stage.drain();
      expect((await stage.directory.getOrg(stage.orgKey))?.listing).toBeUndefined();
      expect((await stage.account(known)).origin).toBe('found');
      expect(stage.holders(X.name)).toEqual(['h24@example.com']);
    },
  );

  scenario('a list that ends before its last page concludes nothing', {}, async (stage) => {
    stage.org.turnKnobs({ usersPageSize: 5 });
    addByHand(stage);
    stage.hooks.after = async ({ url }, response) => {
      if (!/\/users\/[^/]+\/2$/.test(new URL(url).pathname)) return undefined;
      const body = (await response.json()) as object;
      return Response.json({ ...body, lastPage: true }, { headers: response.headers });
    };
    await stage.drain();
    expect((await stage.directory.getOrg(stage.orgKey))?.listing).toBeUndefined();
  });

  scenario(
    'page 0 is asked for once in two hours, and a complete listing holds for a day',
    {},
    async (stage) => {
      const pages = () =>
        stage.org.calls().filter(({ endpoint, path }) => endpoint === 'users' && /\/0(\?|$)/.test(path))
          .length;
      stage.faults({ kind: 'status', status: 504, applied: false, headers: {}, endpoint: 'users' });
      for (let hour = 0; hour < 30; hour++) {
        await stage.drain();
        await stage.reconcile();
        stage.clock.advance(HOUR);
      }
      // The first failed; the second came two hours later; the third, the reconcile's, not before 20 hours after that.
      expect(pages()).toBe(3);
      expect((await stage.directory.getOrg(stage.orgKey))?.listing?.startedAt).toBeGreaterThan(
        stage.clock.now() - DAY,
      );
    },
  );
});
