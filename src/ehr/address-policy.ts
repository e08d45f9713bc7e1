import ipaddr from 'ipaddr.js';
import { Failure } from '../errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Parses an address or a network in CIDR notation, such as `10.20.0.0/16`. Throws where it is neither. */
function parseNetwork(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv6' ? 128 : 32];
}

/**
 * No EHR is ever here: this network, link-local with the metadata services of clouds (169.254.169.254 and the like),
 * multicast, reserved. IANA special-purpose address registries (RFC 6890); the last three are Alibaba's, Azure's, AWS's.
 */
const FORBIDDEN_NETWORKS = [
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
].map(parseNetwork);

const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1'];

/** Reached only where listed: loopback, private (RFC 1918, RFC 4193), shared (RFC 6598), benchmarking and documentation. */
const INTERNAL_NETWORKS = [
  ...LOOPBACK_NETWORKS,
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
].map(parseNetwork);

/** IPv6 networks whose addresses carry an IPv4 address, and the byte at which it starts. */
const IPV4_CARRIERS: readonly (readonly [Network, number])[] = [
  // Mapped and compatible, RFC 4291.
  [parseNetwork('::ffff:0:0/96'), 12],
  [parseNetwork('::/96'), 12],
  // NAT64, RFC 6052.
  [parseNetwork('64:ff9b::/96'), 12],
  // 6to4, RFC 3056.
  [parseNetwork('2002::/16'), 2],
];

const isInNetworks = (networks: readonly Network[], address: Address): boolean =>
  networks.some(
    ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
  );

/** Parses an address; gives the IPv4 address that an IPv6 address carries. Null where the text is no address. */
function parseEffectiveAddress(text: string): Address | null {
  const bare = text.replace(/%.*$/, '');
  // Of IPv4 only the four decimal parts: other spellings are no address of a name server.
  if (!ipaddr.IPv6.isValid(bare) && !ipaddr.IPv4.isValidFourPartDecimal(bare)) return null;
  const address = ipaddr.parse(bare);
  if (address.kind() === 'ipv4' || ['::', '::1'].includes(address.toString())) return address;
  const at = IPV4_CARRIERS.find(([network]) => isInNetworks([network], address))?.[1];
  return at === undefined ? address : new ipaddr.IPv4(address.toByteArray().slice(at, at + 4));
}

/** Whether a connection may go to an address. */
export type IsAddressAllowed = (address: string) => boolean;

/**
 * Allows public addresses, and of the internal ones those in `networks`. A DNS answer is not the operator's word: whoever
 * controls it must not turn the adapter against the hospital's own machines. Link-local and metadata addresses are never
 * an EHR's, listed or not.
 */
export function createAddressPolicy(networks: readonly string[]): IsAddressAllowed {
  const listed = networks.map(parseNetwork);
  return (text) => {
    const address = parseEffectiveAddress(text);
    if (address === null || isInNetworks(FORBIDDEN_NETWORKS, address)) return false;
    return isInNetworks(listed, address) || !isInNetworks(INTERNAL_NETWORKS, address);
  };
}

/**
 * Adds to the listed networks what the base URL itself says: an address that the operator wrote is the operator's word,
 * and so is `localhost`. Throws a `config/invalid` Failure where it is an address that no EHR has.
 */
export function listAllowedNetworks(base: URL, networks: readonly string[]): readonly string[] {
  const host = base.hostname.replace(/^\[(.*)\]$/, '$1');
  if (/^(.+\.)?localhost$/.test(host)) return [...networks, ...LOOPBACK_NETWORKS];
  const address = parseEffectiveAddress(host);
  if (address === null) return networks;
  const allowed = [...networks, address.toString()];
  if (createAddressPolicy(allowed)(host)) return allowed;
  throw new Failure('config/invalid', 'The EHR base is an address that no EHR has.', {
    at: 'the EHR base URL',
    fix: 'Link-local, metadata, multicast and reserved addresses are never called: give the address of the EHR.',
  });
}
