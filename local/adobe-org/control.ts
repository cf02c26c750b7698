/**
 * The control interface of the simulated org, under `/control`: looking inside, hand actions, faults, knobs, seeds.
 * It is not part of Adobe, has no password, and answers to loopback names only, so that no web page that a browser has
 * open can reach it under another name. It never shows a secret.
 */
import * as z from 'zod';
import { HandAction, NothingThere } from './by-hand.ts';
import type { OrgDesk } from './desk.ts';
import { json } from './http.ts';
import { Fault, OrgState } from './state.ts';

const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

const FaultsBody = z.object({
  next: z.array(z.record(z.string(), z.unknown())),
  endpoint: z.string().optional(),
});
const SeedBody = z.union([
  z.object({ seed: z.enum(['default', 'empty']) }),
  z.object({ groups: z.number().int(), profiles: z.number().int(), people: z.number().int().optional() }),
  z.object({ state: OrgState }),
]);
const KnobsBody = z.record(z.string(), z.unknown());

export function isControlPath(url: URL): boolean {
  return url.pathname === '/control' || url.pathname.startsWith('/control/');
}

/** Answers a control request; a wrong one gets 400 with the reason. */
export function answerControl(
  desk: OrgDesk,
  url: URL,
  { method, contentType, body }: { method: string; contentType: string; body: string },
): Response {
  if (!LOOPBACK_NAMES.has(url.hostname))
    return refuse(403, 'The control interface answers to 127.0.0.1 only.');
  // A form post from a web page needs no permission of the browser; JSON does.
  if (method === 'POST' && contentType.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    return refuse(415, 'Send application/json.');
  try {
    return route(desk, url, { method, body });
  } catch (problem) {
    if (problem instanceof NothingThere) return refuse(404, problem.message);
    if (problem instanceof z.ZodError) return refuse(400, z.prettifyError(problem));
    if (problem instanceof SyntaxError) return refuse(400, 'The body is not JSON.');
    throw problem;
  }
}

function refuse(status: number, message: string): Response {
  return json(status, { message });
}

function route(desk: OrgDesk, url: URL, { method, body }: { method: string; body: string }): Response {
  const since = Number(url.searchParams.get('since') ?? 0);
  const parsed = (): unknown => JSON.parse(body);
  switch (`${method} ${url.pathname}`) {
    case 'GET /control/state':
      return json(200, publicState(desk));
    case 'GET /control/calls':
      return json(200, { calls: desk.calls().filter(({ number }) => number > since) });
    case 'GET /control/outbox':
      return json(200, { mails: desk.outbox().filter(({ number }) => number > since) });
    case 'GET /control/people':
      return json(200, { people: desk.people() });
    case 'POST /control/faults':
      return json(200, { waiting: desk.queueFaults(readFaults(parsed())) });
    case 'POST /control/console':
      for (const action of readActions(parsed())) desk.byHand(action);
      return json(200, { done: true });
    case 'POST /control/knobs':
      return json(200, desk.turnKnobs(KnobsBody.parse(parsed())));
    case 'POST /control/seed':
      desk.seed(readSeed(parsed()));
      return json(200, publicState(desk));
    default:
      return refuse(404, 'GET state, calls, outbox, people; POST faults, console, knobs, seed.');
  }
}

/** Everything but secrets and the two logs, which have routes of their own. */
function publicState(desk: OrgDesk): unknown {
  const { meta, users, groups } = desk.state();
  const { signingKey: _, credentials, ...open } = meta;
  const clients = credentials.map(({ clientSecrets: __, ...credential }) => credential);
  return { meta: { ...open, credentials: clients }, users, groups, people: desk.people() };
}

function readFaults(body: unknown): Fault[] {
  const { next, endpoint } = FaultsBody.parse(body);
  return next.map((entry) => Fault.parse({ ...(endpoint === undefined ? {} : { endpoint }), ...entry }));
}

function readActions(body: unknown): HandAction[] {
  return Array.isArray(body) ? z.array(HandAction).parse(body) : [HandAction.parse(body)];
}

function readSeed(body: unknown): Parameters<OrgDesk['seed']>[0] {
  return SeedBody.parse(body);
}
