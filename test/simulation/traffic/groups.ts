/** What identity providers do with groups, as requests. */
import { registers } from '../oracle/history.ts';
import { judgeGroups, judgeMissing } from '../oracle/reads.ts';
import { groupName } from './company.ts';
import * as wire from './dialects.ts';
import type { Dialect, Operation } from './operations.ts';
import { ask, bear, believe, chosen, forget, type Provider, remove } from './provider.ts';

const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

export async function newGroup(
  provider: Provider,
  operation: Extract<Operation, { kind: 'newGroup' }>,
  number: number,
): Promise<void> {
  const displayName = groupName(operation.name);
  const ids = operation.users.flatMap((share) => chosen(provider.users, share) ?? []);
  const marker = `group ${number} of ${provider.tenant.connection}`;
  const members = [...new Set(ids)].map((value) => ({ value }));
  const body = { schemas: [GROUP], displayName, externalId: marker, members };
  const { connection } = provider.tenant;
  const birth = { kind: 'group', connection, marker, values: { displayName }, members: ids } as const;
  const answer = await bear(provider, { path: '/Groups', body, birth }, () => undefined);
  if (answer?.status === 201) noteGroup(provider, answer.json);
  if (answer?.status === 409) await findGroup(provider, displayName);
}

function noteGroup(provider: Provider, json: { id: string; displayName: string }): void {
  believe(provider.groups, json.id);
  provider.names.set(json.id, json.displayName);
}

async function findGroup(provider: Provider, displayName: string): Promise<void> {
  const request = wire.filtered('/Groups', `displayName eq ${JSON.stringify(displayName)}`);
  const answer = await ask(provider, request, ({ said, start, end }) => {
    if (said?.status === 200)
      judgeGroups(provider.caller.world, provider.tenant, { said, reading: { from: start, to: end } });
  });
  for (const one of answer?.json?.Resources ?? []) noteGroup(provider, one);
}

type GroupChange = Extract<Operation, { kind: 'join' | 'leave' | 'members' | 'deleteGroup' | 'renameGroup' }>;

export async function changeGroup(provider: Provider, id: string, operation: GroupChange): Promise<void> {
  switch (operation.kind) {
    case 'deleteGroup':
      return remove(provider, 'Groups', id);
    case 'renameGroup': {
      const displayName = groupName(operation.name);
      const request = wire.renameGroup(id, displayName, operation.dialect);
      return writeGroup(provider, id, { request, displayName });
    }
    default:
      return changeMembers(provider, id, operation);
  }
}

async function changeMembers(
  provider: Provider,
  id: string,
  {
    kind,
    users,
    dialect,
  }: { kind: 'join' | 'leave' | 'members'; users: readonly number[]; dialect: Dialect },
): Promise<void> {
  const ids = [...new Set(users.flatMap((share) => chosen(provider.users, share) ?? []))];
  if (ids.length === 0 && kind !== 'members') return;
  if (kind === 'join') {
    return writeGroup(provider, id, { request: wire.addMembers(id, ids, dialect), join: ids });
  }
  if (kind === 'leave') {
    return writeGroup(provider, id, { request: wire.removeMembers(id, ids, dialect), leave: ids });
  }
  const displayName = provider.names.get(id);
  const request = wire.replaceMembers(id, { displayName, ids }, dialect);
  const named = request.method === 'PUT' && displayName !== undefined ? { displayName } : {};
  return writeGroup(provider, id, { request, members: ids, ...named });
}

interface GroupWrite {
  readonly request: wire.Request;
  readonly displayName?: string;
  readonly join?: readonly string[];
  readonly leave?: readonly string[];
  readonly members?: readonly string[];
}

async function writeGroup(provider: Provider, id: string, write: GroupWrite): Promise<void> {
  const { world } = provider.caller;
  const { history } = world.books;
  const answer = await ask(provider, write.request, (exchange, stretch) => {
    judgeMissing(world, { kind: 'group', id, exchange });
    if (stretch === undefined) return;
    const { displayName, join = [], leave = [], members } = write;
    if (displayName !== undefined) history.write(registers.group(id, 'displayName'), displayName, stretch);
    for (const user of join) history.write(registers.member(id, user), 'in', stretch);
    for (const user of leave) history.write(registers.member(id, user), 'out', stretch);
    if (members !== undefined) history.replaceMembers(id, { members: new Set(members), stretch });
  });
  if (answer?.status === 404) forget(provider.groups, id);
  if (answer?.status === 200 && write.displayName !== undefined) provider.names.set(id, write.displayName);
}
