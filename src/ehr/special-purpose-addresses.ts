/** Whether an EHR can have an address in a network: `never`, or only where the configuration lists it (`listed`). */
type Reach = 'never' | 'listed';

/** A network: CIDR, its name and source, and whether an EHR can be in it. */
type SpecialNetwork = readonly [cidr: string, name: string, reach: Reach];

/**
 * Every row of the IANA IPv4 Special-Purpose Address Registry (RFC 6890, as of 2026), with multicast and the metadata
 * addresses of clouds, which are ordinary addresses by their number. A network inside another has a row of its own.
 */
const IPV4_NETWORKS: readonly SpecialNetwork[] = [
  ['0.0.0.0/8', 'this network, RFC 791', 'never'],
  ['0.0.0.0/32', 'this host on this network, RFC 1122', 'never'],
  ['10.0.0.0/8', 'private use, RFC 1918', 'listed'],
  ['100.64.0.0/10', 'shared address space, RFC 6598', 'listed'],
  ['127.0.0.0/8', 'loopback, RFC 1122', 'listed'],
  ['169.254.0.0/16', 'link-local with 169.254.169.254, RFC 3927', 'never'],
  ['172.16.0.0/12', 'private use, RFC 1918', 'listed'],
  ['192.0.0.0/24', 'IETF protocol assignments, RFC 6890', 'never'],
  ['192.0.0.0/29', 'service continuity prefix, RFC 7335', 'never'],
  ['192.0.0.8/32', 'dummy address, RFC 7600', 'never'],
  ['192.0.0.9/32', 'port control protocol anycast, RFC 7723', 'never'],
  ['192.0.0.10/32', 'TURN anycast, RFC 8155', 'never'],
  ['192.0.0.170/32', 'NAT64/DNS64 discovery, RFC 8880', 'never'],
  ['192.0.0.171/32', 'NAT64/DNS64 discovery, RFC 8880', 'never'],
  ['192.0.2.0/24', 'documentation (TEST-NET-1), RFC 5737', 'listed'],
  ['192.31.196.0/24', 'AS112-v4, RFC 7535', 'never'],
  ['192.52.193.0/24', 'AMT, RFC 7450', 'never'],
  ['192.88.99.0/24', '6to4 relay anycast, RFC 7526', 'never'],
  ['192.88.99.2/32', '6a44 relay anycast, RFC 6751', 'never'],
  ['192.168.0.0/16', 'private use, RFC 1918', 'listed'],
  ['192.175.48.0/24', 'direct delegation AS112, RFC 7534', 'never'],
  ['198.18.0.0/15', 'benchmarking, RFC 2544', 'listed'],
  ['198.51.100.0/24', 'documentation (TEST-NET-2), RFC 5737', 'listed'],
  ['203.0.113.0/24', 'documentation (TEST-NET-3), RFC 5737', 'listed'],
  ['224.0.0.0/4', 'multicast, RFC 5771', 'never'],
  ['240.0.0.0/4', 'reserved, RFC 1112', 'never'],
  ['255.255.255.255/32', 'limited broadcast, RFC 8190', 'never'],
  ['100.100.100.200/32', 'metadata service of Alibaba Cloud', 'never'],
  ['168.63.129.16/32', 'metadata service of Azure', 'never'],
];

/**
 * Every row of the IANA IPv6 Special-Purpose Address Registry (RFC 6890, as of 2026) but the two whose IPv4 address decides
 * (IPv4-mapped addresses and NAT64 with the well-known prefix), with what RFC 4291 and 2765 deprecated, and multicast.
 */
const IPV6_NETWORKS: readonly SpecialNetwork[] = [
  ['::/128', 'unspecified, RFC 4291', 'never'],
  ['::1/128', 'loopback, RFC 4291', 'listed'],
  ['64:ff9b:1::/48', 'NAT64 with a local prefix, RFC 8215', 'listed'],
  ['100::/64', 'discard only, RFC 6666', 'never'],
  ['100:0:0:1::/64', 'dummy prefix, RFC 9780', 'never'],
  ['2001::/23', 'IETF protocol assignments, RFC 2928', 'never'],
  ['2001::/32', 'Teredo, RFC 4380', 'never'],
  ['2001:1::1/128', 'port control protocol anycast, RFC 7723', 'never'],
  ['2001:1::2/128', 'TURN anycast, RFC 8155', 'never'],
  ['2001:1::3/128', 'DNS-SD service registration anycast, RFC 9665', 'never'],
  ['2001:2::/48', 'benchmarking, RFC 5180', 'never'],
  ['2001:3::/32', 'AMT, RFC 7450', 'never'],
  ['2001:4:112::/48', 'AS112-v6, RFC 7535', 'never'],
  ['2001:10::/28', 'ORCHID, RFC 4843', 'never'],
  ['2001:20::/28', 'ORCHIDv2, RFC 7343', 'never'],
  ['2001:30::/28', 'drone remote id, RFC 9374', 'never'],
  ['2001:db8::/32', 'documentation, RFC 3849', 'listed'],
  ['2002::/16', '6to4, RFC 3056', 'never'],
  ['2620:4f:8000::/48', 'direct delegation AS112, RFC 7534', 'never'],
  ['3fff::/20', 'documentation, RFC 9637', 'listed'],
  ['5f00::/16', 'segment routing, RFC 9602', 'never'],
  ['fc00::/7', 'unique local, RFC 4193', 'listed'],
  ['fd00:ec2::254/128', 'metadata service of AWS', 'never'],
  ['fe80::/10', 'link-local, RFC 4291', 'never'],
  ['fec0::/10', 'site-local (deprecated), RFC 3879', 'never'],
  ['ff00::/8', 'multicast, RFC 4291', 'never'],
];

const selectNetworks = (reach: Reach): readonly string[] =>
  [...IPV4_NETWORKS, ...IPV6_NETWORKS].filter(([, , itsReach]) => itsReach === reach).map(([cidr]) => cidr);

/** Networks in which no EHR can be, listed or not. */
export const FORBIDDEN_NETWORKS = selectNetworks('never');

/** Networks that are called only where the configuration lists them. */
export const INTERNAL_NETWORKS = selectNetworks('listed');

/** The only IPv6 addresses that IANA has assigned to hosts of the Internet (RFC 4291, section 2.4). */
export const GLOBAL_UNICAST_IPV6 = '2000::/3';

/**
 * IPv6 networks whose last four bytes are the IPv4 address that is reached: that address decides. IPv4-mapped, RFC 4291; NAT64
 * with the well-known prefix, RFC 6052, by which a network without IPv4 reaches every EHR.
 */
export const IPV4_CARRIERS = ['::ffff:0:0/96', '64:ff9b::/96'] as const;
