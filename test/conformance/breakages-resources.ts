/** Faults of what resources look like, each with the check that has to see it. */
import {
  answer,
  answers,
  type Breakage,
  bodies,
  ignoring,
  instead,
  json,
  on,
  pathOf,
  resources,
  sentBody,
  status,
  withMeta,
  without,
} from './breaking.ts';
import { isJson, read, readList, readText } from './json.ts';
import { ENTERPRISE, GROUP, LIST, USER } from './words.ts';

const users = on('GET POST PUT PATCH', /^\/Users/);
const groupsToo = on('GET POST PUT PATCH', /^\/(Users|Groups)/);
const creates = on('POST', /^\/(Users|Groups)$/);

export const resourcesBreakages: readonly Breakage[] = [
  {
    breaks: 'leaves a core schema out of schemas',
    caughtBy: 'resource.base-schema',
    proxy: resources(groupsToo, (resource) => ({
      ...resource,
      schemas: readList(resource, 'schemas').filter((urn) => urn !== USER && urn !== GROUP),
    })),
  },
  {
    breaks: 'leaves schemas out of lists',
    caughtBy: 'resource.schemas-everywhere',
    also: ['list.page-numbers'],
    proxy: json(on('GET', /filter=/), (body) => ({
      ...body,
      Resources: readList(body, 'Resources').map((item) => (isJson(item) ? without(item, 'schemas') : item)),
    })),
  },
  {
    breaks: 'puts extension attributes at top level',
    caughtBy: 'resource.extension-object',
    proxy: resources(users, (user) => ({
      ...without(user, ENTERPRISE),
      ...(isJson(user[ENTERPRISE]) ? user[ENTERPRISE] : {}),
    })),
  },
  {
    breaks: 'takes the id of the client',
    caughtBy: 'resource.client-id',
    proxy: json(creates, (body, sent) => ({
      ...body,
      ...('id' in sentBody(sent) ? { id: sentBody(sent)['id'] } : {}),
    })),
  },
  {
    breaks: 'invents an externalId',
    caughtBy: 'resource.externalid-invented',
    proxy: resources(groupsToo, (resource) => ({ externalId: resource['id'], ...resource })),
  },
  {
    breaks: 'takes meta from the client',
    caughtBy: 'resource.meta',
    proxy: json(creates, (body, sent) =>
      withMeta(
        body,
        isJson(sentBody(sent)['meta']) ? { created: read(sentBody(sent), 'meta', 'created') } : {},
      ),
    ),
  },
  {
    breaks: 'dates the first change later than the create',
    caughtBy: 'resource.created',
    proxy: json(creates, (body) => withMeta(body, { lastModified: '2099-01-01T00:00:00Z' })),
  },
  {
    breaks: 'never moves lastModified',
    caughtBy: 'resource.last-modified',
    proxy: resources(users, (user) => withMeta(user, { lastModified: read(user, 'meta', 'created') })),
  },
  {
    breaks: 'shows a location that leads elsewhere',
    caughtBy: 'resource.location',
    proxy: resources(users, (user) =>
      withMeta(user, { location: readText(user, 'meta', 'location').replace(/.$/, 'z') }),
    ),
  },
  {
    breaks: 'calls groups users',
    caughtBy: 'resource.type',
    proxy: resources(groupsToo, (resource) => withMeta(resource, { resourceType: 'User' })),
  },
  {
    breaks: 'reads attribute names by case',
    caughtBy: 'resource.names-in-any-case',
    proxy: bodies(creates, (body) => without(body, 'DISPLAYNAME', 'Name')),
  },
  {
    breaks: 'shows unassigned attributes as null',
    caughtBy: 'resource.no-nulls',
    also: ['read.found'],
    proxy: resources(users, (user) => ({ ...user, nickName: null })),
  },
  {
    breaks: 'gives an id of a deleted user again',
    caughtBy: 'resource.id-not-reused',
    proxy: sameId(),
  },
  {
    breaks: 'finds externalId in any case',
    caughtBy: 'resource.externalid-case',
    proxy: json(on('GET', /externalId eq/), (body) => ({
      ...body,
      totalResults: 1,
      Resources: [{ id: 'x' }],
    })),
  },
  {
    breaks: 'shows booleans as texts',
    caughtBy: 'value.boolean',
    proxy: resources(users, (user) => ({ ...user, active: String(user['active']) })),
  },
  {
    breaks: 'shows dates without a zone',
    caughtBy: 'value.datetime',
    also: ['read.found'],
    proxy: resources(users, (user) =>
      withMeta(user, { created: readText(user, 'meta', 'created').replace('Z', '') }),
    ),
  },
  {
    breaks: 'keeps two primary e-mails',
    caughtBy: 'value.one-primary',
    proxy: resources(users, (user) => ({
      ...user,
      emails: readList(user, 'emails').map((mail) => ({ ...(isJson(mail) ? mail : {}), primary: true })),
    })),
  },
  {
    breaks: 'changes the case of names',
    caughtBy: 'value.case-kept',
    proxy: resources(users, (user) => ({ ...user, userName: readText(user, 'userName').toLowerCase() })),
  },
  {
    breaks: 'takes a user without userName',
    caughtBy: 'user.username-required',
    proxy: status(400, 201, creates),
  },
  { breaks: 'takes a userName twice', caughtBy: 'user.username-unique', proxy: status(409, 201, creates) },
  {
    breaks: 'looks userName up by case',
    caughtBy: 'user.username-case',
    proxy: json(on('GET', /filter=userName eq/), (body, { url }) => ({
      ...body,
      Resources: readList(body, 'Resources').filter((user) =>
        pathOf(url).includes(readText(user, 'userName')),
      ),
    })),
  },
  {
    breaks: 'does not normalise userName',
    caughtBy: 'user.username-unicode',
    proxy: instead(on('GET', /\u0301/), answer(200, { schemas: [LIST], totalResults: 0 })),
  },
  {
    breaks: 'returns the password',
    caughtBy: 'user.password-never-returned',
    proxy: json(creates, (body, sent) => ({
      ...body,
      ...('password' in sentBody(sent) ? { password: sentBody(sent)['password'] } : {}),
    })),
  },
  {
    breaks: 'hides inactive users',
    caughtBy: 'user.inactive',
    proxy: json(on('GET', /filter=/), (body) => ({
      ...body,
      Resources: readList(body, 'Resources').filter((user) => read(user, 'active') !== false),
    })),
  },
  {
    breaks: 'keeps the manager name of the client',
    caughtBy: 'user.enterprise',
    proxy: json(creates, (body, sent) => ({ ...body, [ENTERPRISE]: sentBody(sent)[ENTERPRISE] })),
  },
  {
    breaks: 'takes a group without a name',
    caughtBy: 'group.name-required',
    proxy: status(400, 201, on('POST', /^\/Groups/)),
  },
  {
    breaks: 'shows members by a wrong address',
    caughtBy: 'group.member-parts',
    proxy: answers(on('GET', /^\/Groups/), (got) => ({
      ...got,
      text: got.text.replaceAll('/Users/', '/People/'),
    })),
  },
  {
    breaks: 'does not show groups on users',
    caughtBy: 'group.user-shows-change',
    proxy: resources(users, (user) => without(user, 'groups')),
  },
  {
    breaks: 'refuses to add a member twice',
    caughtBy: 'group.add-twice',
    proxy: instead(on('PATCH', /^\/Groups/), answer(409)),
  },
  {
    breaks: 'keeps unknown members',
    caughtBy: 'group.unknown-member',
    proxy: resources(on('GET', /^\/Groups\//), (group) => ({
      ...group,
      members: [...readList(group, 'members'), { value: '11111111-2222-4333-8444-555555555555' }],
    })),
  },
  {
    breaks: 'ignores excludedAttributes',
    caughtBy: 'group.without-members',
    proxy: ignoring('excludedAttributes'),
  },
];

/** The first id, again and again. */
function sameId(): Breakage['proxy'] {
  let first: unknown;
  return json(creates, (body) => {
    first ??= body['id'];
    return { ...body, id: first };
  });
}
