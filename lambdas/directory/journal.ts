/**
 * The journal as a chain (I14): what a record is, how a seal covers records, and the verifier. Pure.
 *
 * A record commits with the change it speaks of and is never touched again. Once a minute a seal lists every record
 * that no earlier seal lists, each by its id and a digest of its place and content, and carries the fingerprint of the
 * seal before it. So an edit, a record that vanished, one that was slipped in, two that were swapped and a seal that was
 * changed or taken out of the middle all show. What only an outside witness can show is the loss of the newest seals
 * together with their records: each seal's number and fingerprint therefore also stand in the log.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { bytesOf, uuidOf } from './ids.ts';
import { EpochMs } from './records.ts';

/** A record as stored: the fact, when, and where it lies. */
export interface JournalRecord {
  /** UUIDv7, from the sort key. */
  readonly id: string;
  /** Connection or org whose change it is. */
  readonly scope: string;
  readonly at: number;
  readonly fact: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** Of partition, sort key and content. */
  readonly digest: Uint8Array;
}

export const Seal = z.object({
  /** 1, 2, 3, ... without a gap. */
  n: z.number().int().positive(),
  /** When it was written, and up to when the records were looked for. */
  at: EpochMs,
  /** Fingerprint of the seal before; empty for the first. */
  prev: z.string(),
  /** 32 bytes a record: its id and the first half of its digest. */
  entries: z.instanceof(Uint8Array),
  fingerprint: z.string(),
});
export type Seal = z.infer<typeof Seal>;

const ID_BYTES = 16;
const DIGEST_BYTES = 16;
const ENTRY_BYTES = ID_BYTES + DIGEST_BYTES;

/** JSON with sorted keys, so that the order in which a database returns attributes does not matter. */
export function canonical(value: unknown): string {
  if (value instanceof Set) return canonical([...value].sort());
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`;
}

export function recordDigest(item: Readonly<Record<string, unknown>>): Uint8Array {
  return createHash('sha256').update(canonical(item)).digest().subarray(0, DIGEST_BYTES);
}

/** The next seal over records that no seal covers yet. */
export function sealOf(
  records: readonly Pick<JournalRecord, 'id' | 'digest'>[],
  { before, at }: { readonly before: Seal | undefined; readonly at: number },
): Seal {
  const entries = Buffer.concat(records.flatMap(({ id, digest }) => [bytesOf(id), digest]));
  const seal = { n: (before?.n ?? 0) + 1, at, prev: before?.fingerprint ?? '', entries };
  return { ...seal, fingerprint: fingerprintOf(seal) };
}

function fingerprintOf({ n, at, prev, entries }: Omit<Seal, 'fingerprint'>): string {
  return createHash('sha256').update(`${n}|${at}|${prev}|`).update(entries).digest('hex');
}

/** As people and the log see it: in groups of eight, which no mask of secrets takes for one. */
export function inGroups(fingerprint: string): string {
  return fingerprint.replaceAll(/.{8}(?=.)/g, '$& ');
}

export interface Entry {
  readonly id: string;
  readonly digest: Uint8Array;
}

export function entriesOf({ entries }: Pick<Seal, 'entries'>): Entry[] {
  return Array.from({ length: Math.floor(entries.length / ENTRY_BYTES) }, (_, at) => {
    const entry = entries.subarray(at * ENTRY_BYTES, (at + 1) * ENTRY_BYTES);
    return { id: uuidOf(entry.subarray(0, ID_BYTES)), digest: entry.subarray(ID_BYTES) };
  });
}

/** What is wrong with the journal, in a word and where. */
export interface Finding {
  readonly kind:
    | 'seal-changed'
    | 'seal-missing'
    | 'record-changed'
    | 'record-missing'
    | 'record-sealed-twice'
    | 'record-unsealed';
  /** Of the seal or the record. */
  readonly id: string;
  readonly at: number;
}

/** A seal by itself and as the successor of the one before it. */
export function judgeSeal(seal: Seal, before: Seal | undefined): Finding[] {
  const finding = (kind: Finding['kind']): Finding => ({ kind, id: String(seal.n), at: seal.at });
  const { n, prev, fingerprint, entries } = seal;
  const whole = entries.length % ENTRY_BYTES === 0 && fingerprintOf(seal) === fingerprint;
  if (!whole || (n === 1 && prev !== '')) return [finding('seal-changed')];
  if (before === undefined) return [];
  if (n !== before.n + 1) return [finding('seal-missing')];
  return prev === before.fingerprint ? [] : [finding('seal-changed')];
}

/** The records of a time against all seals that may speak of them. */
export function judgeRecords(
  records: readonly JournalRecord[],
  seals: readonly Seal[],
  { from, to, sealedUpTo }: { readonly from: number; readonly to: number; readonly sealedUpTo: number },
): Finding[] {
  const found = new Map(records.map((record) => [record.id, record]));
  const sealed = new Set<string>();
  const findings: Finding[] = [];
  for (const seal of seals) {
    for (const { id, digest } of entriesOf(seal)) {
      const record = found.get(id);
      const at = record?.at ?? timeOf(id);
      if (sealed.has(id)) findings.push({ kind: 'record-sealed-twice', id, at });
      sealed.add(id);
      if (record === undefined) {
        // Records of another time were not read.
        if (timeOf(id) >= from && timeOf(id) <= to) findings.push({ kind: 'record-missing', id, at });
      } else if (Buffer.compare(record.digest, digest) !== 0) {
        findings.push({ kind: 'record-changed', id, at });
      }
    }
  }
  for (const record of records) {
    if (record.at <= sealedUpTo && !sealed.has(record.id)) {
      findings.push({ kind: 'record-unsealed', id: record.id, at: record.at });
    }
  }
  return findings;
}

/** The milliseconds in a UUIDv7 (RFC 9562 section 5.7). */
function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}
