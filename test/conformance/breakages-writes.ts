/** Faults of creating, reading, replacing, deleting, versions, projection and bulk, each with the check that has to see it. */
import {
  always,
  answer,
  answers,
  type Breakage,
  bodies,
  counted,
  header,
  ignoring,
  ignoringHeader,
  instead,
  json,
  on,
  requests,
  resources,
  sentBody,
  status,
  withMeta,
  without,
} from './breaking.ts';
import { isJson, readList } from './json.ts';
import { MESSAGES } from './words.ts';

const groupsToo = on('GET POST PUT PATCH', /^\/(Users|Groups)/);
const creates = on('POST', /^\/(Users|Groups)$/);

export const writesBreakages: readonly Breakage[] = [
  {
    breaks: 'takes groups from a user',
    caughtBy: 'create.read-only',
    proxy: json(creates, (body, sent) => ({ ...body, groups: sentBody(sent)['groups'] })),
  },
  { breaks: 'answers creates by 200', caughtBy: 'create.status', proxy: status(201, 200) },
  {
    breaks: 'leaves Location out',
    caughtBy: 'create.location',
    proxy: header('location', undefined, creates),
  },
  {
    breaks: 'answers creates without a body',
    caughtBy: 'create.body',
    proxy: answers(creates, (got) => ({ ...got, text: '' })),
  },
  {
    breaks: 'drops an attribute',
    caughtBy: 'create.values-kept',
    proxy: bodies(creates, (body) => without(body, 'nickName')),
  },
  {
    breaks: 'answers 409 without scimType',
    caughtBy: 'create.conflict',
    proxy: json(creates, (body) => without(body, 'scimType')),
  },
  {
    breaks: 'answers 422 for a missing attribute',
    caughtBy: 'create.missing-attribute',
    proxy: status(400, 422),
  },
  { breaks: 'fails on broken JSON', caughtBy: 'create.broken-json', proxy: status(400, 500, creates) },
  {
    breaks: 'does not look at schemas',
    caughtBy: 'create.foreign-schema',
    proxy: bodies(creates, (body) => without(body, 'schemas')),
  },
  { breaks: 'holds names of deleted users', caughtBy: 'create.after-delete', proxy: afterDelete() },
  {
    breaks: 'answers 200 with nothing for an unknown id',
    caughtBy: 'read.unknown',
    proxy: status(404, 200, on('GET', /./)),
  },
  {
    breaks: 'has no schemas in error bodies',
    caughtBy: 'read.unknown',
    proxy: json(always, (body) => (body['detail'] === undefined ? body : without(body, 'schemas'))),
  },
  { breaks: 'answers PUT by 204', caughtBy: 'put.supported', proxy: status(200, 204, on('PUT', /./)) },
  {
    breaks: 'does not replace a value by PUT',
    caughtBy: 'put.values',
    proxy: bodies(on('PUT', /./), (body) => without(body, 'title')),
  },
  {
    breaks: 'deactivates by a PUT without active',
    caughtBy: 'put.active-omitted',
    proxy: bodies(on('PUT', /./), (body) => ({ active: false, ...body })),
  },
  {
    breaks: 'takes a userName twice by PUT',
    caughtBy: 'put.conflict',
    proxy: status(409, 200, on('PUT', /./)),
  },
  {
    breaks: 'keeps members that a PUT leaves out',
    caughtBy: 'put.members',
    proxy: bodies(on('PUT', /^\/Groups/), (body) => without(body, 'members')),
  },
  { breaks: 'answers DELETE by 200', caughtBy: 'delete.status', proxy: status(204, 200) },
  {
    breaks: 'answers a second DELETE by 204',
    caughtBy: 'delete.twice',
    proxy: status(404, 204, on('DELETE', /./)),
  },
  { breaks: 'deactivates instead of deleting', caughtBy: 'delete.not-listed', proxy: softDelete() },
  { breaks: 'sends no ETag', caughtBy: 'etag.header', proxy: header('etag', undefined) },
  {
    breaks: 'shows another version than its ETag',
    caughtBy: 'etag.header',
    proxy: resources(groupsToo, (resource) => withMeta(resource, { version: 'W/"other"' })),
  },
  {
    breaks: 'compares the number in a tag only',
    caughtBy: 'etag.if-match-membership',
    proxy: requests(always, (sent) => {
      const { 'if-match': tag, ...headers } = sent.headers;
      // What stands behind the number is not looked at.
      return tag?.includes('-') && !tag.includes('never') ? { ...sent, headers } : sent;
    }),
  },
  { breaks: 'ignores If-Match', caughtBy: 'etag.if-match-stale', proxy: ignoringHeader('if-match') },
  { breaks: 'ignores If-None-Match', caughtBy: 'etag.if-none-match', proxy: ignoringHeader('if-none-match') },
  { breaks: 'never changes its ETag', caughtBy: 'etag.changes', proxy: header('etag', 'W/"1"') },
  { breaks: 'changes its ETag with every answer', caughtBy: 'etag.stays', proxy: counted() },
  {
    breaks: 'refuses If-Match: *',
    caughtBy: 'etag.if-match-any',
    proxy: requests(always, (sent) =>
      sent.headers['if-match'] === '*'
        ? { ...sent, headers: { ...sent.headers, 'if-match': 'W/"star"' } }
        : sent,
    ),
  },
  { breaks: 'ignores attributes', caughtBy: 'project.get', proxy: ignoring('attributes') },
  {
    breaks: 'leaves id out when it is not asked for',
    caughtBy: 'project.always',
    proxy: json(on('GET', /attributes=title/), (body) => without(body, 'id')),
  },
  {
    breaks: 'reads attribute notation by case',
    caughtBy: 'project.notation',
    proxy: requests(always, (sent) => ({ ...sent, url: sent.url.replace('NAME.familyname', 'unheard') })),
  },
  {
    breaks: 'answers PATCH with attributes by 204',
    caughtBy: 'project.patch',
    proxy: status(200, 204, on('PATCH', /./)),
  },
  {
    breaks: 'leaves the version out of bulk results',
    caughtBy: 'bulk.results',
    proxy: json(on('POST', /^\/Bulk$/), (body) => ({
      ...body,
      Operations: readList(body, 'Operations').map((result) =>
        isJson(result) ? without(result, 'version') : result,
      ),
    })),
  },
  {
    breaks: 'does not say which limit was exceeded',
    caughtBy: 'bulk.limits',
    proxy: json(on('POST', /^\/Bulk$/), (body) => ({ ...body, detail: 'This is too much.' })),
  },
  {
    breaks: 'answers a bulk job by the worst status',
    caughtBy: 'bulk.processed',
    proxy: status(200, 207, on('POST', /^\/Bulk/)),
  },
  {
    breaks: 'stops a bulk job at the first failure',
    caughtBy: 'bulk.continues',
    proxy: bodies(on('POST', /^\/Bulk/), (body) => ({ ...body, failOnErrors: 1 })),
  },
  {
    breaks: 'does not repeat bulkId',
    caughtBy: 'bulk.id-required',
    proxy: json(on('POST', /^\/Bulk/), (body) => ({
      ...body,
      Operations: readList(body, 'Operations').map((result) =>
        isJson(result) ? without(result, 'bulkId') : result,
      ),
    })),
  },
  {
    breaks: 'takes more operations than announced',
    caughtBy: 'bulk.limits',
    proxy: status(413, 200, on('POST', /^\/Bulk/)),
  },
  {
    breaks: 'has a page of its own for /Me',
    caughtBy: 'me.answered',
    proxy: instead(on('GET', /^\/Me/), { ...answer(200), text: '<h1>You</h1>' }),
  },
  {
    breaks: 'names no schema in bulk answers',
    caughtBy: 'bulk.processed',
    proxy: json(on('POST', /^\/Bulk/), (body) => ({ ...body, schemas: [`${MESSAGES}BulkAnswer`] })),
  },
];

function afterDelete(): Breakage['proxy'] {
  let deleted = false;
  return (send) => async (sent) => {
    if (deleted && sent.method === 'POST') return answer(409);
    deleted ||= sent.method === 'DELETE';
    return send(sent);
  };
}

function softDelete(): Breakage['proxy'] {
  return (send) => async (sent) => {
    if (sent.method !== 'DELETE') return send(sent);
    const body = JSON.stringify({
      schemas: [`${MESSAGES}PatchOp`],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
    await send({
      ...sent,
      method: 'PATCH',
      headers: { ...sent.headers, 'content-type': 'application/scim+json' },
      body,
    });
    return answer(204);
  };
}
