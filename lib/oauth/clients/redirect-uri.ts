import type { Client } from './client.ts'

/** Values of a client that decide which redirect URIs it may have. */
export type RedirectRules = Pick<Client, 'type' | 'local'>

const MAX_CHARACTERS = 512

/** The characters of a URI (RFC 3986 section 2), without `#`, and each percent sign with its two digits. */
const URI = /^(?:[\w.~:/?[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/

/**
 * Parameters of responses (RFC 6749 section 4.1.2, RFC 9207). If a URI had one of them, a client could
 * mistake it for that of the response.
 */
const OF_RESPONSES = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']

/** A loopback address: host, port and the rest (RFC 8252 section 7.3, and `localhost`, because clients send it). */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([1-9]\d{0,4}))?((?:[/?].*)?)$/

const MAX_PORT = 65_535

/** A domain in reverse order, such as `com.example.app:` (RFC 8252 section 7.1). */
const DOMAIN_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/

/**
 * Allowed schemes without a dot: those of editors that sign in at MCP servers. No others are allowed, because
 * many of them start programs of the system. `functions/pages/authorize/client-url.js` has them too.
 */
const EDITOR_SCHEMES = ['cursor:']

/** A rule that a redirect URI breaks, and what its sentence names. `redirect-uri-rules.ts` has the sentences. */
export type BrokenRule = [rule: RuleName, value?: string]

export type RuleName =
  | 'machine'
  | 'length'
  | 'fragment'
  | 'wildcard'
  | 'characters'
  | 'absolute'
  | 'user'
  | 'http'
  | 'loopback'
  | 'https'
  | 'domain'
  | 'path'
  | 'spelling'
  | 'empty_query'
  | 'parameter'

/**
 * Returns the rule that a redirect URI breaks, or `undefined`.
 *
 * A URI is https. `native` clients may also have a loopback address or a private-use scheme, `local` ones a
 * loopback address. Its spelling is the one of browsers, so the operator reads where the code really goes.
 *
 * @param uri - As written.
 */
export function brokenRule(uri: string, rules: RedirectRules): BrokenRule | undefined {
  if (rules.type === 'machine') return ['machine']
  if (uri.length > MAX_CHARACTERS) return ['length', String(MAX_CHARACTERS)]
  if (uri.includes('#')) return ['fragment']
  if (uri.includes('*')) return ['wildcard']
  if (!URI.test(uri)) return ['characters']
  if (!URL.canParse(uri)) return ['absolute']
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '') return ['user']
  return brokenSchemeRule(uri, url, rules) ?? brokenSpellingRule(uri, url) ?? brokenQueryRule(url)
}

/** `protocol` decides, because the browser acts on it. */
function brokenSchemeRule(
  uri: string,
  { protocol, href }: URL,
  rules: RedirectRules,
): BrokenRule | undefined {
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') {
    if (loopbackIn(uri) === undefined) return ['http']
    return mayUseLoopback(rules) ? undefined : ['loopback']
  }
  if (rules.type !== 'native') return ['https']
  if (!DOMAIN_SCHEME.test(protocol) && !EDITOR_SCHEMES.includes(protocol)) return ['domain']
  return href.startsWith(`${protocol}/`) ? undefined : ['path']
}

const mayUseLoopback = ({ type, local }: RedirectRules): boolean => type === 'native' || local

function brokenSpellingRule(uri: string, { href }: URL): BrokenRule | undefined {
  // Without a path, browsers add a slash, which changes nothing.
  return href === uri || href === `${uri}/` ? undefined : ['spelling', href]
}

function brokenQueryRule({ href, searchParams }: URL): BrokenRule | undefined {
  if (href.endsWith('?')) return ['empty_query']
  const name = OF_RESPONSES.find((one) => searchParams.has(one))
  return name === undefined ? undefined : ['parameter', name]
}

/** Whether a redirect URI is a loopback address. */
export const isLoopback = (uri: string): boolean => loopbackIn(uri) !== undefined

/** Returns host and path of a loopback address. Its port is ignored: the system gives an app any free port. */
function loopbackIn(uri: string): string | undefined {
  const found = LOOPBACK.exec(uri)
  return found === null || Number(found[2]) > MAX_PORT ? undefined : `${found[1]}${found[3]}`
}

/**
 * Whether a redirect URI is one that a client has registered. They are compared as text (RFC 9700 section 2.1), loopback addresses
 * without the port.
 *
 * The rules are applied again. A stored URI that breaks one matches nothing, such as a loopback address of a
 * client that is no longer `local`.
 *
 * @param unverifiedUri - As the request has it, decoded once.
 */
export const matchesRedirectUri = (
  client: RedirectRules & Pick<Client, 'redirectUris'>,
  unverifiedUri: string,
): boolean =>
  client.redirectUris.some(
    (registered) => isSameUri(registered, unverifiedUri) && brokenRule(registered, client) === undefined,
  )

function isSameUri(registered: string, given: string): boolean {
  if (registered === given) return true
  const loopback = loopbackIn(registered)
  return loopback !== undefined && loopback === loopbackIn(given)
}
