/** What a start says when the bridge runs: the addresses, and what to try next. */
import { join } from 'node:path';
import type { Endpoint, LiveEndpoint } from './endpoint.ts';

export function greeting(endpoint: Endpoint | LiveEndpoint, dir: string): string {
  return 'live' in endpoint ? liveGreeting(endpoint, dir) : simulatedGreeting(endpoint, dir);
}

function liveGreeting({ scimUrl, token, live }: LiveEndpoint, dir: string): string {
  return `The bridge runs, and drives the real Adobe org ${live.orgId}.

  SCIM URL   ${scimUrl}
  Token      ${token}
  Data       ${dir} (what it does: ${join(dir, 'bridge.log')}); the credential is in none of its files

A first start is in report-only mode: Adobe is read, and nothing is written to it before you say so.

Try next, in another terminal:
  npm run bridge -- setup --data ${dir}
      tests the credential, proposes the e-mail domains, shows what to give to the identity provider
  npm run bridge -- plan --data ${dir}
      what would be sent, after a mapping was applied (mapping apply FILE)

Ctrl-C stops everything; the data stay.`;
}

function simulatedGreeting({ scimUrl, token, adobe }: Endpoint, dir: string): string {
  const data = dir === '.bridge' ? '' : ` --data ${dir}`;
  return `The bridge runs.

  SCIM URL   ${scimUrl}
  Token      ${token}
  Adobe      ${adobe.url}
  Data       ${dir} (what it does: ${join(dir, 'bridge.log')})

Try next, in another terminal:
  npm run demo${data && ` --${data}`}
      adds a chat user, assigns, moves, renames and removes, and shows what Adobe has after each step
  npm run idp -- okta --people 20${data}
      plays a day of an identity provider
  npm run bridge -- status${data}
      what is done, pending and refused

Ctrl-C stops everything; the data stay.`;
}
