/**
 * Stores what a complete listing showed (R19). A listing of 100,000 people mostly shows what the last one showed, so an
 * identity item that is as it was is read and not written: `listed` on it says that it stands until a listing says
 * otherwise. Who vanished is found without a scan: the digests of all addresses of a listing are kept in a few chunks,
 * and what an earlier listing had and this one has not is written as absent.
 *
 * Invariant: every item with `listed` is in the chunks of a listing that is not older than the published one. Chunks are
 * therefore written before the items, and removed only when a later listing was published: a crash in between leaves
 * too many chunks, never too few (I11).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Context } from './dynamo-context.ts';
import { openIdentities } from './dynamo-identities.ts';
import { keyText } from './dynamo-store.ts';
import { saveStrangers } from './dynamo-strangers.ts';
import { getOrg } from './dynamo-work.ts';
import { digest, emailKey, entitlementKey, identityKeyOf, listedKey } from './keys.ts';
import type { ListedPeople, ObservedCounts } from './listed.ts';
import type { IdentityItem, ObservedUser, OrgKey } from './records.ts';

/** SHA-256. */
const DIGEST_BYTES = 32;
/** 320 KB: under DynamoDB's limit of an item (F09). */
const DIGESTS_PER_CHUNK = 10_000;
const SLICE = 100;

export async function observeListing(
  ctx: Context,
  o: OrgKey,
  { listing, beat }: { readonly listing: ListedPeople; readonly beat: () => Promise<void> },
): Promise<ObservedCounts> {
  const { startedAt, people } = listing;
  const shown = new Map(
    [...people].map(([address, users]) => [digest(emailKey(address)), { address, users }]),
  );
  const earlier = await earlierDigests(ctx, o, startedAt);
  await saveDigests(ctx, o, { startedAt, digests: [...shown.keys()] });
  const gone = [...earlier].filter((one) => !shown.has(one));
  let vanished = 0;
  for (const part of slices(gone)) {
    await beat();
    vanished += await markAbsent(ctx, o, { digests: part, at: startedAt });
  }
  let written = 0;
  const unclaimed: string[] = [];
  for (const part of slices([...shown.values()])) {
    await beat();
    const seen = await observePart(ctx, o, { part, at: startedAt });
    written += seen.written;
    unclaimed.push(...seen.unclaimed.filter((address) => holdsNamed(listing, address)));
  }
  const strangers = await saveStrangers(ctx, o, {
    unclaimed: { listing: startedAt, addresses: unclaimed },
    beat,
  });
  return { written, unchanged: shown.size - written, vanished, strangers };
}

/** Under the e-mail, and not as the username of somebody else. */
function holdsNamed({ people, named }: ListedPeople, address: string): boolean {
  return (people.get(address) ?? []).some(
    ({ email, groups }) =>
      emailKey(email) === emailKey(address) && groups.some((name) => named.has(entitlementKey(name))),
  );
}

function slices<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / SLICE) }, (_, at) =>
    all.slice(at * SLICE, (at + 1) * SLICE),
  );
}

/** What the published listing had, and those that began later and were never published. */
async function earlierDigests(ctx: Context, o: OrgKey, startedAt: number): Promise<Set<string>> {
  const published = (await getOrg(ctx, o))?.listing?.startedAt ?? 0;
  const { items } = await ctx.store.query({ pk: o, begins: 'LISTED#' });
  const found = new Set<string>();
  for (const item of items) {
    const at = Number(item['startedAt']);
    if (at < published && at !== startedAt) {
      await ctx.store.remove({ pk: String(item['pk']), sk: String(item['sk']) });
      continue;
    }
    const bytes = Buffer.from(item['digests'] as Uint8Array);
    for (let from = 0; from < bytes.length; from += DIGEST_BYTES) {
      found.add(bytes.subarray(from, from + DIGEST_BYTES).toString('base64url'));
    }
  }
  return found;
}

async function saveDigests(
  ctx: Context,
  o: OrgKey,
  { startedAt, digests }: { readonly startedAt: number; readonly digests: readonly string[] },
): Promise<void> {
  for (let from = 0, chunk = 0; from < digests.length; from += DIGESTS_PER_CHUNK, chunk++) {
    const part = digests.slice(from, from + DIGESTS_PER_CHUNK);
    const bytes = Buffer.concat(part.map((one) => Buffer.from(one, 'base64url')));
    await ctx.store.put(listedKey(o, startedAt, chunk), { startedAt, digests: bytes, v: 1 });
  }
}

async function markAbsent(
  ctx: Context,
  o: OrgKey,
  { digests, at }: { readonly digests: readonly string[]; readonly at: number },
): Promise<number> {
  const items = await ctx.store.batchGet(digests.map((one) => identityKeyOf(o, one)));
  const emails = digests.flatMap((one) => {
    const item = items.get(keyText(identityKeyOf(o, one)));
    return item === undefined ? [] : [String(item['email'])];
  });
  const part = emails.map((address) => ({ address, users: [] }));
  return (await observePart(ctx, o, { part, at })).written;
}

interface Part {
  readonly part: readonly { readonly address: string; readonly users: readonly ObservedUser[] }[];
  readonly at: number;
}

interface Seen {
  readonly written: number;
  /** Addresses that are no account's. */
  readonly unclaimed: readonly string[];
}

async function observePart(ctx: Context, o: OrgKey, { part, at }: Part): Promise<Seen> {
  const identities = await openIdentities(
    ctx,
    o,
    part.map(({ address }) => address),
  );
  for (const { address, users } of part) {
    const next = nextObserved(identities.of(address), { at, users });
    if (next !== undefined) identities.change(address, { observed: next });
  }
  const writes = identities.writes();
  const lost: string[] = [];
  await Promise.all(
    writes.map(async (write) => {
      if ((await ctx.store.update(write)) === undefined) lost.push(String(write.values?.[':email']));
    }),
  );
  // Somebody moved the item meanwhile: that one again, by itself.
  for (const email of lost) {
    const users = part.find(({ address }) => emailKey(address) === emailKey(email))?.users ?? [];
    await ctx.store.contend(async () => {
      const again = await openIdentities(ctx, o, [email]);
      const next = nextObserved(again.of(email), { at, users });
      if (next === undefined) return;
      again.change(email, { observed: next });
      await ctx.store.transactOnce(again.writes());
    });
  }
  const unclaimed = part
    .map(({ address }) => address)
    .filter((address) => Object.keys(identities.of(address).claims).length === 0);
  return { written: writes.length, unclaimed };
}

/** Undefined when the item stays as it is: it knows better, or it knows this already. */
function nextObserved(
  { observed }: IdentityItem,
  { at, users }: { readonly at: number; readonly users: readonly ObservedUser[] },
): IdentityItem['observed'] {
  if (observed !== undefined && observed.at > at) return undefined;
  if (users.length === 0) {
    return observed === undefined || observed.users.length === 0 ? undefined : { at, users: [] };
  }
  const sorted = inOneOrder(users);
  if (observed?.listed === true && isDeepStrictEqual(observed.users, sorted)) return undefined;
  return { at, users: sorted, listed: true };
}

/** The order inside an answer means nothing (F44). */
function inOneOrder(users: readonly ObservedUser[]): ObservedUser[] {
  return users
    .map((user) => ({ ...user, groups: [...user.groups].sort() }))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
}
