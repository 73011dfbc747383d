import { secondOf } from '../time.ts'
import { isUserId } from '../users/user.ts'
import { CLIENT_ID } from '../values.ts'
import type { TokenParties, UnverifiedToken } from './access-token.ts'
import { invalidToken, verifyJws } from './jws.ts'
import type { PublicKeys } from './public-keys.ts'

/** The grant and the user's generation of a token for a user. */
export interface OfUser {
  userId: string
  grantId: string
  generation: number
}

/** The machine's generation of a token for a machine. */
export interface OfMachine {
  generation: number
}

/** The claims of a client's access token that this service needs. */
export interface ClientToken {
  clientId: string
  scopes: readonly string[]
  /** Second since the epoch. */
  expiresAt: number
  of: OfUser | OfMachine
}

/** Returns the audience of the tokens for this service's own API: neither the issuer nor the audience of the application. */
export const ownAudienceOf = (issuer: string): string => `${issuer}/api`

/** Whether a token names a client other than the application's own. Nothing is verified yet. */
export const isOfClient = ({ jws }: UnverifiedToken): boolean => jws.payload?.client_id !== CLIENT_ID

/**
 * Verifies an access token of a client, like `verifyAccessToken` in `access-token.ts`. With an audience, a
 * token for another API is invalid here. Without one, only the scopes decide: `/userinfo` accepts the tokens
 * for all APIs.
 *
 * @param expected - Issuer, and perhaps audience, that the token must name.
 * @param now - Instant to compare `exp` with; whole seconds count.
 * @throws {@link ServiceError} `invalid_token`; its message says what exactly is wrong.
 */
export function verifyClientToken(
  unverified: UnverifiedToken,
  keys: PublicKeys,
  expected: Pick<TokenParties, 'issuer'> & Partial<TokenParties>,
  now: Date,
): ClientToken {
  const { aud, sub, client_id, gid, gen, scope, exp } = verifyIssued(unverified, keys, expected.issuer, now)
  if (expected.audience !== undefined && aud !== expected.audience) throw invalidToken('aud is another API')
  if (typeof client_id !== 'string' || client_id === CLIENT_ID)
    throw invalidToken('client_id is not a client')
  if (typeof scope !== 'string') throw invalidToken('scope is not a list')
  return { clientId: client_id, scopes: scope.split(' '), expiresAt: Number(exp), of: subjectOf() }

  function subjectOf(): ClientToken['of'] {
    if (typeof gen !== 'number') throw invalidToken('gen is not a number')
    if (isUserId(sub) && typeof gid === 'string') return { userId: sub, grantId: gid, generation: gen }
    if (sub === client_id && gid === undefined) return { generation: gen }
    throw invalidToken('sub is neither a user with a grant nor the client')
  }
}

/**
 * Verifies an access token of any audience and client, and returns its claims.
 *
 * @param now - Instant to compare `exp` with; whole seconds count.
 * @throws {@link ServiceError} `invalid_token`; its message says what exactly is wrong.
 */
export function verifyIssued(
  { jws, kid = '' }: UnverifiedToken,
  keys: PublicKeys,
  issuer: string,
  now: Date,
): Readonly<Record<string, unknown>> {
  const key = keys.get(kid)
  if (key === undefined) throw invalidToken('kid is not a known key')
  const claims = verifyJws(jws, key.key)
  if (claims.iss !== issuer) throw invalidToken('iss is another issuer')
  if (!Number.isSafeInteger(claims.exp)) throw invalidToken('exp is not a whole number of seconds')
  if (Number(claims.exp) <= secondOf(now)) throw invalidToken('expired')
  return claims
}
