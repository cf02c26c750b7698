/**
 * The parts of set-up that run inside the bridge: `setup.look` tells how far it is, `setup.connect` tests the credential
 * from where it is used, stores org and connection and reads Adobe's lists once. Questions, and storing a secret, are
 * the command line's. Each may be repeated: what is there stays, and the mode of an existing connection is never touched.
 */
import * as z from 'zod';
import type { DomainSeen } from '../directory/catalogue.ts';
import { domainOf, emailOf } from '../directory/identity.ts';
import { emailKey } from '../directory/keys.ts';
import type { ConnectionSettings, Org } from '../directory/records.ts';
import type { ReconcileReport } from '../sync/reconcile.ts';
import { signsOf } from '../sync/signs.ts';
import { connectionMode } from '../sync/world.ts';
import { type Command, type CommandResult, defineCommand, Refused } from './command.ts';
import { signLines } from './drift-words.ts';
import { knock } from './knock.ts';
import { type AdminParts, readWorldNow } from './parts.ts';
import { count, instant } from './words.ts';

/** Under the five minutes that the admin function may run. */
const LISTING_MS = 4 * 60 * 1000;

/** How a connection begins: it reports, nobody is allowed yet, and the removal limit is the built-in one (V6). */
const firstSettings: ConnectionSettings = {
  mode: 'report-only',
  domains: {},
  graceSeconds: { active: 300, gone: 0 },
  protected: [],
};

export function setupLook(parts: AdminParts): Command {
  return defineCommand({ schema: z.strictObject({}), run: () => look(parts) });
}

export function setupConnect(parts: AdminParts): Command {
  return defineCommand({ schema: z.strictObject({}), run: () => connect(parts) });
}

async function look(parts: AdminParts): Promise<CommandResult> {
  const stored = await parts.credential.renew();
  const org = await parts.directory.getOrg(parts.org);
  const { secret } = parts.credential;
  const about = { secret, credential: stored, adobeOrgId: org?.adobeOrgId };
  if (org === undefined)
    return { text: ['The bridge was not set up yet.'], data: { ...about, ready: false } };
  return {
    text: [`Set up for the Adobe org ${org.adobeOrgId}.`],
    data: { ...about, ready: true, ...(await state(parts, org)) },
  };
}

/** What is in force, and what the questions are about. */
async function state(parts: AdminParts, org: Org) {
  const { directory, connection: c, now } = parts;
  const connection = await directory.getConnection(c);
  const tokens = await directory.listTokens(c);
  return {
    mode: connectionMode(connection),
    listing: org.listing,
    usernameUndecided: connection['usernameUndecided'] === true,
    domains: connection.settings.domains,
    seen: await seenDomains(parts),
    tokens: tokens
      .filter(({ expiresAt }) => expiresAt > now())
      .map(({ id, label, created, lastUsed }) => ({ id, label, created, lastUsed })),
  };
}

/** Of the users whom the identity provider sent, so many are looked at. */
const LOOK_AT_MOST = 5_000;

interface Sent {
  people: number;
  differ: number;
}

/** What Adobe lists under each domain, and what the identity provider sent. */
async function seenDomains(parts: AdminParts) {
  const listed = new Map((await parts.directory.readDomains(parts.org)).map((one) => [one.domain, one]));
  const sent = await sentDomains(parts);
  return [...new Set([...listed.keys(), ...sent.keys()])].map((domain) => {
    const atAdobe: DomainSeen = listed.get(domain) ?? { domain, people: 0, types: {}, differ: 0 };
    return { ...atAdobe, sent: sent.get(domain) ?? { people: 0, differ: 0 } };
  });
}

async function sentDomains({ directory, connection }: AdminParts): Promise<Map<string, Sent>> {
  const found = new Map<string, Sent>();
  let looked = 0;
  for await (const { resource } of directory.eachUser(connection)) {
    looked += 1;
    if (looked > LOOK_AT_MOST) break;
    const email = emailOf(resource);
    if (email === undefined) continue;
    const one = found.get(domainOf(email)) ?? { people: 0, differ: 0 };
    one.people += 1;
    if (emailKey(email) !== emailKey(resource.userName)) one.differ += 1;
    found.set(domainOf(email), one);
  }
  return found;
}

async function connect(parts: AdminParts): Promise<CommandResult> {
  const stored = await parts.credential.renew();
  if (stored === undefined) throw new Refused(nothingStored(parts));
  const before = await parts.directory.getOrg(parts.org);
  refuseOtherOrg(before, stored);
  await testCredential(parts, stored.clientId);
  const org = await remember(parts, stored, before);
  // Whatever stopped the org is repaired: the drain need not wait for its next try.
  if (org.authFault !== undefined) await parts.directory.changeOrg(parts.org, { authFault: undefined });
  const listed = org.listing === undefined ? await list(parts) : [];
  const after = (await parts.directory.getOrg(parts.org)) ?? org;
  const world = await readWorldNow(parts);
  const signs = signsOf(world, await parts.directory.readReconciliation(parts.org));
  const text = [
    `Adobe accepts the credential: org ${stored.orgId}, client ${stored.clientId}.`,
    ...listed,
    ...(after.listing === undefined
      ? []
      : [
          `Adobe's list of ${instant(after.listing.startedAt)}: ${count(after.listing.users, 'person', 'people')}, ${count((await parts.directory.readCatalogue(parts.org)).length, 'profile or group', 'profiles and groups')}.`,
        ]),
    ...signLines(signs),
  ];
  return { text, data: { credential: stored, listing: after.listing, signs } };
}

function nothingStored({ credential: { secret } }: AdminParts): string {
  return secret === undefined
    ? 'This bridge was started without an Adobe credential. Start it with one.'
    : `The secret ${secret} holds no Adobe credential yet. Run setup, which asks for it, or store { "orgId", "clientId", "clientSecret" } there.`;
}

/** @throws Refused with Adobe's words and what to do */
async function testCredential(parts: AdminParts, clientId: string): Promise<void> {
  const knocked = await knock(parts, clientId);
  if (knocked.kind === 'refused') {
    const { code, message, hint } = knocked.error;
    throw new Refused(`Adobe refuses the credential (${code}): ${message}\n${hint}`);
  }
  if (knocked.kind === 'unknown')
    throw new Refused(
      `Adobe could not be asked whether the credential is right: ${knocked.why}. Run setup again in a minute.`,
    );
}

/** Before Adobe is asked anything with it. @throws Refused for the credential of another org */
function refuseOtherOrg(before: Org | undefined, { orgId }: Stored): void {
  if (before !== undefined && before.adobeOrgId !== orgId)
    throw new Refused(
      `This bridge was set up for the Adobe org ${before.adobeOrgId}, and the credential is of ${orgId}. What it knows of one org must not be sent to another: take a credential of ${before.adobeOrgId}, or deploy a second stack for ${orgId}.`,
    );
}

interface Stored {
  readonly orgId: string;
  readonly clientId: string;
}

/** Org and connection, made where they are missing. */
async function remember(
  { directory, org: o, connection: c }: AdminParts,
  { orgId, clientId }: Stored,
  before: Org | undefined,
): Promise<Org> {
  await directory.setUp({
    org: { key: o, adobeOrgId: orgId, clientId },
    connection: { id: c, settings: firstSettings, tableId: await directory.tableId() },
  });
  // Adobe counts calls by client.
  if (before !== undefined && before.clientId !== clientId) await directory.changeOrg(o, { clientId });
  const after = await directory.getOrg(o);
  if (after === undefined) throw new Error(`the org ${o} was stored and is not there`);
  return after;
}

/** One complete list of people, profiles and groups: knowledge before anything is ever written (R19). */
async function list(parts: AdminParts): Promise<string[]> {
  const { inventory, outcome } = await parts.reconcile({ until: parts.now() + LISTING_MS, force: true });
  return inventory?.kind === 'complete' ? [] : [notListed(inventory, outcome)];
}

function notListed(inventory: ReconcileReport['inventory'], outcome: ReconcileReport['outcome']): string {
  if (inventory?.kind === 'too-soon' || outcome === 'leased')
    return 'Adobe is being listed right now, or was within the last two hours; the list will be there soon.';
  const why = inventory !== undefined && 'reason' in inventory ? ` (${inventory.reason})` : '';
  return `! Adobe was not listed to the end${why}. The bridge tries again two hours after it began; until then no name of a mapping can be checked.`;
}
