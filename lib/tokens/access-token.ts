import { attributeClaims, claimedAttributes } from '../application/attributes.ts'
import { isRole } from '../application/roles.ts'
import { secondOf } from '../time.ts'
import { acrOf, isAcr } from '../users/factors.ts'
import { isLoginName } from '../users/login-name.ts'
import { isUserId, type Principal, type UserState } from '../users/user.ts'
import { CLIENT_ID } from '../values.ts'
import { invalidToken, parseJws, readUnverifiedClaims, type UnverifiedJws, verifyJws } from './jws.ts'
import type { PublicKeys } from './public-keys.ts'

/** The sign-in of a session, from its access token. */
export interface SignedIn {
  id: string
  /** Second since the epoch of the sign-in. */
  authTime: number
  /** Authentication methods, with a space between them; see `AMR` in `lib/users/factors.ts`. */
  amr: string
}

/** The issuer and the audience of access tokens. */
export interface TokenParties {
  issuer: string
  audience: string
}

/** How far the issuing machine's clock may be ahead of this one. Never applied to `exp`. */
const CLOCK_SKEW_SECONDS = 5

const REQUIRED_CLAIMS = [
  'iss',
  'aud',
  'sub',
  'client_id',
  'username',
  'role',
  'iat',
  'exp',
  'jti',
  'sid',
  'gen',
  'amr',
  'acr',
  'auth_time',
]

/** Values of an access token that do not come from its user or session. */
interface TokenDetails {
  /** Become `iss` and `aud`. */
  parties: TokenParties
  /** Lifetime from the instant of issue. */
  ttlSeconds: number
  /** Becomes `jti`; must be unique. */
  tokenId: string
}

/**
 * Creates an access token without its signature: header and claims of RFC 9068 section 2, with those of
 * {@link attributeClaims}.
 *
 * @param user - Becomes `sub`, `username`, `role` and `gen`. It must be the read before the credentials were
 *   verified: then a revocation since that read revokes the token.
 * @param session - Becomes `sid` (OpenID Connect Front-Channel Logout section 3), `auth_time`, `amr` and `acr` (RFC 9068
 *   section 2.2.1).
 * @param now - Becomes `iat`, in whole seconds.
 * @returns A function that returns the JWS signing input (RFC 7515 section 5.1) for the `kid` of the signing key.
 */
export const accessTokenInput = (
  ...values: Parameters<typeof accessTokenClaims>
): ((kid: string) => string) => inputOf('at+jwt', accessTokenClaims(...values))

/** Returns the claims of {@link accessTokenInput}. */
export function accessTokenClaims(
  user: Pick<UserState, 'id' | 'username' | 'role' | 'generation' | 'attributes'>,
  session: SignedIn,
  { parties, ttlSeconds, tokenId }: TokenDetails,
  now: Date,
) {
  const iat = secondOf(now)
  return {
    ...attributeClaims(user.attributes),
    iss: parties.issuer,
    aud: parties.audience,
    sub: user.id,
    client_id: CLIENT_ID,
    username: user.username,
    role: user.role,
    iat,
    exp: iat + ttlSeconds,
    jti: tokenId,
    sid: session.id,
    gen: user.generation,
    auth_time: session.authTime,
    amr: session.amr.split(' '),
    acr: acrOf(session.amr),
  }
}

/**
 * Returns a function from the `kid` of the signing key to the JWS signing input of claims (RFC 7515 section
 * 5.1).
 */
export const inputOf =
  (typ: 'at+jwt' | 'JWT', claims: object) =>
  (kid: string): string =>
    `${encode({ alg: 'RS256', typ, kid })}.${encode(claims)}`

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A well-formed token of which nothing is verified. */
export interface UnverifiedToken {
  jws: UnverifiedJws
  /** Missing if it does not have the form of a thumbprint, which every key of this service has. */
  kid: string | undefined
}

/**
 * Parses a token and reads its `kid`, without verifying anything. Accepts only the form of {@link parseJws}.
 *
 * @param unverifiedToken - Compact JWS, without the `Bearer ` prefix.
 * @throws {@link ServiceError} `invalid_token`.
 */
export function readUnverified(unverifiedToken: string): UnverifiedToken {
  const jws = parseJws(unverifiedToken)
  const { kid } = jws.header
  return { jws, kid: typeof kid === 'string' && /^[\w-]{43}$/.test(kid) ? kid : undefined }
}

/**
 * Returns the user id that an access token names, after all checks that need no key. A forged token that
 * fails one of them causes no read of a user. The signature is not verified: {@link verifyAccessToken} must
 * follow.
 *
 * @param expected - See {@link verifyAccessToken}.
 * @throws {@link ServiceError} `invalid_token`.
 */
export function readUnverifiedUserId(
  { jws, kid }: UnverifiedToken,
  expected: TokenParties,
  now: Date,
): string {
  if (kid === undefined) throw invalidToken('kid is not a known key')
  return readClaims(readUnverifiedClaims(jws), expected, secondOf(now)).userId
}

/**
 * Verifies an access token issued by this service and returns its claims.
 *
 * Accepts RS256 only, independent of the token's header (RFC 8725 section 3.1). Never uses keys or key
 * addresses in the token (section 3.10). Requires `exp` and rejects the token from that very second on (RFC
 * 7519 section 4.1.4). Uses no network and no clock, so every failure is the token's fault.
 *
 * @param unverified - See {@link readUnverified}.
 * @param keys - Public keys by `kid`, already loaded.
 * @param expected - Issuer and audience that the token must name.
 * @param now - Instant to compare `exp` with; whole seconds count.
 * @returns The caller that the token names. The function returns no other claim.
 * @throws {@link ServiceError} `invalid_token`; its message says what exactly is wrong.
 */
export function verifyAccessToken(
  { jws, kid }: UnverifiedToken,
  keys: PublicKeys,
  expected: TokenParties,
  now: Date,
): Principal {
  const key = kid === undefined ? undefined : keys.get(kid)
  if (key === undefined) throw invalidToken('kid is not a known key')
  return readClaims(verifyJws(jws, key.key), expected, secondOf(now))
}

function readClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: TokenParties,
  now: number,
): Principal {
  for (const name of REQUIRED_CLAIMS) {
    if (!Object.hasOwn(claims, name)) throw invalidToken(`${name} is missing`)
  }
  const { iss, aud, sub, client_id, username, role, iat, nbf, exp, jti, sid, gen, acr, auth_time } = claims
  if (iss !== expected.issuer) throw invalidToken('iss is another issuer')
  if (aud !== expected.audience) throw invalidToken('aud is not this API alone')
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now))
    throw invalidToken('nbf is not in the past')
  if (!isWhole(exp)) throw invalidToken('exp is not a whole number of seconds')
  if (exp <= now) throw invalidToken('expired')
  if (!isWhole(iat)) throw invalidToken('iat is not a whole number of seconds')
  if (iat > now + CLOCK_SKEW_SECONDS) throw invalidToken('iat is in the future')
  if (!isUserId(sub)) throw invalidToken('sub is not a user id')
  if (client_id !== CLIENT_ID) throw invalidToken('client_id is not the one of this service')
  if (!isLoginName(username)) throw invalidToken('username is not a login name')
  if (!isRole(role)) throw invalidToken('role is unknown')
  if (typeof jti !== 'string' || jti === '') throw invalidToken('jti is not an identifier')
  if (typeof sid !== 'string' || sid === '') throw invalidToken('sid is not an identifier')
  if (!isWhole(gen)) throw invalidToken('gen is not a whole number')
  if (!isAcr(acr)) throw invalidToken('acr is unknown')
  if (!isWhole(auth_time)) throw invalidToken('auth_time is not a whole number of seconds')
  return {
    userId: sub,
    username,
    role,
    expiresAt: exp,
    generation: gen,
    sessionId: sid,
    acr,
    authTime: auth_time,
    attributes: claimedAttributes(claims),
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)
