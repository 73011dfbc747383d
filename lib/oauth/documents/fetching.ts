import { isIPv6 } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getOnce, unfitResponse } from '../../get.ts'
import { hostOf } from '../clients/url-client.ts'
import { isGloballyReachable } from './addresses.ts'
import type { Edge } from './edge.ts'

/** Limits of a document's fetch (draft-ietf-oauth-client-id-metadata-document section 6.6). */
const BOUNDS = { timeoutMs: 3_000, maxBytes: 5_120 }

/** With a content encoding, a small body could become a large one. */
const HEADERS = {
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'User-Agent': 'serverless-jwt-auth',
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i

const NO_STORE = /(?:^|,)\s*no-store\s*(?:,|$)/i

/** A response with a document. */
interface DocumentResponse {
  body: Uint8Array
  /** Whether a cache may keep it (RFC 9111 section 5.2.2.5). */
  mayStore: boolean
}

/**
 * Fetches a metadata document, with one connection and one request.
 *
 * The name is resolved once. If any of its addresses may be in an internal network, nothing is fetched. The
 * connection goes to a checked address, so a name that changes between two look-ups has no effect (DNS
 * rebinding). The certificate must be that of the name.
 *
 * @param url - See `isClientUrl` in `lib/oauth/clients/url-client.ts`.
 * @throws Error, whose message is the reason, for the log. The message contains nothing of the URL and the
 *   response. `isResponse` in `lib/get.ts` says whether the host is up.
 */
export async function fetchDocument(url: string, edge: Edge, bounds = BOUNDS): Promise<DocumentResponse> {
  const startMs = performance.now()
  const host = hostOf(url)
  const address = await addressOf(host, edge, bounds.timeoutMs)
  const { pathname, search } = new URL(url)
  const target = {
    ...edge.reach(address, host),
    protocol: 'https:',
    servername: host,
    path: pathname + search,
    headers: { Host: host, ...HEADERS },
  }
  const leftMs = bounds.timeoutMs - (performance.now() - startMs)
  const { headers, body } = await getOnce(target, { ...bounds, timeoutMs: Math.max(1, leftMs) })
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) throw unfitResponse('the content type is not JSON')
  const { 'content-encoding': encoding = 'identity', 'cache-control': cacheControl = '' } = headers
  if (encoding !== 'identity') throw unfitResponse('the response is encoded')
  return { body, mayStore: !NO_STORE.test(cacheControl) }
}

/**
 * Returns the address to connect to. IPv4 comes first, because functions may have no route to IPv6 addresses.
 */
async function addressOf(host: string, edge: Edge, timeoutMs: number): Promise<string> {
  const late = new AbortController()
  const addresses = await Promise.race([
    edge.resolve(host).catch(({ code }: NodeJS.ErrnoException) => Promise.reject(new Error(`name: ${code}`))),
    sleep(timeoutMs, undefined, { signal: late.signal }).then(() =>
      Promise.reject(new Error('no address in time')),
    ),
  ]).finally(() => late.abort())
  const [first] = addresses.toSorted((a, b) => Number(isIPv6(a)) - Number(isIPv6(b)))
  if (first === undefined) throw new Error('the name has no address')
  if (!addresses.every(isGloballyReachable)) throw new Error('an address is not globally reachable')
  return first
}
