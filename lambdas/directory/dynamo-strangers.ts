/**
 * People whom Adobe showed and no identity provider of ours sends (F47). A listing keeps of those that hold what a rule
 * names how many they are, and the first of them by the digests of their addresses; whoever asks later is told of the
 * ones that are still nobody's. They are told of and never touched: nothing that writes to Adobe reads this.
 */
import type { Context } from './dynamo-context.ts';
import { identityItemOf } from './dynamo-identities.ts';
import { keyText } from './dynamo-store.ts';
import { getOrg } from './dynamo-work.ts';
import { digest, emailKey, emailPk, identityKeyOf, strangersKey, userNameKey } from './keys.ts';
import { type Strangers, StrangersItem } from './listed.ts';
import type { OrgKey } from './records.ts';

const SHOWN = 200;
const SLICE = 100;

export interface Unclaimed {
  /** When it began. */
  readonly listing: number;
  readonly addresses: readonly string[];
}

/** @returns how many they are */
export async function saveStrangers(
  ctx: Context,
  o: OrgKey,
  { unclaimed, beat }: { readonly unclaimed: Unclaimed; readonly beat: () => Promise<void> },
): Promise<number> {
  const { listing, addresses } = unclaimed;
  const strangers: string[] = [];
  for (let from = 0; from < addresses.length; from += SLICE) {
    await beat();
    strangers.push(...(await notSent(ctx, o, addresses.slice(from, from + SLICE))));
  }
  const digests = strangers.slice(0, SHOWN).map((address) => digest(emailKey(address)));
  await ctx.store.put(strangersKey(o), { listing, people: strangers.length, digests, v: 1 });
  return strangers.length;
}

/** Undefined before the first listing that kept them. */
export async function readStrangers(ctx: Context, o: OrgKey): Promise<Strangers | undefined> {
  const item = await ctx.store.get(strangersKey(o));
  if (item === undefined) return undefined;
  const { people, digests } = StrangersItem.parse(item);
  const keys = digests.map((one) => identityKeyOf(o, one));
  const items = await ctx.store.batchGet(keys);
  const known = keys.flatMap((key) => {
    const found = items.get(keyText(key));
    return found === undefined ? [] : [identityItemOf(found)];
  });
  const free = known.filter(({ claims }) => Object.keys(claims).length === 0);
  const still = new Set(
    await notSent(
      ctx,
      o,
      free.map(({ email }) => email),
    ),
  );
  const shown = free.filter(({ email }) => still.has(email));
  return { people: people - (digests.length - shown.length), shown };
}

/** An identity provider may send somebody who claims nothing: outside the allowed domains, or waiting (R2, R3). */
async function notSent(ctx: Context, o: OrgKey, addresses: readonly string[]): Promise<string[]> {
  const connections = (await getOrg(ctx, o))?.connections ?? [];
  const found = await Promise.all(
    addresses.map(async (address) => {
      const looks = connections.flatMap((c) => [
        ctx.store.get(userNameKey(c, address)).then((guard) => guard !== undefined),
        ctx.store.query({ pk: emailPk(c, address), limit: 1 }).then(({ items }) => items.length > 0),
      ]);
      return (await Promise.all(looks)).includes(true) ? [] : [address];
    }),
  );
  return found.flat();
}
