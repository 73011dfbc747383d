import { randomUUID } from 'node:crypto'
import type { At } from '../context.ts'
import type { UserState } from '../users/user.ts'
import { accessTokenInput, type SignedIn } from './access-token.ts'
import { kmsSigner } from './signer.ts'

/** An access token in a response (RFC 6750 section 4). */
export interface IssuedToken {
  authToken: string
  tokenType: 'Bearer'
  /** Seconds. */
  expiresIn: number
}

/** The settings that an issuer of access tokens needs. */
export type IssuerSetting = 'SIGNING_KEY' | 'TOKEN_ISSUER' | 'TOKEN_AUDIENCE' | 'TOKEN_TTL_SECONDS'

/** One for all requests of a function, because it caches the public key. */
const sign = kmsSigner()

/**
 * Issues the access token of a user's session.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function issueToken(
  { table, config, now }: Pick<At<IssuerSetting>, 'table' | 'config' | 'now'>,
  user: UserState,
  session: SignedIn,
): Promise<IssuedToken> {
  const parties = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
  const ttlSeconds = config.TOKEN_TTL_SECONDS
  const input = accessTokenInput(user, session, { parties, ttlSeconds, tokenId: randomUUID() }, now)
  const authToken = await sign(table.aws, config.SIGNING_KEY, input, now)
  return { authToken, tokenType: 'Bearer', expiresIn: ttlSeconds }
}
