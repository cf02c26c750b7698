/**
 * Which e-mail domains set-up proposes, and what an answer makes of them. Pure. A domain is proposed with the identity
 * type that its people have at Adobe; where Adobe knows nobody of it, or only Adobe IDs, somebody has to say the type.
 * Where userName and e-mail differ nothing is guessed: a wrong username is another person at Adobe.
 */
import * as z from 'zod';

export const SeenDomain = z.object({
  domain: z.string(),
  /** Listed by Adobe. */
  people: z.number(),
  types: z.record(z.string(), z.number()),
  differ: z.number(),
  country: z.string().optional(),
  /** Sent by the identity provider. */
  sent: z.object({ people: z.number(), differ: z.number() }),
});
export type SeenDomain = z.infer<typeof SeenDomain>;

export const identityTypes = ['federatedID', 'enterpriseID', 'businessID', 'adobeID'] as const;
export type IdentityType = (typeof identityTypes)[number];
export const usernameSources = ['email', 'userName'] as const;
export type UsernameSource = (typeof usernameSources)[number];

export interface DomainAnswer {
  readonly type: IdentityType;
  readonly country?: string;
  readonly username?: UsernameSource;
}

export interface Proposal {
  readonly seen: SeenDomain;
  /** Undefined: somebody has to say it. */
  readonly type: IdentityType | undefined;
  /** Usernames differ from e-mails, so their source is a question. */
  readonly asksUsername: boolean;
}

type Domains = Readonly<Record<string, unknown>>;

/** Domains that were seen and are not allowed yet. */
export function proposalsFor(seen: readonly SeenDomain[], allowed: Domains): Proposal[] {
  return seen
    .filter(({ domain }) => !Object.hasOwn(allowed, domain))
    .map((one) => ({ seen: one, type: typeOf(one), asksUsername: differs(one) }));
}

/** Allowed domains whose people have the two different, and nobody chose: nothing is sent until somebody does. */
export function undecidedDomains(seen: readonly SeenDomain[], allowed: Domains): SeenDomain[] {
  return seen.filter((one) => {
    const settings = Object.hasOwn(allowed, one.domain) ? allowed[one.domain] : undefined;
    const read = z.object({ type: z.literal('federatedID'), username: z.undefined() }).safeParse(settings);
    return read.success && one.sent.differ > 0;
  });
}

/** Settings of a domain from an answer. E-mail is the username where it is so for everybody. */
export function settingsOf({ asksUsername }: Proposal, { type, country, username }: DomainAnswer): object {
  const source = username ?? (asksUsername ? undefined : 'email');
  return {
    type,
    ...(country === undefined ? {} : { country }),
    ...(type !== 'federatedID' || source === undefined ? {} : { username: source }),
  };
}

/** What was seen of a domain, for a person. */
export function describeDomain({ people, types, differ, sent, country }: SeenDomain): string {
  const atAdobe = Object.entries(types)
    .sort((a, b) => b[1] - a[1])
    .map(([type, number]) => `${number} ${type}`);
  return [
    people === 0
      ? 'nobody at Adobe'
      : `${atAdobe.join(', ')} at Adobe${country === undefined ? '' : `, mostly ${country}`}`,
    `${sent.people} sent by the identity provider`,
    ...(differ + sent.differ === 0
      ? []
      : [`username is not the e-mail for ${differ} at Adobe and ${sent.differ} of those sent`]),
  ].join('; ');
}

/** Directories that a sync from elsewhere may fill: Adobe's interface does not tell. */
export function managedDomains(seen: readonly SeenDomain[]): string[] {
  return seen
    .filter((one) => ['federatedID', 'enterpriseID'].includes(typeOf(one) ?? ''))
    .map(({ domain }) => domain);
}

function differs({ differ, sent }: SeenDomain): boolean {
  return differ + sent.differ > 0;
}

function typeOf({ types }: SeenDomain): IdentityType | undefined {
  const has = (type: IdentityType) =>
    Object.keys(types).some((found) => found.toLowerCase() === type.toLowerCase());
  if (has('federatedID')) return 'federatedID';
  return has('enterpriseID') ? 'enterpriseID' : undefined;
}
