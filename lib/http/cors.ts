import type { Headers } from './headers.ts'

/**
 * Returns the headers that decide whether a page of another origin may read a response (Fetch
 * standard, section 3.3.3).
 *
 * @param allowed - Origins whose pages may read it; `*` allows all. An empty list allows none and
 *   adds no header.
 * @param origin - The request's `Origin` header, if it has one.
 * @param takesCookies - Whether a page may also read a response to a request with cookies. With `*` it never
 *   may.
 */
export function corsHeaders(
  allowed: readonly string[],
  origin: string | undefined,
  takesCookies = false,
): Headers {
  const match = allowed.find((entry) => entry === '*' || entry === origin)
  return {
    // A cache must not serve one origin's response to another.
    ...(allowed[0] && match !== '*' && { Vary: 'Origin' }),
    ...(match && { 'Access-Control-Allow-Origin': match, 'Access-Control-Expose-Headers': 'Retry-After' }),
    ...(match && match !== '*' && takesCookies && { 'Access-Control-Allow-Credentials': 'true' }),
  }
}
