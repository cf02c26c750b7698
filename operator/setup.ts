/**
 * `setup`: from a bridge that just started to one that an identity provider may call, in report-only mode. Each step
 * looks first at what is there, so a run that was interrupted is simply repeated: the credential, org and domains that
 * are stored stay, and a token is made only where there is none.
 */
import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { CommandResult } from '../lambdas/admin/command.ts';
import type { Connected } from './answer.ts';
import { askCredential, type CredentialRead, credentialFrom } from './setup-credential.ts';
import {
  type DomainAnswer,
  describeDomain,
  type IdentityType,
  identityTypes,
  managedDomains,
  type Proposal,
  proposalsFor,
  SeenDomain,
  settingsOf,
  type UsernameSource,
  undecidedDomains,
  usernameSources,
} from './setup-domains.ts';
import { Interrupted, type Terminal } from './terminal.ts';

const Options = z.object({
  credential: z.string().optional(),
  yes: z.boolean().default(false),
  type: z.enum(identityTypes).optional(),
  username: z.enum(usernameSources).optional(),
  country: z.string().optional(),
  newToken: z.boolean().default(false),
  label: z.string().default('first token'),
});
type Options = z.infer<typeof Options>;

/** What `setup.look` tells. */
const Look = z.object({
  secret: z.string().optional(),
  credential: z.object({ orgId: z.string(), clientId: z.string() }).optional(),
  /** That the bridge was set up for. */
  adobeOrgId: z.string().optional(),
  ready: z.boolean(),
  mode: z.string().default('report-only'),
  listing: z.unknown().optional(),
  domains: z.record(z.string(), z.unknown()).default({}),
  seen: z.array(SeenDomain).default([]),
  tokens: z
    .array(
      z.object({ id: z.string(), label: z.string(), created: z.number(), lastUsed: z.number().optional() }),
    )
    .default([]),
});
type Look = z.infer<typeof Look>;

interface Io {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  readonly terminal: Terminal;
}
type Bridge = Extract<Connected, { ok: true }>;

interface Running {
  readonly options: Options;
  readonly bridge: Bridge;
  readonly io: Io;
}

/** A step that cannot go on: the message says what to do. */
class Stopped extends Error {}

export async function runSetup(args: unknown, bridge: Bridge, io: Io): Promise<0 | 1> {
  const running: Running = { options: Options.parse(args), bridge, io };
  try {
    await storeCredential(running, await look(running));
    print(io, await ask(running, 'setup.connect'));
    await allowDomains(running, await afterListing(running));
    await handOver(running, await look(running));
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) io.err('\nInterrupted. What was done stays; run setup again to go on.');
    else if (error instanceof Stopped) io.err(error.message);
    else throw error;
    return 1;
  }
}

async function ask({ bridge }: Running, command: string, args: object = {}): Promise<CommandResult> {
  const answer = await bridge.call({ command, args });
  if (!answer.ok) throw new Stopped(answer.error.message);
  return answer.result;
}

async function look(running: Running): Promise<Look> {
  return Look.parse((await ask(running, 'setup.look')).data);
}

const LISTING_WAIT_MS = 45_000;
const LOOK_EVERY_MS = 1_000;

/** The proposals come from Adobe's list, which another run may be reading right now. */
async function afterListing(running: Running): Promise<Look> {
  const until = Date.now() + LISTING_WAIT_MS;
  for (let told = false; ; told = true) {
    const seen = await look(running);
    if (seen.listing !== undefined) return seen;
    if (Date.now() > until) {
      running.io.out(
        "! Adobe's list is not there yet. Run setup again in some minutes: it proposes the domains then.",
      );
      return seen;
    }
    if (!told) running.io.out("Waiting for Adobe's list ...");
    await pause(LOOK_EVERY_MS);
  }
}

function print({ out }: Io, { text }: CommandResult): void {
  for (const line of text) out(line);
}

async function storeCredential(running: Running, { secret, credential, adobeOrgId }: Look): Promise<void> {
  const { options, bridge, io } = running;
  const { storeSecret } = bridge;
  if (secret === undefined || storeSecret === undefined) {
    if (options.credential === undefined) return;
    throw new Stopped(
      'This bridge got its Adobe credential when it was started, so --credential is not for it.',
    );
  }
  const read = await newCredential(running, credential);
  if (read === undefined) return;
  if ('problem' in read) throw new Stopped(read.problem);
  // Before it is stored: the functions read it within minutes.
  if (adobeOrgId !== undefined && read.orgId !== adobeOrgId)
    throw new Stopped(
      `This bridge was set up for the Adobe org ${adobeOrgId}, and the credential is of ${read.orgId}. Nothing was stored. Take a credential of ${adobeOrgId}, or deploy a second stack for ${read.orgId}.`,
    );
  const problem = await storeSecret(secret, JSON.stringify(read));
  if (problem !== undefined) throw new Stopped(problem);
  io.out(`The credential is stored in Secrets Manager: ${secret}`);
}

/** Undefined: the stored one stays. */
async function newCredential(
  { options, io: { terminal } }: Running,
  stored: Look['credential'],
): Promise<CredentialRead | undefined> {
  if (options.credential !== undefined) return credentialFrom(options.credential, terminal);
  if (!terminal.isInteractive) {
    if (stored !== undefined) return undefined;
    throw new Stopped(
      'No Adobe credential is stored, and there is no terminal to ask on: add --credential FILE, or --credential - and pipe it in.',
    );
  }
  const keep = `An Adobe credential is stored (org ${stored?.orgId}, client ${stored?.clientId}). Keep it? [yes] `;
  if (stored !== undefined && !/^n/i.test(await terminal.ask(keep))) return undefined;
  return askCredential(terminal);
}

async function allowDomains(running: Running, { domains, seen }: Look): Promise<void> {
  const { options, io } = running;
  const added: Record<string, object> = {};
  for (const proposal of proposalsFor(seen, domains)) {
    const { domain } = proposal.seen;
    io.out(`E-mail domain ${domain}: ${describeDomain(proposal.seen)}.`);
    const answer =
      io.terminal.isInteractive && !options.yes
        ? await askDomain(running, proposal)
        : given(running, proposal);
    if (answer !== undefined) added[domain] = settingsOf(proposal, answer);
  }
  for (const one of undecidedDomains(seen, domains)) {
    const username = await usernameFor(running, one.domain);
    if (username !== undefined)
      added[one.domain] = { ...z.looseObject({}).parse(domains[one.domain]), username };
  }
  if (Object.keys(added).length > 0)
    print(
      io,
      await ask(running, 'settings.apply', { settings: { domains: { ...domains, ...added } }, yes: true }),
    );
  warnAboutSync(io, seen);
}

/** Without a terminal: what the options say, and nothing without a yes. */
function given({ options, io }: Running, { seen, type, asksUsername }: Proposal): DomainAnswer | undefined {
  const known = type ?? options.type;
  if (!options.yes || known === undefined) {
    io.out(
      `  Not allowed yet: ${options.yes ? 'say its identity type with --type' : 'add --yes to allow it'}, or settings apply FILE.`,
    );
    return undefined;
  }
  if (asksUsername && known === 'federatedID' && options.username === undefined)
    io.out(
      '  Say where usernames come from: --username email, or --username userName. Until then nothing is sent.',
    );
  const country = options.country ?? seen.country;
  return {
    type: known,
    ...(country === undefined ? {} : { country }),
    ...(options.username === undefined ? {} : { username: options.username }),
  };
}

async function askDomain(running: Running, proposal: Proposal): Promise<DomainAnswer | undefined> {
  const { terminal } = running.io;
  const { seen, asksUsername } = proposal;
  const type = await askType(terminal, proposal);
  if (type === undefined) return undefined;
  const said = await terminal.ask(
    `  Country for new people whose country is not sent; Adobe never changes it (two letters, - for none) [${seen.country ?? '-'}] `,
  );
  const country = said === '' ? seen.country : said === '-' ? undefined : said.toUpperCase();
  const username =
    asksUsername && type === 'federatedID' ? await usernameFor(running, seen.domain) : undefined;
  return {
    type,
    ...(country === undefined ? {} : { country }),
    ...(username === undefined ? {} : { username }),
  };
}

async function askType(terminal: Terminal, { seen, type }: Proposal): Promise<IdentityType | undefined> {
  if (type !== undefined) {
    const allowed = await terminal.ask(`  Allow ${seen.domain}, as ${type}? [yes] `);
    return /^n/i.test(allowed) ? undefined : type;
  }
  const said = await terminal.ask(`  Allow it as ${identityTypes.join(', ')}, or not at all? [no] `);
  return identityTypes.find((one) => one.toLowerCase() === said.toLowerCase());
}

async function usernameFor({ options, io }: Running, domain: string): Promise<UsernameSource | undefined> {
  if (options.username !== undefined) return options.username;
  if (!io.terminal.isInteractive) return undefined;
  const question = `  userName and e-mail differ in ${domain}. Which one is the username at Adobe: email or userName? (empty: decide later; nothing is sent until then) `;
  const said = await io.terminal.ask(question);
  return usernameSources.find((one) => one.toLowerCase() === said.toLowerCase());
}

/** No call of Adobe's interface shows it; its refusals do, and by then people wait. */
function warnAboutSync({ out }: Io, seen: readonly SeenDomain[]): void {
  const managed = managedDomains(seen);
  if (managed.length === 0) return;
  out(
    `! Look in the Admin Console, Settings, Identity: is the directory of ${managed.join(', ')} under Microsoft Entra or Google sync, or does a user sync tool write to this org?`,
  );
  out('  Adobe then refuses to create people there, and two tools undo each other. Let one of them do it.');
}

async function handOver(running: Running, { mode, tokens }: Look): Promise<void> {
  const { options, bridge, io } = running;
  const [old] = tokens;
  io.out('');
  io.out('For your identity provider:');
  io.out(`  SCIM URL   ${bridge.scimUrl ?? 'the output ScimBaseUrl of the stack'}`);
  if (old !== undefined && !options.newToken) {
    const used = old.lastUsed === undefined ? 'never used yet' : 'in use';
    io.out(
      `  Token      "${old.label}", ${used}; it was shown when it was made. Lost? setup --new-token, then token revoke ${old.id}`,
    );
  } else {
    const { data } = await ask(running, 'token.create', { label: options.label });
    const { secret } = z.object({ secret: z.string() }).parse(data);
    io.out(`  Token      ${secret}`);
    io.out('  Copy the token now: it is not stored and cannot be shown again.');
  }
  io.out('');
  io.out(
    mode === 'report-only'
      ? 'The mode is report-only: nothing is sent to Adobe yet.'
      : `The mode is ${mode}.`,
  );
  io.out(
    'Next: docs/idp/okta.md or docs/idp/entra.md; then mapping apply FILE, plan, and mode full. Later: doctor',
  );
}
