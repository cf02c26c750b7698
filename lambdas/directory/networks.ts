/**
 * Addresses and networks that requests come from. An IPv4 address in its IPv6 notation (`::ffff:192.0.2.1`) is that IPv4
 * address everywhere, so that no spelling leads around a list; IPv4 and IPv6 networks never contain each other.
 * An address that cannot be read lies in no network: a list of networks then refuses.
 */
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

type Family = 'ipv4' | 'ipv6';

interface Address {
  readonly text: string;
  readonly family: Family;
}

const MAPPED = '::ffff:';
const BITS = { ipv4: 32, ipv6: 128 } as const;

/** A zone (`%eth0`) names an interface of one machine and is no part of an address here. */
function readAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { text, family: 'ipv4' };
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  const canonical = new SocketAddress({ address: text, family: 'ipv6' }).address;
  const mapped = canonical.startsWith(MAPPED) ? canonical.slice(MAPPED.length) : '';
  return isIPv4(mapped) ? { text: mapped, family: 'ipv4' } : { text: canonical, family: 'ipv6' };
}

interface Network extends Address {
  readonly bits: number;
}

/** `192.0.2.0/24`, `2001:db8::/32`, or one address alone. */
function parseNetwork(text: string): Network | undefined {
  const [before = '', after, ...rest] = text.split('/');
  const address = readAddress(before);
  if (address === undefined || rest.length > 0) return undefined;
  const longest = BITS[address.family];
  if (after === undefined) return { ...address, bits: longest };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(after)) return undefined;
  // The prefix of a mapped network counts the 96 bits in front of the IPv4 address.
  const bits = Number(after) - (address.family === 'ipv4' && before.includes(':') ? 96 : 0);
  return bits >= 0 && bits <= longest ? { ...address, bits } : undefined;
}

/** A network in its canonical spelling, with its prefix; undefined for a text that is none. */
export function readNetwork(text: string): string | undefined {
  const network = parseNetwork(text.trim());
  return network === undefined ? undefined : `${network.text}/${network.bits}`;
}

/** Whether an address lies in one of the networks, which are as `readNetwork` gives them. */
export function isWithin(networks: readonly string[], address: string): boolean {
  const read = readAddress(address);
  if (read === undefined) return false;
  const list = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network?.family === read.family) list.addSubnet(network.text, network.bits, network.family);
  }
  return list.check(read.text, read.family);
}

/**
 * The network that an address stands for when somebody asks "from where": what one site usually has, /24 of IPv4 and /48
 * of IPv6. Undefined for a text that is no address.
 */
export function networkOf(address: string): string | undefined {
  const read = readAddress(address);
  if (read === undefined) return undefined;
  if (read.family === 'ipv4') return `${read.text.split('.').slice(0, 3).join('.')}.0/24`;
  return readNetwork(`${groupsOf(read.text).slice(0, 3).join(':')}::/48`);
}

/** The eight groups; the canonical text leaves one run of zeros out. */
function groupsOf(canonical: string): string[] {
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}
