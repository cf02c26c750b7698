/**
 * Why somebody may not have what the groups give: a reason that the product shows on the account, believed only where the
 * oracle sees for itself that it holds. Everything else that stops a person is a finding.
 */
import type { Row } from './rows.ts';
import { type Case, type Scene, standing, typeOf } from './scene.ts';

type Check = (scene: Scene, one: Case) => boolean;

const CHECKS: Readonly<Record<string, Check>> = {
  // Somebody else has this address now, or cannot leave it.
  'identity-taken': ({ cases, records }, one) =>
    cases.some((other) => other.id !== one.id && other.handles.has(one.handle)) ||
    records.some((record) => record.handle === one.handle),
  'swap-adopted': (scene, one) => isFound(one) || scene.settlers,
  twin: ({ records }, one) =>
    records.some((record) => record.handle === one.handle && record.type !== typeOf(one.email)),
  'rename-collision': ({ records }, one) =>
    records.some((record) => record.handle === one.handle) &&
    records.some((record) => record.handle !== one.handle && one.handles.has(record.handle)),
  'adopted-rename': (_, one) => isFound(one) && one.handles.size > 1,
  'adobe-id-rename': (_, one) => new Set([...one.handles].map(typeOf)).size > 1,
  protected: ({ records }, one) => records.some((record) => record.admin && one.handles.has(record.handle)),
  'domain-not-allowed': (_, one) => one.email.endsWith('@elsewhere.example'),
};

function isFound({ account }: Case): boolean {
  return account['origin'] === 'found';
}

export function excuseOf(scene: Scene, one: Case): string | undefined {
  const { account, desired } = one;
  const { status, reason, error } = account;
  if (status === 'idle') return undefined;
  const code = String(reason ?? (error as Row | undefined)?.['code']);
  const check = CHECKS[code];
  if (check?.(scene, one) === true) return code;
  if (desired.size > 0)
    scene.world.violate(
      'I07',
      `user ${one.id} <${one.email}> waits without a reason that holds: ${standing(account)}`,
    );
  return code;
}
