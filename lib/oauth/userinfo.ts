import type { Table } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { verifyAccessToken } from '../tokens/access-token.ts'
import { readBearer } from '../tokens/bearer.ts'
import { type ClientToken, isOfClient, verifyClientToken } from '../tokens/client-token.ts'
import type { PublicKeyCache } from '../tokens/public-keys.ts'
import { localeOf } from '../users/locale.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import { findUserInfo as findOwnUserInfo } from '../users/store.ts'
import { claimsOf } from '../users/user.ts'
import { findLiveUser } from './live-token.ts'
import { claimsOfScopes } from './token/claims.ts'

/**
 * Verifies an access token of the application or of a client, and returns who its user is now (OpenID Connect Core section 5.3).
 *
 * @param authorization - Header of the request.
 * @throws {@link ServiceError} `invalid_token`; `forbidden`, if the token of a client has no scope `openid`; `unavailable`.
 */
export async function findUserInfo(
  { table, config, now }: At<'PUBLISHED_KEYS' | 'TOKEN_ISSUER' | 'TOKEN_AUDIENCE' | 'OAUTH'>,
  authorization: string,
  publicKeys: PublicKeyCache,
): Promise<object> {
  const unverified = readBearer(authorization)
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
  const issuer = config.TOKEN_ISSUER
  if (isOfClient(unverified)) {
    if (!config.OAUTH) throw new ServiceError('invalid_token', 'token rejected: OAuth is off')
    return clientUserInfo(table, verifyClientToken(unverified, keys, { issuer }, now), now)
  }
  const expected = { issuer, audience: config.TOKEN_AUDIENCE }
  const { userId, generation } = verifyAccessToken(unverified, keys, expected, now)
  const user = await findOwnUserInfo(table, userId)
  requireUnrevoked(generation, user)
  return claimsOf(userId, { ...user, locale: localeOf(user) })
}

/**
 * Returns the claims of a user that the scopes of a client's token allow (OpenID Connect Core section 5.3).
 * It reads the grant, so a token is invalid at once when its grant ends.
 *
 * @param token - Verified.
 * @throws {@link ServiceError} `invalid_token`; `forbidden`, without the scope `openid`; `unavailable`.
 */
async function clientUserInfo(table: Table, token: ClientToken, now: Date): Promise<object> {
  const { clientId, scopes, of } = token
  if (!('userId' in of)) throw new ServiceError('invalid_token', 'the token is of a machine')
  if (!scopes.includes('openid')) throw new ServiceError('forbidden', 'the token has no scope openid')
  const user = await findLiveUser(table, clientId, of, now)
  return { sub: user.id, ...claimsOfScopes(user, scopes.join(' ')) }
}
