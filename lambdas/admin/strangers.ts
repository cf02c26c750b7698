/**
 * People at Adobe whom no identity provider sends, and who hold what a rule names: somebody gave it by hand, or another
 * tool did. "Why does that one have it?" is answered for one of them by `explain` and `drift EMAIL`, and `drift` lists
 * them. Judged by the rules of this moment; the bridge never changes such a person (design.md section 3, "managed").
 */
import { entitlementKey } from '../directory/keys.ts';
import type { BoundRule, IdentityItem } from '../directory/records.ts';
import { naming, reported } from '../sync/drift.ts';
import { knowledgeOf } from '../sync/known.ts';
import type { World } from '../sync/world.ts';
import { ruleName } from './mapping-change.ts';
import type { AdminParts } from './parts.ts';
import { count, instant, quoted } from './words.ts';

export interface Stranger {
  readonly email: string;
  /** When Adobe showed it. */
  readonly at: number;
  readonly holds: readonly string[];
  /** Of these, what rules name, and which rules. */
  readonly named: readonly { readonly name: string; readonly rules: readonly string[] }[];
}

/** What Adobe showed under an address that is nobody's; undefined when it showed nobody. */
export function strangerOf(item: IdentityItem | undefined, world: World): Stranger | undefined {
  const known = knowledgeOf(item, world.org);
  if (item === undefined || known === undefined || known.users.length === 0) return undefined;
  const holds = [...new Set(known.users.flatMap(({ groups }) => groups))];
  const rules = rulesOf(world);
  const named = holds
    .map((name) => ({ name, rules: naming(rules, entitlementKey(name)).map(ruleName) }))
    .filter((one) => one.rules.length > 0);
  return { email: item.email, at: known.at, holds, named };
}

export interface Strangers {
  readonly people: number;
  /** Some of them, by name. */
  readonly shown: readonly { readonly email: string; readonly holds: readonly string[] }[];
}

/** Of the last listing, as the rules are now: what all that name it pass over (`ignore`) is left out. */
export async function strangersIn({ directory, org }: AdminParts, world: World): Promise<Strangers> {
  const found = await directory.readStrangers(org);
  if (found === undefined) return { people: 0, shown: [] };
  const told = reported(rulesOf(world));
  const shown = found.shown.flatMap((item) => {
    const { email = '', named = [] } = strangerOf(item, world) ?? {};
    const holds = named.map(({ name }) => name).filter((name) => told.has(entitlementKey(name)));
    return holds.length === 0 ? [] : [{ email, holds }];
  });
  shown.sort((a, b) => a.email.localeCompare(b.email));
  return { people: found.people - (found.shown.length - shown.length), shown };
}

export function strangerLines({ people, shown }: Strangers): string[] {
  if (people === 0) return [];
  const more = people - shown.length;
  const have = people === 1 ? 'has' : 'have';
  return [
    `Unknown to us: ${count(people, 'person', 'people')} whom the identity provider does not send ${have} what a rule names. The bridge leaves that alone: assign them in the identity provider, or take it away in the Admin Console.`,
    ...shown.map(({ email, holds }) => `  ${email} has ${quoted(holds)}`),
    ...(more > 0 ? [`  ... and ${more} more`] : []),
  ];
}

export function strangerStory({ email, at, holds, named }: Stranger): string[] {
  return [
    `The identity provider sends nobody with the e-mail ${email}, so the bridge gives nothing and takes nothing: the person is unknown to us.`,
    `Adobe showed at ${instant(at)}: ${holds.length === 0 ? 'no profile or user group' : `${quoted(holds)}, given by hand or by another tool`}.`,
    ...named.map(
      ({ name, rules }) =>
        `"${name}" is what ${rules.join(', ')} gives: assign the person there in the identity provider, or take it away in the Admin Console.`,
    ),
  ];
}

export function strangerData({ email, at, holds, named }: Stranger): Record<string, unknown> {
  return { unknown: email, at, byHand: holds, named };
}

function rulesOf(world: World): BoundRule[] {
  return [...world.rules.values()].flat();
}
