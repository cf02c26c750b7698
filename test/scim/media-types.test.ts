/** What a body may be called and packed in (T42), through the whole handler, with bodies of bytes as the platform hands them over. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../fuzz/world.ts';

let world: World;
let before: string;
beforeAll(async () => {
  world = await openWorld(42);
  before = await world.stored();
});
afterAll(() => world.close());

let number = 0;
/** Creates a user from these bytes; status and keyword. */
async function post(
  bytes: Uint8Array | string,
  headers: Record<string, string>,
  asText = false,
): Promise<readonly [number, string | undefined]> {
  const body = asText ? { text: String(bytes) } : { base64: Buffer.from(bytes).toString('base64') };
  const { status, body: text = '{}' } = await world.send({
    method: 'POST',
    path: '/scim/v2/Users',
    query: '',
    headers: [['authorization', 'Bearer {token}'], ...Object.entries(headers)],
    ...body,
    source: '127.0.0.1',
  });
  const { scimType }: { scimType?: string } = JSON.parse(text);
  return [status, scimType];
}
function person(): string {
  number += 1;
  return JSON.stringify({ userName: `type-${number}@example.com`, displayName: 'Zo\u00EB' });
}

const types = ['application/scim+json', 'application/json'];
const charsets = [
  '',
  '; charset=utf-8',
  ';charset=UTF-8',
  '; charset="utf-8"',
  '; odata.metadata=none; charset=utf-8',
];
const foreignTypes = [
  '',
  'text/plain',
  'text/json',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/scim',
  'json',
  '*/*',
  'application/json, text/plain',
  'application/scim+json\u0000',
];
const foreignCharsets = ['utf-16', 'utf-7', 'iso-8859-1', 'utf-32', 'us-ascii', 'none', ''];
const encodings = [
  'gzip',
  'x-gzip',
  'deflate',
  'br',
  'zstd',
  'compress',
  'gzip, identity',
  'identity, gzip',
  'GZIP',
  'unknown',
  '*',
];

describe('types and charsets (T42)', () => {
  test.each(types.flatMap((type) => charsets.map((charset) => `${type}${charset}`)))(
    '%s is read, as bytes and as a text',
    async (type) => {
      expect(await post(person(), { 'content-type': type })).toEqual([201, undefined]);
      expect(await post(person(), { 'content-type': type }, true)).toEqual([201, undefined]);
      expect(await post(person(), { 'content-type': type, 'content-encoding': 'identity' })).toEqual([
        201,
        undefined,
      ]);
    },
  );

  test('a byte order mark is skipped, in bytes and in a text', async () => {
    expect(await post(`\uFEFF${person()}`, { 'content-type': types[0] ?? '' })).toEqual([201, undefined]);
    expect(await post(`\uFEFF${person()}`, { 'content-type': types[1] ?? '' }, true)).toEqual([
      201,
      undefined,
    ]);
  });

  test('whatever else it is called is 415, and nothing is stored', async () => {
    before = await world.stored();
    const body = JSON.stringify({ userName: 'never@example.com' });
    for (const type of foreignTypes)
      expect([type, await post(body, { 'content-type': type })]).toEqual([type, [415, undefined]]);
    for (const charset of foreignCharsets) {
      const type = `application/scim+json; charset=${charset}`;
      expect([type, await post(body, { 'content-type': type })]).toEqual([type, [415, undefined]]);
    }
    expect(await post(body, {})).toEqual([415, undefined]);
    expect(await world.stored()).toBe(before);
  });
});

describe('packed and mislabelled bodies (T42)', () => {
  const scim = { 'content-type': 'application/scim+json' };

  test('any Content-Encoding but identity is 415, whether the body is packed or not', async () => {
    before = await world.stored();
    for (const encoding of encodings) {
      const headers = { ...scim, 'content-encoding': encoding };
      const packed = gzipSync(person());
      expect([encoding, await post(packed, headers), await post(person(), headers)]).toEqual([
        encoding,
        [415, undefined],
        [415, undefined],
      ]);
    }
    expect(await world.stored()).toBe(before);
  });

  test('a body that swells to 100 MB unpacked is 415 with the work of a small one', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    const cpu = async (bytes: Uint8Array) => {
      const request = {
        method: 'POST',
        path: '/scim/v2/Users',
        query: '',
        source: '127.0.0.1',
        base64: Buffer.from(bytes).toString('base64'),
      };
      const headers = [
        ['authorization', 'Bearer {token}'],
        ['content-encoding', 'gzip'],
        ['content-type', 'application/json'],
      ] as const;
      const spent: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        const answer = await world.send({ ...request, headers });
        expect(answer.status).toBe(415);
        spent.push(answer.cpuUs);
      }
      return Math.min(...spent);
    };
    expect((await cpu(bomb)) / (await cpu(gzipSync('{}')))).toBeLessThan(10);
  });

  test.each<[string, Uint8Array]>([
    ['gzip without saying so', gzipSync('{"userName": "never@example.com"}')],
    [
      'UTF-16 with its mark',
      Uint8Array.from([0xff, 0xfe, ...Buffer.from('{"userName":"never"}', 'utf16le')]),
    ],
    ['Latin-1', Buffer.from('{"userName": "zo\u00EB"}', 'latin1')],
    ['an overlong slash', Uint8Array.from([0x22, 0xc0, 0xaf, 0x22])],
    ['half of a surrogate pair in UTF-8', Uint8Array.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['a character that was cut', Buffer.from('{"userName": "\u20AC"}').subarray(0, 16)],
    ['a code point beyond Unicode', Uint8Array.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22])],
    ['UTF-16 without a mark', Buffer.from('{"userName":"never"}', 'utf16le')],
    ['nothing but zeros', new Uint8Array(100)],
  ])('%s is 400 invalidSyntax', async (_label, bytes) => {
    expect(await post(bytes, scim)).toEqual([400, 'invalidSyntax']);
  });
});
