import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';

/** Says which peers are proxies that the configuration lists. */
export interface TrustedProxies {
  isTrusted(address: string): boolean;
}

/** An IPv4 address as a socket that listens on IPv6 shows it. */
const MAPPED_PREFIX = '::ffff:';

const stripMapping = (address: string): string =>
  address.startsWith(MAPPED_PREFIX) && address.includes('.') ? address.slice(MAPPED_PREFIX.length) : address;

/** Creates the list of proxies from addresses and networks such as `10.20.0.0/16`. */
export function createTrustedProxies(networks: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    isTrusted: (address) => {
      const plain = stripMapping(address);
      return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
    },
  };
}

/** The groups of an IPv6 address that name its network: a host may have every address of its /64. */
const NETWORK_GROUPS = 4;

/** Returns the name under which a peer is counted: its IPv4 address, or the /64 network of its IPv6 address. */
export function formatPeer(address: string | undefined): string {
  const plain = stripMapping(address ?? '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::', 2);
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/**
 * Returns the address of the sender: that of the connection or, where it comes from a listed proxy, the last one in
 * `X-Forwarded-For` that is none of them. What stands before it anybody can have written.
 */
export function readSenderAddress(request: IncomingMessage, proxies: TrustedProxies): string {
  const peer = request.socket.remoteAddress ?? '';
  if (!proxies.isTrusted(peer)) return peer;
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  const sender = forwarded
    .map((part) => part.trim())
    .reverse()
    .find((address) => address !== '' && !proxies.isTrusted(address));
  return sender ?? peer;
}
