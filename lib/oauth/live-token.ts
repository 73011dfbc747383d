import type { ClientPrincipal } from '../authorization/client-principal.ts'
import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import { ServiceError } from '../errors.ts'
import { isSessionId } from '../sessions/session.ts'
import { secondOf } from '../time.ts'
import type { UnverifiedToken } from '../tokens/access-token.ts'
import { type OfMachine, type OfUser, ownAudienceOf, verifyClientToken } from '../tokens/client-token.ts'
import type { Verifying } from '../tokens/live-token.ts'
import type { PublicKeyCache } from '../tokens/public-keys.ts'
import { isTokenRevoked } from '../users/revocation.ts'
import { findClient } from './clients/store.ts'
import { type ClaimedUser, hasLiveSources } from './grants/live.ts'
import { findGrant, findSources } from './grants/store.ts'

/**
 * Verifies the access token of a client for this service's own API, and that all it depends on is live.
 *
 * @throws {@link ServiceError} `invalid_token` or `unavailable`.
 */
export async function verifyLiveClient(
  { table, config }: Verifying,
  unverified: UnverifiedToken,
  publicKeys: PublicKeyCache,
): Promise<ClientPrincipal> {
  const issuer = config.TOKEN_ISSUER
  const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, new Date())
  const expected = { issuer, audience: ownAudienceOf(issuer) }
  const token = verifyClientToken(unverified, keys, expected, new Date())
  const { clientId, of } = token
  const user =
    'userId' in of
      ? await findLiveUser(table, clientId, of, new Date())
      : await requireLiveMachine(table, clientId, of)
  return { ...token, userId: user?.id }
}

/**
 * Requires that all that an access token of a user depends on is live, and returns the user. If a change of
 * the user revokes the application's access tokens, it also revokes those of clients. They may claim the old
 * value, and an API may have read it at `/userinfo`.
 *
 * @param clientId - Of the verified token.
 * @throws {@link ServiceError} `invalid_token`, or `unavailable`.
 */
export async function findLiveUser(
  table: Table,
  clientId: string,
  { userId, grantId, generation }: OfUser,
  now: Date,
): Promise<ClaimedUser> {
  const [client, grant] = await together([
    findClient(table, clientId),
    isSessionId(grantId) ? findGrant(table, userId, grantId) : Promise.resolve(undefined),
  ])
  if (client === undefined || grant?.clientId !== client.id) throw ended()
  const sources = { client, ...(await findSources(table, grant)) }
  const isLive = grant.expiresAt > secondOf(now) && hasLiveSources(grant, sources, grant.offline, now)
  const { user } = sources
  if (!isLive || !user || isTokenRevoked(generation, user)) throw ended()
  return user
}

/**
 * Requires that the machine of an access token is enabled, with the generation of the token.
 *
 * @throws {@link ServiceError} as {@link findLiveUser}.
 */
async function requireLiveMachine(
  table: Table,
  clientId: string,
  { generation }: OfMachine,
): Promise<undefined> {
  const client = await findClient(table, clientId)
  const isLive = client?.type === 'machine' && !client.disabled && client.generation === generation
  if (!isLive) throw ended()
}

const ended = () =>
  new ServiceError('invalid_token', 'the client or the grant of the token has ended or changed')
