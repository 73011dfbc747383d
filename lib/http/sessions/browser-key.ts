import type { APIGatewayProxyEvent } from 'aws-lambda'
import { isKey, KEY_SECONDS } from '../../federation/try.ts'
import type { Headers } from '../headers.ts'

/**
 * Name of the cookie with the key of a browser; see `lib/federation/try.ts`. The page that a provider leads to sends it from the
 * service's own origin, so it can be `Strict`.
 */
const NAME = '__Host-try'

/** Returns the key in the cookie of a request; an empty text without a valid one, or with two. */
export function browserKeyOf({ headers, multiValueHeaders }: APIGatewayProxyEvent): string {
  const sent = Object.entries({ ...headers, ...multiValueHeaders }).filter(([name]) => /^cookie$/i.test(name))
  const [key = '', ...others] = sent
    .flatMap(([, value]) => [value ?? []].flat().join(';').split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`))
    .map((pair) => pair.slice(NAME.length + 1))
  return others.length === 0 && isKey(key) ? key : ''
}

/** Returns the header that stores a key in the browser. */
export const keyCookie = (key: string): Headers => ({
  'Set-Cookie': `${NAME}=${key}; Max-Age=${KEY_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Strict`,
})
