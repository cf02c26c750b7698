/**
 * Recorded exchanges: one request of an identity provider and the answer it needs, per file of `test/exchanges/<client>/`,
 * in the order of the file names. `{{U1}}` stands for an id that an earlier answer brought (`save`).
 *
 * An answer is compared by what its file names and nothing else; an array has to have exactly the named elements, in any
 * order. `afterwards: drain` lets Adobe catch up before the next exchange, so that later changes find something to undo.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Entitlement } from '../lambdas/directory/records.ts';
import type { TestRule } from './build.ts';

const Exchange = z.strictObject({
  idp: z.string(),
  /** The vendor's document, or the public record, that shows this shape. */
  source: z.string(),
  request: z.strictObject({
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.json().optional(),
  }),
  response: z.strictObject({
    status: z.number().int(),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.json().optional(),
    /** Attributes that the answer must not show. */
    without: z.array(z.string()).optional(),
    /** Name of a placeholder -> attribute of the answer. */
    save: z.record(z.string(), z.string()).optional(),
  }),
  afterwards: z.literal('drain').optional(),
});
export type Exchange = z.infer<typeof Exchange>;

/** Rules for a client that the example mapping does not fit, such as one without groups. */
const Rules = z.array(z.strictObject({ group: z.string().exactOptional(), grants: z.array(Entitlement) }));

/** Name of an entitlement -> who of the exchange's people holds it; `absent`: addresses that Adobe must not know. */
const Expectation = z.record(z.string(), z.array(z.string()));
export type Expectation = z.infer<typeof Expectation>;

export const EXCHANGES = join(import.meta.dirname, 'exchanges');

export function listClients(): string[] {
  return readdirSync(EXCHANGES).sort();
}

export function readExchanges(client: string): { name: string; exchange: Exchange }[] {
  return readdirSync(join(EXCHANGES, client))
    .filter((name) => /^\d\d-/.test(name))
    .sort()
    .map((name) => ({ name, exchange: Exchange.parse(readJson(client, name)) }));
}

export function readExpectation(client: string): Expectation {
  return Expectation.parse(readJson(client, 'expect.json'));
}

/** The rules of `mapping.json`; undefined where the example mapping of all clients is meant. */
export function readRules(client: string): readonly TestRule[] | undefined {
  if (!existsSync(join(EXCHANGES, client, 'mapping.json'))) return undefined;
  return Rules.parse(readJson(client, 'mapping.json'));
}

function readJson(client: string, name: string): unknown {
  return JSON.parse(readFileSync(join(EXCHANGES, client, name), 'utf8'));
}

/** Puts the saved ids where the placeholders are, also inside paths and filters. */
export function substituted(text: string, ids: ReadonlyMap<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const id = ids.get(name);
    if (id === undefined) throw new Error(`no earlier answer saved {{${name}}}`);
    return id;
  });
}

/** What of `wanted` the answer does not show, as `path: reason`; empty when it shows everything. */
export function mismatches(wanted: unknown, shown: unknown, path = 'body'): string[] {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(shown)) return [`${path}: no array`];
    if (shown.length !== wanted.length) return [`${path}: ${shown.length} elements, not ${wanted.length}`];
    return wanted.flatMap((element, index) =>
      shown.some((candidate) => mismatches(element, candidate).length === 0)
        ? []
        : [`${path}[${index}]: nothing like ${JSON.stringify(element)}`],
    );
  }
  if (typeof wanted !== 'object' || wanted === null) {
    return Object.is(wanted, shown)
      ? []
      : [`${path}: ${JSON.stringify(shown)}, not ${JSON.stringify(wanted)}`];
  }
  if (typeof shown !== 'object' || shown === null) return [`${path}: no object`];
  const values = new Map(Object.entries(shown));
  return Object.entries(wanted).flatMap(([name, value]) =>
    mismatches(value, values.get(name), `${path}.${name}`),
  );
}
