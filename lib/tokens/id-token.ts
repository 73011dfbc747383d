import { verify } from 'node:crypto'
import { isUserId } from '../users/user.ts'
import { readUnverified, type UnverifiedToken } from './access-token.ts'
import type { PublicKeys } from './public-keys.ts'

/**
 * Reads an `id_token_hint` without verifying anything (OpenID Connect Core section 3.1.2.1).
 *
 * @returns `undefined`, if it does not have the form of a token of this service.
 */
export function readHint(unverifiedHint: string): UnverifiedToken | undefined {
  try {
    return readUnverified(unverifiedHint)
  } catch {
    return undefined
  }
}

/** The user, the client and the session that an id_token names. */
export interface IdTokenHint {
  userId: string
  clientId: unknown
  sessionId: unknown
}

/**
 * Verifies an `id_token_hint`. `exp` is ignored: the hint only names a user who signed in earlier.
 *
 * @param keys - Public keys by `kid`, already loaded.
 * @returns `undefined`, if this service has not issued it as an id_token.
 */
export function verifyHint(
  { jws, kid = '' }: UnverifiedToken,
  keys: PublicKeys,
  issuer: string,
): IdTokenHint | undefined {
  const { header, payload = {}, signingInput, signature } = jws
  const key = keys.get(kid)?.key
  // An access token is no id_token.
  if (key === undefined || header.alg !== 'RS256' || header.typ !== 'JWT') return undefined
  if (!verify('sha256', Buffer.from(signingInput), key, signature)) return undefined
  const { iss, sub, aud, sid } = payload
  if (iss !== issuer || !isUserId(sub)) return undefined
  return { userId: sub, clientId: aud, sessionId: sid }
}
