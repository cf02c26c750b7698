/**
 * One identity provider: what it believes of its people and groups, and how it asks. Several clients of one connection
 * share what it believes, as parallel workers of one provider do. Each try leaves its writes in the oracle's history,
 * acknowledged or perhaps.
 */
import type { Birth } from '../oracle/books.ts';
import { registers, type Stretch } from '../oracle/history.ts';
import { judgeGroup, judgeMissing, judgeUser, meet } from '../oracle/reads.ts';
import type { Tenant } from '../stage/world.ts';
import { type Caller, callScim } from './caller.ts';
import type * as wire from './dialects.ts';
import type { Answer, Exchange } from './exchange.ts';

export interface Provider {
  readonly caller: Caller;
  readonly tenant: Tenant;
  /** Ids it believes to be there, oldest first. */
  readonly users: string[];
  readonly groups: string[];
  /** What it believes a group is called. */
  readonly names: Map<string, string>;
  /** Ids of another tenant, to ask for them in vain. */
  readonly foreign: () => readonly string[];
}

const TRIES = 4;

const PAUSE_MS = [500, 60_000] as const;

export function chosen(ids: readonly string[], share: number): string | undefined {
  return ids[Math.floor(share * ids.length)];
}

/** Sends until an answer decides, at most a few times; each try is on record by itself. */
export async function ask(
  provider: Provider,
  request: wire.Request,
  record: (exchange: Exchange, stretch: Stretch | undefined) => void,
  begin?: () => void,
): Promise<Answer | undefined> {
  const { caller, tenant } = provider;
  const { world } = caller;
  for (let tries = 1; ; tries++) {
    begin?.();
    const exchange = await callScim(caller, tenant.token, request);
    record(exchange, stretchOf(exchange));
    const { heard } = exchange;
    const decided = heard !== undefined && heard.status !== 429 && heard.status < 500;
    if (decided || tries === TRIES) return heard;
    await world.scheduler.sleep(undefined, world.schedule.between(PAUSE_MS));
  }
}

/** Whether the request took effect: surely, perhaps, or not at all. */
function stretchOf({ said, start, end }: Exchange): Stretch | undefined {
  if (said === undefined || said.status === 429 || said.status >= 500) return { start, end, sure: false };
  // Done, and then not found any more when it was read back, because somebody else deleted it in between.
  if (said.status === 404) return { start, end, sure: false };
  return said.status < 300 ? { start, end, sure: true } : undefined;
}

export interface Bearing {
  readonly path: string;
  readonly body: unknown;
  readonly birth: Omit<Birth, 'stretch'>;
}

/** A create is on record from its beginning: others may see what it made before its answer comes. */
export async function bear(
  provider: Provider,
  { path, body, birth }: Bearing,
  judge: (exchange: Exchange) => void,
): Promise<Answer | undefined> {
  const { world } = provider.caller;
  let stretch = { start: 0, end: 0, sure: false };
  const begin = (): void => {
    stretch = { start: world.scheduler.step(), end: Number.POSITIVE_INFINITY, sure: false };
    world.books.births.push({ ...birth, stretch });
  };
  return ask(
    provider,
    { method: 'POST', path, body },
    (exchange, known) => {
      judge(exchange);
      stretch.end = exchange.end;
      if (exchange.said?.status === 201) meet(world, provider.tenant, exchange.said.json, known);
    },
    begin,
  );
}

export function believe(ids: string[], id: string): void {
  if (!ids.includes(id)) ids.push(id);
}

export function forget(ids: string[], id: string): void {
  const at = ids.indexOf(id);
  if (at >= 0) ids.splice(at, 1);
}

export async function remove(provider: Provider, type: 'Users' | 'Groups', id: string): Promise<void> {
  const { world } = provider.caller;
  const kind = type === 'Users' ? 'user' : 'group';
  const answer = await ask(provider, { method: 'DELETE', path: `/${type}/${id}` }, (exchange, stretch) => {
    judgeMissing(world, { kind, id, exchange });
    if (stretch !== undefined) world.books.history.write(registers[kind](id, 'exists'), 'no', stretch);
  });
  if (answer !== undefined && (answer.status === 204 || answer.status === 404))
    forget(type === 'Users' ? provider.users : provider.groups, id);
}

export async function readOne(
  provider: Provider,
  type: 'Users' | 'Groups',
  id: string,
): Promise<Answer['json']> {
  const { world } = provider.caller;
  const answer = await ask(provider, { method: 'GET', path: `/${type}/${id}` }, (exchange) => {
    const { said, start, end } = exchange;
    const kind = type === 'Users' ? 'user' : 'group';
    judgeMissing(world, { kind, id, exchange });
    if (said?.status !== 200) return;
    const reading = { from: start, to: end };
    if (kind === 'user') judgeUser(world, provider.tenant, { json: said.json, reading });
    else judgeGroup(world, provider.tenant, { json: said.json, reading });
  });
  if (answer?.status === 404) forget(type === 'Users' ? provider.users : provider.groups, id);
  return answer?.status === 200 ? answer.json : undefined;
}
