import { hash } from 'node:crypto'
import { type Item, optionalFlag, text, texts } from '../../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../../aws/item.ts'
import { ownAudienceOf } from '../../tokens/client-token.ts'
import { type ByLanguage, byLanguage, languageLines } from '../by-language.ts'

/** A scope of an API. */
export interface ApiScope {
  /** As clients ask for it (RFC 6749 section 3.3). A name belongs to one API. */
  name: string
  /** Sentence on the screen of consent: `See your orders`. */
  sentence: string
  /** The sentence in other languages. */
  sentences?: ByLanguage
}

/**
 * Stored as one text: the name, a space and the sentence. A sentence in another language is one more, with `#`
 * and the tag after the name. A set has no order, so they are sorted by name.
 */
const apiScopes: Read<ApiScope[]> = (item: Item, name: string) => {
  const lines = byLanguage(texts(item, name))
  return Object.entries(lines)
    .filter(([scope]) => !scope.includes('#'))
    .map(([scope, sentence]) => {
      const others = Object.entries(lines).filter(([one]) => one.startsWith(`${scope}#`))
      const sentences = Object.fromEntries(others.map(([one, text]) => [one.slice(scope.length + 1), text]))
      return { name: scope, sentence, ...(others.length > 0 && { sentences }) }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Attributes of an API that clients have tokens for (a resource server). */
export const API = {
  /** `aud` of its access tokens (RFC 8707), in the registered spelling: see {@link isApiIdentifier}. */
  identifier: text,
  /** As the screen of consent shows it. */
  name: text,
  scopes: apiScopes,
  /** Whether clients that are URLs may ask for its scopes. */
  urlClients: optionalFlag,
  /** Random id of the latest change, which every change has as its condition. */
  changeId: text,
  /** ISO 8601 times. Nothing depends on them. */
  createdAt: text,
  changedAt: text,
} satisfies Attributes

/** A stored API. */
export type Api = ValuesOf<typeof API>

/** Returns the texts that are stored of a scope. */
export const linesOf = ({ name, sentence, sentences = {} }: ApiScope): string[] => [
  `${name} ${sentence}`,
  ...languageLines(sentences).map((line) => `${name}#${line}`),
]

export const MAX_IDENTIFIER_CHARACTERS = 256

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether a value is an absolute https URI that can identify an API: printable ASCII, without user, query and fragment
 * (RFC 8707 section 2). An API on a developer's machine may have `http` on loopback.
 */
export function isApiIdentifier(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > MAX_IDENTIFIER_CHARACTERS) return false
  // `new URL()` would accept and rewrite characters that a URI cannot have, such as spaces and backslashes
  // (RFC 3986 section 2). Without `@`, it has no user.
  if (!/^https?:\/\/[A-Za-z0-9[][\w.~:/%!$&'()+,;=[\]-]+$/.test(value) || !URL.canParse(value)) return false
  const { protocol, hostname } = new URL(value)
  return protocol === 'https:' || LOOPBACK.includes(hostname)
}

/** Whether an identifier is that of an API on the developer's machine. */
export const isLoopbackApi = (identifier: string): boolean => identifier.startsWith('http:')

/**
 * Returns the form in which identifiers are compared: that of URLs, without a final slash after the host.
 * Clients of the Model Context Protocol send that slash, because their library makes a URL of the identifier.
 *
 * @param identifier - See {@link isApiIdentifier}.
 */
export function normalForm(identifier: string): string {
  const { href, origin } = new URL(identifier)
  return href === `${origin}/` ? origin : href
}

/**
 * Returns the `aud` of tokens for an API: its identifier, in the registered spelling. Tokens for the
 * service's own API have an audience that no other token has. The issuer identifies that API too, so no token
 * for an API has the audience of tokens for `/userinfo`.
 *
 * @param resource - Identifier of the API.
 */
export const audienceOf = (
  resource: string,
  { issuer, publicUrl }: { issuer: string; publicUrl: string },
): string =>
  [issuer, publicUrl].some((one) => normalForm(one) === normalForm(resource))
    ? ownAudienceOf(issuer)
    : resource

/** Returns the key of an API's item. DynamoDB takes 2,048 bytes for a key, so it is a hash. */
export const apiKey = (identifier: string) => ({
  pk: { S: `api#${hash('sha256', normalForm(identifier), 'base64url')}` },
  sk: { S: 'api' },
})
