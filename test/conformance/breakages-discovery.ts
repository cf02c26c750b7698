/** Faults of transport, authentication, discovery and errors, each with the check that has to see it. */
import { always, answer, answers, type Breakage, header, instead, json, on, status } from './breaking.ts';
import { read, readList } from './json.ts';
import { ENTERPRISE, LIST } from './words.ts';

const creates = on('POST', /^\/(Users|Groups)$/);
const config = on('GET', /^\/ServiceProviderConfig/);
const schemaList = on('GET', /^\/Schemas$/);

export const discoveryBreakages: readonly Breakage[] = [
  {
    breaks: 'answers application/json',
    caughtBy: 'transport.accept-none',
    proxy: header('content-type', 'application/json'),
  },
  {
    breaks: 'answers errors as text/html',
    caughtBy: 'transport.content-type',
    also: ['read.unknown'],
    proxy: header('content-type', 'text/html', on('GET', /no-such-id/)),
  },
  {
    breaks: 'reads and writes Latin-1',
    caughtBy: 'transport.utf8',
    proxy: answers(always, (got) => ({ ...got, text: Buffer.from(got.text, 'utf8').toString('latin1') })),
  },
  {
    breaks: 'refuses query parameters it does not know',
    caughtBy: 'transport.unknown-parameters',
    proxy: instead(on('GET', /aadOptscim/), answer(400)),
  },
  {
    breaks: 'creates by PUT',
    caughtBy: 'transport.put-never-creates',
    proxy: status(404, 201, on('PUT', /./)),
  },
  {
    breaks: 'names its lists by a schema of its own',
    caughtBy: 'transport.message-schemas',
    proxy: json(on('GET', /count=1/), (body) => ({ ...body, schemas: ['urn:example:list'] })),
  },
  {
    breaks: 'lists message schemas in /Schemas',
    caughtBy: 'transport.message-schemas-unlisted',
    proxy: json(schemaList, (body) => ({
      ...body,
      Resources: [...readList(body, 'Resources'), { id: LIST }],
    })),
  },
  {
    breaks: 'compresses whatever the client accepts',
    caughtBy: 'transport.compression',
    proxy: header('content-encoding', 'gzip', on('GET', /^\/Schemas/)),
  },
  {
    breaks: 'sends half of what it compresses',
    caughtBy: 'transport.compression',
    proxy: answers(always, (got, sent) =>
      sent.headers['accept-encoding'] === 'gzip'
        ? { ...got, text: got.text.slice(0, got.text.length / 2) }
        : got,
    ),
  },
  {
    breaks: 'has no address without a version',
    caughtBy: 'transport.version-omitted',
    proxy: (send) => async (sent) => (sent.url.includes('/v2') ? send(sent) : answer(404)),
  },
  {
    breaks: 'announces a maxPageSize that it does not keep',
    caughtBy: 'config.pagination-is-true',
    proxy: json(config, (body) => ({ ...body, pagination: { cursor: true, index: true, maxPageSize: 2 } })),
  },
  {
    breaks: 'gives cursors that it does not announce',
    caughtBy: 'config.pagination-is-true',
    proxy: json(config, (body) => ({ ...body, pagination: { cursor: false, index: true } })),
  },
  { breaks: 'answers 403 without a token', caughtBy: 'auth.missing', proxy: status(401, 403) },
  {
    breaks: 'leaves WWW-Authenticate out',
    caughtBy: 'auth.missing',
    proxy: header('www-authenticate', undefined),
  },
  {
    breaks: 'has no body with 401',
    caughtBy: 'auth.error-body',
    proxy: answers(always, (got) => (got.status === 401 ? { ...got, text: '' } : got)),
  },
  {
    breaks: 'looks for the resource before the token',
    caughtBy: 'auth.before-all-else',
    proxy: instead(on('GET', /no-such-id/), answer(404)),
  },
  {
    breaks: 'reads the scheme of Authorization by case',
    caughtBy: 'auth.scheme-in-any-case',
    proxy: (send) => async (sent) =>
      /^bearer |^BEARER /.test(sent.headers['authorization'] ?? '') ? answer(401) : send(sent),
  },
  {
    breaks: 'wraps the configuration in a list',
    caughtBy: 'config.one-object',
    proxy: json(config, (body) => ({ schemas: [LIST], totalResults: 1, Resources: [body] })),
  },
  {
    breaks: 'announces its features as texts',
    caughtBy: 'config.flags',
    proxy: json(config, (body) => ({ ...body, patch: { supported: 'true' } })),
  },
  {
    breaks: 'announces no authentication scheme',
    caughtBy: 'config.authentication-schemes',
    proxy: json(config, (body) => ({ ...body, authenticationSchemes: [] })),
  },
  {
    breaks: 'announces that PATCH does not work',
    caughtBy: 'config.patch-is-true',
    proxy: json(config, (body) => ({ ...body, patch: { supported: false } })),
  },
  {
    breaks: 'announces smaller pages than it sends',
    caughtBy: 'config.max-results',
    proxy: json(config, (body) => ({ ...body, filter: { supported: true, maxResults: 1 } })),
  },
  { breaks: 'takes a POST on discovery', caughtBy: 'config.read-only', proxy: status(405, 200) },
  {
    breaks: 'sends the resource types as a bare array',
    caughtBy: 'types.list',
    proxy: json(on('GET', /^\/ResourceTypes$/), (body) => body['Resources']),
  },
  { breaks: 'finds every schema', caughtBy: 'types.unknown', proxy: status(404, 200, on('GET', /Unheard/)) },
  {
    breaks: 'lacks the schema of an extension',
    caughtBy: 'types.schemas-exist',
    proxy: json(schemaList, (body) => ({
      ...body,
      Resources: readList(body, 'Resources').filter((schema) => read(schema, 'id') !== ENTERPRISE),
    })),
  },
  {
    breaks: 'leaves mutability out of schemas',
    caughtBy: 'schemas.shape',
    proxy: answers(schemaList, (got) => ({
      ...got,
      text: got.text.replaceAll('"mutability":"readWrite",', ''),
    })),
  },
  {
    breaks: 'compares URNs by case',
    caughtBy: 'schemas.urn-in-any-case',
    proxy: instead(on('GET', /^\/Schemas\/URN/), answer(404)),
  },
  {
    breaks: 'pages discovery',
    caughtBy: 'discovery.parameters-ignored',
    proxy: json(on('GET', /startIndex=2/), (body) => ({
      ...body,
      Resources: readList(body, 'Resources').slice(1, 2),
    })),
  },
  {
    breaks: 'writes the status of errors as a number',
    caughtBy: 'error.body',
    also: ['read.unknown'],
    proxy: json(always, (body) =>
      typeof body['status'] === 'string' ? { ...body, status: Number(body['status']) } : body,
    ),
  },
  {
    breaks: 'invents a scimType',
    caughtBy: 'error.keywords',
    also: ['create.conflict'],
    proxy: json(creates, (body) =>
      body['scimType'] === undefined ? body : { ...body, scimType: 'duplicate' },
    ),
  },
  {
    breaks: 'shows a stack in detail',
    caughtBy: 'error.detail',
    also: ['read.unknown'],
    proxy: json(always, (body) =>
      body['detail'] === undefined
        ? body
        : { ...body, detail: 'TypeError: x\n    at get (/srv/users.js:17:3)' },
    ),
  },
  {
    breaks: 'fails on a request',
    caughtBy: 'error.no-failure',
    also: ['read.found'],
    proxy: status(200, 500, on('GET', /^\/Groups\//)),
  },
  {
    breaks: 'writes Retry-After as a date',
    caughtBy: 'error.retry-after',
    also: ['read.found'],
    proxy: answers(on('GET', /^\/Users\//), (got) => ({
      ...got,
      status: 429,
      headers: { ...got.headers, 'retry-after': 'Fri, 31 Dec 2027 23:59:59 GMT' },
    })),
  },
  {
    breaks: 'lets a gateway answer unknown addresses',
    caughtBy: 'error.unknown-route',
    proxy: answers(always, (got) => (got.status === 404 ? { ...got, text: '{"message":"Not Found"}' } : got)),
  },
  { breaks: 'takes a key twice', caughtBy: 'error.duplicate-keys', proxy: status(400, 201, creates) },
  {
    breaks: 'shows planted attributes',
    caughtBy: 'security.prototype',
    proxy: json(on('GET', /filter=/), (body) => ({ ...body, polluted: 'yes' })),
  },
  {
    breaks: 'lets answers be cached',
    caughtBy: 'security.not-cached',
    proxy: header('cache-control', 'public, max-age=60'),
  },
];
