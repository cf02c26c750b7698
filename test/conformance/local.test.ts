/** The bridge itself under the whole suite: no error, and every deviation and skipped check by name with its reason. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Grade } from './check.ts';
import { sections } from './checks/all.ts';
import { parse, read, readList } from './json.ts';
import type { Report } from './run.ts';
import { openServing, type Serving } from './serving.ts';

/** Where this bridge departs from a SHOULD or a practice on purpose. */
const deviations: Readonly<Record<string, string>> = {
  'auth.configuration': 'no address is exempt from the token (T01, T12)',
  'value.canonical':
    'Entra compares what comes back with what it sent, and would update for ever (idp-traffic 3.12)',
  'user.mail-form':
    'one bad address must not keep a person out; the account is parked where an operator sees it',
};

/** What cannot be judged here. */
const skipped: Readonly<Record<string, string>> = {
  'transport.tls': 'localhost has no TLS; API Gateway has nothing else',
  'transport.redirects': 'the bridge never redirects',
  'config.change-password': 'passwords are dropped on the way in (row 78)',
  'config.security-events': 'RFC 9967 is not offered',
  'types.required-extension': 'no extension is required',
  'sort.off': 'sorting is offered',
  'put.immutable': 'no attribute of User is immutable',
};

/** Rows that no request with one token can show: each is proved elsewhere or only informs. */
const notVisible: Readonly<Record<number, string>> = {
  21: 'the OAuth threats are those of the token endpoint, which the suite does not know',
  22: 'needs a second token with fewer rights',
  25: 'constant time and other tenants need a second token',
  263: 'needs the log of the server',
  266: 'needs a second tenant',
  267: 'informs',
  268: 'informs',
  269: 'informs',
  270: 'informs',
};

let serving: Serving;
let report: Report;

beforeAll(async () => {
  serving = await openServing();
  report = await serving.judge(() => true);
}, 120_000);

afterAll(async () => {
  await serving.close();
});

function graded(grade: Grade): readonly string[] {
  return report.results
    .filter((result) => result.grade === grade)
    .map(({ check, reason }) => (grade === 'error' ? `${check.id}: ${reason}` : check.id))
    .sort();
}

describe('the bridge under the conformance suite', () => {
  test('no MUST is broken', () => {
    expect(graded('error')).toEqual([]);
  });

  test('every deviation is known and has its reason', () => {
    expect(graded('deviation')).toEqual(Object.keys(deviations).sort());
  });

  test('every skipped check is known and has its reason', () => {
    expect(graded('skipped')).toEqual(Object.keys(skipped).sort());
  });

  test('nothing that the suite made is left', async () => {
    expect(report.leftBehind).toEqual([]);
    for (const path of ['/Users', '/Groups']) {
      const headers = { authorization: `Bearer ${serving.token}`, accept: 'application/scim+json' };
      const { text } = await serving.send({ method: 'GET', url: `${serving.baseUrl}${path}`, headers });
      expect(read(parse(text), 'totalResults'), path).toBe(0);
      expect(readList(parse(text), 'Resources')).toEqual([]);
    }
  });
});

describe('docs/conformance.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/conformance.md'), 'utf8');

  test('names every deviation and every skipped check', () => {
    const named = [...page.matchAll(/^\| `([a-z]+\.[a-z-]+)` \|/gm)].map(([, id]) => id);
    expect(named.sort()).toEqual([...Object.keys(deviations), ...Object.keys(skipped)].sort());
  });

  test('counts the checks of each section', () => {
    const counted = [...page.matchAll(/^\| ([^|`]+) \| [\d, -]+ \| (\d+) \|/gm)].map(([, title, count]) => [
      title,
      Number(count),
    ]);
    expect(counted).toEqual(sections.map(({ title, checks }) => [title, checks.length]));
  });
});

describe('the suite', () => {
  test('gives every check its own id, a rule, an RFC section and rows', () => {
    const checks = sections.flatMap((section) => section.checks);
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    for (const { id, rule, rfc, rows } of checks) {
      expect(id).toMatch(/^[a-z]+\.[a-z0-9-]+$/);
      expect(rule, id).not.toBe('');
      expect(rfc, id).toMatch(/^(-|[CPKV] [\d.]+|RFC \d+ [\d.]+)( \/ ([CPKV] [\d.]+|RFC \d+ [\d.]+))*$/);
      expect(rows.length, id).toBeGreaterThan(0);
    }
  });

  test('covers every row of the checklist that can be seen from outside', () => {
    const covered = new Set(sections.flatMap(({ checks }) => checks.flatMap(({ rows }) => rows)));
    const missing = Array.from({ length: 270 }, (_, at) => at + 1).filter((row) => !covered.has(row));
    expect(missing).toEqual(Object.keys(notVisible).map(Number));
  });
});
