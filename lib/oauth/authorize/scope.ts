import { type Api, isApiIdentifier, normalForm } from '../apis/api.ts'
import type { Client } from '../clients/client.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { scopesOf } from '../scopes.ts'
import type { AuthorizationError } from './error.ts'

/** The part of a request's scopes that the client may have. */
export interface AskedScopes {
  /** Names, at least one, in the order of the request. */
  scopes: readonly string[]
  /** The one API that the access token is for. Without it, the token is only for `/userinfo`. */
  api?: Api | undefined
}

/** An access token repeats the scopes; see `plugins/config/longest-tokens.ts`. */
export const MAX_SCOPE_CHARACTERS = 1_024

/** The errors of {@link askedScopesOf}. */
interface ScopeError extends AuthorizationError {
  error: 'invalid_scope' | 'invalid_target'
}

const invalidScope = (description: string): ScopeError => ({ error: 'invalid_scope', description })

const invalidTarget = (description: string): ScopeError => ({ error: 'invalid_target', description })

/**
 * Returns the scopes of a request and the API that they belong to (RFC 6749 section 3.3, RFC 8707 section 2,
 * RFC 9068 section 3). Scopes that the client may not have are left out.
 *
 * Without `resource`, the scopes determine the API. Without `scope`, the request means all scopes of
 * `resource` that the client may have. A machine needs neither, if all its scopes are of one API.
 *
 * @param apis - Those that the client has scopes of, as far as they exist.
 */
export function askedScopesOf(
  parameters: Parameters,
  client: Pick<Client, 'type' | 'scopes'>,
  apis: readonly Api[],
): AskedScopes | ScopeError {
  const resources = (parameters.get('resource') ?? []).filter((one) => one !== '')
  if (resources.length > 1) return invalidTarget('resource may stand once: a grant is for one API.')
  const [resource] = resources
  const allowed = scopesOf(client, apis)
  const target = apiIn([...allowed.values()], resource)
  if (resource !== undefined && target === undefined) {
    return invalidTarget('resource is no API that the client has scopes of.')
  }
  const given = parameterOf(parameters, 'scope')
  const isMeant = (api: Api | undefined) => (target ? api === target : client.type === 'machine')
  const asked = given?.split(' ') ?? [...allowed.keys()].filter((name) => isMeant(allowed.get(name)))
  const scopes = [...new Set(asked)].filter((name) => allowed.has(name))
  if ((given ?? scopes.join(' ')).length > MAX_SCOPE_CHARACTERS) {
    return invalidScope(`scope must have at most ${MAX_SCOPE_CHARACTERS} characters.`)
  }
  if (scopes.length === 0) return invalidScope('scope has none that the client may ask for.')
  const found = new Set(scopes.flatMap((name) => allowed.get(name) ?? []).concat(target ?? []))
  if (found.size > 1) return invalidScope('The scopes are of more than one API: name one by resource.')
  const [api] = found
  return { scopes, api }
}

const apiIn = (apis: readonly (Api | undefined)[], resource: string | undefined): Api | undefined =>
  isApiIdentifier(resource)
    ? apis.find((api) => api && normalForm(api.identifier) === normalForm(resource))
    : undefined
