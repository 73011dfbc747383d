import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import type { ClientToken } from '../tokens/client-token.ts'
import { findLiveUser } from './live-token.ts'
import { claimsOfScopes } from './token/claims.ts'

/**
 * Returns the claims of a user that the scopes of a client's token allow (OpenID Connect Core section 5.3).
 * It reads the grant, so a token is invalid at once when its grant ends.
 *
 * @param token - Verified.
 * @throws {@link ServiceError} `invalid_token`; `forbidden`, without the scope `openid`; `unavailable`.
 */
export async function clientUserInfo(table: Table, token: ClientToken, now: Date): Promise<object> {
  const { clientId, scopes, of } = token
  if (!('userId' in of)) throw new ServiceError('invalid_token', 'the token is of a machine')
  if (!scopes.includes('openid')) throw new ServiceError('forbidden', 'the token has no scope openid')
  const user = await findLiveUser(table, clientId, of, now)
  return { sub: user.id, ...claimsOfScopes(user, scopes.join(' ')) }
}
