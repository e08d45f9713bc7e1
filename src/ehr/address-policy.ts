import ipaddr from 'ipaddr.js';
import { Failure } from '../errors.ts';
import {
  FORBIDDEN_NETWORKS,
  GLOBAL_UNICAST_IPV6,
  INTERNAL_NETWORKS,
  IPV4_CARRIERS,
} from './special-purpose-addresses.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Parses an address, or a network in CIDR notation such as `10.20.0.0/16`. Throws where the text is neither. */
function parseNetwork(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv6' ? 128 : 32];
}

const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1'];

const FORBIDDEN = FORBIDDEN_NETWORKS.map(parseNetwork);
const INTERNAL = INTERNAL_NETWORKS.map(parseNetwork);
const CARRIERS = IPV4_CARRIERS.map(parseNetwork);
const PUBLIC_IPV6 = [parseNetwork(GLOBAL_UNICAST_IPV6)];

const isInNetworks = (networks: readonly Network[], address: Address): boolean =>
  networks.some(
    ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
  );

/** Parses an address; for an IPv6 address that stands for an IPv4 address, returns the latter. Null for any other text. */
function parseEffectiveAddress(text: string): Address | null {
  const withoutZone = text.replace(/%.*$/, '');
  // IPv4 is accepted in four decimal parts only: a name server returns no other form.
  if (!ipaddr.IPv6.isValid(withoutZone) && !ipaddr.IPv4.isValidFourPartDecimal(withoutZone)) return null;
  const address = ipaddr.parse(withoutZone);
  if (address.kind() === 'ipv4' || !isInNetworks(CARRIERS, address)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

/** Whether an IPv6 address names an IPv4 host by its interface identifier (ISATAP, RFC 5214, section 6.1). */
function isIsatap(address: Address): boolean {
  const [first = 0, ...rest] = address.toByteArray().slice(8, 12);
  return (first & 0xfd) === 0 && rest.join() === '0,94,254';
}

/** Whether the address belongs to a host of the Internet. */
function isPublic(address: Address): boolean {
  if (isInNetworks(INTERNAL, address)) return false;
  return address.kind() === 'ipv4' || (isInNetworks(PUBLIC_IPV6, address) && !isIsatap(address));
}

/** Whether the adapter may connect to an address. */
export type IsAddressAllowed = (address: string) => boolean;

/**
 * Creates the policy that allows public addresses, and internal ones in `networks`. A DNS answer is not the operator's
 * configuration: an attacker who controls it must not direct the adapter to the hospital's own machines. Link-local and
 * metadata addresses, tunnels (6to4, Teredo, ISATAP) and addresses that IANA has assigned to nobody are never allowed,
 * listed or not.
 */
export function createAddressPolicy(networks: readonly string[]): IsAddressAllowed {
  const listed = networks.map(parseNetwork);
  return (text) => {
    const address = parseEffectiveAddress(text);
    if (address === null || isInNetworks(FORBIDDEN, address)) return false;
    return isPublic(address) || (isInNetworks(INTERNAL, address) && isInNetworks(listed, address));
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
