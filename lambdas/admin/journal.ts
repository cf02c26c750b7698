/**
 * `journal show|verify|export`: what happened, by account id; whether anybody changed that record of it; and the same
 * for a spreadsheet or a log store. Reads only. Addresses are never in it: `--person` looks the accounts up.
 */
import * as z from 'zod';
import { type Finding, inGroups, type JournalRecord } from '../directory/journal.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { count, instant } from './words.ts';

const DAY_MS = 24 * 3600 * 1000;
/** The answer of a function is at most 6 MB. */
const MOST_RECORDS = 10_000;
const SHOWN = 200;

const Time = {
  days: z.number().min(0.001).max(3_650).default(7),
  person: z.string().trim().min(1).max(1_024).optional(),
  fact: z.string().trim().min(1).max(64).optional(),
};

interface Choice {
  readonly days: number;
  readonly person?: string | undefined;
  readonly fact?: string | undefined;
}

export function journalShow(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject(Time),
    run: async (choice) => {
      const records = await chosen(parts, choice);
      const shown = records.slice(-SHOWN);
      const left = records.length - shown.length;
      const text = [
        ...(left > 0 ? [`... ${count(left, 'earlier record')}; ask for fewer days to see them`] : []),
        ...shown.map(line),
      ];
      const none = `Nothing happened in the last ${count(choice.days, 'day')} that fits.`;
      return { text: records.length === 0 ? [none] : text, data: records.map(plain) };
    },
  });
}

export function journalExport(parts: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ ...Time, format: z.enum(['jsonl', 'csv']).default('jsonl') }),
    run: async ({ format, ...choice }) => {
      const records = await chosen(parts, choice);
      if (records.length > MOST_RECORDS) {
        throw new Refused(
          `These are ${records.length} records, and ${MOST_RECORDS} go out at once: ask for fewer days, one person or one fact.`,
        );
      }
      const rows = records.map(plain);
      const text =
        format === 'csv' ? [COLUMNS.join(','), ...rows.map(csvRow)] : rows.map((row) => JSON.stringify(row));
      return { text, data: rows };
    },
  });
}

export function journalVerify({ directory, org, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({ days: Time.days }),
    run: async ({ days }) => {
      const verified = await directory.verifyJournal(org, now() - days * DAY_MS);
      const { records, seals, findings, head } = verified;
      const newest =
        head === undefined
          ? 'No seal was written yet; provisioning writes one a minute while something happens.'
          : `The newest seal is number ${head.n} of ${instant(head.at)}, ${inGroups(head.fingerprint)}: the log says the same under journal-sealed, unless somebody took the end away.`;
      const verdict =
        findings.length === 0
          ? [`The journal is whole: ${count(records, 'record')} under ${count(seals, 'seal')}.`]
          : [
              `The journal was tampered with, or sealing stopped: ${count(findings.length, 'finding')}.`,
              ...findings.slice(0, SHOWN).map(findingLine),
              'Compare with a backup of the table from before that time, and see who could write to it.',
            ];
      return { text: [...verdict, newest], data: verified };
    },
  });
}

const MEANING: Readonly<Record<Finding['kind'], string>> = {
  'seal-changed': 'was changed, or does not follow the one before it',
  'seal-missing': 'has no predecessor: seals were taken out',
  'record-changed': 'is not what was sealed',
  'record-missing': 'was sealed and is gone',
  'record-sealed-twice': 'is sealed twice',
  'record-unsealed': 'is under no seal: slipped in, or sealing has stopped',
};

function findingLine({ kind, id, at }: Finding): string {
  const what = kind.startsWith('seal') ? 'seal' : 'record';
  return `  ${instant(at)}  ${what} ${id} ${MEANING[kind]}`;
}

async function chosen(
  { directory, org, now }: AdminParts,
  { days, person, fact }: Choice,
): Promise<readonly JournalRecord[]> {
  const accounts = person === undefined ? undefined : await directory.accountsNamed(org, person);
  if (accounts?.length === 0) {
    throw new Refused(
      `No account ever had the e-mail ${person}, or it was erased. status ${person} says what is known of the person now.`,
    );
  }
  const to = now();
  const records = await directory.readJournal(org, { from: to - days * DAY_MS, to });
  const wanted = new Set<unknown>(accounts);
  return records.filter(
    (record) =>
      (accounts === undefined || isAbout(record, wanted)) && (fact === undefined || record.fact === fact),
  );
}

function isAbout({ detail }: JournalRecord, accounts: ReadonlySet<unknown>): boolean {
  const { account, from, to, joined, left } = detail;
  return [account, from, to, joined, left].flat().some((id) => accounts.has(id));
}

/** Without what the chain needs. */
function plain({ id, scope, at, fact, detail }: JournalRecord): Record<string, unknown> {
  return { time: new Date(at).toISOString(), id, scope, fact, ...detail };
}

function line({ at, fact, detail }: JournalRecord): string {
  const { request, token: _token, ...rest } = detail;
  const said = Object.entries(rest).map(([key, value]) => `${key} ${inWords(value)}`);
  const asked = request === undefined ? [] : [`request ${inWords(request)}`];
  return `${instant(at)}  ${[fact, ...said, ...asked].join('  ')}`;
}

function inWords(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value instanceof Set ? [...value] : value);
}

const COLUMNS = ['time', 'id', 'scope', 'fact', 'account', 'user', 'group', 'request', 'token', 'detail'];

function csvRow(row: Readonly<Record<string, unknown>>): string {
  const rest = Object.fromEntries(Object.entries(row).filter(([key]) => !COLUMNS.includes(key)));
  const cells = COLUMNS.map((column) =>
    column === 'detail' ? (Object.keys(rest).length === 0 ? '' : JSON.stringify(rest)) : row[column],
  );
  return cells.map((cell) => csvCell(cell === undefined ? '' : inWords(cell))).join(',');
}

/** Quoted where needed, and never a formula for the program that opens it (T45). */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
