import type { APIGatewayProxyEvent } from 'aws-lambda'
import { isKey, KEY_SECONDS } from '../../federation/try.ts'
import type { Headers } from '../headers.ts'
import { cookiesOf, onlyOf } from './cookie.ts'

/**
 * Name of the cookie with the key of a browser, from which its tries at providers are derived. No other host of the site can set it, as
 * `__Host-refresh`. It is of the browser and not of a user, so it outlives a sign-out: the MAC of what belongs to a user, a link, names the
 * user of the session.
 */
const NAME = '__Host-try'

/** Returns the key in the cookie of a request; an empty string without a valid one, or with two. */
export function browserKeyOf(event: APIGatewayProxyEvent): string {
  const key = onlyOf(cookiesOf(event, NAME))
  return isKey(key) ? key : ''
}

/**
 * Returns the header that stores the key in the browser. A provider leads to a page of the service, whose script sends the cookie from
 * the same origin: so it can be `Strict`.
 */
export const keyCookie = (key: string): Headers => ({
  'Set-Cookie': `${NAME}=${key}; Max-Age=${KEY_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Strict`,
})
