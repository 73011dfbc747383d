import { ServiceError } from '../../lib/errors.ts'
import { headerOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import { tableHandler } from '../../lib/http/table.ts'
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
 * GET and POST /userinfo: who the caller is now (OpenID Connect Core section 5.3). Other services ask it whether a token
 * is still accepted.
 *
 * It verifies the token itself: the gateway's authorizer refuses those of clients. The token is in the header alone, because one in a
 * form would be sent by a page of another site.
 */
export const handler = tableHandler(SETTINGS, async (event, { table, config, now }) => {
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
})
