/**
 * What `doctor` makes of what it found. Pure: facts in, one line per point out, in the order in which somebody would
 * repair them: what stops everything first.
 */
import type { Reconciliation } from '../directory/drift-records.ts';
import { type Connection, type Org, SCHEMA_VERSION } from '../directory/records.ts';
import type { Hold, Pause } from '../directory/safety.ts';
import type { TokenRecord } from '../directory/token-records.ts';
import type { Sign } from '../sync/signs.ts';
import type { Knocked } from './knock.ts';
import type { Found } from './status.ts';
import { count, instant, quoted } from './words.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly says: string;
  /** What to do about it; always there unless all is well. */
  readonly todo?: string;
}

export interface Facts {
  readonly now: number;
  /** The clock of whoever asks, where it is not the bridge's own. */
  readonly clock: number | undefined;
  readonly org: Org;
  readonly connection: Connection;
  /** As it takes effect. */
  readonly mode: string;
  readonly paused: readonly Pause[];
  readonly status: Pick<Found, 'pending' | 'parked' | 'faults'>;
  readonly reconciliation: Reconciliation | undefined;
  readonly openHold: Hold | undefined;
  readonly tokens: readonly TokenRecord[];
  /** Since when somebody's turn has come without being taken. */
  readonly oldestDue: number | undefined;
  /** Domains outside the allow-list, with the people who wait because of that. */
  readonly foreignDomains: ReadonlyMap<string, number>;
  readonly signs: readonly Sign[];
  /** Groups of rules that follow nothing any more (R12). */
  readonly orphaned: readonly string[];
  readonly adobe: Knocked;
  /** Of the table. */
  readonly schema: number | undefined;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** One night, and two hours because Adobe may not be listed sooner again. */
const NIGHTLY_MS = DAY_MS + 2 * HOUR_MS;
/** Knowledge of absence ends with a day (R19): after several nights without a list nothing new is decided quickly. */
const STALE_MS = 3 * DAY_MS;
const WARN_TOKEN_MS = 30 * DAY_MS;
const LAST_CALL_MS = 7 * DAY_MS;
/** 9 calls of 10 people in a minute make 2,700 people in half an hour: a longer queue is worth a look. */
const BACKLOG_WARN_MS = 30 * MINUTE_MS;
const BACKLOG_FAIL_MS = DAY_MS;
/** AWS refuses requests whose time is five minutes off. */
const CLOCK_WARN_MS = MINUTE_MS;
const CLOCK_FAIL_MS = 5 * MINUTE_MS;

export function judge(facts: Facts): Check[] {
  return [
    credential(facts),
    ...tokens(facts),
    catalogue(facts),
    reconcile(facts),
    mode(facts),
    paused(facts),
    domains(facts),
    protection(facts),
    mapping(facts),
    ...names(facts),
    holds(facts),
    parked(facts),
    backlog(facts),
    schema(facts),
    ...clock(facts),
  ];
}

const ok = (name: string, says: string): Check => ({ name, state: 'ok', says });
const warn = (name: string, says: string, todo: string): Check => ({ name, state: 'warn', says, todo });
const fail = (name: string, says: string, todo: string): Check => ({ name, state: 'fail', says, todo });

function credential({ adobe, org: { authFault } }: Facts): Check {
  const name = 'credential';
  if (adobe.kind === 'refused')
    return fail(name, `Adobe refuses it (${adobe.error.code}): ${adobe.error.message}`, adobe.error.hint);
  if (authFault !== undefined && adobe.kind === 'unknown')
    return fail(
      name,
      `Adobe refused it (${authFault.code}) at ${instant(authFault.at)}: ${authFault.message}`,
      authFault.hint,
    );
  if (adobe.kind === 'unknown')
    return warn(name, `Adobe could not be asked: ${adobe.why}`, 'Ask again in a few minutes.');
  return authFault === undefined
    ? ok(name, 'Adobe accepts it, asked just now.')
    : warn(
        name,
        `Adobe accepts it again; calls are still stopped since ${instant(authFault.at)} (${authFault.code}).`,
        'Nothing to do: the bridge asks again every ten minutes. Or run: setup',
      );
}

function tokens({ tokens: all, now }: Facts): Check[] {
  const name = 'token';
  const live = all.filter(({ expiresAt }) => expiresAt > now);
  if (live.length === 0)
    return [fail(name, 'There is no live token: no identity provider gets in.', 'Run: token create LABEL')];
  return live.map(({ id, label, expiresAt, lastUsed }) => {
    const left = expiresAt - now;
    const used = lastUsed === undefined ? 'never used' : `last used ${instant(lastUsed)}`;
    const says = `"${label}" ends ${instant(expiresAt)}, ${used}.`;
    const renew = `Run: token create LABEL, give it to the identity provider, then: token revoke ${id}`;
    if (left <= LAST_CALL_MS) return fail(name, says, renew);
    return left <= WARN_TOKEN_MS ? warn(name, says, renew) : ok(name, says);
  });
}

function catalogue({ org: { catalogueAt }, now }: Facts): Check {
  const name = 'catalogue';
  if (catalogueAt === undefined)
    return fail(
      name,
      'The profiles and user groups of Adobe were never read.',
      'The first run of provisioning reads them within minutes of the set-up. If this stays, look at the point credential and run: reconcile',
    );
  const says = `Profiles and user groups were read at ${instant(catalogueAt)}.`;
  const todo = 'They are read every night. Run: reconcile, and look at the log of the reconcile function.';
  if (now - catalogueAt > STALE_MS) return fail(name, says, todo);
  return now - catalogueAt > NIGHTLY_MS ? warn(name, says, todo) : ok(name, says);
}

function reconcile({ reconciliation, org: { listing, counted }, now }: Facts): Check {
  const name = 'reconcile';
  if (listing !== undefined && (counted?.at ?? 0) > listing.startedAt)
    return warn(
      name,
      `Adobe listed ${counted?.users} people the last time, ${listing.users} before: it is not believed.`,
      'If so many people really left, run: reconcile, two hours after it at the earliest; a second list that says the same counts.',
    );
  if (reconciliation === undefined) {
    const first = 'Adobe and the bridge were not compared yet.';
    return listing !== undefined && now - listing.startedAt < NIGHTLY_MS
      ? ok(name, `${first} The first comparison runs tonight.`)
      : warn(name, first, 'Run: reconcile');
  }
  const { endedAt, compared, drifted } = reconciliation;
  if (endedAt === undefined)
    return now - reconciliation.listing > NIGHTLY_MS
      ? warn(name, 'The last comparison did not come to its end.', 'Run: reconcile')
      : ok(name, 'A comparison is under way.');
  const says = `Compared at ${instant(endedAt)}: ${count(compared, 'person', 'people')}, ${drifted} with a difference.`;
  if (now - endedAt > NIGHTLY_MS)
    return warn(name, says, 'It runs every night. Run: reconcile, and look at the log of its function.');
  return drifted > 0 ? warn(name, says, 'Look: drift') : ok(name, says);
}

function mode({ mode: inForce, connection }: Facts): Check {
  const name = 'mode';
  if (connection['usernameUndecided'] === true)
    return fail(
      name,
      'People have username and e-mail different and nobody chose, so nothing is sent.',
      'Run: setup, or write "username" for their domain and: settings apply FILE',
    );
  if (connection.restored === true)
    return fail(
      name,
      'The table was made or restored and nobody confirmed the mode, so nothing is sent.',
      'Look at what would be sent: mode full. Then add --yes',
    );
  return inForce === 'report-only'
    ? warn(
        name,
        'report-only: plans are made and nothing is sent.',
        'When the plan is right: mode additive or full',
      )
    : ok(name, inForce === 'full' ? 'full' : 'additive: grants are sent, nothing is taken away.');
}

function paused({ paused: pauses }: Facts): Check {
  const [first] = pauses;
  if (first === undefined) return ok('pause', 'Nothing is paused.');
  const says = `Paused since ${instant(first.at)} by ${first.by}: ${first.reason}`;
  return warn('pause', says, 'When the reason is gone: resume (status shows how far the pause reaches)');
}

function domains({ connection, foreignDomains }: Facts): Check {
  const name = 'domains';
  const allowed = Object.keys(connection.settings.domains);
  if (allowed.length === 0)
    return fail(name, 'No e-mail domain is allowed, so nobody is provisioned.', 'Run: setup');
  const outside = [...foreignDomains].sort((a, b) => b[1] - a[1]);
  if (outside.length === 0) return ok(name, allowed.join(', '));
  const told = outside.slice(0, 5).map(([domain, people]) => `${domain} (${people})`);
  return warn(
    name,
    `The identity provider sends people of other domains: ${told.join(', ')}.`,
    'If they belong to you, run setup or add them with: settings apply FILE. If not, take them out of the application there.',
  );
}

function protection({ connection }: Facts): Check {
  const { length } = connection.settings.protected;
  return length > 0
    ? ok('protected', `${count(length, 'person is', 'people are')} never touched.`)
    : warn(
        'protected',
        'Nobody is on the protected list.',
        'Name at least the last administrators under "protected": settings apply FILE',
      );
}

function mapping({ connection: { mappingVersion }, orphaned }: Facts): Check {
  const name = 'mapping';
  if (mappingVersion === 0)
    return warn(name, 'No mapping was applied: nobody gets anything.', 'Run: mapping apply FILE');
  if (orphaned.length > 0)
    return fail(
      name,
      `These groups were deleted at the identity provider: ${quoted(orphaned)}. Their people lose what the rules gave.`,
      'Run: mapping relink GROUP --to OTHER, or take the rule out of the mapping',
    );
  return ok(name, `Version ${mappingVersion} is in force.`);
}

/** Names that stand for nothing or for two things stop whoever waits for them; the rest of the signs wants a look. */
function names({ signs }: Facts): Check[] {
  if (signs.length === 0) return [ok('names', 'Each name of the mapping stands for one thing at Adobe.')];
  return signs.map(({ code, message, hint }) => {
    const stops = code === 'missing' || code === 'name-not-unique';
    return (stops ? fail : warn)(stops ? 'names' : code, message, hint);
  });
}

function holds({ openHold, now }: Facts): Check {
  if (openHold === undefined) return ok('holds', 'No removal waits for you.');
  const hours = Math.floor((now - openHold.opened) / HOUR_MS);
  const says = `Hold ${openHold.id} has waited ${count(hours, 'hour')}: ${count(openHold.pairs, 'removal')} came onto it.`;
  return warn('holds', says, `Run: holds show ${openHold.id}`);
}

function parked({ status: { parked: found, faults } }: Facts): Check {
  const name = 'parked';
  if (found.total === 0) return ok(name, 'Nobody is parked.');
  const reasons = Object.entries(found.reasons)
    .sort((a, b) => b[1] - a[1])
    .map(([reason, people]) => `${people} ${reason}`);
  const tripped = faults.map((fault) => `"${fault.name}"`);
  const says = `${count(found.total, 'person waits', 'people wait')} for somebody: ${reasons.join(', ')}.${tripped.length === 0 ? '' : ` Faults on ${tripped.join(', ')}.`}`;
  return warn(name, says, 'Run: status, which says for each reason what to do');
}

function backlog({ oldestDue, status: { pending }, now, paused: pauses }: Facts): Check {
  const name = 'backlog';
  if (oldestDue === undefined) return ok(name, 'Nobody is pending.');
  const ageMs = Math.max(0, now - oldestDue);
  const says = `${count(pending, 'person is', 'people are')} pending, the first for ${count(Math.floor(ageMs / MINUTE_MS), 'minute')}.`;
  if (ageMs <= BACKLOG_WARN_MS || pauses.length > 0) return ok(name, says);
  const todo = 'Run: status, which says when the queue will be empty, or what stops it.';
  return (ageMs > BACKLOG_FAIL_MS ? fail : warn)(name, says, todo);
}

/** A function whose code is more than one version behind does not start (F21), so one is all there is to see. */
function schema({ schema: found }: Facts): Check {
  const name = 'schema';
  if (found === undefined || found <= SCHEMA_VERSION)
    return ok(name, `Version ${found ?? SCHEMA_VERSION}, as this release writes it.`);
  return warn(
    name,
    `A later release wrote version ${found}; this one writes ${SCHEMA_VERSION} and leaves alone what it does not know.`,
    'After a rollback this is as it should be. Deploy the later release again when it is repaired.',
  );
}

function clock({ clock: theirs, now }: Facts): Check[] {
  if (theirs === undefined) return [];
  const offMs = Math.abs(now - theirs);
  const says = `This machine and the bridge are ${count(Math.round(offMs / 1000), 'second')} apart.`;
  const todo = 'Set the clock of this machine: AWS refuses requests that are five minutes off.';
  if (offMs <= CLOCK_WARN_MS) return [ok('clock', says)];
  return [(offMs > CLOCK_FAIL_MS ? fail : warn)('clock', says, todo)];
}
