/**
 * The journal in the table: read by days, sealed by whoever looks once a minute, verified, and the one thing that is
 * ever taken out of it: the side items that know a person's addresses. Records and seals are only ever put.
 *
 * Two sealers may meet: seals have consecutive numbers under a condition, so one wins and the other stops.
 */
import { type Context, JOURNAL_SHARDS, journalPk, journalWrite, mailPk, whoKey } from './dynamo-context.ts';
import { identityItemOf } from './dynamo-identities.ts';
import { ConditionFailed, type Item } from './dynamo-store.ts';
import { getOrg } from './dynamo-work.ts';
import {
  entriesOf,
  type Finding,
  type JournalRecord,
  judgeRecords,
  judgeSeal,
  recordDigest,
  Seal,
  sealOf,
} from './journal.ts';
import { identityKey, type Key } from './keys.ts';
import { AccountId, type OrgKey, SCHEMA_VERSION } from './records.ts';
import type { Verified } from './work.ts';

const DAY_MS = 24 * 3600 * 1000;
/** A record may become visible this long after the time that it names: contention, and two clocks five minutes off (F23). */
const LATE_MS = 15 * 60 * 1000;
/** What one seal covers at most: 32 kB of entries. */
const SEALED_AT_ONCE = 1_000;
/** Nothing is sealed that is older than this when the first seal is written. */
const FIRST_SEAL_MS = DAY_MS;
/** A record that no seal covers after this long was slipped in, or sealing has stopped. */
const UNSEALED_MS = 3 * 60 * 1000;

const sealPk = (o: OrgKey): string => `J#${o}#SEAL`;
const sealKey = (o: OrgKey, n: number): Key => ({ pk: sealPk(o), sk: String(n).padStart(12, '0') });

async function scopesOf(ctx: Context, o: OrgKey): Promise<string[]> {
  return [o, ...((await getOrg(ctx, o))?.connections ?? [])];
}

/** Records of org and connections from `from` up to `to`, both inclusive, in the order of their time and id. */
export async function readJournal(
  ctx: Context,
  o: OrgKey,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<JournalRecord[]> {
  const scopes = await scopesOf(ctx, o);
  const partitions: { scope: string; pk: string }[] = [];
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day <= to; day += DAY_MS) {
    for (const scope of scopes) {
      for (let shard = 0; shard < JOURNAL_SHARDS; shard++)
        partitions.push({ scope, pk: journalPk(scope, day, shard) });
    }
  }
  const records: JournalRecord[] = [];
  for (let at = 0; at < partitions.length; at += JOURNAL_SHARDS) {
    const read = await Promise.all(
      partitions.slice(at, at + JOURNAL_SHARDS).map(async ({ scope, pk }) => {
        const bounds = { after: new Date(from).toISOString(), upTo: `${new Date(to).toISOString()}~` };
        const { items } = await ctx.store.query({ pk, ...bounds });
        return items.map((item) => recordOf(item, scope));
      }),
    );
    records.push(...read.flat());
  }
  return records.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

function recordOf(item: Item, scope: string): JournalRecord {
  const { pk: _pk, sk, at, fact, v: _v, ...detail } = item;
  return {
    id: String(sk).split('#')[1] ?? '',
    scope,
    at: Number(at),
    fact: String(fact),
    detail,
    digest: recordDigest(item),
  };
}

async function lastSeals(ctx: Context, o: OrgKey, since: number): Promise<Seal[]> {
  const seals: Seal[] = [];
  let limit = 4;
  for (;;) {
    const { items, more } = await ctx.store.query({ pk: sealPk(o), backward: true, limit });
    const page = items.map((item) => Seal.parse(item));
    const oldest = page.at(-1);
    if (!more || oldest === undefined || oldest.at < since) {
      seals.push(...page.reverse());
      return seals;
    }
    limit *= 2;
  }
}

/** Seals what no seal covers yet; the seals that this call wrote, for the log. */
export async function sealJournal(ctx: Context, o: OrgKey): Promise<Pick<Seal, 'n' | 'fingerprint'>[]> {
  const at = ctx.now();
  const [head] = await lastSeals(ctx, o, Number.POSITIVE_INFINITY).then((seals) => seals.slice(-1));
  const from = head === undefined ? at - FIRST_SEAL_MS : Math.min(head.at, at) - LATE_MS;
  const recent = await lastSeals(ctx, o, from - LATE_MS);
  const sealed = new Set(recent.flatMap((seal) => entriesOf(seal).map(({ id }) => id)));
  const open = (await readJournal(ctx, o, { from, to: at })).filter(({ id }) => !sealed.has(id));
  const written: Seal[] = [];
  for (let start = 0; start < open.length; start += SEALED_AT_ONCE) {
    const before = written.at(-1) ?? recent.at(-1);
    const seal = sealOf(open.slice(start, start + SEALED_AT_ONCE), { before, at });
    try {
      await ctx.store.transact([
        {
          kind: 'put',
          key: sealKey(o, seal.n),
          item: { ...seal, v: SCHEMA_VERSION },
          condition: 'attribute_not_exists(pk)',
        },
      ]);
    } catch (error) {
      if (error instanceof ConditionFailed) break;
      throw error;
    }
    written.push(seal);
  }
  return written.map(({ n, fingerprint }) => ({ n, fingerprint }));
}

/** Checks seals and records since `from`; the seal before that time is taken as it stands. */
export async function verifyJournal(ctx: Context, o: OrgKey, from: number): Promise<Verified> {
  const now = ctx.now();
  const seals = await lastSeals(ctx, o, from - LATE_MS);
  const findings: Finding[] = seals.flatMap((seal, at) => judgeSeal(seal, seals[at - 1]));
  let records = 0;
  // Day by day, so that a long time fits into memory; neighbours of a day's seals may speak of its records.
  for (let day = from; day <= now; day += DAY_MS) {
    const to = Math.min(day + DAY_MS - 1, now);
    const window = { from: day - LATE_MS, to: to + LATE_MS };
    const read = await readJournal(ctx, o, window);
    // Whatever is not under a seal of that day is under the first one after it, however much later that came.
    const closing = seals.find((seal) => seal.at > to + LATE_MS)?.at ?? Number.POSITIVE_INFINITY;
    const near = seals.filter((seal) => seal.at >= day - LATE_MS && seal.at <= closing);
    const judged = judgeRecords(read, near, { from: day, to, sealedUpTo: now - UNSEALED_MS });
    findings.push(...judged.filter(({ at }) => at >= day && at <= to));
    records += read.filter((record) => record.at >= day && record.at <= to).length;
  }
  const head = seals.at(-1);
  return {
    records,
    seals: seals.length,
    findings: [...new Map(findings.map((one) => [`${one.kind}${one.id}`, one])).values()],
    ...(head === undefined ? {} : { head: { n: head.n, fingerprint: head.fingerprint, at: head.at } }),
  };
}

/** Accounts that had this address at any time, living or ended, as long as nobody erased them. */
export async function accountsNamed(ctx: Context, o: OrgKey, email: string): Promise<AccountId[]> {
  const { items } = await ctx.store.query({ pk: mailPk(email) });
  const ids = items.filter((item) => item['org'] === o).map((item) => AccountId.parse(item['sk']));
  return [...new Set(ids)];
}

/**
 * Takes every address of ended accounts out of the table, and what was seen at Adobe under them. The records stay,
 * under account ids that now name nobody. One transaction per account, so a repeat goes on where a crash ended.
 */
export async function eraseNames(
  ctx: Context,
  o: OrgKey,
  { accounts, by }: { readonly accounts: readonly AccountId[]; readonly by: string },
): Promise<number> {
  let erased = 0;
  for (const account of accounts) {
    const item = await ctx.store.get(whoKey(account));
    // A set of strings in the table is a Set here.
    const emails = item?.['emails'] instanceof Set ? [...item['emails']].map(String) : [];
    for (const email of emails) {
      await forgetSeen(ctx, o, email);
      await ctx.store.remove({ pk: mailPk(email), sk: account });
    }
    await ctx.store.transact([
      { kind: 'put', key: whoKey(account), item: { erased: ctx.now(), v: SCHEMA_VERSION } },
      journalWrite(ctx, o, { fact: 'erased', account, by }),
    ]);
    erased += emails.length;
  }
  return erased;
}

/** Knowledge of an address that no account claims or waits for. */
async function forgetSeen(ctx: Context, o: OrgKey, email: string): Promise<void> {
  const key = identityKey(o, email);
  const stored = await ctx.store.get(key);
  if (stored === undefined) return;
  const { claims, waiters, rev } = identityItemOf(stored);
  if (Object.keys(claims).length > 0 || waiters.length > 0) return;
  try {
    await ctx.store.transact([{ kind: 'delete', key, condition: 'rev = :rev', values: { ':rev': rev } }]);
  } catch (error) {
    // Somebody took the address up in this moment; it is theirs now.
    if (!(error instanceof ConditionFailed)) throw error;
  }
}
