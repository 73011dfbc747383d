import type { At } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { byClient } from '../../events/event.ts'
import { parseRefreshToken } from '../../sessions/refresh-token.ts'
import { isSessionId } from '../../sessions/session.ts'
import { readUnverified } from '../../tokens/access-token.ts'
import { verifyIssued } from '../../tokens/client-token.ts'
import type { PublicKeyCache } from '../../tokens/public-keys.ts'
import { isUserId } from '../../users/user.ts'
import type { Client } from '../clients/client.ts'
import type { Grant } from '../grants/grant.ts'
import { endGrant, findGrant } from '../grants/store.ts'
import type { Parameters } from '../parameters.ts'
import { requiredOf, tokenRefusal } from './refusal.ts'

/** A token that this service has issued, and its grant, if that has not ended. */
interface Known {
  clientId: unknown
  /** Whether the token has a grant to end: those of machines have none. */
  isOfGrant: boolean
  grant?: Grant | undefined
}

/**
 * Ends the grant of a refresh token or an access token of a client (RFC 7009 section 2.1). APIs accept access
 * tokens until they expire, because APIs do not ask this service. The form of a token shows its type, so
 * `token_type_hint` is not needed.
 *
 * A token that is unknown, has expired or was revoked before is no error (section 2.2). An expired access token ends nothing: logs may
 * have it.
 *
 * @param client - Authenticated.
 * @param publicKeys - The cache of the function.
 * @throws {@link ServiceError} with the `error` `invalid_request`, `invalid_grant` for a token of another client, or
 *   `unsupported_token_type` for one of a machine; or `unavailable`.
 */
export async function revokeToken(
  at: At<'PUBLISHED_KEYS' | 'TOKEN_ISSUER'>,
  client: Client,
  parameters: Parameters,
  publicKeys: PublicKeyCache,
): Promise<void> {
  const token = requiredOf(parameters, 'token')
  const known = (await ofRefreshToken(at, token)) ?? (await ofAccessToken(at, publicKeys, token))
  if (known === undefined) return
  if (known.clientId !== client.id)
    throw tokenRefusal('invalid_grant', 'a token of another client', client.id)
  if (!known.isOfGrant) {
    throw tokenRefusal('unsupported_token_type', 'Tokens of machines are valid until they expire.', client.id)
  }
  if (known.grant) await endGrant(at.table, known.grant, 'revoked', byClient(at, client.id))
}

/** The selector of a token is secret, so any token that has it was one of the grant, as at a sign-out. */
async function ofRefreshToken({ table }: At, token: string): Promise<Known | undefined> {
  const presented = parseRefreshToken(token)
  const grant = presented && (await findGrant(table, presented.userId, presented.sessionId))
  return grant && { clientId: grant.clientId, isOfGrant: true, grant }
}

async function ofAccessToken(
  { table, config, now }: At<'PUBLISHED_KEYS' | 'TOKEN_ISSUER'>,
  publicKeys: PublicKeyCache,
  token: string,
): Promise<Known | undefined> {
  try {
    const unverified = readUnverified(token)
    const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
    const { client_id: clientId, sub, gid } = verifyIssued(unverified, keys, config.TOKEN_ISSUER, now)
    if (!isUserId(sub) || !isSessionId(gid)) return { clientId, isOfGrant: false }
    const grant = await findGrant(table, sub, gid)
    return { clientId, isOfGrant: true, grant }
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'invalid_token') return undefined
    throw error
  }
}
