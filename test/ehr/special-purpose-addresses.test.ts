import { expect, test } from '@jest/globals';
import ipaddr from 'ipaddr.js';
import { createAddressPolicy } from '../../src/ehr/address-policy.ts';
import { FORBIDDEN_NETWORKS, INTERNAL_NETWORKS } from '../../src/ehr/special-purpose-addresses.ts';

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

/** Returns the first and the last address of a network. */
function listEnds(address: Parsed, bits: number): string[] {
  const bytes = address.toByteArray();
  const fill = (value: 0 | 255) =>
    bytes.map((byte, i) => {
      const free = Math.min(8, Math.max(0, (i + 1) * 8 - bits));
      const mask = (1 << free) - 1;
      return value === 0 ? byte & ~mask & 255 : byte | mask;
    });
  return [fill(0), fill(255)].map((end) => ipaddr.fromByteArray(end).toString());
}

const listNetworkEnds = (networks: readonly string[]) =>
  networks.flatMap((cidr) => listEnds(...(ipaddr.parseCIDR(cidr) as [Parsed, number])));

type Range = readonly [Parsed, number];

/** Lists what another implementation knows of the same registries, by name. */
function listKnownRanges(): [string, Range][] {
  const addresses = [new ipaddr.IPv4([1, 1, 1, 1]), new ipaddr.IPv6([0x2606, 0, 0, 0, 0, 0, 0, 1])];
  return addresses
    .map(
      (address) => (address as unknown as { SpecialRanges: Record<string, Range | Range[]> }).SpecialRanges,
    )
    .flatMap((ranges) => Object.entries(ranges))
    .flatMap(([name, ranges]) =>
      (Array.isArray(ranges[0]) ? (ranges as Range[]) : [ranges as Range]).map((range): [string, Range] => [
        name,
        range,
      ]),
    );
}

// Two ranges stand for IPv4 addresses, which decide.
test.each(listKnownRanges())('%s is not called', (name, range) => {
  const [address, bits] = range;
  const isWellKnownNat64 = name === 'rfc6052' && bits === 96;
  if (isWellKnownNat64 || name === 'ipv4Mapped') return;
  expect(listEnds(address, bits).filter(createAddressPolicy([]))).toEqual([]);
});

test('forbidden networks are not called although all are listed; internal ones are', () => {
  const isAllowed = createAddressPolicy(['0.0.0.0/0', '::/0']);
  expect(listNetworkEnds(FORBIDDEN_NETWORKS).filter(isAllowed)).toEqual([]);
  // The last address of fc00::/7 and the like; none of them is forbidden by another row.
  expect(listNetworkEnds(INTERNAL_NETWORKS).filter((end) => !isAllowed(end))).toEqual([]);
  expect(listNetworkEnds(INTERNAL_NETWORKS).filter(createAddressPolicy([]))).toEqual([]);
});
