import type { JWKSCacheInput } from 'oauth4webapi'
import { type Bounds, membersOf, type Sent, send } from '../../send.ts'

/** How long keys serve that their provider can no longer be asked for. */
const KEPT_MS = 86_400_000

/** The public keys of a provider, as one instance of the function knows them. */
interface Known {
  /** Of oauth4webapi, which asks again after 5 minutes, and for an unknown `kid` after a minute. */
  cache: JWKSCacheInput
  text?: string
  /** Epoch milliseconds. */
  fetchedAt: number
}

/** By URL, not by provider: a provider that was changed has other keys. */
const knownKeys = new Map<string, Known>()

/** Returns what is known of the keys at a URL. */
export function knownAt(jwksUri: string): Known {
  const known = knownKeys.get(jwksUri) ?? { cache: {}, fetchedAt: 0 }
  knownKeys.set(jwksUri, known)
  return known
}

/**
 * Fetches the keys at a URL. In an outage, those of before serve for a day.
 *
 * @throws Error without such keys. Its message is a code.
 */
export async function fetchKeys(url: string, options: Sent, bounds: Bounds): Promise<Response> {
  const known = knownAt(url)
  try {
    const response = await send(url, options, bounds)
    const { keys } = await membersOf(response)
    if (response.status !== 200 || !Array.isArray(keys)) throw new Error(`status_${response.status}`)
    Object.assign(known, { text: JSON.stringify({ keys }), fetchedAt: Date.now() })
  } catch (error) {
    if (known.text === undefined || Date.now() - known.fetchedAt > KEPT_MS) throw error
  }
  return new Response(known.text, { headers: { 'Content-Type': 'application/json' } })
}
