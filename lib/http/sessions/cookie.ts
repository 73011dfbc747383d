import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Headers } from '../headers.ts'

/**
 * Name of the cookie that contains a refresh token. Browsers accept a name with this prefix only from the
 * host itself, with `Secure` and `Path=/`. So no other host of the site can set it (RFC 6265bis section
 * 4.1.3.2).
 */
const NAME = '__Host-refresh'

/**
 * Returns the values of all cookies of a name in a request, by default the session cookie. A browser sends one at most.
 *
 * Clients of HTTP/2 may send several `Cookie` headers, which count as one (RFC 9113 section 8.2.3).
 */
export function cookiesOf({ headers, multiValueHeaders }: APIGatewayProxyEvent, name = NAME): string[] {
  const sent = Object.entries({ ...headers, ...multiValueHeaders }).filter(([header]) =>
    /^cookie$/i.test(header),
  )
  const pairs = sent.flatMap(([, value]) => [value ?? []].flat().join(';').split(';'))
  return pairs
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

/** Returns the only one of the values of {@link cookiesOf}. If there are no values, or several, it is an empty string. */
export function onlyOf([cookie = '', ...others]: readonly string[]): string {
  return others.length > 0 ? '' : cookie
}

/** Returns the header that stores a refresh token in the browser. No script can read it (RFC 6265bis section 4.1.2.6). */
export const storedIn = (refreshToken: string, ttlSeconds: number): Headers => ({
  'Set-Cookie': `${NAME}=${refreshToken}; Max-Age=${ttlSeconds}; Path=/; Secure; HttpOnly; SameSite=Strict`,
})

/** Returns the header that deletes the cookie from the browser. */
export const deleted = (): Headers => storedIn('', 0)
