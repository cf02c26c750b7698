/**
 * Every call to Adobe, judged as it starts and as it arrives: pace (I16), words that must never be sent and people that
 * are not ours (I10), one command per person (I16, R31), an intent that stands for every action (I12, I14), and a reason
 * for every grant and revoke in what the table says at that moment (I06).
 */
import type { Process } from '../stage/process.ts';
import type { Endpoint } from '../stage/wire.ts';
import type { AdobeBook, AdobeBookDeps } from './adobe-words.ts';
import { checkIntent } from './intents.ts';
import { sameName } from './rows.ts';
import { commandsIn, type Sent, sentIn } from './sent.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MOST_PER_MINUTE = 10;
const MOST_COMMANDS = 10;
const LONG_BLOCK_MS = 300_000;

interface State {
  readonly deps: AdobeBookDeps;
  readonly arrivals: number[];
  readonly commands: Sent[];
  /** What each process was told to wait for, by endpoint or `all`. */
  readonly blocks: Map<number, Map<Endpoint | 'all', number>>;
  /** Who lost something when. */
  readonly losses: { readonly at: number; readonly who: string }[];
}

export function openAdobeBook(deps: AdobeBookDeps): AdobeBook {
  const state: State = { deps, arrivals: [], commands: [], blocks: new Map(), losses: [] };
  return {
    started: (process, endpoint) => checkBlocks(state, process, endpoint),
    arrived: (body) => checkAction(state, body),
    taken: (sent) => {
      state.commands.push(...sent);
      countLosses(state, sent);
    },
    answered: (process, answer) => noteBlock(state, process, answer),
    commands: state.commands,
    calls: () => state.arrivals.length,
  };
}

/** I16: whoever was told to wait does not call before. A wrong clock may. */
function checkBlocks({ deps, blocks }: State, process: Process, endpoint: Endpoint): void {
  const told = blocks.get(process.id);
  if (endpoint === 'token' || told === undefined || process.skewMs !== 0) return;
  const until = Math.max(told.get(endpoint) ?? 0, told.get('all') ?? 0);
  if (deps.now() < until)
    deps.violate(
      'I16',
      `a call of ${endpoint} starts ${until - deps.now()} ms before the end of Retry-After`,
    );
}

function noteBlock(
  { deps, blocks }: State,
  process: Process,
  { endpoint, response }: { endpoint: Endpoint; response: Response },
): void {
  if (response.status !== 429 && response.status !== 503) return;
  const until = untilOf(response.headers.get('retry-after'), deps.now());
  if (until === undefined || process.skewMs !== 0) return;
  const told = blocks.get(process.id) ?? new Map<Endpoint | 'all', number>();
  const scope = until - deps.now() > LONG_BLOCK_MS ? 'all' : endpoint;
  told.set(scope, Math.max(until, told.get(scope) ?? 0));
  blocks.set(process.id, told);
}

function untilOf(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return now + Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : date;
}

function checkAction({ deps, arrivals }: State, body: string): Sent[] {
  const now = deps.now();
  arrivals.push(now);
  const recent = arrivals.filter((at) => at > now - MINUTE_MS).length;
  if (recent > MOST_PER_MINUTE && !deps.isLoose)
    deps.violate('I16', `${recent} action calls within a minute`);
  if (/deleteAccount|removeFromOrg|"remove":"all"/.test(body))
    deps.violate('I10', `a word that must not be sent: ${body}`);
  const count = commandsIn(body).length;
  if (count > MOST_COMMANDS) deps.violate('I16', `${count} commands in one call`);
  const sent = sentIn(body);
  checkAddresses(deps, sent);
  for (const one of sent) checkScope(deps, one);
  return deps.isLoose ? sent : sent.map((one) => checkIntent(deps, one));
}

/** I10: as many people as the limit says in any hour, unless an operator said yes. */
function countLosses({ deps, losses }: State, sent: readonly Sent[]): void {
  const now = deps.now();
  const limit = deps.limit();
  const losing = sent.filter((one) => one.revokes.length > 0);
  losses.push(...losing.map((one) => ({ at: now, who: one.accountId ?? one.user })));
  if (limit === undefined || losing.length === 0) return;
  const people = new Set(losses.filter((one) => one.at > now - HOUR_MS).map((one) => one.who));
  if (people.size > limit)
    deps.violate('I10', `${people.size} people lost something within an hour, ${limit} may`);
}

/** R31: within a call an address occurs in one command only. */
function checkAddresses({ violate }: AdobeBookDeps, sent: readonly Sent[]): void {
  const owners = new Map<string, number>();
  for (const { addresses, command } of sent) {
    for (const address of new Set(addresses.map(sameName))) {
      const other = owners.get(address);
      if (other !== undefined)
        violate('I16', `${address} occurs in commands ${other} and ${command} of one call`);
      owners.set(address, command);
    }
  }
}

const TEMPORARY = /^swap-[0-9a-f]{12}@/;

/** I10: nobody and nothing that the identity provider never spoke of. */
function checkScope({ violate, managed, knownEmails }: AdobeBookDeps, sent: Sent): void {
  for (const name of [...sent.grants, ...sent.revokes]) {
    if (name.startsWith('_') || !managed.has(sameName(name))) violate('I10', `${name} was never mapped`);
  }
  for (const address of sent.addresses.map(sameName)) {
    if (!knownEmails.has(address) && !TEMPORARY.test(address)) violate('I10', `${address} is nobody of ours`);
  }
}
