/**
 * What stands between an account and what is wanted for it: something to read, to claim, to wait for, or a person to
 * act. Words only; `plan.ts` and `policy.ts` decide which of them apply.
 */
import type { Identity } from '../directory/records.ts';
import type { Ledger } from '../directory/work.ts';
import type { Desired } from './desired.ts';

export type Obstacle =
  /** Ask Adobe about these e-mails; knowledge from before `since` does not count. */
  | { readonly kind: 'read'; readonly emails: readonly Identity[]; readonly since: number }
  | { readonly kind: 'claim' }
  | { readonly kind: 'wait'; readonly due: number; readonly reason: string }
  | {
      readonly kind: 'park';
      readonly on: string;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    };

export function read(emails: readonly Identity[], since: number): Obstacle {
  return { kind: 'read', emails, since };
}

/** R26, R27: which of the two is the right one, only a person can tell. */
export function collision(to: Identity): Obstacle {
  return {
    kind: 'park',
    on: 'person',
    code: 'rename-collision',
    message: 'Adobe already holds another user under the new e-mail address.',
    hint: `Look at both users in the Admin Console (new address at domain ${domainPart(to.email)}); remove or rename the one that should not have it, then change the person in the identity provider again.`,
  };
}

function domainPart(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1);
}

/** R2: stored, answered with 2xx, and shown until somebody repairs it. */
export function identityProblem(desired: Desired): Obstacle {
  const { problem } = desired;
  return {
    kind: 'park',
    on: problem?.domain ?? 'person',
    code: problem?.code ?? 'identity-missing',
    message: 'This person has no identity that Adobe can take.',
    hint: problem?.detail ?? 'Give the person an e-mail address in the identity provider.',
  };
}

/** `umapi.md` 13, "Twins": a create would answer success and act on the other account. */
export function twin(type: string): Obstacle {
  return {
    kind: 'park',
    on: 'person',
    code: 'twin',
    message: `Adobe already holds a user of type ${type} under this e-mail address.`,
    hint: 'Nothing was sent. Remove that user from the organization in the Admin Console, or give the person another address; then change the person in the identity provider again.',
  };
}

/** The managed user that the settings wanted beside an Adobe ID did not come into being. */
export function notCreatedBeside(): Extract<Obstacle, { kind: 'park' }> {
  return {
    kind: 'park',
    on: 'person',
    code: 'twin-not-created',
    message: 'Adobe accepted a second user beside the Adobe ID with this e-mail address, and made none.',
    hint: 'Remove the Adobe ID from the organization in the Admin Console and retry the person, or set twins of the domain to use-existing.',
  };
}

/** T14, R2: people who were there before us and Adobe IDs keep their address. */
export function notRenamed(handle: Identity, ledger: Ledger): Obstacle {
  const adopted = ledger.origin !== 'made';
  return {
    kind: 'park',
    on: 'person',
    code: adopted ? 'adopted-rename' : 'adobe-id-rename',
    message: adopted
      ? 'The e-mail address changed, but this Adobe user existed before the bridge and is never rewritten without a yes.'
      : `The e-mail address changed, but a user of type ${handle.type} cannot be renamed by Adobe's interface.`,
    hint: 'Entitlements keep working under the old address. Change the address in the Admin Console, or remove the user there; the bridge then starts afresh with the new address.',
  };
}
