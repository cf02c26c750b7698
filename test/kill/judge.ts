/**
 * What Adobe wrote down, held against what it must show: people, mails and calls. Pure, and independent of the bridge:
 * everything is read from the org's own books.
 */
import * as z from 'zod';
import { accessOf, type Company, type Employee, entitlementsOf } from './company.ts';

export const People = z.object({
  people: z.array(
    z.object({
      email: z.string(),
      username: z.string(),
      type: z.string(),
      firstname: z.string().optional(),
      lastname: z.string().optional(),
      groups: z.array(z.string()),
      access: z.array(z.string()),
    }),
  ),
});
type Shown = z.infer<typeof People>['people'][number];

export const Mails = z.object({
  mails: z.array(
    z.object({
      to: z.string(),
      kind: z.string(),
      product: z.string().optional(),
      profile: z.string().optional(),
    }),
  ),
});
type Mail = z.infer<typeof Mails>['mails'][number];

const Command = z.looseObject({
  user: z.string().optional(),
  do: z.array(z.record(z.string(), z.unknown())),
});
export const Calls = z.object({
  calls: z.array(
    z.object({
      at: z.number(),
      endpoint: z.string(),
      status: z.number(),
      commands: z.number(),
      body: z.array(Command).optional(),
    }),
  ),
});
export type Call = z.infer<typeof Calls>['calls'][number];

const listed = (items: Iterable<string>): string => [...items].sort().join(', ');

/** What differs from the truth, a line each; `seeded` are those who were there before anybody was hired. */
export function differences(company: Company, shown: readonly Shown[], seeded: readonly Shown[]): string[] {
  const ours = new Map<string, Shown[]>();
  const others: Shown[] = [];
  for (const person of shown) {
    const employee = company.owners.get(person.email.toLowerCase());
    if (employee === undefined) others.push(person);
    else ours.set(employee.key, [...(ours.get(employee.key) ?? []), person]);
  }
  const untouched = JSON.stringify(others) === JSON.stringify(seeded);
  return [
    ...(untouched ? [] : [`people of others: ${JSON.stringify(others)}, not ${JSON.stringify(seeded)}`]),
    ...[...company.employees.values()].flatMap((employee) =>
      differencesOf(employee, ours.get(employee.key) ?? []).map((line) => `${employee.key} ${line}`),
    ),
  ];
}

function differencesOf(employee: Employee, records: readonly Shown[]): string[] {
  const { address, active, deleted, givenName, familyName } = employee;
  const [person, ...more] = records;
  if (more.length > 0) return [`is there ${records.length} times: ${records.map(({ email }) => email)}`];
  const entitlements = listed(entitlementsOf(employee));
  if (person === undefined)
    return entitlements === '' ? [] : [`<${address}> is missing, wants ${entitlements}`];
  const access = listed(accessOf(employee));
  const lines: string[] = [];
  if (listed(person.groups) !== entitlements) {
    lines.push(`<${person.email}> holds [${listed(person.groups)}], not [${entitlements}]`);
  }
  if (listed(person.access) !== access) lines.push(`can use [${listed(person.access)}], not [${access}]`);
  // Somebody inactive keeps the name that Adobe knew last.
  if (!active || deleted) return lines;
  if (person.email !== address || person.username !== address) {
    lines.push(`is <${person.email}> with user name ${person.username}, not <${address}>`);
  }
  if (person.firstname !== givenName || person.lastname !== familyName) {
    lines.push(`is called ${person.firstname} ${person.lastname}, not ${givenName} ${familyName}`);
  }
  return lines;
}

/** Mails about one access to one person, under whatever address, beyond the times that it came to be wanted. */
export function surplusMails(company: Company, mails: readonly Mail[]): string[] {
  const counts = new Map<string, number>();
  const wishes = new Map<string, number>();
  for (const { to, kind, product, profile } of mails) {
    if (kind !== 'profileAdded') continue;
    const employee = company.owners.get(to.toLowerCase());
    const access = `${product}: ${profile}`;
    const grant = `${employee?.key ?? to} ${access}`;
    counts.set(grant, (counts.get(grant) ?? 0) + 1);
    wishes.set(grant, employee?.wishes.get(access) ?? 0);
  }
  return [...counts].flatMap(([grant, count]) => {
    const wanted = wishes.get(grant) ?? 0;
    return count > wanted ? [`${grant}: ${count} mails, ${wanted} grants`] : [];
  });
}

/** The most calls within any 60 simulated seconds. */
export function busiestMinute(calls: readonly Call[]): number {
  const times = calls.map(({ at }) => at).sort((left, right) => left - right);
  return times.reduce((most, start, index) => {
    const within = times.slice(index).filter((at) => at < start + 60_000).length;
    return Math.max(most, within);
  }, 0);
}

/** Addresses that more than one command of a call names, as handle or as new value. */
export function doublyNamed({ body = [] }: Call): string[] {
  const named = body.flatMap((command) => [...addressesIn(command)]);
  return named.filter((address, index) => named.indexOf(address) !== index);
}

function addressesIn({ user, do: steps }: z.infer<typeof Command>): Set<string> {
  const Named = z.object({ email: z.string().optional(), username: z.string().optional() });
  const inside = steps.flatMap((step) =>
    Object.values(step).flatMap((value) => {
      const parsed = Named.safeParse(value);
      return parsed.success ? [parsed.data.email, parsed.data.username] : [];
    }),
  );
  return new Set([user, ...inside].flatMap((address) => address?.toLowerCase() ?? []));
}
