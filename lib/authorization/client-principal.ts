import { ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'
import { isUserId } from '../users/user.ts'
import { type ApiEvent, authorizerOf } from './event.ts'
import { wholeNumber } from './principal.ts'
import type { Scope } from './scope.ts'

/** A client that calls a route with scopes. */
export interface ClientPrincipal {
  clientId: string
  /** The user for whom the client calls. A machine calls for itself. */
  userId?: string | undefined
  /** All scopes of the token. */
  scopes: readonly string[]
  /** Second since the epoch. */
  expiresAt: number
}

/** Returns the context of a client. Its names are not those of a user, so `principalOf` rejects it. */
export const clientContextOf = ({
  clientId,
  userId,
  scopes,
  expiresAt,
}: ClientPrincipal): Record<string, string> => ({
  clientId,
  ...(userId !== undefined && { clientUserId: userId }),
  clientScope: scopes.join(' '),
  clientExpiresAt: String(expiresAt),
})

/**
 * Whether a client calls. If so, `clientPrincipalOf` returns it. If not, the application calls, and
 * `principalOf` returns its user.
 */
export const isFromClient = (event: ApiEvent): boolean => authorizerOf(event).clientId !== undefined

/**
 * Returns the client that calls a route with `scopes`, from the values that the authorizer put into the request context. Reads
 * nothing else of the context.
 *
 * API Gateway may use a cached authorizer result, so this checks the expiry again. A token of the application has no such values, and is
 * rejected.
 *
 * @param event - As a REST API or an HTTP API sends it; context values are strings.
 * @param now - Instant to compare the expiry with; whole seconds count.
 * @param scope - Scope that the client must have. The function names it in `scopes`.
 * @throws {@link ServiceError} `invalid_token`, or `forbidden` with the error `insufficient_scope`.
 * @example
 * const { clientId, userId } = clientPrincipalOf(event, now, 'notes:read')
 */
export function clientPrincipalOf(event: ApiEvent, now: Date, scope: Scope): ClientPrincipal {
  const { clientId, clientUserId: userId, ...context } = authorizerOf(event)
  const { clientScope } = context
  const expiresAt = wholeNumber(context.clientExpiresAt)
  if (
    typeof clientId !== 'string' ||
    clientId === '' ||
    !(userId === undefined || isUserId(userId)) ||
    typeof clientScope !== 'string' ||
    expiresAt === undefined
  ) {
    throw new ServiceError('invalid_token', 'no authorizer context of a client')
  }
  if (expiresAt <= secondOf(now)) throw new ServiceError('invalid_token', 'the token has expired')
  const scopes = clientScope.split(' ')
  if (!scopes.includes(scope)) {
    const challenge = { error: 'insufficient_scope', scope } as const
    throw new ServiceError('forbidden', `requires scope ${scope}`, { challenge })
  }
  return { clientId, userId, scopes, expiresAt }
}
