import type { Client } from './client.ts'

/** What decides which redirect URIs a client may have. */
type RedirectRules = Pick<Client, 'type' | 'local'>

const MAX_CHARACTERS = 512

/** The characters of a URI (RFC 3986 section 2), without `#`, and each percent sign with its two digits. */
const URI = /^(?:[\w.~:/?[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/

/** Parameters of responses (RFC 6749 section 4.1.2, RFC 9207). A client could take a registered one for them. */
const OF_RESPONSES = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']

/** A loopback address: host, port and the rest (RFC 8252 section 7.3, and `localhost`, because clients send it). */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?((?:[/?].*)?)$/

const MAX_PORT = 65_535

/**
 * Returns the rule that a redirect URI breaks, as a sentence for the operator, or `undefined`.
 *
 * A URI is https, for `native` clients also a loopback address or a private-use scheme, for `local` ones also a loopback address.
 * It has the spelling that browsers give it, so what the operator reads is where the code goes.
 *
 * @param uri - As written.
 */
export function brokenRedirectUriRule(uri: string, rules: RedirectRules): string | undefined {
  if (rules.type === 'machine') return 'A machine client has no redirect URI.'
  if (uri.length > MAX_CHARACTERS) return `It must not have more than ${MAX_CHARACTERS} characters.`
  if (uri.includes('#')) return 'It must not have a fragment (RFC 6749 section 3.1.2).'
  if (uri.includes('*')) return 'It must not have a wildcard. Register each URI.'
  if (!URI.test(uri)) return 'It has a character that is not allowed in a URI. Encode it with a percent sign.'
  if (!URL.canParse(uri)) return 'It is not an absolute URI, such as https://shop.example/callback.'
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '') return 'It must not have a username or password.'
  return brokenSchemeRule(uri, url, rules) ?? brokenSpellingRule(uri, url) ?? brokenQueryRule(url)
}

/** `protocol` decides, because it is what the browser will do with the URI. */
function brokenSchemeRule(uri: string, { protocol, href }: URL, rules: RedirectRules): string | undefined {
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    if (loopbackIn(uri) === undefined)
      return 'It must be https. http is for 127.0.0.1, [::1] and localhost alone, with a port from 1 to 65535.'
    if (mayUseLoopback(rules)) return undefined
    return 'Loopback addresses are for native clients, and for development: use --dev.'
  }
  if (rules.type !== 'native')
    return 'It must be https. Private-use schemes are for native clients (RFC 8252 section 7.1).'
  if (!/^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(protocol))
    return 'A private-use scheme is a domain of yours in reverse order, such as com.example.app (RFC 8252 section 7.1).'
  return href.startsWith(`${protocol}/`) ? undefined : 'A path follows the scheme: com.example.app:/callback.'
}

const mayUseLoopback = ({ type, local }: RedirectRules): boolean => type === 'native' || local

function brokenSpellingRule(uri: string, { href }: URL): string | undefined {
  // Without a path, browsers add a slash, which changes nothing.
  if (href === uri || href === `${uri}/`) return undefined
  return `Write it as browsers do: ${href}`
}

function brokenQueryRule({ href, searchParams }: URL): string | undefined {
  if (href.endsWith('?')) return 'Leave out the empty query.'
  const name = OF_RESPONSES.find((one) => searchParams.has(one))
  return name && `Its query must not have the parameter ${name}, which responses have.`
}

/** Whether a redirect URI is a loopback address. */
export const isLoopback = (uri: string): boolean => loopbackIn(uri) !== undefined

/** Takes a loopback address apart. Its port does not count: an app takes the one that the system gives to it. */
function loopbackIn(uri: string): { host: string; rest: string } | undefined {
  const [, host, port, rest] = LOOPBACK.exec(uri) ?? []
  if (host === undefined || rest === undefined || Number(port ?? 1) > MAX_PORT) return undefined
  return { host, rest }
}

/**
 * Whether a redirect URI is one that a client has registered. They are compared as text (RFC 9700 section 2.1), loopback addresses
 * without the port.
 *
 * The rules count again: a stored URI that breaks one, such as a loopback address of a client that is no longer `local`, matches
 * nothing.
 *
 * @param unverifiedUri - As the request has it, decoded once.
 */
export const matchesRedirectUri = (
  client: RedirectRules & Pick<Client, 'redirectUris'>,
  unverifiedUri: string,
): boolean =>
  client.redirectUris.some(
    (registered) =>
      isSameUri(registered, unverifiedUri) && brokenRedirectUriRule(registered, client) === undefined,
  )

function isSameUri(registered: string, given: string): boolean {
  if (registered === given) return true
  const [one, other] = [loopbackIn(registered), loopbackIn(given)]
  return one !== undefined && one.host === other?.host && one.rest === other.rest
}
