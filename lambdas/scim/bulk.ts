/**
 * `/Bulk` (RFC 7644 section 3.7): operations in their order, each exactly as if it had been sent alone, one after the other.
 * An operation that refers to a create further down has it done first; results stand in the order of the request anyway
 * (row 251). Two creates that refer to each other are both made, and then the one that had to go first is completed by a
 * PUT (row 248); if that cannot be, it is taken back and answered 409.
 */
import { type BulkOperation, readBulk, referencesOf, resolveReferences } from './bulk-request.ts';
import { badRequest, errorBody, ScimError } from './errors.ts';
import { type Answer, BASE_PATH, type Call, readBody, type ScimRequest } from './request.ts';
import type { Values } from './values.ts';

const RESPONSE_URN = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';
/** What is not begun by then is answered 503, so that the results of the rest still reach the client. */
const BULK_MS = 12_000;

/** Performs one request with all its rules, also the refusals; it never throws. */
export type Perform = (call: Call, request: ScimRequest) => Promise<Answer>;

interface Job {
  readonly call: Call;
  readonly perform: Perform;
  readonly operations: readonly BulkOperation[];
  readonly failOnErrors: number;
  readonly endsAt: number;
  /** Which operation creates what a bulkId stands for. */
  readonly creates: ReadonlyMap<string, number>;
  /** Ids of what was created, by bulkId. */
  readonly ids: Map<string, string>;
  readonly results: Map<number, Values>;
  /** Begun and waiting for what they refer to. */
  readonly open: Set<number>;
  /** Created without some of their references. */
  readonly incomplete: Set<number>;
  errors: number;
}

/** 200 with one result per operation that was tried (row 244). @throws ScimError 400, 413 */
export async function performBulk(call: Call, perform: Perform): Promise<Answer> {
  const { operations, failOnErrors } = readBulk(readBody(call.request));
  const job: Job = {
    call,
    perform,
    operations,
    failOnErrors,
    endsAt: call.realNow() + BULK_MS,
    creates: new Map(
      operations.flatMap(({ method, bulkId }, index) =>
        method === 'POST' && bulkId !== undefined ? [[bulkId, index] as const] : [],
      ),
    ),
    ids: new Map(),
    results: new Map(),
    open: new Set(),
    incomplete: new Set(),
    errors: 0,
  };
  for (const index of operations.keys()) {
    await run(job, index);
    await complete(job);
  }
  const results = [...job.results].sort(([left], [right]) => left - right).map(([, result]) => result);
  return { status: 200, body: { schemas: [RESPONSE_URN], Operations: results } };
}

/** Does one operation, after the creates that it refers to. */
async function run(job: Job, index: number): Promise<void> {
  const operation = job.operations[index];
  if (operation === undefined || job.results.has(index) || isOver(job)) return;
  job.open.add(index);
  const references = [...referencesOf(operation)];
  for (const reference of references) {
    const target = job.creates.get(reference);
    if (target !== undefined && !job.open.has(target)) await run(job, target);
  }
  const circular = new Set(references.filter((reference) => job.open.has(job.creates.get(reference) ?? -1)));
  job.open.delete(index);
  if (isOver(job)) return;
  const problem = problemOf(
    job,
    operation,
    references.filter((reference) => !circular.has(reference)),
  );
  if (problem !== undefined) {
    note(job, index, { operation, answer: refusal(problem) });
    return;
  }
  const resolved = resolveReferences(operation, job.ids);
  const answer = await job.perform(job.call, requestOf(job.call, resolved));
  const id = answer.status === 201 ? idOf(answer) : undefined;
  if (id !== undefined && operation.bulkId !== undefined) job.ids.set(operation.bulkId, id);
  if (id !== undefined && circular.size > 0) job.incomplete.add(index);
  note(job, index, { operation: resolved, answer });
}

/** Row 245: enough operations have failed. */
function isOver({ errors, failOnErrors }: Job): boolean {
  return errors >= failOnErrors;
}

/** What speaks against an operation before it is tried. */
function problemOf(
  job: Job,
  { method, path, bulkId }: BulkOperation,
  references: readonly string[],
): ScimError | undefined {
  if (job.call.realNow() >= job.endsAt) {
    return new ScimError(503, 'There was no time left for this operation. Send it again.');
  }
  if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) {
    return badRequest(
      'invalidSyntax',
      'The method of an operation is POST, PUT, PATCH or DELETE. Send one of them.',
    );
  }
  if (!/^\/(Users|Groups)(\/(?!\.search$)[^/?#]+)?$/.test(path)) {
    return badRequest(
      'invalidSyntax',
      'The path of an operation is /Users or /Groups, or one resource below them.',
    );
  }
  if (method === 'POST' && (bulkId === undefined || bulkId === '')) {
    return badRequest('invalidSyntax', 'An operation with the method POST needs a bulkId. Add one.');
  }
  if (references.some((reference) => !job.creates.has(reference))) {
    return badRequest('invalidValue', 'This operation refers to a bulkId that no POST of this request has.');
  }
  if (references.some((reference) => !job.ids.has(reference))) {
    return new ScimError(
      409,
      'What this operation refers to by bulkId could not be created. Repair that operation first.',
    );
  }
  return undefined;
}

/** Closes the circles: what was created without a reference gets it now. */
async function complete(job: Job): Promise<void> {
  for (const index of job.incomplete) {
    job.incomplete.delete(index);
    const operation = job.operations[index];
    const id = operation?.bulkId === undefined ? undefined : job.ids.get(operation.bulkId);
    if (operation === undefined || id === undefined) continue;
    const path = `${operation.path}/${id}`;
    const isComplete = [...referencesOf(operation)].every((reference) => job.ids.has(reference));
    const whole = { ...resolveReferences(operation, job.ids), method: 'PUT', path };
    const answer = isComplete ? await job.perform(job.call, requestOf(job.call, whole)) : undefined;
    if (answer?.status === 200) {
      note(job, index, { operation, answer: { ...answer, status: 201 } });
      continue;
    }
    await job.perform(
      job.call,
      requestOf(job.call, { ...whole, method: 'DELETE', data: undefined, version: undefined }),
    );
    job.ids.delete(operation.bulkId ?? '');
    const conflict =
      'This create and another refer to each other, and one of the two failed. Send both again.';
    note(job, index, { operation, answer: refusal(new ScimError(409, conflict)) });
  }
}

/** Row 249. */
function note(
  job: Job,
  index: number,
  { operation, answer }: { operation: BulkOperation; answer: Answer },
): void {
  const { method, bulkId, path } = operation;
  const isError = answer.status >= 400;
  const location =
    answer.headers?.['location'] ?? (method === 'POST' ? undefined : `${job.call.baseUrl}${path}`);
  const version = answer.headers?.['etag'];
  if (isError) job.errors += 1;
  job.results.set(index, {
    method,
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(location === undefined ? {} : { location }),
    ...(version === undefined ? {} : { version }),
    status: String(answer.status),
    ...(isError ? { response: answer.body } : {}),
  });
}

function requestOf({ request }: Call, { method, path, version, data }: BulkOperation): ScimRequest {
  return {
    ...request,
    method,
    rawPath: `${BASE_PATH}${path}`,
    rawQuery: '',
    headers: {
      'content-type': 'application/scim+json',
      ...(version === undefined ? {} : { 'if-match': version }),
    },
    body: data === undefined ? undefined : JSON.stringify(data),
  };
}

function refusal({ status, message, scimType }: ScimError): Answer {
  return { status, body: errorBody(status, message, scimType) };
}

function idOf({ body }: Answer): string | undefined {
  const id = body?.['id'];
  return typeof id === 'string' ? id : undefined;
}
