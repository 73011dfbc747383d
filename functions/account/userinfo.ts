import type { APIGatewayProxyResult } from 'aws-lambda'
import { type ProblemCode, ServiceError } from '../../lib/errors.ts'
import { headerOf } from '../../lib/http/headers.ts'
import { json, problem } from '../../lib/http/responses.ts'
import { type TableRoute, tableHandler } from '../../lib/http/table.ts'
import { logFailure } from '../../lib/log.ts'
import { clientUserInfo } from '../../lib/oauth/userinfo.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { readBearer } from '../../lib/tokens/bearer.ts'
import { isOfClient, verifyClientToken } from '../../lib/tokens/client-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findUserInfo } from '../../lib/users/store.ts'
import { claimsOf } from '../../lib/users/user.ts'

const SETTINGS = ['TOKEN_ISSUER', 'TOKEN_AUDIENCE', 'PUBLISHED_KEYS', 'OAUTH'] as const

const publicKeys = publicKeyCache()

/**
 * GET and POST /userinfo: the caller's current claims (OpenID Connect Core section 5.3). Other services ask
 * it whether a token is still accepted.
 *
 * It verifies the token itself, because the gateway's authorizer rejects those of clients. It accepts a token
 * only in the header: a page of another site could send one in a form.
 */
export const handler = tableHandler(SETTINGS, (event, at) =>
  userInfo(event, at).catch((error) =>
    challenged(error, /^bearer /i.test(headerOf(event.headers, 'authorization'))),
  ),
)

const userInfo: TableRoute<(typeof SETTINGS)[number]> = async (event, { table, config, now }) => {
  const unverified = readUnverified(readBearer(headerOf(event.headers, 'authorization')))
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
  const issuer = config.TOKEN_ISSUER
  if (isOfClient(unverified)) {
    if (!config.OAUTH) throw new ServiceError('invalid_token', 'token rejected: OAuth is off')
    const token = verifyClientToken(unverified, keys, { issuer }, now)
    return json(200, await clientUserInfo(table, token, now))
  }
  const expected = { issuer, audience: config.TOKEN_AUDIENCE }
  const { userId, generation } = verifyAccessToken(unverified, keys, expected, now)
  const user = await findUserInfo(table, userId)
  requireUnrevoked(generation, user)
  return json(200, claimsOf(userId, user))
}

/** The error of a rejected caller, who needs a valid token or a scope (RFC 6750 section 3.1). */
const NEEDS: Partial<Record<ProblemCode, string>> = {
  invalid_token: ', error="invalid_token"',
  forbidden: ', error="insufficient_scope", scope="openid"',
}

/**
 * Logs that a token was rejected, and returns the response with a challenge (RFC 6750 section 3). REST APIs rename the header.
 *
 * @param hasToken - A request without a token gets no error code (section 3.1).
 * @throws The error, if it is not about the token: an outage must not make clients throw valid tokens away.
 */
function challenged(error: unknown, hasToken: boolean): APIGatewayProxyResult {
  const needs = error instanceof ServiceError ? NEEDS[error.code] : undefined
  if (needs === undefined) throw error
  const response = problem(logFailure(error))
  const challenge = `Bearer realm="userinfo"${hasToken ? needs : ''}`
  return { ...response, headers: { ...response.headers, 'WWW-Authenticate': challenge } }
}
