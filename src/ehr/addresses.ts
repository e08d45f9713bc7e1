import { BlockList, isIP, isIPv6 } from 'node:net';
import { Failure } from '../errors.ts';

/** Of addresses and networks in CIDR notation, such as `10.20.0.0/16`. Throws where one is neither. */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}

/**
 * No EHR is ever here: this network, link-local with the metadata services of clouds (169.254.169.254 and the like),
 * multicast, reserved. IANA special-purpose address registries (RFC 6890); the last three are Alibaba's, Azure's, AWS's.
 */
const NEVER = listOf([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  '100.100.100.200',
  '168.63.129.16',
  'fd00:ec2::254',
]);

const LOOPBACK = listOf(['127.0.0.0/8', '::1']);

/** Inside a house: private (RFC 1918, RFC 4193), shared (RFC 6598), benchmarking and documentation. */
const INSIDE = listOf([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '198.18.0.0/15',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  'fc00::/7',
  '2001:db8::/32',
]);

/** IPv6 that carries an IPv4 address, and in which group: mapped and compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056). */
const CARRIERS: readonly (readonly [BlockList, number])[] = [
  [listOf(['::ffff:0:0/96']), 6],
  [listOf(['64:ff9b::/96']), 6],
  [listOf(['2002::/16']), 1],
  [listOf(['::/96']), 6],
];

function groupsOf(address: string): readonly number[] {
  // URL writes every IPv6 address in one form, an embedded IPv4 in hexadecimal.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address that an IPv6 address carries; the address itself where it carries none. */
function carried(address: string): string {
  if (!isIPv6(address) || address === '::' || address === '::1') return address;
  const bare = address.replace(/%.*$/, '');
  const at = CARRIERS.find(([list]) => list.check(bare, 'ipv6'))?.[1];
  if (at === undefined) return bare;
  const [high = 0, low = 0] = groupsOf(bare).slice(at, at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

const isIn = (list: BlockList, address: string): boolean =>
  list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

/** Whether a connection may go to an address. */
export type AddressAllowed = (address: string) => boolean;

/**
 * Public addresses, and of those inside a house the ones in `networks`. A DNS answer is not the operator's word: who
 * controls it must not turn the adapter against the hospital's own machines. Link-local and metadata addresses are no
 * EHR's, listed or not.
 */
export function addressesAllowed(networks: readonly string[]): AddressAllowed {
  const listed = listOf(networks);
  return (address) => {
    const real = carried(address);
    if (isIP(real) === 0 || isIn(NEVER, real)) return false;
    return isIn(listed, real) || !(isIn(LOOPBACK, real) || isIn(INSIDE, real));
  };
}

const bareHost = (base: URL): string => base.hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * What the base itself says besides `networks`: an address that the operator wrote is his word, and so is `localhost`.
 * Throws a `config/invalid` Failure where it is an address that no EHR has.
 */
export function networksOf(base: URL, networks: readonly string[]): readonly string[] {
  const host = bareHost(base);
  if (/^(.+\.)?localhost$/.test(host)) return [...networks, '127.0.0.0/8', '::1'];
  if (isIP(host) === 0) return networks;
  const own = [...networks, carried(host)];
  if (addressesAllowed(own)(host)) return own;
  throw new Failure('config/invalid', 'The EHR base is an address that no EHR has.', {
    at: 'the EHR base URL',
    fix: 'Link-local, metadata, multicast and reserved addresses are never called: give the address of the EHR.',
  });
}
