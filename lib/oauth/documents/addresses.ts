import { BlockList, isIP } from 'node:net'

/**
 * IPv4 ranges that are not, or may not be, globally reachable. They are those of the IANA IPv4
 * Special-Purpose Address Registry (RFC 6890), and multicast (RFC 5771). Three anycast services of that
 * registry are reachable and not in this list.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const CLOSED_IPV4: readonly [string, number][] = [
  ['0.0.0.0', 8], // this network, RFC 791
  ['10.0.0.0', 8], // private use, RFC 1918
  ['100.64.0.0', 10], // shared by carriers, RFC 6598
  ['127.0.0.0', 8], // loopback, RFC 1122
  ['169.254.0.0', 16], // link-local, RFC 3927
  ['172.16.0.0', 12], // private use, RFC 1918
  ['192.0.0.0', 24], // protocol assignments, RFC 6890
  ['192.0.2.0', 24], // documentation, RFC 5737
  ['192.88.99.0', 24], // relays of 6to4, RFC 7526
  ['192.168.0.0', 16], // private use, RFC 1918
  ['198.18.0.0', 15], // benchmarks, RFC 2544
  ['198.51.100.0', 24], // documentation, RFC 5737
  ['203.0.113.0', 24], // documentation, RFC 5737
  ['224.0.0.0', 4], // multicast, RFC 5771
  ['240.0.0.0', 4], // reserved, RFC 1112, and broadcast
]

/** The only block that IANA has given out for global unicast (RFC 4291 section 2.4). Mapped addresses and NAT64 are outside. */
const OPEN_IPV6: readonly [string, number] = ['2000::', 3]

/**
 * Ranges in {@link OPEN_IPV6} that are not globally reachable, or that contain an IPv4 address.
 *
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const CLOSED_IPV6: readonly [string, number][] = [
  ['2001::', 23], // protocol assignments, such as Teredo and ORCHID, RFC 2928
  ['2001:db8::', 32], // documentation, RFC 3849
  ['2002::', 16], // 6to4, RFC 3056
  ['3fff::', 20], // documentation, RFC 9637
]

/**
 * Whether an address is globally reachable, and so not in an internal network of the service.
 *
 * @param address - In the spelling of Node.js's resolver. Anything else counts as not reachable.
 */
export function isGloballyReachable(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !listOf('ipv4', CLOSED_IPV4).check(address, 'ipv4')
  // An address with a zone, such as fe80::1%eth0, is of the link.
  if (family !== 6 || address.includes('%')) return false
  return (
    listOf('ipv6', [OPEN_IPV6]).check(address, 'ipv6') && !listOf('ipv6', CLOSED_IPV6).check(address, 'ipv6')
  )
}

function listOf(family: 'ipv4' | 'ipv6', ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of ranges) list.addSubnet(network, prefix, family)
  return list
}
