import type { At } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import type { Presented } from '../../sessions/redeem.ts'
import { verifyAccessToken } from '../../tokens/access-token.ts'
import { readBearer } from '../../tokens/bearer.ts'
import type { PublicKeyCache } from '../../tokens/public-keys.ts'
import { isTokenRevoked } from '../../users/revocation.ts'

/** The settings that verify an access token. */
type ProofSetting = 'PUBLISHED_KEYS' | 'TOKEN_AUDIENCE' | 'TOKEN_ISSUER'

/**
 * Returns a check whether the request has an access token of the application for the session in its cookie.
 *
 * An approval does not rotate the secret of a session, so a refresh of the owner would not detect an approval
 * with a copied cookie. Pages keep access tokens only in memory. A thief who has only the cookie must call
 * `POST /refresh` to get one. That rotates the secret, and the next refresh of the owner detects the reuse.
 *
 * @param publicKeys - The cache of the function.
 * @param authorization - The header `Authorization`. An invalid token is the same as none.
 * @returns A function that throws {@link ServiceError} `unavailable`.
 */
export const isProvenBy =
  ({ table, config, now }: At<ProofSetting>, publicKeys: PublicKeyCache, authorization: unknown) =>
  async ({ session, user }: Presented): Promise<boolean> => {
    try {
      const unverified = readBearer(authorization)
      const keys = await publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, now)
      const expected = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
      const { userId, sessionId, generation } = verifyAccessToken(unverified, keys, expected, now)
      return userId === user.id && sessionId === session.id && !isTokenRevoked(generation, user)
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'invalid_token') return false
      throw error
    }
  }
