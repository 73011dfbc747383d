import { ATTRIBUTES, withClaim } from '../application/attributes.ts'
import { localeOf } from '../users/locale.ts'
import type { User } from '../users/user.ts'
import { type Api, isApiIdentifier } from './apis/api.ts'
import type { ByLanguage } from './by-language.ts'
import type { Client, ClientType } from './clients/client.ts'
import { type Parameters, parameterOf } from './parameters.ts'

// The standard scopes are one table in two columns, so that a bundle has only the columns that it needs.

/** Names of the scopes of OpenID Connect Core, which belong to no API. */
export const STANDARD_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const

type StandardScope = (typeof STANDARD_SCOPES)[number]

/** Entry of a client that is a URL: all scopes of each API that takes such clients. It is no name of a scope. */
export const OPEN_APIS = '*'

/** Names that no API may give to a scope: those of OpenID Connect Core section 5.4 and 11. */
const RESERVED: readonly string[] = [...STANDARD_SCOPES, 'address', 'phone']

/** Whether a value can be a scope of an API: a part of what RFC 6749 section 3.3 allows. */
export const isScopeName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9:._/-]{0,63}$/.test(value) && !RESERVED.includes(value)

/**
 * Returns the standard scopes that clients of a type may ask for. A `browser` client cannot keep a token safe for a year, and a
 * `machine` has no user.
 */
export function standardScopesOf(type: ClientType): readonly string[] {
  if (type === 'machine') return []
  return type === 'browser' ? STANDARD_SCOPES.filter((name) => name !== 'offline_access') : STANDARD_SCOPES
}

/**
 * Returns what a client stores of a scope of an API. The identifier is a part of it. If the API gives up the
 * name and another API takes it, the client does not get the scope of the other API.
 */
export const entryOf = ({ identifier }: Pick<Api, 'identifier'>, scope: string): string =>
  `${identifier} ${scope}`

/** Returns the entries of the scopes of a request, all of one API. */
export const entriesOf = (scopes: readonly string[], api: Pick<Api, 'identifier'> | undefined): string[] =>
  scopes.map((scope) => (api === undefined || isStandard(scope) ? scope : entryOf(api, scope)))

const isStandard = (scope: string): boolean => STANDARD_SCOPES.some((one) => one === scope)

/** Takes an entry of {@link Client.scopes} apart. A standard scope has no identifier. */
export function scopeIn(entry: string): { identifier?: string; scope: string } {
  const [first = '', scope] = entry.split(' ')
  return scope === undefined ? { scope: first } : { identifier: first, scope }
}

/** Returns the identifiers of the APIs that a client has scopes of. */
export const identifiersOf = ({ scopes }: Pick<Client, 'scopes'>): string[] =>
  [...new Set(scopes.flatMap((entry) => scopeIn(entry).identifier ?? []))].sort()

/**
 * Returns the identifiers of the APIs that a request may mean: those that the client has scopes of. A client
 * that is a URL has no such list, so its request names the API in `resource`.
 */
export const identifiersFor = (client: Pick<Client, 'scopes'>, parameters: Parameters): string[] =>
  client.scopes.includes(OPEN_APIS)
    ? [parameterOf(parameters, 'resource')].filter(isApiIdentifier)
    : identifiersOf(client)

/**
 * Returns the scopes that a client may ask for now, each with its API; standard ones have none. A scope that its API no longer has
 * is left out.
 *
 * A scope's name belongs to one API at a time, so at most one entry with that name counts. A request without
 * `resource` needs no other rule to find the API (RFC 9068 section 3).
 *
 * @param apis - Those of {@link identifiersOf}, as far as they exist.
 */
export function scopesOf(client: Pick<Client, 'scopes'>, apis: readonly Api[]): Map<string, Api | undefined> {
  const found = new Map<string, Api | undefined>()
  for (const entry of client.scopes.toSorted()) {
    if (entry === OPEN_APIS) {
      for (const api of apis.filter(({ urlClients }) => urlClients)) {
        for (const { name } of api.scopes) found.set(name, api)
      }
      continue
    }
    const { identifier, scope } = scopeIn(entry)
    const api = apis.find((one) => one.identifier === identifier)
    if (identifier === undefined) found.set(scope, undefined)
    else if (api?.scopes.some(({ name }) => name === scope)) found.set(scope, api)
  }
  return found
}

/** The values of a user that scopes may give. */
export type ScopedUser = Pick<User, 'username' | 'email' | 'emailVerified' | 'locale' | 'attributes'>

/**
 * The claims that scopes give, by their names (OpenID Connect Core section 5.4). An undefined one is missing. Attributes of the
 * application belong to `profile` too: see `claimsOfScopes` in `token/claims.ts`.
 */
export const CLAIMS = {
  profile: { preferred_username: ({ username }) => username, locale: localeOf },
  email: {
    email: ({ email }) => email,
    email_verified: ({ email, emailVerified }) => email && emailVerified,
  },
} satisfies Partial<Record<StandardScope, Record<string, (user: ScopedUser) => unknown>>>

/** What a page shows of a scope. The pages have the sentences of standard scopes. */
export interface ShownScope {
  name: string
  /** What users read of a scope of an API. */
  sentence?: string
  /** The sentence in other languages. */
  sentences?: ByLanguage | undefined
  /** Whether `profile` gives attributes of the application too. */
  attributes?: true
}

/** Returns what a page shows of a scope. @param api - The one that the scope belongs to; standard scopes have none. */
export function shownScopeOf(name: string, api: Api | undefined): ShownScope {
  if (name === 'profile' && Object.keys(withClaim(ATTRIBUTES)).length > 0) return { name, attributes: true }
  if (isStandard(name)) return { name }
  const scope = api?.scopes.find((one) => one.name === name)
  return { name, sentence: scope?.sentence ?? name, sentences: scope?.sentences }
}
