import type { APIGatewayProxyEvent } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'
import { isAcr } from '../users/factors.ts'
import { isRole, isUserId, type Principal, type Role } from '../users/user.ts'

/**
 * Returns the caller of a protected route, from the values that the authorizer put into the request
 * context: user id, username, role, expiry, token generation, session, and how and when the caller signed in. Reads nothing else of the context.
 *
 * API Gateway may use a cached authorizer result, so this checks the expiry again. A context without
 * these values means that the route has no authorizer, and is rejected.
 *
 * @param event - As REST API Gateway sends it; context values are strings.
 * @param now - Instant to compare the expiry with; whole seconds count.
 * @throws {@link ServiceError} `invalid_token`.
 * @example
 * const { username, role } = principalOf(event, now)
 */
export function principalOf(event: APIGatewayProxyEvent, now: Date): Principal {
  const context = event.requestContext?.authorizer ?? {}
  const { userId, username, role, sessionId, acr } = context
  const expiresAt = wholeNumber(context.expiresAt)
  const generation = wholeNumber(context.generation)
  const authTime = wholeNumber(context.authTime)
  if (
    !isUserId(userId) ||
    !isText(username) ||
    !isRole(role) ||
    !isText(sessionId) ||
    !isAcr(acr) ||
    expiresAt === undefined ||
    generation === undefined ||
    authTime === undefined
  ) {
    throw new ServiceError('invalid_token', 'no authorizer context')
  }
  if (expiresAt <= secondOf(now)) throw new ServiceError('invalid_token', 'the token has expired')
  return { userId, username, role, expiresAt, generation, sessionId, acr, authTime }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const wholeNumber = (text: unknown): number | undefined =>
  typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : undefined

/**
 * Returns the caller of a protected route that only some roles may use; see {@link principalOf}.
 *
 * @param roles - The roles that may use the route.
 * @throws {@link ServiceError} `invalid_token`, or `forbidden` if the caller has another role.
 * @example
 * const { username } = principalWithRole(event, now, 'editor', 'admin')
 */
export function principalWithRole(event: APIGatewayProxyEvent, now: Date, ...roles: Role[]): Principal {
  const principal = principalOf(event, now)
  if (!roles.includes(principal.role))
    throw new ServiceError('forbidden', `requires role ${roles.join(' or ')}`)
  return principal
}
