import ipaddr from 'ipaddr.js';
import { Failure } from '../errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Parses an address, or a network in CIDR notation such as `10.20.0.0/16`. Throws where the text is neither. */
function parseNetwork(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv6' ? 128 : 32];
}

/**
 * Networks in which no EHR can be: "this network", link-local with the metadata services of clouds (169.254.169.254 and
 * the like), multicast, reserved. Source: IANA special-purpose address registries (RFC 6890); the last three are the
 * metadata addresses of Alibaba, Azure and AWS.
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

/**
 * Networks that are called only where the configuration lists them: loopback, private (RFC 1918, RFC 4193), shared
 * (RFC 6598), benchmarking and documentation.
 */
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

/** IPv6 networks with addresses that contain an IPv4 address, and the byte at which it starts. */
const IPV4_CARRIERS: readonly (readonly [Network, number])[] = [
  // IPv4-mapped and IPv4-compatible, RFC 4291.
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

/** Parses an address; for an IPv6 address that contains an IPv4 address, returns the latter. Null for any other text. */
function parseEffectiveAddress(text: string): Address | null {
  const withoutZone = text.replace(/%.*$/, '');
  // IPv4 is accepted in four decimal parts only: a name server returns no other form.
  if (!ipaddr.IPv6.isValid(withoutZone) && !ipaddr.IPv4.isValidFourPartDecimal(withoutZone)) return null;
  const address = ipaddr.parse(withoutZone);
  if (address.kind() === 'ipv4' || ['::', '::1'].includes(address.toString())) return address;
  const ipv4Start = IPV4_CARRIERS.find(([network]) => isInNetworks([network], address))?.[1];
  if (ipv4Start === undefined) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(ipv4Start, ipv4Start + 4));
}

/** Whether the adapter may connect to an address. */
export type IsAddressAllowed = (address: string) => boolean;

/**
 * Creates the policy that allows public addresses, and internal ones in `networks`. A DNS answer is not the operator's
 * configuration: an attacker who controls it must not direct the adapter to the hospital's own machines. Link-local and
 * metadata addresses are never allowed, listed or not.
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
 * Lists the internal networks that may be called: those of the configuration, and the host of the base URL if it is an
 * address or `localhost`, since the operator configured it. Throws a `config/invalid` Failure for an address that no EHR
 * can have.
 */
export function listAllowedNetworks(base: URL, networks: readonly string[]): readonly string[] {
  const host = base.hostname.replace(/^\[(.*)\]$/, '$1');
  if (/^(.+\.)?localhost$/.test(host)) return [...networks, ...LOOPBACK_NETWORKS];
  const address = parseEffectiveAddress(host);
  if (address === null) return networks;
  const allowed = [...networks, address.toString()];
  if (createAddressPolicy(allowed)(host)) return allowed;
  throw new Failure('config/invalid', 'The EHR base is an address that no EHR can have.', {
    at: 'the EHR base URL',
    fix: 'Enter the address of the EHR; link-local, metadata, multicast and reserved addresses are never called.',
  });
}
