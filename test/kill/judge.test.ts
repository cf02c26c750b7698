/** The judges of the kill tests have to be able to say no. */
import { describe, expect, test } from 'vitest';
import { hire, live, openCompany } from './company.ts';
import { busiestMinute, type Call, differences, doublyNamed, surplusMails } from './judge.ts';

const call = (at: number, body?: Call['body']): Call => ({
  at,
  endpoint: 'action',
  status: 200,
  commands: 1,
  ...(body === undefined ? {} : { body }),
});

describe('calls', () => {
  test.each([
    { label: 'none', times: [], most: 0 },
    { label: 'the last one just outside', times: [0, 59_999, 60_000], most: 2 },
    { label: 'across a full minute', times: [59_000, 1_000, 61_000, 62_000], most: 3 },
  ])('the busiest 60 seconds: $label', ({ times, most }) => {
    expect(busiestMinute(times.map((at) => call(at)))).toBe(most);
  });

  test.each([
    { label: 'handle and handle', second: { user: 'A@example.com', do: [] }, named: ['a@example.com'] },
    {
      label: 'handle and new value',
      second: {
        user: 'b@example.com',
        do: [{ update: { email: 'a@example.com', username: 'a@example.com' } }],
      },
      named: ['a@example.com'],
    },
    { label: 'nobody twice', second: { user: 'b@example.com', do: [{ add: { group: ['x'] } }] }, named: [] },
  ])('an address in two commands: $label (R31)', ({ second, named }) => {
    const first = { user: 'a@example.com', do: [{ createFederatedID: { email: 'a@example.com' } }] };
    expect(doublyNamed(call(0, [first, second]))).toEqual(named);
  });
});

function oneAgent() {
  const company = openCompany(() => 0);
  const { key, address } = hire(company);
  live(company, { kind: 'join', key, group: 'Sales' });
  const record = { email: address, username: address, type: 'federatedID', firstname: 'Given1' };
  const access = ['Sales Insight Actions: Sales Insight'];
  const shown = { ...record, lastname: 'Family1', groups: ['Sales Insight'], access };
  return { company, key, address, shown };
}

describe('people', () => {
  test('who is as wanted makes no difference, who is missing does', () => {
    const { company, shown } = oneAgent();
    expect(differences(company, [shown], [])).toEqual([]);
    expect(differences(company, [], [])).toEqual([
      'employee-1 <person.1@example.com> is missing, wants Sales Insight',
    ]);
  });

  test('each of the old address, a second record, a surplus group, another name and a stranger makes a difference', () => {
    const { company, key, shown } = oneAgent();
    expect(differences(company, [{ ...shown, groups: ['Sales Insight', 'Marketing'] }], [])).toHaveLength(1);
    expect(differences(company, [{ ...shown, firstname: 'Other' }], [])).toHaveLength(1);
    expect(differences(company, [shown, { ...shown, email: 'new@example.com' }], [])).toHaveLength(1);
    expect(differences(company, [shown, shown], [])).toHaveLength(1);
    live(company, { kind: 'rename', key, address: 'person.2@example.com', familyName: 'Family1' });
    expect(differences(company, [shown], [])).toHaveLength(1);
    live(company, { kind: 'deactivate', key });
    expect(differences(company, [shown], [])).toHaveLength(2);
    expect(differences(company, [{ ...shown, groups: [], access: [] }], [])).toEqual([]);
  });
});

describe('mails', () => {
  const mail = (to: string) => ({
    to,
    kind: 'profileAdded',
    product: 'Sales Insight Actions',
    profile: 'Sales Insight',
  });

  test('a second mail for one grant is surplus, also under another address of the person', () => {
    const { company, key, address } = oneAgent();
    expect(surplusMails(company, [mail(address)])).toEqual([]);
    live(company, { kind: 'rename', key, address: 'person.2@example.com', familyName: 'Family1' });
    expect(surplusMails(company, [mail(address), mail('Person.2@example.com')])).toHaveLength(1);
  });

  test('who leaves and returns may get a second mail; who was never granted may get none', () => {
    const { company, key, address } = oneAgent();
    live(company, { kind: 'leave', key, group: 'Sales' });
    live(company, { kind: 'join', key, group: 'Sales' });
    expect(surplusMails(company, [mail(address), mail(address)])).toEqual([]);
    expect(surplusMails(company, [mail('olga.admin@example.com')])).toHaveLength(1);
  });
});
