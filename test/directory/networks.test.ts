import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWithin, networkOf, readNetwork } from '../../lambdas/directory/networks.ts';

describe('a network is read into one spelling', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    [' 192.0.2.7 ', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['::ffff:c000:207', '192.0.2.7/32'],
  ])('%s is %s', (text, network) => {
    expect(readNetwork(text)).toBe(network);
    expect(readNetwork(network)).toBe(network);
  });

  test.each([
    [''],
    ['x'],
    ['192.0.2'],
    ['192.0.2.256'],
    ['010.0.0.1'],
    ['192.0.2.0/33'],
    ['192.0.2.0/-1'],
    ['192.0.2.0/08'],
    ['192.0.2.0/'],
    ['192.0.2.0/24/24'],
    ['192.0.2.0/255.255.255.0'],
    ['2001:db8::/129'],
    ['2001:db8::1::2'],
    ['fe80::1%eth0'],
    ['::ffff:192.0.2.0/24'],
    ['example.com'],
  ])('%s is none', (text) => {
    expect(readNetwork(text)).toBeUndefined();
  });
});

describe('an address lies in a network', () => {
  const rows: [string, string, boolean][] = [
    ['192.0.2.7', '192.0.2.0/24', true],
    ['192.0.3.7', '192.0.2.0/24', false],
    // The bits behind the prefix do not matter, however the network was written.
    ['192.0.2.200', '192.0.2.7/24', true],
    ['::ffff:192.0.2.7', '192.0.2.0/24', true],
    ['::FFFF:C000:0207', '192.0.2.0/24', true],
    ['::ffff:192.0.3.7', '192.0.2.0/24', false],
    ['192.0.2.7', '::/0', false],
    ['::ffff:192.0.2.7', '::/0', false],
    ['2001:db8::7', '0.0.0.0/0', false],
    ['2001:db8::7', '2001:db8::/32', true],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::/32', true],
    ['2001:db9::7', '2001:db8::/32', false],
    ['fe80::1%eth0', 'fe80::/10', false],
    ['not an address', '0.0.0.0/0', false],
    ['', '0.0.0.0/0', false],
    ['192.0.2.7, 10.0.0.1', '192.0.2.0/24', false],
  ];
  test.each(rows)('%s in %s: %s', (address, network, is) => {
    expect(isWithin([network], address)).toBe(is);
    expect(isWithin(['203.0.113.0/24', network], address)).toBe(is);
  });

  test('in no list of none', () => {
    expect(isWithin([], '192.0.2.7')).toBe(false);
  });

  /** Bits as text: a second opinion that shares nothing with the code. */
  const bits = (bytes: readonly number[]) => bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const spell4 = (bytes: readonly number[]) => bytes.join('.');
  const spell6 = (bytes: readonly number[]) =>
    Array.from({ length: 8 }, (_, at) =>
      (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
    ).join(':');
  /** Two addresses that often begin alike. */
  const pair = (length: number) =>
    fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length }),
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length }),
        fc.integer({ min: 0, max: length }),
      )
      .map(([one, other, same]): [number[], number[]] => [
        one,
        [...one.slice(0, same), ...other.slice(same)],
      ]);

  test('exactly when the bits of the prefix are the same, in every spelling', () => {
    fc.assert(
      fc.property(pair(4), fc.integer({ min: 0, max: 32 }), ([network, address], prefix) => {
        const expected = bits(network).slice(0, prefix) === bits(address).slice(0, prefix);
        const list = [`${spell4(network)}/${prefix}`];
        const mapped = spell6([...Array(10).fill(0), 255, 255, ...address]);
        return isWithin(list, spell4(address)) === expected && isWithin(list, mapped) === expected;
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(pair(16), fc.integer({ min: 0, max: 128 }), ([network, address], prefix) => {
        const expected = bits(network).slice(0, prefix) === bits(address).slice(0, prefix);
        return isWithin([`${spell6(network)}/${prefix}`], spell6(address)) === expected;
      }),
      { numRuns: 2_000 },
    );
  });

  test('and always in the network that it stands for', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(address, (text) => {
        const network = networkOf(text);
        return network !== undefined && readNetwork(network) === network && isWithin([network], text);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the network that an address stands for', () => {
  test.each([
    ['192.0.2.7', '192.0.2.0/24'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2::3', '2001:db8:1::/48'],
    ['2001:db8::3', '2001:db8::/48'],
    ['::3:4:5:6:7:8', '0:0:3::/48'],
    ['2001:db8:3:4:5:6:7:8', '2001:db8:3::/48'],
    ['::1', '::/48'],
    ['nothing', undefined],
    ['', undefined],
  ])('%s: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
