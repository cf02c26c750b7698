/** What identity providers do with people, as requests. */
import { registers } from '../oracle/history.ts';
import { judgeMissing, judgeTaken, judgeUsers } from '../oracle/reads.ts';
import { sameName } from '../oracle/rows.ts';
import type { Name } from './company.ts';
import { namedAs } from './company.ts';
import * as wire from './dialects.ts';
import type { Operation } from './operations.ts';
import { ask, bear, believe, forget, type Provider, readOne, remove } from './provider.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';

export async function create(
  provider: Provider,
  name: Name,
  { active, number }: { active: boolean; number: number },
): Promise<void> {
  const { world } = provider.caller;
  const given = `Given${number}`;
  const emails = [{ value: name.email, type: 'work', primary: true }];
  const marker = `made by ${number} of ${provider.tenant.connection}`;
  const body = {
    schemas: [USER],
    userName: name.userName,
    nickName: marker,
    active,
    emails,
    name: { givenName: given, familyName: 'Okafor' },
  };
  for (const address of [name.email, name.userName]) world.books.knownEmails.add(sameName(address));
  const values = { userName: name.userName, email: name.email, active: String(active), given };
  const birth = { kind: 'user', connection: provider.tenant.connection, marker, values } as const;
  const answer = await bear(provider, { path: '/Users', body, birth }, (exchange) => {
    judgeTaken(world, provider.tenant, { exchange, name: name.userName, except: undefined });
  });
  if (answer?.status === 201) believe(provider.users, answer.json.id);
  if (answer?.status === 409) await findUser(provider, name.userName);
}

export async function findUser(provider: Provider, userName: string): Promise<void> {
  const request = wire.filtered('/Users', `userName eq ${JSON.stringify(userName)}`);
  const answer = await ask(provider, request, ({ said, start, end }) => {
    if (said?.status === 200)
      judgeUsers(provider.caller.world, provider.tenant, {
        said,
        reading: { from: start, to: end },
        named: userName,
      });
  });
  for (const one of answer?.json?.Resources ?? []) believe(provider.users, one.id);
}

type UserChange = Extract<Operation, { kind: 'replace' | 'rename' | 'active' | 'delete' }>;

export async function changeUser(
  provider: Provider,
  id: string,
  { operation, number }: { operation: UserChange; number: number },
): Promise<void> {
  switch (operation.kind) {
    case 'delete':
      return remove(provider, 'Users', id);
    case 'active': {
      const { active, dialect } = operation;
      return writeUser(provider, id, {
        request: wire.setActive(id, active, dialect),
        values: { active: String(active) },
      });
    }
    case 'rename': {
      const to = namedAs(operation);
      const request = wire.rename(id, to, operation.dialect);
      return writeUser(provider, id, { request, values: { userName: to.userName, email: to.email } });
    }
    default:
      return replaceUser(provider, id, { active: operation.active, number });
  }
}

/** As Okta does it: read, change, PUT everything. */
async function replaceUser(
  provider: Provider,
  id: string,
  { active, number }: { active: boolean | undefined; number: number },
): Promise<void> {
  const shown = await readOne(provider, 'Users', id);
  if (shown === undefined) return;
  const { meta: _, groups: __, ...before } = shown;
  const given = `Given${number}`;
  const now = active ?? before.active;
  const body = { ...before, active: now, name: { ...before.name, givenName: given } };
  const email = before.emails?.[0]?.value ?? '';
  const values = { userName: before.userName, email, active: String(now), given };
  return writeUser(provider, id, { request: { method: 'PUT', path: `/Users/${id}`, body }, values });
}

interface UserWrite {
  readonly request: wire.Request;
  readonly values: Partial<Record<'userName' | 'email' | 'active' | 'given', string>>;
}

async function writeUser(provider: Provider, id: string, { request, values }: UserWrite): Promise<void> {
  const { world } = provider.caller;
  for (const address of [values.email, values.userName]) {
    if (address !== undefined) world.books.knownEmails.add(sameName(address));
  }
  const answer = await ask(provider, request, (exchange, stretch) => {
    judgeMissing(world, { kind: 'user', id, exchange });
    if (values.userName !== undefined)
      judgeTaken(world, provider.tenant, { exchange, name: values.userName, except: id });
    if (stretch === undefined) return;
    for (const what of ['userName', 'email', 'active', 'given'] as const) {
      const value = values[what];
      if (value !== undefined) world.books.history.write(registers.user(id, what), value, stretch);
    }
  });
  if (answer?.status === 404) forget(provider.users, id);
}
