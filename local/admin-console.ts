/**
 * Looks into an Adobe org the way a person looks into the Admin Console, real or simulated: through the documented
 * reads only (`umapi.md` 11.2, 11.3). It never lists all users or all groups, because those lists may be opened once in
 * two hours per credential and belong to the bridge; and it changes nothing.
 */
import * as z from 'zod';
import type { AdobeEndpoint } from './endpoint.ts';
import { parseJson } from './idp/send.ts';

const AdobeUser = z.looseObject({
  email: z.string(),
  username: z.string().optional(),
  type: z.string().optional(),
  status: z.string().optional(),
  firstname: z.string().optional(),
  lastname: z.string().optional(),
  /** Left out by Adobe when empty. */
  groups: z.array(z.string()).default([]),
});
export type AdobeUser = z.infer<typeof AdobeUser>;

const SingleUser = z.looseObject({ user: AdobeUser });
const UsersOfGroup = z.looseObject({ lastPage: z.boolean(), users: z.array(AdobeUser).default([]) });
const ImsToken = z.looseObject({ access_token: z.string() });

export interface AdminConsole {
  /** One person by e-mail with all profiles and user groups held directly; `undefined` if the org has nobody. */
  person(email: string): Promise<AdobeUser | undefined>;
  /** Everybody in a user group or profile, also through user groups; `undefined` if there is no such name. */
  holders(name: string): Promise<AdobeUser[] | undefined>;
}

export interface ConsoleDeps {
  readonly access: AdobeEndpoint;
  readonly fetch: typeof fetch;
  readonly wait: (ms: number) => Promise<void>;
}

interface Session extends ConsoleDeps {
  token: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

const SCOPES = 'openid,AdobeID,user_management_sdk';
const MAX_TRIES = 5;
/** Used when a 429 names no `Retry-After`: the windows of `umapi.md` 4.1 are a minute long. */
const DEFAULT_WAIT_SECONDS = 60;
const MAX_PAGES = 1000;

export function openAdminConsole(deps: ConsoleDeps): AdminConsole {
  const session: Session = { ...deps, token: undefined };
  return {
    person: (email) => readPerson(session, email),
    holders: (name) => readHolders(session, name),
  };
}

/** Without a slash at its end, so that paths can be put behind it. */
function baseOf({ access }: ConsoleDeps): string {
  return access.url.replace(/\/+$/, '');
}

/** `domain` tells a managed account from an Adobe ID of the same address (11.3). */
async function readPerson(session: Session, email: string): Promise<AdobeUser | undefined> {
  const domain = email.slice(email.lastIndexOf('@') + 1);
  const path = `organizations/${session.access.orgId}/users/${encodeURIComponent(email)}`;
  const reply = await read(session, `${path}?domain=${encodeURIComponent(domain)}`);
  return reply.status === 404 ? undefined : SingleUser.parse(reply.json).user;
}

/** Pages may overlap and have no order: people are kept once, by address (11.1). */
async function readHolders(session: Session, name: string): Promise<AdobeUser[] | undefined> {
  const people = new Map<string, AdobeUser>();
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const path = `users/${session.access.orgId}/${page}/${encodeURIComponent(name)}`;
    const reply = await read(session, `${path}?directOnly=false`);
    if (reply.status === 404 && page === 0) return undefined;
    if (reply.status === 404)
      throw new Error(`Adobe's list of ${name} broke off at page ${page}. Try again.`);
    const { users, lastPage } = UsersOfGroup.parse(reply.json);
    for (const user of users) people.set(user.email.toLowerCase(), user);
    if (lastPage) return [...people.values()];
  }
  throw new Error(`Adobe's list of ${name} has no end after ${MAX_PAGES} pages.`);
}

/** Answers 200 and 404; waits out throttling, renews an expired token once; throws on anything else. */
async function read(session: Session, path: string): Promise<Reply> {
  let renewed = false;
  for (let tries = 1; ; tries += 1) {
    const response = await get(session, path);
    if (response.status === 200 || response.status === 404) {
      return { status: response.status, json: parseJson(await response.text()) };
    }
    await response.body?.cancel();
    const expired = response.status === 401 && !renewed;
    if (expired) {
      renewed = true;
      session.token = undefined;
    } else if (response.status === 429 && tries < MAX_TRIES) {
      await session.wait(secondsToWait(response.headers.get('retry-after')) * 1000);
    } else {
      throw new Error(`Adobe answered ${response.status} to GET ${path.split('?')[0]}`);
    }
  }
}

function secondsToWait(retryAfter: string | null): number {
  return retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : DEFAULT_WAIT_SECONDS;
}

async function get(session: Session, path: string): Promise<Response> {
  session.token ??= await mintToken(session);
  return session.fetch(`${baseOf(session)}/v2/usermanagement/${path}`, {
    headers: {
      authorization: `Bearer ${session.token}`,
      'x-api-key': session.access.clientId,
      accept: 'application/json',
      'user-agent': 'adobe-scim-bridge-admin-console/1',
    },
  });
}

/** `umapi.md` 2.2: scopes are separated by commas, secrets travel in the body. */
async function mintToken(session: Session): Promise<string> {
  const { access, fetch: fetchFn } = session;
  const response = await fetchFn(`${baseOf(session)}/ims/token/v3`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: access.clientId,
      client_secret: access.clientSecret,
      scope: SCOPES,
    }).toString(),
  });
  const parsed = ImsToken.safeParse(parseJson(await response.text()));
  if (!response.ok || !parsed.success) throw new Error(`Adobe's token endpoint answered ${response.status}`);
  return parsed.data.access_token;
}
