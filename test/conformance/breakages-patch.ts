/** Faults of PATCH, each with the check that has to see it. */
import {
  answer,
  type Breakage,
  bodies,
  counted,
  json,
  on,
  operations,
  resources,
  status,
  without,
} from './breaking.ts';
import { isJson, parse, read, readList, readText } from './json.ts';
import { ENTERPRISE, USER } from './words.ts';

const users = on('GET POST PUT PATCH', /^\/Users/);

export const patchBreakages: readonly Breakage[] = [
  {
    breaks: 'takes a PATCH without Operations',
    caughtBy: 'patch.body',
    proxy: status(400, 200, on('PATCH', /./)),
  },
  {
    breaks: 'reads op by case',
    caughtBy: 'patch.op',
    proxy: (send) => async (sent) =>
      sent.method === 'PATCH' && /"op":"[A-Z]/.test(String(sent.body)) ? answer(400) : send(sent),
  },
  { breaks: 'applies what comes before an error', caughtBy: 'patch.atomic', proxy: oneByOne() },
  {
    breaks: 'runs operations from the last to the first',
    caughtBy: 'patch.in-order',
    proxy: bodies(on('PATCH', /./), (body) => ({
      ...body,
      Operations: [...readList(body, 'Operations')].reverse(),
    })),
  },
  {
    breaks: 'answers PATCH with half a resource',
    caughtBy: 'patch.answer',
    proxy: json(on('PATCH', /./), (body) => without(body, 'meta')),
  },
  {
    breaks: 'keeps the old primary',
    caughtBy: 'patch.primary',
    proxy: resources(on('GET', /^\/Users/), (user) => ({
      ...user,
      emails: readList(user, 'emails').map((mail) =>
        read(mail, 'type') === 'work' ? { ...(isJson(mail) ? mail : {}), primary: true } : mail,
      ),
    })),
  },
  {
    breaks: 'leaves an empty extension in schemas',
    caughtBy: 'patch.extension',
    proxy: resources(users, (user) => ({ ...user, schemas: [USER, ENTERPRISE] })),
  },
  {
    breaks: 'takes texts for booleans',
    caughtBy: 'patch.incompatible',
    proxy: status(400, 200, on('PATCH', /./)),
  },
  { breaks: 'creates by PATCH', caughtBy: 'patch.unknown-id', proxy: status(404, 204, on('PATCH', /./)) },
  {
    breaks: 'replaces a list by add',
    caughtBy: 'add.multi-valued',
    proxy: operations((operation) => ({
      ...operation,
      op: operation['op'] === 'add' ? 'replace' : operation['op'],
    })),
  },
  { breaks: 'overwrites a complex value by add', caughtBy: 'add.complex', proxy: overwriting() },
  { breaks: 'overwrites a complex value by replace', caughtBy: 'replace.complex', proxy: overwriting() },
  {
    breaks: 'takes add without a value',
    caughtBy: 'add.value-required',
    proxy: status(400, 204, on('PATCH', /./)),
  },
  {
    breaks: 'takes remove without a path',
    caughtBy: 'remove.no-path',
    proxy: status(400, 204, on('PATCH', /./)),
  },
  {
    breaks: 'empties the group where a value limits the removal',
    caughtBy: 'remove.listed-members',
    proxy: operations((operation) =>
      operation['op'] === 'remove' ? without(operation, 'value') : operation,
    ),
  },
  {
    breaks: 'removes a list whatever its filter',
    caughtBy: 'remove.filtered',
    proxy: operations((operation) => ({
      ...operation,
      path: readText(operation, 'path').replace(/\[.*\]/, ''),
    })),
  },
  {
    breaks: 'removes the element instead of its part',
    caughtBy: 'remove.part',
    proxy: operations((operation) =>
      operation['op'] === 'remove'
        ? { ...operation, path: readText(operation, 'path').replace(/\]\..*/, ']') }
        : operation,
    ),
  },
  {
    breaks: 'appends where a list is replaced',
    caughtBy: 'replace.multi-valued',
    proxy: operations((operation) => ({ ...operation, op: 'add' })),
  },
  {
    breaks: 'keeps members where they are replaced',
    caughtBy: 'replace.members',
    proxy: operations((operation) => ({ ...operation, op: 'add' })),
  },
  {
    breaks: 'says nothing when a value path matches nothing',
    caughtBy: 'replace.no-match',
    proxy: status(400, 204, on('PATCH', /./)),
  },
  {
    breaks: 'drops keys that are paths',
    caughtBy: 'replace.keys-as-paths',
    proxy: operations((operation) => ({
      ...operation,
      value: isJson(operation['value']) ? without(operation['value'], 'name.givenName') : operation['value'],
    })),
  },
  {
    breaks: 'empties a required attribute',
    caughtBy: 'replace.required-empty',
    proxy: status(400, 204, on('PATCH', /./)),
  },
  { breaks: 'moves lastModified without a change', caughtBy: 'patch.no-change', proxy: counted() },
];

/** A PATCH per operation, the answer of the last or of the first that failed. */
function oneByOne(): Breakage['proxy'] {
  return (send) => async (sent) => {
    const body = parse(String(sent.body ?? ''));
    if (sent.method !== 'PATCH' || !isJson(body)) return send(sent);
    let last = answer(204);
    for (const operation of readList(body, 'Operations')) {
      last = await send({ ...sent, body: JSON.stringify({ ...body, Operations: [operation] }) });
      if (last.status >= 400) return last;
    }
    return last;
  };
}

/** What is not in the new name goes. */
function overwriting(): Breakage['proxy'] {
  const blank = { givenName: null, familyName: null, middleName: null };
  return operations((operation) => {
    const { path, value } = operation;
    return path === 'name' && isJson(value) ? { ...operation, value: { ...blank, ...value } } : operation;
  });
}
