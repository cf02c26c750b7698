import { expect, test } from 'vitest';
import { CONTENTION_MS } from '../../lambdas/directory/dynamo-store.ts';
import * as times from '../../lambdas/times.ts';
import { synthesise } from './synth.ts';

test('what waits for something waits longer than that takes (R29)', () => {
  const orders: readonly (readonly [string, number, number])[] = [
    ['a late renewal leaves room before the lease ends', times.RENEWAL_AGE_MS, times.LEASE_MARGIN_MS],
    ['a call ends before its lease', times.HTTP_TIMEOUT_MS, times.LEASE_MS],
    ['a token is there before its call is given up', times.TOKEN_TIMEOUT_MS, times.HTTP_TIMEOUT_MS],
    [
      'a token fits into the margin, should the call before it take all its time',
      times.TOKEN_TIMEOUT_MS,
      times.LEASE_MARGIN_MS,
    ],
    ['a run has time for several leases', 2 * times.LEASE_MS, times.WORK_FUNCTION_MS],
    ['a run records what it did', times.WORK_RESERVE_MS, times.WORK_FUNCTION_MS],
    ['the function answers before the gateway gives it up', times.SCIM_FUNCTION_MS, times.GATEWAY_TIMEOUT_MS],
    [
      'contention ends in our own answer (R10)',
      2 * CONTENTION_MS,
      times.SCIM_FUNCTION_MS - times.ANSWER_RESERVE_MS,
    ],
    ['a command may call Adobe once and wait', times.HTTP_TIMEOUT_MS, times.ADMIN_FUNCTION_MS],
  ];
  for (const [says, shorter, longer] of orders) expect(shorter, says).toBeLessThan(longer);
  expect(times.LEASE_MS).toBe(times.HTTP_TIMEOUT_MS + times.LEASE_MARGIN_MS);
});

test('the functions have the timeouts that the handlers count on (R29)', () => {
  const { template, close } = synthesise();
  const found = Object.values(template.findResources('AWS::Lambda::Function')).map(
    ({ Properties }) => Properties.Timeout * 1_000,
  );
  close();
  expect(found).toEqual([
    times.SCIM_FUNCTION_MS,
    times.WORK_FUNCTION_MS,
    times.WORK_FUNCTION_MS,
    times.ADMIN_FUNCTION_MS,
  ]);
});
