/**
 * What a complete listing tells about e-mail domains: how many people of which identity type each has, where their
 * usernames differ from their e-mails, and which country most of them have. Pure; set-up proposes the allow-list from it.
 */
import type { ObservedAdobeUser } from '../adobe/adobe.ts';
import type { DomainSeen } from '../directory/catalogue.ts';
import { domainOf } from '../directory/identity.ts';
import { emailKey } from '../directory/keys.ts';

/** An org with more domains than this names the rest by hand. */
const MOST = 100;

/** The largest first. */
export function domainsIn(users: readonly ObservedAdobeUser[]): DomainSeen[] {
  const people = new Map(
    users.map((user) => [`${emailKey(user.email)} ${user.type.toLowerCase()}`, user] as const),
  );
  const byDomain = Map.groupBy(people.values(), ({ email }) => domainOf(email));
  return [...byDomain]
    .map(([domain, found]): DomainSeen => {
      const [country] = mostFrequent(found.flatMap((user) => user.country ?? []));
      return {
        domain,
        people: found.length,
        types: Object.fromEntries(
          mostFrequent(found.map(({ type }) => type)).map((type) => [
            type,
            found.filter((user) => user.type === type).length,
          ]),
        ),
        differ: found.filter(isDifferent).length,
        ...(country === undefined ? {} : { country }),
      };
    })
    .sort((a, b) => b.people - a.people || (a.domain < b.domain ? -1 : 1))
    .slice(0, MOST);
}

/** Of an Adobe ID the username is none of ours (`umapi.md` 13). */
function isDifferent({ type, email, username }: ObservedAdobeUser): boolean {
  return type.toLowerCase() === 'federatedid' && emailKey(username) !== emailKey(email);
}

function mostFrequent(values: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value]) => value);
}
