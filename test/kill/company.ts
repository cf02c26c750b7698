/**
 * The truth of the kill test: who works here, in which groups, and what Adobe must therefore show. Plain maps and sets;
 * nothing of the bridge is used to work it out. Addresses are given once and never again, so a person can be followed
 * through renames in everything that Adobe wrote down.
 */

export interface Employee {
  readonly key: string;
  givenName: string;
  familyName: string;
  address: string;
  /** Every address ever had, the present one included. */
  readonly addresses: Set<string>;
  active: boolean;
  deleted: boolean;
  /** Names of IdP groups; kept while inactive. */
  readonly groups: Set<string>;
  /** How often each product access came to be wanted: so many mails may have been sent for it. */
  readonly wishes: Map<string, number>;
}

/** What membership of a group gives: direct entitlements at Adobe, and the product profile that is reached by it. */
interface Grant {
  readonly name: string;
  readonly kind: 'profile' | 'userGroup';
  readonly access?: string;
}

/** IdP group -> grants, as a first start maps them. `Book club` gives nothing. */
export const mapping: ReadonlyMap<string, readonly Grant[]> = new Map([
  [
    'Chat agents EU',
    [{ name: 'Chat agents EU', kind: 'userGroup', access: 'Dynamic Chat (EU): Live Agent' }],
  ],
  [
    'Chat agents US',
    [{ name: 'Chat agents US', kind: 'userGroup', access: 'Dynamic Chat (US): Live Agent' }],
  ],
  [
    'Marketing EU',
    [{ name: 'Marketing User EU', kind: 'profile', access: 'Dynamic Chat (EU): Marketing User EU' }],
  ],
  [
    'Marketing',
    [
      { name: 'Marketing', kind: 'userGroup' },
      { name: 'Marketo Standard', kind: 'profile', access: 'Marketo Engage: Marketo Standard' },
    ],
  ],
  ['Sales', [{ name: 'Sales Insight', kind: 'profile', access: 'Sales Insight Actions: Sales Insight' }]],
]);
export const groupNames: readonly string[] = [...mapping.keys(), 'Book club'];

export type Change =
  | { readonly kind: 'join' | 'leave'; readonly key: string; readonly group: string }
  | { readonly kind: 'move'; readonly key: string; readonly from: string; readonly to: string }
  | { readonly kind: 'rename'; readonly key: string; readonly address: string; readonly familyName: string }
  | { readonly kind: 'name'; readonly key: string; readonly givenName: string }
  | { readonly kind: 'deactivate' | 'reactivate' | 'delete'; readonly key: string };

export interface Company {
  readonly random: () => number;
  readonly employees: Map<string, Employee>;
  /** By every address ever given. */
  readonly owners: Map<string, Employee>;
  made: number;
}

export const openCompany = (random: () => number): Company => ({
  random,
  employees: new Map(),
  owners: new Map(),
  made: 0,
});

export function hire(company: Company): Employee {
  const number = company.employees.size + 1;
  const employee: Employee = {
    key: `employee-${number}`,
    givenName: `Given${number}`,
    familyName: `Family${number}`,
    address: '',
    addresses: new Set(),
    active: true,
    deleted: false,
    groups: new Set(),
    wishes: new Map(),
  };
  company.employees.set(employee.key, employee);
  settleAt(company, employee, newAddress(company));
  return employee;
}

function newAddress(company: Company): string {
  company.made += 1;
  return `person.${company.made}@${company.random() < 0.8 ? 'example.com' : 'example.org'}`;
}

function settleAt(company: Company, employee: Employee, address: string): void {
  employee.address = address;
  employee.addresses.add(address);
  company.owners.set(address, employee);
}

const pick = <T>(random: () => number, items: readonly T[]): T | undefined =>
  items[Math.floor(random() * items.length)];

/** One change of somebody's life; every second one of those who are at this address list, if anybody is. */
export function invent(company: Company, near: readonly string[]): Change | undefined {
  const { random, employees, owners } = company;
  const alive = (one: Employee | undefined) => (one === undefined || one.deleted ? [] : [one]);
  const close = near.flatMap((address) => alive(owners.get(address.toLowerCase())));
  const anybody = [...employees.values()].flatMap(alive);
  const employee = pick(random, random() < 0.5 && close.length > 0 ? close : anybody);
  return employee === undefined ? undefined : changeFor(company, employee);
}

function changeFor(company: Company, { key, active, groups }: Employee): Change | undefined {
  const { random } = company;
  const [held, free] = [[...groups], groupNames.filter((name) => !groups.has(name))];
  const [group, other] = [pick(random, held), pick(random, free)];
  const dice = random();
  if (dice < 0.3) return group === undefined ? undefined : { kind: 'leave', key, group };
  if (dice < 0.55) {
    const address = newAddress(company);
    return { kind: 'rename', key, address, familyName: `Married${company.made}` };
  }
  if (dice < 0.75) return { kind: active ? 'deactivate' : 'reactivate', key };
  if (dice < 0.8) return { kind: 'delete', key };
  if (dice < 0.87) return { kind: 'name', key, givenName: `Called${Math.floor(random() * 1e6)}` };
  if (other === undefined) return undefined;
  return group === undefined || dice < 0.93
    ? { kind: 'join', key, group: other }
    : { kind: 'move', key, from: group, to: other };
}

export function employeeOf(company: Company, key: string): Employee {
  const employee = company.employees.get(key);
  if (employee === undefined) throw new Error(`nobody is ${key}`);
  return employee;
}

export function live(company: Company, change: Change): void {
  const employee = employeeOf(company, change.key);
  const before = accessOf(employee);
  apply(company, employee, change);
  for (const access of accessOf(employee)) {
    if (!before.has(access)) employee.wishes.set(access, (employee.wishes.get(access) ?? 0) + 1);
  }
}

function apply(company: Company, employee: Employee, change: Change): void {
  switch (change.kind) {
    case 'join':
      employee.groups.add(change.group);
      return;
    case 'leave':
      employee.groups.delete(change.group);
      return;
    case 'move':
      employee.groups.delete(change.from);
      employee.groups.add(change.to);
      return;
    case 'rename':
      employee.familyName = change.familyName;
      settleAt(company, employee, change.address);
      return;
    case 'name':
      employee.givenName = change.givenName;
      return;
    case 'deactivate':
    case 'reactivate':
      employee.active = change.kind === 'reactivate';
      return;
    case 'delete':
      employee.deleted = true;
  }
}

function grantsOf({ active, deleted, groups }: Employee): readonly Grant[] {
  return active && !deleted ? [...groups].flatMap((group) => mapping.get(group) ?? []) : [];
}

export const entitlementsOf = (employee: Employee): Set<string> =>
  new Set(grantsOf(employee).map(({ name }) => name));

export const accessOf = (employee: Employee): Set<string> =>
  new Set(grantsOf(employee).flatMap(({ access }) => access ?? []));
