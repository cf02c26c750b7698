/** docs/identity-providers.md says what the recordings and the tolerances say: nobody has to believe it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TOLERANCES } from '../lambdas/scim/tolerances.ts';
import { listClients, readExchanges } from './exchanges.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'identity-providers.md'), 'utf8');

interface Provider {
  readonly name: string;
  readonly folder: string;
  readonly users: string;
  readonly groups: string;
  readonly finds: string;
  readonly accepted: string;
  readonly limits: string;
}

const providers = tableWith('recorded in').map(
  ([name = '', folder = '', users = '', groups = '', finds = '', accepted = '', limits = '']): Provider => ({
    name,
    folder,
    users,
    groups,
    finds,
    accepted,
    limits,
  }),
);

/** The rows of the table whose heading has this column. */
function tableWith(column: string): string[][] {
  const lines = page.split('\n');
  const heading = lines.findIndex((line) => line.startsWith('|') && cellsOf(line).includes(column));
  const body = lines.slice(heading + 2);
  return body.slice(0, body.indexOf('')).map(cellsOf);
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function listed(cell: string): string[] {
  return cell === 'nothing' || cell === 'none' ? [] : cell.split(', ');
}

function methodsOn(client: string, endpoint: string): string[] {
  const requests = readExchanges(client).map(({ exchange }) => exchange.request);
  const writes = requests.filter(({ method, path }) => method !== 'GET' && path.startsWith(endpoint));
  const used = new Set<string>(writes.map(({ method }) => method));
  return ['POST', 'PUT', 'PATCH', 'DELETE'].filter((method) => used.has(method));
}

/** The filters by which a client looks people up, decoded. */
function filtersOf(client: string): string[] {
  return readExchanges(client).flatMap(({ exchange: { request } }) => {
    const [path = '', query] = request.path.split('?');
    const filter = new URLSearchParams(query).get('filter');
    return path === '/Users' && filter !== null ? [filter] : [];
  });
}

describe('docs/identity-providers.md', () => {
  test('has one row for each folder of recordings', () => {
    expect(providers.map(({ folder }) => folder).sort()).toEqual(listClients());
    expect(providers.filter(({ name, limits }) => name === '' || limits.length < 20)).toEqual([]);
  });

  test.each(providers)('$name: the methods are those of the recordings', ({ folder, users, groups }) => {
    expect(listed(users)).toEqual(methodsOn(folder, '/Users'));
    expect(listed(groups)).toEqual(methodsOn(folder, '/Groups'));
  });

  test.each(providers)('$name: people are found by what the recordings filter by', ({ folder, finds }) => {
    const filters = filtersOf(folder);
    const attributes = [...finds.matchAll(/`([^`]+)`/g)].map(([, attribute]) => attribute ?? '');
    expect(attributes.length > 0).toBe(filters.length > 0);
    for (const attribute of attributes) {
      expect(
        filters.some((filter) => filter.toLowerCase().startsWith(`${attribute.toLowerCase()} eq `)),
        attribute,
      ).toBe(true);
    }
  });

  test.each(providers)('$name: what is accepted for it is what tolerances.ts says', (provider) => {
    const { name, folder, accepted } = provider;
    const entries = Object.entries(TOLERANCES);
    const recorded = entries.filter(([, { exchanges }]) =>
      exchanges.some((exchange) => exchange.startsWith(`${folder}/`)),
    );
    const named = entries.filter(([, { idp }]) => idp.split(', ').includes(name));
    expect(listed(accepted)).toEqual(recorded.map(([entry]) => entry));
    expect(named.map(([entry]) => entry)).toEqual(recorded.map(([entry]) => entry));
  });

  test('no entry names a client without a row', () => {
    const names = providers.map(({ name }) => name);
    for (const { idp } of Object.values(TOLERANCES))
      expect(idp.split(', ').filter((name) => !names.includes(name))).toEqual([]);
  });

  test('explains every entry in its words', () => {
    expect(tableWith('accepted')).toEqual(
      Object.entries(TOLERANCES).map(([name, { accepts, why }]) => [name, accepts, why]),
    );
  });
});
