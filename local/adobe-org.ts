/**
 * A simulated Adobe org: `Request` in, `Response` out, everything between in memory (`umapi.md` section 20 is its
 * checklist; `docs/simulator-differences.md` says where it guesses). Give it to a client as `fetch`, or put it behind a
 * port with `npm run adobe-org`.
 *
 * One call: gate, throttle, planned fault, effect, call log, save, delay, answer. From gate to save nothing is awaited,
 * so calls never interleave, and what an answer acknowledges was saved before it left.
 */
import { readCommands, runCommands } from './adobe-org/actions.ts';
import { answerToken, authorise, readForm } from './adobe-org/auth.ts';
import { answerControl, isControlPath } from './adobe-org/control.ts';
import { type OrgDesk, openDesk, type StoreHolder } from './adobe-org/desk.ts';
import { type FaultPlan, planFaults } from './adobe-org/faults.ts';
import { ConnectionReset, empty, gatewayPage, json, rejected, throttled } from './adobe-org/http.ts';
import { type KnobSettings, turnKnobs } from './adobe-org/knobs.ts';
import type { Run } from './adobe-org/people.ts';
import { pickBetween, randomHex } from './adobe-org/random.ts';
import { listGroups, listGroupUsers, listUsers, readUser } from './adobe-org/reads.ts';
import { decodePath, type Route, routeOf } from './adobe-org/routes.ts';
import { seedSmallOrg } from './adobe-org/seed.ts';
import type { Call, OrgChange, OrgState } from './adobe-org/state.ts';
import { addCall, openStore, takeChange } from './adobe-org/store.ts';
import { admit, trafficOf } from './adobe-org/throttle.ts';

export interface AdobeOrgOptions {
  /** Epoch milliseconds of the clock that the org lives by. */
  readonly now: () => number;
  /** In [0, 1): orders, ids, chances. */
  readonly random: () => number;
  /** Absent: the small org of a first start. */
  readonly state?: OrgState;
  readonly knobs?: KnobSettings;
  /** How the org waits (latency, slow answers); absent: it never does. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Told every change before the answer leaves; must have saved it when it returns. */
  readonly save?: (change: { readonly change: OrgChange } | { readonly whole: OrgState }) => void;
}

export interface AdobeOrg extends OrgDesk {
  /** Rejects as `fetch` does when the connection breaks. */
  fetch(request: Request): Promise<Response>;
}

interface Org {
  readonly holder: StoreHolder;
  readonly options: AdobeOrgOptions;
  readonly desk: OrgDesk;
  save(whole?: OrgState): void;
}

/** Makes an org. */
export function createAdobeOrg(options: AdobeOrgOptions): AdobeOrg {
  const { now, random } = options;
  const store = openStore(options.state ?? seedSmallOrg({ random, at: now() }));
  store.meta.knobs = turnKnobs(store.meta.knobs, options.knobs ?? {});
  const holder: StoreHolder = { store };
  const save = (whole?: OrgState): void =>
    options.save?.(whole === undefined ? { change: takeChange(holder.store) } : { whole });
  const desk = openDesk(holder, { random, now, save });
  const org: Org = { holder, options, desk, save };
  return { ...desk, fetch: (request) => answer(org, request) };
}

/** The org as a `fetch` function, to be injected into a client. */
export function asFetch(org: AdobeOrg): typeof fetch {
  return (input, init) => org.fetch(new Request(input, init));
}

async function answer(org: Org, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const body = await request.text();
  const contentType = request.headers.get('content-type') ?? '';
  if (isControlPath(url)) {
    landLateEffects(org);
    return answerControl(org.desk, url, { method: request.method, contentType, body });
  }
  const form = await readForm(url, contentType, url.pathname.startsWith('/ims/') ? body : '');
  const exchange = openExchange(org, { request, url, body, form });
  landLateEffects(org);
  const response = reply(exchange);
  const { store } = org.holder;
  addCall(store, { ...exchange.call, status: exchange.reset ? 0 : response.status });
  org.save();
  const waitMs = exchange.waitMs + pickBetween(org.options.random, store.meta.knobs.latencyMs);
  if (waitMs > 0) await org.options.sleep?.(waitMs, request.signal);
  if (exchange.reset) throw new ConnectionReset();
  return stamped(response, exchange);
}

/** One call while it is being answered. */
interface Exchange {
  readonly run: Run;
  readonly route: Route;
  readonly headers: Headers;
  readonly url: URL;
  readonly body: string;
  readonly form: URLSearchParams;
  readonly call: { -readonly [K in keyof Omit<Call, 'number' | 'status'>]: Call[K] };
  waitMs: number;
  reset: boolean;
}

function openExchange(
  org: Org,
  { request, url, body, form }: { request: Request; url: URL; body: string; form: URLSearchParams },
): Exchange {
  const route = routeOf(request.method, url);
  const at = org.options.now();
  const testOnly = route.endpoint === 'action' && url.searchParams.get('testOnly')?.toLowerCase() === 'true';
  const clientId = form.get('client_id') ?? request.headers.get('x-api-key') ?? '';
  return {
    run: { store: org.holder.store, random: org.options.random, at, by: 'api' },
    route,
    headers: request.headers,
    url,
    body,
    form,
    call: {
      at,
      clientId,
      endpoint: route.endpoint,
      method: request.method,
      // A query of the token endpoint may hold a secret.
      path:
        route.endpoint === 'token' ? url.pathname : (decodePath(url.pathname + url.search) ?? url.pathname),
      commands: 0,
      applied: false,
      testOnly,
      codes: [],
    },
    waitMs: 0,
    reset: false,
  };
}

/** Requests that were answered with an error and land afterwards (threats F36). */
function landLateEffects(org: Org): void {
  const { store } = org.holder;
  const at = org.options.now();
  const due = store.meta.lateEffects
    .filter(({ dueAt }) => dueAt <= at)
    .sort((left, right) => left.dueAt - right.dueAt);
  if (due.length === 0) return;
  store.meta.lateEffects = store.meta.lateEffects.filter(({ dueAt }) => dueAt > at);
  for (const { dueAt, commands } of due) {
    const run: Run = { store, random: org.options.random, at: dueAt, by: 'api' };
    runCommands(run, commands, { testOnly: false, failing: new Map() });
  }
  org.save();
}

function reply(exchange: Exchange): Response {
  const { route, run, headers } = exchange;
  const { store } = run;
  switch (route.endpoint) {
    case 'other':
      return route.deprecated
        ? json(404, { errorMessage: 'NOT_FOUND', errorCode: 'NOT_FOUND' })
        : gatewayPage(403);
    case 'status':
      return json(200, { build: '2559', version: '2.1.54', state: 'LIVE' });
    case 'token':
      return replyToken(exchange);
    default: {
      const gate = authorise(store.meta, headers, { orgId: route.orgId, at: run.at });
      if ('refusal' in gate) return gate.refusal;
      if (store.meta.migrating) {
        return rejected(403, 'error.organization.migrating', 'Organization is being migrated');
      }
      return replyAdmitted(exchange, gate.clientId);
    }
  }
}

function replyToken(exchange: Exchange): Response {
  const { run, form, call } = exchange;
  const { store, at, random } = run;
  const retryAfterSeconds = admit(store, random, {
    clientId: call.clientId,
    endpoint: 'token',
    at,
    testOnly: false,
  });
  if (retryAfterSeconds !== undefined) return throttled(store.meta.knobs, at, retryAfterSeconds);
  const plan = planFaults(store, () => 1, { endpoint: 'token', commands: [] });
  return withFault(exchange, { plan, clientId: call.clientId }, () =>
    answerToken(store.meta, form, { at, random }),
  );
}

function replyAdmitted(exchange: Exchange, clientId: string): Response {
  const { run, route, call } = exchange;
  const { store, random, at } = run;
  const page = 'page' in route ? route.page : undefined;
  if (page !== undefined && Number.isNaN(page)) {
    return json(400, { errorMessage: `For input string: "${exchange.url.pathname.split('/')[5] ?? ''}"` });
  }
  const retryAfterSeconds = admit(store, random, {
    clientId,
    endpoint: route.endpoint,
    page,
    at,
    testOnly: call.testOnly,
  });
  const read = route.endpoint === 'action' ? readCommands(store, exchange.body) : { commands: [] };
  if (route.endpoint === 'action' && 'commands' in read) {
    call.commands = read.commands.length;
    call.body = read.commands;
  }
  if (retryAfterSeconds !== undefined) return throttled(store.meta.knobs, at, retryAfterSeconds);
  if ('refusal' in read) return read.refusal;
  const plan = planFaults(store, random, { endpoint: route.endpoint, commands: read.commands });
  return withFault(exchange, { plan, clientId }, () =>
    route.endpoint === 'action' ? act(exchange, read.commands, plan) : show(exchange),
  );
}

function act(exchange: Exchange, commands: readonly unknown[], plan: FaultPlan): Response {
  const { run, call } = exchange;
  const { testOnly } = call;
  const outcome = runCommands(run, commands, { testOnly, failing: plan.commands });
  call.applied = !testOnly;
  call.codes = [
    ...(outcome.errors ?? []).map(({ errorCode }) => errorCode),
    ...(outcome.warnings ?? []).map(({ warningCode }) => warningCode),
  ];
  return json(200, plan.call?.kind === 'merge' ? { ...outcome, ...plan.call.fields } : outcome);
}

function show({ route, run, url }: Exchange): Response {
  switch (route.endpoint) {
    case 'users':
      return listUsers(run, route.page, url.searchParams);
    case 'groupUsers':
      return listGroupUsers(run, route.segment, { page: route.page, query: url.searchParams });
    case 'user':
      return readUser(run, route.segment, url.searchParams);
    case 'groups':
      return listGroups(run, route.page);
    default:
      throw new Error(`${route.endpoint} is not a read: check the routes.`);
  }
}

/** Lets the planned fault happen before, instead of, or after the effect of the call. */
function withFault(
  exchange: Exchange,
  { plan, clientId }: { plan: FaultPlan; clientId: string },
  effect: () => Response,
): Response {
  const { run, call } = exchange;
  const planned = plan.call;
  if (plan.label !== undefined) call.fault = plan.label;
  if (planned !== undefined && 'applied' in planned && planned.applied) effect();
  switch (planned?.kind) {
    case undefined:
    case 'none':
    case 'command':
    case 'merge':
      return effect();
    case 'slow':
      exchange.waitMs += planned.ms;
      return effect();
    case 'status':
      return new Response(planned.body ?? null, { status: planned.status, headers: planned.headers });
    case 'reset':
      exchange.reset = true;
      return empty(500);
    case 'empty':
      return empty(200);
    case 'html':
      return gatewayPage(planned.status);
    case 'late':
      if (Array.isArray(call.body) && !call.testOnly) {
        run.store.meta.lateEffects.push({ dueAt: run.at + planned.ms, commands: call.body });
      }
      return empty(504);
    case 'throttle':
      if (planned.blocks) {
        trafficOf(run.store, clientId).blockedUntil = run.at + planned.retryAfterSeconds * 1000;
      }
      return throttled(run.store.meta.knobs, run.at, planned.retryAfterSeconds);
  }
}

/** Headers that every answer carries (section 9). */
function stamped(response: Response, { headers, run, url }: Exchange): Response {
  response.headers.set('X-Request-Id', headers.get('x-request-id') ?? randomHex(run.random, 32));
  if (response.status >= 400) response.headers.set('Canonical-Resource', url.pathname);
  return response;
}
