/**
 * From one account to what happens with it now: settle, desired, plan, policy (R18), and where it stands if nothing
 * is sent (R16). Pure: the drain reads before and writes after.
 */
import { domainOf } from '../directory/identity.ts';
import { emailKey } from '../directory/keys.ts';
import type { Account, AccountError, Connection, Identity, IdentityItem } from '../directory/records.ts';
import type { Ledger, Standing } from '../directory/work.ts';
import { desiredOf } from './desired.ts';
import { KNOWLEDGE_LIFE_MS, type Knowledge, knowledgeOf } from './known.ts';
import type { Obstacle } from './obstacles.ts';
import { plan } from './plan.ts';
import type { Plan, PlanInput, PlannedAction } from './planning.ts';
import { permit } from './policy.ts';
import { type Ask, settleListed } from './read-back.ts';
import { followLedger } from './renames.ts';
import { settleIntent } from './settle.ts';
import type { World } from './world.ts';

export type Decision =
  | {
      readonly kind: 'send';
      readonly actions: readonly PlannedAction[];
      readonly ledger: Ledger;
      readonly absentBefore: boolean;
    }
  | { readonly kind: 'read'; readonly emails: readonly Identity[]; readonly since: number }
  /** Only the members of these groups can tell what became of a list. */
  | { readonly kind: 'members'; readonly asks: readonly Ask[] }
  /** The wanted identity is not ours yet; `due` is when something else falls due at the latest. */
  | { readonly kind: 'claim'; readonly ledger: Ledger; readonly due?: number }
  | {
      readonly kind: 'rest';
      readonly ledger: Ledger;
      readonly standing: Standing;
      /** False while only reads can tell how a rename ended. */
      readonly clearIntent: boolean;
    };

export interface DecideInput {
  readonly account: Account;
  readonly world: World;
  /** Identity items by `emailKey`. */
  readonly identities: ReadonlyMap<string, IdentityItem>;
  /** Knowledge from before this instant does not count; the drain moves it closer while reads are to be had. */
  readonly knownSince?: number;
}

/** Every e-mail that a decision about this account may have to know about. */
export function emailsOf(account: Account): string[] {
  const { renaming } = settleIntent(account);
  const identities = [
    account.wanted.identity,
    account.applied.identity,
    account.maybe?.identity,
    renaming?.to,
    ...account.claims,
  ];
  return identities.flatMap((identity) => (identity === undefined ? [] : [identity.email]));
}

export function decide(input: DecideInput): Decision {
  const { account, world, identities } = input;
  const connection = world.connections.get(account.connection);
  const rules = world.rules.get(account.connection) ?? [];
  const settled = settleIntent(account);
  const { renaming } = settled;
  if (connection === undefined) {
    return rest(input, {
      ledger: settled.ledger,
      obstacles: [],
      held: ['no-connection'],
      intentOpen: renaming !== undefined,
    });
  }
  const desired = desiredOf(account, rules);
  const back = settleListed({
    ledger: followLedger(settled.ledger, world.renames ?? new Map()),
    desired,
    members: world.members ?? new Map(),
    now: world.now,
  });
  const { ledger } = back;
  const known = knowledge(input);
  const wanted = account.wanted.identity;
  const planned = plan({
    account,
    desired,
    rules,
    ledger,
    known,
    ...(renaming === undefined ? {} : { renaming }),
    knownOrigin: wanted === undefined ? {} : (identities.get(emailKey(wanted.email))?.origin ?? {}),
    left: new Set(connection.left),
    graceMs: 1000 * connection.settings.graceSeconds[desired.live ? 'active' : 'gone'],
    ...policiesOf(account, connection),
    ...renameBlocked(account, ledger, world),
    knownSince: input.knownSince ?? world.now - KNOWLEDGE_LIFE_MS,
    now: world.now,
  });
  const sendable = planned.actions.filter(({ action, key }) => back.awaiting.get(key ?? '') !== action.kind);
  const permitted = permit(
    { ...planned, actions: sendable, obstacles: [...planned.obstacles, ...back.waits] },
    { account, desired, world, connection, rules, known },
  );
  const { actions, obstacles, held } = permitted;
  if (actions.length > 0) {
    return sendOf(planned, actions);
  }
  const read = obstacles.find((obstacle) => obstacle.kind === 'read');
  if (read !== undefined) return { kind: 'read', emails: read.emails, since: read.since };
  if (back.asks.length > 0) return { kind: 'members', asks: back.asks };
  if (obstacles.some((obstacle) => obstacle.kind === 'claim')) {
    const dues = obstacles.flatMap((obstacle) => (obstacle.kind === 'wait' ? [obstacle.due] : []));
    return {
      kind: 'claim',
      ledger: planned.ledger,
      ...(dues.length === 0 ? {} : { due: Math.min(...dues) }),
    };
  }
  return rest(input, { ledger: planned.ledger, obstacles, held, intentOpen: planned.intentOpen });
}

function sendOf(
  { ledger, sentLedger = ledger, absentBefore }: Plan,
  actions: readonly PlannedAction[],
): Decision {
  return { kind: 'send', actions, ledger: sentLedger, absentBefore };
}

/** Of this account only: a look may hold a thousand. */
const DAY_MS = 24 * 3600 * 1000;
/** Long enough for a mistake in the identity provider to be noticed. */
const REMOVE_AFTER_DAYS = 7;

/** What the settings say about this person beyond the grace. */
function policiesOf(account: Account, connection: Connection): Partial<PlanInput> {
  return { ...removal(account, connection), ...domainPolicies(account, connection) };
}

function removal({ owner, wanted }: Account, { settings }: Connection): Pick<PlanInput, 'removeAt'> {
  const { onDelete, onDeactivate, removeAfterDays = REMOVE_AFTER_DAYS } = settings;
  const policy = owner === undefined ? onDelete : onDeactivate;
  return policy === 'removeFromOrg' ? { removeAt: wanted.since + removeAfterDays * DAY_MS } : {};
}

function domainPolicies(
  { wanted }: Account,
  { settings }: Connection,
): Pick<PlanInput, 'twins' | 'onRename'> {
  const domain = wanted.identity === undefined ? undefined : domainOf(wanted.identity.email);
  // An own property only: a domain may be called like something that every object has (T23).
  if (domain === undefined || !Object.hasOwn(settings.domains, domain)) return {};
  const { twins, onRename } = settings.domains[domain] ?? {};
  return { ...(twins === undefined ? {} : { twins }), ...(onRename === undefined ? {} : { onRename }) };
}

function knowledge({ account, identities, world }: DecideInput): Map<string, Knowledge> {
  const known = new Map<string, Knowledge>();
  for (const key of new Set(emailsOf(account).map(emailKey))) {
    const item = identities.get(key);
    const found = item === undefined ? undefined : knowledgeOf(item, world.org);
    if (found !== undefined) known.set(key, found);
  }
  return known;
}

/** A rename that Adobe refused, or whose new domain has a fault, waits visibly; the rest goes on. */
function renameBlocked(account: Account, ledger: Ledger, world: World): { renameBlocked?: Obstacle } {
  const { refused } = ledger;
  if (refused?.wantedRev === account.wantedRev && refused.actions.includes('renameUser')) {
    return { renameBlocked: blockedBy('person', refused.error) };
  }
  const email = account.wanted.identity?.email;
  const fault = email === undefined ? undefined : world.faults.get(domainOf(email));
  return fault === undefined ? {} : { renameBlocked: blockedBy(fault.scope, fault.error) };
}

function blockedBy(on: string, { code, message, hint }: AccountError): Obstacle {
  return { kind: 'park', on, code, message, hint };
}

interface Resting {
  readonly ledger: Ledger;
  readonly obstacles: readonly Obstacle[];
  readonly held: readonly string[];
  readonly intentOpen: boolean;
}

/** Nothing to send: done, waiting for a moment, parked on a fault or held by a mode, in this order of what shows. */
function rest({ account, world }: DecideInput, { ledger, obstacles, held, intentOpen }: Resting): Decision {
  const waits = obstacles.filter((obstacle) => obstacle.kind === 'wait');
  const parks = obstacles.filter((obstacle) => obstacle.kind === 'park');
  // A fault passes without the person changing: whoever also waits for one has to be found by it.
  const park =
    parks.find((one) => world.faults.has(one.on)) ?? parks.find((one) => one.on !== 'person') ?? parks[0];
  const due = Math.min(...waits.map((wait) => wait.due));
  const about = park === undefined ? {} : parkedAs(park, world.now);
  const attempts = park === undefined ? 0 : account.attempts;
  const at = (standing: Omit<Standing, 'attempts'>): Decision => ({
    kind: 'rest',
    ledger,
    clearIntent: !intentOpen,
    standing: { ...about, ...standing, attempts },
  });
  const reason = park?.code ?? waits[0]?.reason ?? held[0];
  const why = reason === undefined ? {} : { reason };
  if (waits.length > 0) {
    return at({ place: { kind: 'timer', due }, status: park === undefined ? 'waiting' : 'parked', ...why });
  }
  // What is held comes back by a mode or mapping change; what is parked on the person alone, by nobody.
  if (park !== undefined && !(park.on === 'person' && held.length > 0)) {
    return at({ place: { kind: 'parked', on: park.on }, status: 'parked', ...why });
  }
  // Nobody tells when somebody is no longer an administrator: the listing of the next day does.
  if (held.includes('protected')) {
    return at({ place: { kind: 'timer', due: world.now + KNOWLEDGE_LIFE_MS }, status: 'held', ...why });
  }
  if (held.length > 0) return at({ place: { kind: 'held' }, status: 'held', ...why });
  return at({ place: { kind: 'none' }, status: 'idle' });
}

function parkedAs(park: Extract<Obstacle, { kind: 'park' }>, now: number): Pick<Standing, 'error'> {
  return { error: { code: park.code, message: park.message, hint: park.hint, at: now } };
}
