import { randomUUID } from 'node:crypto'
import { awsClient, awsSettings } from '../aws/client.ts'
import { readConfig } from '../config.ts'
import type { User } from '../users/user.ts'
import { accessTokenInput } from './access-token.ts'
import { kmsSigner } from './public-keys.ts'

/** What a client is told of an access token (RFC 6750 section 4). */
export interface IssuedToken {
  authToken: string
  tokenType: 'Bearer'
  /** Seconds. */
  expiresIn: number
}

/**
 * Issues access tokens as the environment says.
 *
 * @returns A function of the user and session a token speaks for, the current instant and the deadline in epoch
 *   milliseconds. It throws ServiceError `unavailable`.
 */
export function tokenIssuer() {
  const config = readConfig(['SIGNING_KEY', 'TOKEN_ISSUER', 'TOKEN_AUDIENCE', 'TOKEN_TTL_SECONDS'])
  const policy = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
  const ttlSeconds = config.TOKEN_TTL_SECONDS
  const sign = kmsSigner(awsClient(awsSettings()), config.SIGNING_KEY)
  return async (user: User, sessionId: string, now: Date, deadlineMs: number): Promise<IssuedToken> => {
    const input = accessTokenInput(user, sessionId, policy, ttlSeconds, now, randomUUID())
    return { authToken: await sign(input, deadlineMs), tokenType: 'Bearer', expiresIn: ttlSeconds }
  }
}
