/**
 * Watches over secrets for the whole suite (T07, T08, T22, I18). Whoever mints one in a test guards it here; whatever the
 * bridge says (log lines, refusals, its store, the process's own output) is heard here. A guarded secret that is heard is
 * a leak: as it is, in base64 (any alignment, both alphabets), in hexadecimal, or percent-encoded, whole or a part of it.
 *
 * A secret is known by grams of a fixed length, so that hearing costs the same however many secrets there are.
 * `leak-watch.ts` fails the test in which a leak was found.
 */

/** Half of a random token is enough to tell it from everything else. */
const GRAM = 16;

/** By gram: which secret it belongs to, and in which form. */
const grams = new Map<string, string>();
/** Forms that are shorter than a gram. */
const short = new Map<string, string>();
const found: string[] = [];

/** From now on this text must not be heard. `name` tells in a failure which it was; texts below 8 characters are no secrets. */
export function guard(name: string, secret: string): void {
  if (secret.length < 8) return;
  for (const [form, text] of formsOf(secret)) {
    const known = text.length < GRAM ? short : grams;
    for (const part of text.length < GRAM ? [text] : gramsOf(text)) {
      if (!known.has(part)) known.set(part, `${name} (${form})`);
    }
  }
}

/** The secret part of a token: its prefix and its id are no secrets and stand in logs. */
export function guardToken(name: string, token: string): void {
  guard(name, token.slice(-43));
}

function formsOf(secret: string): [form: string, text: string][] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [
    ['as it is', secret],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ...[0, 1, 2].flatMap((shift): [string, string][] => {
      const text = base64At(bytes, shift);
      return [
        ['base64', text],
        ['base64url', text.replaceAll('+', '-').replaceAll('/', '_')],
      ];
    }),
    ['hexadecimal', hex],
    ['hexadecimal', hex.toUpperCase()],
    ['percent-encoded', encodeURIComponent(secret)],
    ['percent-encoded', percent],
    ['percent-encoded', percent.toUpperCase()],
  ];
}

/** What base64 makes of these bytes when `shift` others stand before them, without characters that depend on neighbours. */
function base64At(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const isWhole = (shift + bytes.length) % 3 === 0;
  return text.slice(shift === 0 ? 0 : shift + 1, isWhole ? undefined : -1);
}

/** From the start, the middle and the end. */
function gramsOf(text: string): string[] {
  const last = text.length - GRAM;
  return [0, Math.floor(last / 2), last].map((at) => text.slice(at, at + GRAM));
}

/** Something that others may read: `where` says who. The first leak in it is enough. */
export function hear(where: string, text: string): void {
  const leak = leakIn(text);
  if (leak === undefined || found.length >= 20) return;
  found.push(
    `${where}: ${leak.secret} after ${JSON.stringify(text.slice(Math.max(0, leak.at - 60), leak.at))}`,
  );
}

function leakIn(text: string): { readonly at: number; readonly secret: string } | undefined {
  for (let at = 0; at + GRAM <= text.length && grams.size > 0; at++) {
    const secret = grams.get(text.slice(at, at + GRAM));
    if (secret !== undefined) return { at, secret };
  }
  for (const [form, secret] of short) {
    const at = text.indexOf(form);
    if (at >= 0) return { at, secret };
  }
  return undefined;
}

/** What was heard since the last call, without the secrets themselves. */
export function takeLeaks(): string[] {
  return found.splice(0);
}

/**
 * Guards the passwords in a request, at any depth. One that stands in the request a second time, as somebody's name, is
 * no secret.
 */
export function guardPasswords(body: unknown): void {
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  for (const [, password = ''] of text.matchAll(/"password"\s*:\s*"((?:[^"\\]|\\.){12,200})"/gi)) {
    if (text.split(password).length === 2) guard('a password', password);
  }
}
