import { CLIENT_ID } from '../config.ts'
import { secondOf } from '../time.ts'
import { isUserId } from '../users/user.ts'
import type { UnverifiedToken } from './access-token.ts'
import { invalidToken, verifyJws } from './jws.ts'
import type { PublicKeys } from './public-keys.ts'

/** What an access token of a client says, as far as `/userinfo` needs it. */
export interface ClientToken {
  userId: string
  clientId: string
  grantId: string
  scopes: readonly string[]
}

/** Whether a token names another client than the application's own, before anything is verified. */
export const isOfClient = ({ jws }: UnverifiedToken): boolean => jws.payload?.client_id !== CLIENT_ID

/**
 * Verifies an access token of a client whose audience is the issuer, as `verifyAccessToken` in `access-token.ts` does. A token for an
 * API is invalid here.
 *
 * @param now - Instant to compare `exp` with; whole seconds count.
 * @throws {@link ServiceError} `invalid_token`; its message says what exactly is wrong.
 */
export function verifyClientToken(
  unverified: UnverifiedToken,
  keys: PublicKeys,
  issuer: string,
  now: Date,
): ClientToken {
  const { aud, sub, client_id, gid, scope } = verifyIssued(unverified, keys, issuer, now)
  if (aud !== issuer) throw invalidToken('aud is not the issuer alone')
  if (!isUserId(sub)) throw invalidToken('sub is not a user id')
  if (typeof client_id !== 'string') throw invalidToken('client_id is not an identifier')
  if (typeof gid !== 'string') throw invalidToken('gid is not an identifier')
  if (typeof scope !== 'string') throw invalidToken('scope is not a list')
  return { userId: sub, clientId: client_id, grantId: gid, scopes: scope.split(' ') }
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
