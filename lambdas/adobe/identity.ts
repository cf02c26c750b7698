/**
 * How handles and names of Adobe compare. Nothing here decides what to send: Adobe's own spelling is sent,
 * and compared without case and without outer blanks (`umapi.md` 12 and 13).
 */
import type { AdobeIdentity } from './adobe.ts';

/** The form in which names of profiles and user groups compare (`umapi.md` 12.4, 12.7). */
export function normalName(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

/** The form in which e-mails and usernames compare (`umapi.md` 13, `rules.md` R31). */
export function normalAddress(address: string): string {
  return address.normalize('NFC').trim().toLowerCase();
}

/** The identity type that commands address. */
export function typeAtAdobe({ type, as }: Pick<AdobeIdentity, 'type' | 'as'>): AdobeIdentity['type'] {
  return as ?? type;
}

/** Whether commands for the two name the same account, so that one command can carry both. */
export function sameHandle(a: AdobeIdentity, b: AdobeIdentity): boolean {
  return (
    typeAtAdobe(a) === typeAtAdobe(b) &&
    normalAddress(a.email) === normalAddress(b.email) &&
    normalAddress(a.domain ?? '') === normalAddress(b.domain ?? '') &&
    (a.domain === undefined || normalAddress(a.username) === normalAddress(b.username))
  );
}
