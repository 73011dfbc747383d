import { setImmediate } from 'node:timers/promises'
import { together } from '../aws/together.ts'
import type { SettingName } from '../config.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { isTokenRevoked } from '../users/revocation.ts'
import { findRevocationState } from '../users/store.ts'
import type { Principal } from '../users/user.ts'
import { readUnverifiedUserId, type UnverifiedToken, verifyAccessToken } from './access-token.ts'
import type { PublicKeyCache } from './public-keys.ts'

/** What verifying a token takes of a request. */
export type Verifying<N extends SettingName = never> = Pick<
  At<N | 'PUBLISHED_KEYS' | 'TOKEN_ISSUER'>,
  'table' | 'config'
>

/**
 * Verifies the access token of a user of the application, and that its user is neither disabled nor removed and has not revoked it.
 *
 * What needs no key is checked first, so a token that fails there costs no read.
 *
 * @throws {@link ServiceError} `invalid_token` or `unavailable`.
 */
export async function verifyLiveUser(
  { table, config }: Verifying<'TOKEN_AUDIENCE'>,
  unverified: UnverifiedToken,
  publicKeys: PublicKeyCache,
): Promise<Principal> {
  const expected = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE }
  const userId = readUnverifiedUserId(unverified, expected, new Date())
  const [principal, revocation] = await together([
    publicKeys(table.aws, config.PUBLISHED_KEYS, unverified.kid, new Date()).then(async (keys) => {
      // The verification blocks this thread. So the request for the user is sent before it, and the token is
      // verified while AWS responds.
      await setImmediate()
      return verifyAccessToken(unverified, keys, expected, new Date())
    }),
    findRevocationState(table, userId),
  ])
  if (isTokenRevoked(principal.generation, revocation)) {
    throw new ServiceError('invalid_token', 'token rejected: revoked, or its user is disabled or removed')
  }
  return principal
}
