import { isIPv4, isIPv6 } from 'node:net'

/**
 * Returns the source for counters of attempts: an IPv4 address, or the /64 of an IPv6 address. One customer
 * gets at least a /64 (RFC 6177).
 *
 * @param sourceIp - Address from the gateway, never from a header, because clients can write any header.
 */
export function sourceOf(sourceIp: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(sourceIp)?.[1] ?? sourceIp
  if (isIPv4(mapped)) return mapped
  if (!isIPv6(sourceIp)) return 'unknown'
  const [head, tail] = sourceIp.replace(/%.*/, '').toLowerCase().split('::') as [string, string?]
  const groups = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  // An address may end in dotted IPv4, which counts as two groups.
  const afterCount = after.length + (after.at(-1)?.includes('.') ? 1 : 0)
  const zeros = 8 - groups.length - afterCount
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/**
 * Returns a source for logs, without the part that identifies a single customer: an IPv4 /24, or an IPv6 /48.
 */
export const truncatedSource = (source: string): string =>
  source.includes(':') ? `${source.split(':').slice(0, 3).join(':')}::/48` : source.replace(/\.\d+$/, '.0/24')
