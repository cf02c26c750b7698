/** Which endpoint a method and path mean (`umapi.md` sections 5, 11). A known path with a wrong method is unknown. */
import type { Endpoint } from './state.ts';

export type Route =
  | { readonly endpoint: 'token' | 'status'; readonly orgId: '' }
  | { readonly endpoint: 'action'; readonly orgId: string }
  /** `page` is NaN when it is no number. */
  | { readonly endpoint: 'users' | 'groups'; readonly orgId: string; readonly page: number }
  /** `segment` is still encoded as in the path. */
  | {
      readonly endpoint: 'groupUsers';
      readonly orgId: string;
      readonly page: number;
      readonly segment: string;
    }
  | { readonly endpoint: 'user'; readonly orgId: string; readonly segment: string }
  | { readonly endpoint: 'other'; readonly orgId: ''; readonly deprecated: boolean };

const TOKEN_PATHS = new Set(['/ims/token/v2', '/ims/token/v3']);
const BASE = '/v2/usermanagement/';

export function routeOf(method: string, url: URL): Route {
  const { pathname } = url;
  if (method === 'POST' && TOKEN_PATHS.has(pathname)) return { endpoint: 'token', orgId: '' };
  if (method === 'GET' && pathname === '/status') return { endpoint: 'status', orgId: '' };
  const unknown: Route = { endpoint: 'other', orgId: '', deprecated: false };
  if (!pathname.startsWith(BASE) || decodePath(pathname) === undefined) return unknown;
  const segments = pathname.slice(BASE.length).split('/');
  if (method === 'POST') return routeOfPost(segments) ?? unknown;
  if (method === 'GET') return routeOfGet(segments) ?? unknown;
  return unknown;
}

function routeOfPost([head, org, ...rest]: readonly string[]): Route | undefined {
  if (head !== 'action' || org === undefined || rest.length > 0) return undefined;
  return { endpoint: 'action', orgId: decodeURIComponent(org) };
}

function routeOfGet(segments: readonly string[]): Route | undefined {
  const [head = '', second = '', third = '', fourth, ...rest] = segments;
  const orgId = decodeURIComponent(second);
  // The lists of 11.5 put the org first.
  if (decodeURIComponent(head).endsWith('@AdobeOrg'))
    return { endpoint: 'other', orgId: '', deprecated: true };
  if (rest.length > 0 && head !== 'users') return undefined;
  if (head === 'organizations' && third === 'users' && fourth)
    return { endpoint: 'user', orgId, segment: fourth };
  const page = /^\d+$/.test(third) ? Number(third) : Number.NaN;
  if (head === 'groups' && fourth === undefined) return { endpoint: 'groups', orgId, page };
  if (head !== 'users') return undefined;
  if (fourth === undefined || fourth === '') return { endpoint: 'users', orgId, page };
  // A bare slash in a name makes another path of it; the name is then unknown (11.2).
  return { endpoint: 'groupUsers', orgId, page, segment: [fourth, ...rest].join('%2F') };
}

/** Undefined when the percent-encoding is broken or hides no UTF-8. */
export function decodePath(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (problem) {
    if (problem instanceof URIError) return undefined;
    throw problem;
  }
}

/** Whether an endpoint belongs to the User Management API proper. */
export function isUmapi(endpoint: Endpoint): boolean {
  return endpoint !== 'token' && endpoint !== 'status' && endpoint !== 'other';
}
