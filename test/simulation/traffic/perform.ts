/** An identity provider's operations, each turned into requests when its turn comes. */
import { judgeGroups, judgeUsers } from '../oracle/reads.ts';
import { namedAs, nameOf } from './company.ts';
import { changeGroup, newGroup } from './groups.ts';
import type { Operation } from './operations.ts';
import { changeUser, create, findUser } from './people.ts';
import { ask, chosen, type Provider, readOne } from './provider.ts';

export async function perform(provider: Provider, operation: Operation, number: number): Promise<void> {
  const { users, groups } = provider;
  switch (operation.kind) {
    case 'create':
      return create(provider, namedAs(operation), { active: operation.active, number });
    case 'findUser':
      return void (await findUser(provider, nameOf(operation.name, operation.spelling).userName));
    case 'newGroup':
      return newGroup(provider, operation, number);
    case 'listUsers':
    case 'listGroups':
      return list(provider, operation.kind === 'listUsers' ? 'Users' : 'Groups');
    case 'foreign':
      return foreign(provider, operation.user);
    case 'replace':
    case 'rename':
    case 'active':
    case 'delete': {
      const id = chosen(users, operation.user);
      return id === undefined ? undefined : changeUser(provider, id, { operation, number });
    }
    case 'join':
    case 'leave':
    case 'members':
    case 'deleteGroup':
    case 'renameGroup': {
      const id = chosen(groups, operation.group);
      return id === undefined ? undefined : changeGroup(provider, id, operation);
    }
    case 'readUser':
    case 'readGroup': {
      const id = chosen(operation.kind === 'readUser' ? users : groups, operation.which);
      return id === undefined
        ? undefined
        : readOne(provider, operation.kind === 'readUser' ? 'Users' : 'Groups', id);
    }
    default:
      throw new Error(`${operation.kind} is no operation of an identity provider`);
  }
}

async function list(provider: Provider, type: 'Users' | 'Groups'): Promise<void> {
  await ask(provider, { method: 'GET', path: `/${type}?count=100` }, ({ said, start, end }) => {
    if (said?.status !== 200) return;
    const judged = { said, reading: { from: start, to: end } };
    if (type === 'Users') judgeUsers(provider.caller.world, provider.tenant, judged);
    else judgeGroups(provider.caller.world, provider.tenant, judged);
  });
}

/** I05: another tenant's id is an unknown id, whatever is done with it. */
async function foreign(provider: Provider, share: number): Promise<void> {
  const id = chosen(provider.foreign(), share);
  if (id === undefined) return;
  const { world } = provider.caller;
  for (const method of ['GET', 'DELETE'] as const) {
    await ask(provider, { method, path: `/Users/${id}` }, ({ said }) => {
      if (said !== undefined && said.status < 300)
        world.violate('I05', `${method} of another tenant's user answered ${said.status}`);
    });
  }
}
