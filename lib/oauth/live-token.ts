import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { ServiceError } from '../errors.ts'
import { isSessionId } from '../sessions/session.ts'
import { secondOf } from '../time.ts'
import type { ClientToken } from '../tokens/client-token.ts'
import { findClient } from './clients/store.ts'
import { type ClaimedUser, hasLiveSources } from './grants/live.ts'
import { findGrant, findSources } from './grants/store.ts'

/**
 * Requires that all that a client's access token depends on is live, and returns its user. A machine has none, and its client alone counts.
 *
 * @param token - Verified.
 * @throws {@link ServiceError} `invalid_token`, or `unavailable`.
 */
export async function findLiveUser(
  table: Table,
  { clientId, grant: named }: ClientToken,
  now: Date,
): Promise<ClaimedUser | undefined> {
  const [client, grant] = await together([
    findClient(table, clientId),
    named && isSessionId(named.id) ? findGrant(table, named.userId, named.id) : Promise.resolve(undefined),
  ])
  if (client === undefined) throw ended()
  if (named === undefined) {
    if (client.type !== 'machine' || client.disabled) throw ended()
    return undefined
  }
  if (grant?.clientId !== client.id) throw ended()
  const sources = { client, ...(await findSources(table, grant)) }
  const isLive = grant.expiresAt > secondOf(now) && hasLiveSources(grant, sources, grant.offline, now)
  if (!isLive || sources.user === undefined) throw ended()
  return sources.user
}

const ended = () =>
  new ServiceError('invalid_token', 'the client or the grant of the token has ended or changed')
