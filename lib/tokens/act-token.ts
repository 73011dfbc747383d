import { randomUUID } from 'node:crypto'
import { isUserId, type Principal, type UserState } from '../users/user.ts'
import { actAudienceOf } from '../values.ts'
import { accessTokenClaims, inputOf, type UnverifiedToken, verifyAccessToken } from './access-token.ts'
import { invalidToken } from './jws.ts'
import type { PublicKeys } from './public-keys.ts'

/** Seconds that a token is valid with which an operator acts as a user. It cannot be renewed. */
export const ACT_TOKEN_SECONDS = 1_800

/** The operator who acts as a user: as the token names the operator in `act`. */
export interface Acting {
  userId: string
  /** The operator's token generation when the act began. */
  generation: number
  /** The operator's session. */
  sessionId: string
}

/**
 * Creates an access token for an operator who acts as a user, without its signature: the claims of the user, and `act` (RFC 8693 section
 * 4.1). Its sign-in has no time and one factor, so a route that demands a recent sign-in rejects it.
 *
 * @param actId - Becomes `sid`. It is no session.
 * @returns As `accessTokenInput` in `access-token.ts`.
 */
export function actTokenInput(
  user: Pick<UserState, 'id' | 'username' | 'role' | 'generation' | 'attributes'>,
  { userId: sub, generation: gen, sessionId: sid }: Acting,
  { issuer, actId }: { issuer: string; actId: string },
  now: Date,
): (kid: string) => string {
  const parties = { issuer, audience: actAudienceOf(issuer) }
  const details = { parties, ttlSeconds: ACT_TOKEN_SECONDS, tokenId: randomUUID() }
  const claims = accessTokenClaims(user, { id: actId, authTime: 0, amr: 'act' }, details, now)
  return inputOf('at+jwt', { ...claims, act: { sub, gen, sid } })
}

/** Whether a token is for an operator who acts as a user. Nothing is verified yet. */
export const isOfAct = ({ jws }: UnverifiedToken, issuer: string): boolean =>
  jws.payload?.aud === actAudienceOf(issuer)

/**
 * Verifies a token of {@link actTokenInput}, as `verifyAccessToken` in `access-token.ts` does.
 *
 * @throws {@link ServiceError} `invalid_token`; its message says what exactly is wrong.
 */
export function verifyActToken(
  unverified: UnverifiedToken,
  keys: PublicKeys,
  issuer: string,
  now: Date,
): { principal: Principal; acting: Acting } {
  const principal = verifyAccessToken(unverified, keys, { issuer, audience: actAudienceOf(issuer) }, now)
  const { sub, gen, sid } = Object(unverified.jws.payload?.act)
  if (!isUserId(sub) || !Number.isSafeInteger(gen) || typeof sid !== 'string') {
    throw invalidToken('act names no operator')
  }
  return { principal, acting: { userId: sub, generation: gen, sessionId: sid } }
}
