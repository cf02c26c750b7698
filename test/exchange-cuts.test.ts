/**
 * A tolerance earns its place by an exchange that goes wrong without it: each entry is taken away for each request that it
 * names, and the client then gets a wrong answer, or Adobe ends with the wrong people.
 */
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { TOLERANCES, type ToleranceName } from '../lambdas/scim/tolerances.ts';

// Which tolerance an exchange needs is a matter of what is understood (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

// Node's own loader, whose hooks put the cuts in.
const { playWithout }: typeof import('./exchange-cuts.ts') = createRequire(import.meta.url)(
  './exchange-cuts.ts',
);

const rows = Object.entries(TOLERANCES).flatMap(([name, { exchanges }]) =>
  // The keys of TOLERANCES are the names; Object.entries only says text.
  exchanges.map((exchange): [ToleranceName, string] => [name as ToleranceName, exchange]),
);

describe('without the tolerance', () => {
  test.each(rows)('%s: %s goes wrong', async (tolerance, exchange) => {
    const wrong = await playWithout(tolerance, exchange);
    expect(wrong).not.toEqual([]);
    // A cut that breaks the server proves nothing about the tolerance.
    expect(wrong.filter((what) => what.includes('status 500'))).toEqual([]);
  });
});
