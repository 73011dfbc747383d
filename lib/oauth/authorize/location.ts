/**
 * Returns where a response leads: the registered URI as text, with parameters appended (RFC 6749 section
 * 4.1.2). `searchParams` of a URL would change the spelling that was registered.
 *
 * @param redirectUri - One that the client has registered. It has no fragment.
 * @param parameters - `undefined` leaves one out.
 */
export function locationOf(redirectUri: string, parameters: Record<string, string | undefined>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${pairs.join('&')}`
}
