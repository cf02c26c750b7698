/** Expectations: each returns when the server did as the rule says, and throws `Unmet` with what was seen otherwise. */
import { isDeepStrictEqual } from 'node:util';
import { Skip, Unmet } from './check.ts';
import { read, readList, readText } from './json.ts';
import type { Answer } from './session.ts';
import { ERROR, LIST } from './words.ts';

export function fail(message: string): never {
  throw new Unmet(message);
}

export function skip(reason: string): never {
  throw new Skip(reason);
}

export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) fail(message);
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) fail(`${what} is ${show(actual)}, not ${show(expected)}`);
}

export function expectStatus(answer: Answer, ...allowed: readonly number[]): void {
  if (allowed.includes(answer.status)) return;
  const detail = readText(answer.json, 'detail');
  const said = detail === '' ? '' : ` (${detail.slice(0, 160)})`;
  fail(`${answer.request} answered ${answer.status}, not ${allowed.join(' or ')}${said}`);
}

/** A SCIM error of this status, and of one of the keywords where any is named. */
export function expectError(
  answer: Answer,
  status: number | readonly number[],
  ...scimTypes: readonly string[]
): void {
  expectStatus(answer, ...(typeof status === 'number' ? [status] : status));
  expectErrorBody(answer);
  const scimType = readText(answer.json, 'scimType');
  if (scimTypes.length > 0 && !scimTypes.includes(scimType)) {
    fail(
      `${answer.request} answered ${answer.status} with scimType ${show(scimType)}, not ${scimTypes.join(' or ')}`,
    );
  }
}

export function expectErrorBody({ json, status, request }: Answer): void {
  expectThat(
    readList(json, 'schemas').includes(ERROR),
    `${request} answered ${status} without the Error schema`,
  );
  const said = read(json, 'status');
  if (said !== String(status)) fail(`${request} answered ${status} with "status": ${show(said)} in its body`);
}

/** The resources of a list answer. */
export function expectList(answer: Answer): readonly unknown[] {
  expectStatus(answer, 200);
  expectThat(readList(answer.json, 'schemas').includes(LIST), `${answer.request} answered no ListResponse`);
  return readList(answer.json, 'Resources');
}

/** Refused by 4xx; a server failure is no refusal. */
export function expectRefused(answer: Answer): void {
  if (answer.status < 400 || answer.status > 499) {
    fail(`${answer.request} answered ${answer.status}, although it has to be refused`);
  }
}

export function expectSameSet(actual: readonly string[], expected: readonly string[], what: string): void {
  const missing = expected.filter((item) => !actual.includes(item));
  const extra = actual.filter((item) => !expected.includes(item));
  if (missing.length === 0 && extra.length === 0 && actual.length === expected.length) return;
  fail(`${what}: expected ${show([...expected].sort())}, got ${show([...actual].sort())}`);
}

/** Short enough for one line of a table. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 140 ? `${text.slice(0, 140)}…` : text;
}
