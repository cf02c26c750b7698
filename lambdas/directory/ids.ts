/**
 * Ids: UUIDv7 made by us (RFC 9562 section 5.7), so that items created later sort later, and their 16-byte form,
 * in which an account keeps its set of group ids.
 */

/** `random` is at least 10 bytes. */
export function uuidV7(epochMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = Math.floor(epochMs);
  for (let at = 5; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return uuidOf(bytes);
}

const COUNTS_PER_MS = 4096;

/**
 * A source of ids that sort in the order in which this process made them, also within one millisecond and when the
 * clock steps back (RFC 9562 section 6.2, method 1; F23): lists in id order then show what came later later.
 */
export function openIds(now: () => number, randomBytes: (length: number) => Uint8Array): () => string {
  let last = 0;
  let count = 0;
  return () => {
    const at = Math.max(now(), last);
    count = at === last ? count + 1 : 0;
    last = count < COUNTS_PER_MS ? at : at + 1;
    count %= COUNTS_PER_MS;
    const random = Uint8Array.from(randomBytes(10));
    random.set([count >> 8, count & 0xff]);
    return uuidV7(last, random);
  };
}

export function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

export function bytesOf(uuid: string): Uint8Array {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}
