/** The journal in the table: what seals cover, and that no change of it stays unseen (I14). */
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, describe, expect, test } from 'vitest';
import { CONNECTION, ORG, type TestDirectory } from '../open.ts';
import { dump, open, person } from './fixture.ts';

let t: TestDirectory;
beforeEach(async () => {
  t = await open();
});

const minute = 60_000;

async function write(people: number, from = 0): Promise<void> {
  for (let n = from; n < from + people; n++) {
    await t.directory.createUser(CONNECTION, person(`p${n}`));
    t.clock.advance(1_000);
  }
}

const verify = () => t.directory.verifyJournal(ORG, t.clock.now() - 24 * 60 * minute);
const kinds = async () => (await verify()).findings.map(({ kind }) => kind).sort();

async function items(prefix: string): Promise<Record<string, unknown>[]> {
  return (await dump(t)).filter((item) => String(item['pk']).startsWith(prefix));
}
const records = async () => (await items('J#')).filter((item) => typeof item['fact'] === 'string');
const seals = async () =>
  (await items(`J#${ORG}#SEAL`)).sort((a, b) => (String(a['sk']) < String(b['sk']) ? -1 : 1));

async function put(item: Record<string, unknown>): Promise<void> {
  const { client, table } = t.database;
  const marshalled = marshall(item, { removeUndefinedValues: true });
  await client.send(new PutItemCommand({ TableName: table, Item: marshalled }));
}

async function take({ pk, sk }: Record<string, unknown>): Promise<void> {
  const { client, table } = t.database;
  await client.send(new DeleteItemCommand({ TableName: table, Key: marshall({ pk, sk }) }));
}

/** Three seals over nine people. */
async function sealed(): Promise<void> {
  for (const from of [0, 3, 6]) {
    await write(3, from);
    expect(await t.directory.sealJournal(ORG)).toHaveLength(1);
    t.clock.advance(minute);
  }
  t.clock.advance(5 * minute);
  expect(await verify()).toMatchObject({ seals: 3, findings: [], head: { n: 3 } });
}

describe('seals', () => {
  test('each covers what no earlier one covers, and nothing is sealed when nothing happened (I14)', async () => {
    await sealed();
    expect(await t.directory.sealJournal(ORG)).toEqual([]);
    expect((await verify()).records).toBe((await records()).length);
  });

  test('of two sealers at once one wins, and every record is under one seal', async () => {
    await write(5);
    const [one, other] = await Promise.all([t.directory.sealJournal(ORG), t.directory.sealJournal(ORG)]);
    expect(one.length + other.length).toBe(1);
    t.clock.advance(5 * minute);
    expect(await kinds()).toEqual([]);
  });

  test('a record that becomes visible after the seal of its minute is under the next one (F23)', async () => {
    await write(2);
    const [late] = await records();
    if (late === undefined) throw new Error('nothing was written');
    await take(late);
    await t.directory.sealJournal(ORG);
    t.clock.advance(minute);
    await put(late);
    expect(await t.directory.sealJournal(ORG)).toHaveLength(1);
    t.clock.advance(5 * minute);
    expect(await kinds()).toEqual([]);
  });

  test('a writer five minutes behind and a sealer five minutes ahead leave nothing unsealed (F23)', async () => {
    t.clock.advance(5 * minute);
    await write(1);
    await t.directory.sealJournal(ORG);
    t.clock.advance(-10 * minute);
    await write(2, 1);
    t.clock.advance(11 * minute);
    expect(await t.directory.sealJournal(ORG)).toHaveLength(1);
    t.clock.advance(5 * minute);
    expect(await kinds()).toEqual([]);
  });

  test('more records than one seal holds make a chain of seals', async () => {
    const at = t.clock.now();
    const [sample] = await write(1).then(records);
    if (sample === undefined) throw new Error('nothing was written');
    const time = new Date(at).toISOString();
    for (let n = 0; n < 1_050; n++) {
      const id = `0195551d-${String(n).padStart(4, '0')}-7000-8000-000000000000`;
      await put({ pk: sample['pk'], sk: `${time}#${id}`, fact: 'made up', at, v: 1 });
    }
    expect((await t.directory.sealJournal(ORG)).map(({ n }) => n)).toEqual([1, 2]);
  });

  test('after a day without sealing the next seal still covers everything', async () => {
    await write(1);
    await t.directory.sealJournal(ORG);
    await write(2, 1);
    t.clock.advance(30 * 60 * minute);
    await write(1, 3);
    await t.directory.sealJournal(ORG);
    t.clock.advance(5 * minute);
    const verified = await t.directory.verifyJournal(ORG, t.clock.now() - 3 * 24 * 60 * minute);
    expect(verified).toMatchObject({ findings: [], records: (await records()).length });
  });
});

describe('the verifier (I14, T54)', () => {
  test('every single record that is edited is found', async () => {
    await sealed();
    for (const record of await records()) {
      await put({ ...record, fact: 'nothing' });
      expect(await kinds(), String(record['sk'])).toEqual(['record-changed']);
      await put(record);
    }
    expect(await kinds()).toEqual([]);
  });

  test('every single record that is dropped is found', async () => {
    await sealed();
    for (const record of await records()) {
      await take(record);
      expect(await kinds(), String(record['sk'])).toEqual(['record-missing']);
      await put(record);
    }
  });

  test('every pair of neighbours that is swapped is found', async () => {
    await sealed();
    const all = (await records()).sort((a, b) => (String(a['sk']) < String(b['sk']) ? -1 : 1));
    for (const [at, one] of all.slice(1).entries()) {
      const other = all[at] ?? one;
      const { pk, sk, ...content } = one;
      const { pk: otherPk, sk: otherSk, ...otherContent } = other;
      await put({ pk, sk, ...otherContent });
      await put({ pk: otherPk, sk: otherSk, ...content });
      expect(await kinds()).toEqual(['record-changed', 'record-changed']);
      await put(one);
      await put(other);
    }
  });

  test('a record that was slipped in is found', async () => {
    await sealed();
    const [record] = await records();
    const [time, id] = String(record?.['sk']).split('#');
    await put({ ...record, sk: `${time}#${id?.slice(0, -4)}ffff` });
    expect(await kinds()).toEqual(['record-unsealed']);
  });

  test('a seal that is changed, taken out or put again over other records is found', async () => {
    await sealed();
    const [first, second, third] = await seals();
    if (first === undefined || second === undefined || third === undefined) throw new Error('no seals');
    await put({ ...second, at: Number(second['at']) + 1 });
    expect(await kinds()).toContain('seal-changed');
    await take(second);
    expect(await kinds()).toContain('seal-missing');
    await put({ ...third, n: 2, sk: second['sk'] });
    expect(await kinds()).toContain('seal-changed');
    await put(second);
    expect(await kinds()).toEqual([]);
  });

  test('when sealing stops, the records of that time are named', async () => {
    await sealed();
    await write(1, 9);
    expect(await kinds()).toEqual([]);
    t.clock.advance(4 * minute);
    expect(new Set(await kinds())).toEqual(new Set(['record-unsealed']));
  });
});

describe('on behalf of', () => {
  test('a record names request and token, and never an e-mail (I14, I18)', async () => {
    const asked = t.directory.onBehalfOf({ request: 'req-1', token: 'tok-1' });
    await asked.createUser(CONNECTION, person('jane'));
    const [created] = await records();
    expect(created).toMatchObject({ fact: 'userCreated', request: 'req-1', token: 'tok-1' });
    expect(JSON.stringify(await records())).not.toContain('jane');
  });
});

describe('erase', () => {
  test('takes every address of an ended account out of the table, and the chain stays whole', async () => {
    const made = await t.directory.createUser(CONNECTION, person('jane'));
    if (!made.ok) throw new Error(made.reason);
    await t.directory.updateUser(CONNECTION, made.user.id, ({ resource }) => ({
      ...resource,
      ...person('jane.doe'),
    }));
    await t.directory.deleteUser(CONNECTION, made.user.id);
    const [account] = await t.directory.accountsNamed(ORG, 'JANE@example.com');
    expect(account).toBe(made.user.accountId);
    await t.directory.runSweeps(ORG, t.clock.now() + minute);
    await t.directory.eraseNames(ORG, { accounts: [made.user.accountId], by: 'ops' });
    expect(JSON.stringify(await dump(t))).not.toContain('jane');
    expect(await t.directory.accountsNamed(ORG, 'jane@example.com')).toEqual([]);
    await t.directory.sealJournal(ORG);
    t.clock.advance(5 * minute);
    expect(await kinds()).toEqual([]);
  });

  test('leaves alone what another account claims under the same address', async () => {
    const first = await t.directory.createUser(CONNECTION, person('jane'));
    if (!first.ok) throw new Error(first.reason);
    await t.directory.deleteUser(CONNECTION, first.user.id);
    const second = await t.directory.createUser(CONNECTION, person('jane'));
    if (!second.ok) throw new Error(second.reason);
    await t.directory.eraseNames(ORG, { accounts: [first.user.accountId], by: 'ops' });
    const [item] = (await t.directory.readIdentities(ORG, ['jane@example.com'])).values();
    expect(Object.values(item?.claims ?? {})).toEqual([second.user.accountId]);
    expect(await t.directory.accountsNamed(ORG, 'jane@example.com')).toEqual([second.user.accountId]);
  });
});
