/** What the tests of the nightly comparison have in common: one person with a product, and a night. */
import { expect } from 'vitest';
import type { DriftPolicy } from '../../lambdas/directory/drift-records.ts';
import { DAY, type Stage, X, Y } from './stage.ts';

export const ADA = 'ada@example.com';

/** Ada holds X by a rule of the given policy, since long enough for the listing to tell (R34). */
export async function ada(stage: Stage, policy?: DriftPolicy): Promise<string> {
  await stage.map([
    { group: 'Chat', grants: [X], ...(policy === undefined ? {} : { drift: policy }) },
    { group: 'Market', grants: [Y], ...(policy === undefined ? {} : { drift: policy }) },
  ]);
  const id = await stage.user(ADA);
  await stage.group('Chat', [id]);
  await stage.group('Market');
  await stage.drain();
  return id;
}

/** A night later: listed, compared, and what was marked is done. */
export async function night(stage: Stage): Promise<void> {
  stage.clock.advance(DAY);
  const report = await stage.reconcile();
  expect(report.outcome).toBe('compared');
  await stage.drain();
}

export const byHand = (stage: Stage, action: 'grant' | 'revoke', group: string, email = ADA): void =>
  stage.org.byHand({ action, email, group });
