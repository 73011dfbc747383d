import { isRole, type Role } from '../application/roles.ts'
import { readRoles, takesActs } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'
import { isAcr } from '../users/factors.ts'
import { isUserId, type Principal } from '../users/user.ts'
import { type ApiEvent, authorizerOf } from './event.ts'

/**
 * Returns the caller of a protected route, from the values that the authorizer put into the request context: user id,
 * username, role, expiry, token generation, session, and the method and time of the sign-in. Reads nothing else of it.
 *
 * In a function with `actAs: true`, the caller may be an operator who acts as the user. Then `actor` names the operator.
 *
 * API Gateway may use a cached authorizer result, so this checks the expiry again. A context without
 * these values means that the route has no authorizer, and is rejected.
 *
 * @param event - As a REST API or an HTTP API sends it; context values are strings.
 * @param now - Instant to compare the expiry with; whole seconds count.
 * @param roles - Roles that may use the route. Without any, all may use it. The function names them in
 *   `serverless.yml`.
 * @throws {@link ServiceError} `invalid_token`, or `forbidden` if the caller has another role.
 * @example
 * const { username, role } = principalOf(event, now)
 */
export function principalOf(
  event: ApiEvent,
  now: Date,
  // The plugin accepts no other names.
  roles = readRoles() as readonly Role[],
): Principal {
  const context = contextIn(event)
  const { userId, username, role, sessionId, acr, attributes } = context
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
  if (roles.length > 0 && !roles.includes(role)) {
    throw new ServiceError('forbidden', `requires role ${roles.join(' or ')}`)
  }
  return {
    userId,
    username,
    role,
    expiresAt,
    generation,
    sessionId,
    acr,
    authTime,
    attributes: isText(attributes) ? JSON.parse(attributes) : {},
    ...(isUserId(context.operatorId) && { actor: { userId: context.operatorId } }),
  }
}

/**
 * Returns what the authorizer says of the caller. Of an operator who acts as a user it says all in one value, `act`. Only a function with
 * `actAs: true` reads it, and only to read: to all others such a caller is unknown.
 */
function contextIn(event: ApiEvent): Readonly<Record<string, unknown>> {
  const { act, operatorId: _, ...context } = authorizerOf(event)
  const isTaken = takesActs() && 'httpMethod' in event && /^(GET|HEAD)$/.test(event.httpMethod)
  if (act === undefined) return context
  return isTaken ? Object(JSON.parse(String(act))) : {}
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** Returns the number of a text of digits. */
export const wholeNumber = (text: unknown): number | undefined =>
  typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : undefined
