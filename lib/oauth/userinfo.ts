import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { isSessionId } from '../sessions/session.ts'
import { secondOf } from '../time.ts'
import type { ClientToken } from '../tokens/client-token.ts'
import { findClient } from './clients/store.ts'
import { hasLiveSources } from './grants/live.ts'
import { findGrant, findSources } from './grants/store.ts'
import { claimsOfScopes } from './token/claims.ts'

/**
 * Returns who a user is, as far as the scopes of a client's token allow (OpenID Connect Core section 5.3). It is asked at the grant, so a
 * token is invalid at once when its grant ends.
 *
 * @param token - Verified.
 * @throws {@link ServiceError} `invalid_token`; `forbidden`, without the scope `openid`; `unavailable`.
 */
export async function clientUserInfo(
  table: Table,
  { userId, clientId, grantId, scopes }: ClientToken,
  now: Date,
): Promise<object> {
  if (!scopes.includes('openid')) throw new ServiceError('forbidden', 'the token has no scope openid')
  const client = await findClient(table, clientId)
  const grant = isSessionId(grantId) ? await findGrant(table, userId, grantId) : undefined
  if (!client || grant?.clientId !== client.id) throw ended()
  const sources = { client, ...(await findSources(table, grant)) }
  const isLive = grant.expiresAt > secondOf(now) && hasLiveSources(grant, sources, grant.offline, now)
  if (!isLive || !sources.user) throw ended()
  return { sub: userId, ...claimsOfScopes(sources.user, scopes.join(' ')) }
}

const ended = () => new ServiceError('invalid_token', 'the grant of the token has ended or changed')
