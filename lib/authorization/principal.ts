import type { APIGatewayProxyEvent } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import { isRole, isUsername, type Principal, type Role, secondOf } from '../users/user.ts'

/**
 * Says who a request on a protected route speaks for: username, role, expiry and session as the authorizer put
 * them into the request context. Nothing else of the context is read.
 *
 * API Gateway may answer from an authorization it has cached, so the expiry is judged here again. A context
 * that is not the authorizer's means that the route is not protected, and is refused.
 *
 * @param event - As REST API Gateway sends it; context values are strings.
 * @param now - Instant to judge the expiry by; whole seconds count.
 * @throws {@link ServiceError} `invalid_token`.
 */
export function principalOf(event: APIGatewayProxyEvent, now: Date): Principal {
  const { username, role, expiresAt, sessionId } = event.requestContext?.authorizer ?? {}
  const isExpiry = typeof expiresAt === 'string' && /^[1-9]\d{0,15}$/.test(expiresAt)
  if (!isUsername(username) || !isRole(role) || !isExpiry) {
    throw new ServiceError('invalid_token', 'the context is not one our authorizer makes')
  }
  if (Number(expiresAt) <= secondOf(now)) {
    throw new ServiceError('invalid_token', 'the token behind a cached authorization has expired')
  }
  return { username, role, expiresAt: Number(expiresAt), ...(typeof sessionId === 'string' && { sessionId }) }
}

/**
 * The same, for a route that one role alone may use.
 *
 * @throws {@link ServiceError} `invalid_token`, or `forbidden` to any other role.
 */
export function principalWithRole(event: APIGatewayProxyEvent, role: Role, now: Date): Principal {
  const principal = principalOf(event, now)
  if (principal.role !== role) throw new ServiceError('forbidden', `the route is for role ${role}`)
  return principal
}
