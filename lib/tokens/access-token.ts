import type { KeyObject } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { ServiceError } from '../errors.ts'
import { isRole, issueSecond, isUsername, type Principal, secondOf, type User } from '../users/user.ts'
import type { PublicKeys } from './public-keys.ts'

/** Who issues tokens and for whom. */
export interface TokenPolicy {
  issuer: string
  audience: string
}

const MAX_TOKEN_CHARACTERS = 8_192

/** How far the clock of the machine that issued a token may run before ours. Never applied to `exp`. */
const CLOCK_SKEW_SECONDS = 5

const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'role', 'iat', 'exp', 'jti', 'sid']

/**
 * Writes an access token, all but its signature: header and claims of RFC 9068 section 2.
 *
 * @param user - Becomes `sub` and `role`; what was revoked of it before `now` does not touch this token.
 * @param sessionId - Becomes `sid` (OpenID Connect Front-Channel Logout section 3).
 * @param policy - Becomes `iss` and `aud`.
 * @param ttlSeconds - Lifetime from `now`.
 * @param now - Becomes `iat`, in whole seconds.
 * @param tokenId - Becomes `jti`; must be unique.
 * @returns A function from the `kid` of the key that will sign to the JWS signing input (RFC 7515 section 5.1).
 */
export function accessTokenInput(
  user: Pick<User, 'username' | 'role' | 'validAfter'>,
  sessionId: string,
  policy: TokenPolicy,
  ttlSeconds: number,
  now: Date,
  tokenId: string,
): (kid: string) => string {
  const iat = issueSecond(user, now)
  const claims = {
    iss: policy.issuer,
    aud: policy.audience,
    sub: user.username,
    role: user.role,
    iat,
    exp: iat + ttlSeconds,
    jti: tokenId,
    sid: sessionId,
  }
  return (kid) => `${encode({ alg: 'RS256', typ: 'at+jwt', kid })}.${encode(claims)}`
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token shaped as ours are, and what it says of itself, before anything of it is verified. */
export interface UnverifiedToken {
  /** Compact JWS. */
  compact: string
  kid: string | undefined
  username: string | undefined
}

/**
 * Reads which key a token says it was signed with and whom it says it speaks for, if it is shaped as ours are.
 *
 * A token of ours is at most 8 KiB, has three parts, each in the one base64url spelling its bytes have
 * (RFC 4648 section 3.5), and a header in the one JSON spelling its members have, which also rules out
 * repeated members (RFC 8725 section 2.4, RFC 7515 section 4).
 *
 * @param unverifiedToken - Compact JWS, without the `Bearer ` in front.
 * @throws {@link ServiceError} `invalid_token`.
 */
export function readUnverified(unverifiedToken: string): UnverifiedToken {
  if (unverifiedToken.length > MAX_TOKEN_CHARACTERS) throw invalidToken('longer than 8 KiB')
  const parts = unverifiedToken.split('.')
  if (parts.length !== 3 || !parts.every(isCanonicalBase64url)) throw invalidToken('not a compact JWS')
  const header = parseJson(parts[0])
  if (header === undefined) throw invalidToken('header is not JSON')
  if (encode(header) !== parts[0]) throw invalidToken('header is not written the way ours are')
  const { kid } = Object(header)
  const { sub } = Object(parseJson(parts[1]))
  return {
    compact: unverifiedToken,
    kid: typeof kid === 'string' ? kid : undefined,
    username: isUsername(sub) ? sub : undefined,
  }
}

function parseJson(part = ''): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const isCanonicalBase64url = (part: string) => Buffer.from(part, 'base64url').toString('base64url') === part

/** Who a token speaks for, and since when. */
export interface VerifiedToken extends Principal {
  /** Second since the epoch. */
  issuedAt: number
}

/**
 * Checks an access token this service issued and says who it speaks for.
 *
 * One algorithm is accepted, whatever the token's own header says (RFC 8725 section 3.1); keys and key
 * addresses inside it are never followed (section 3.10). `exp` must be there, and the token is dead from
 * that very second on (RFC 7519 section 4.1.4). No network and no clock in here, so a failure can only
 * be the token's fault.
 *
 * @param unverified - See {@link readUnverified}.
 * @param keys - Public keys by `kid`, already loaded.
 * @param policy - Issuer and audience the token must name.
 * @param now - Instant to judge `exp` by; whole seconds count.
 * @returns Username, role, expiry, session and when it was issued. No other claim leaves this function.
 * @throws {@link ServiceError} `invalid_token`; what exactly was wrong is its `cause`.
 */
export async function verifyAccessToken(
  unverified: UnverifiedToken,
  keys: PublicKeys,
  policy: TokenPolicy,
  now: Date,
): Promise<VerifiedToken> {
  const key = keyOf(unverified.kid, keys)
  let claims: JWTPayload
  try {
    const verified = await jwtVerify(unverified.compact, key, {
      algorithms: ['RS256'],
      typ: 'at+jwt',
      issuer: policy.issuer,
      audience: policy.audience,
      requiredClaims: REQUIRED_CLAIMS,
      currentDate: now,
    })
    claims = verified.payload
  } catch (cause) {
    if (cause instanceof errors.JOSEError) throw invalidToken('refused by jose', cause)
    throw cause
  }
  return principalOf(claims, now)
}

function keyOf(kid: string | undefined, keys: PublicKeys): KeyObject {
  const key = kid === undefined ? undefined : keys.get(kid)
  if (key === undefined) throw invalidToken('kid is not one of our keys')
  return key.key
}

function principalOf(claims: JWTPayload, now: Date): VerifiedToken {
  const { sub, role, aud, iat, exp, jti, sid } = claims
  if (!isUsername(sub)) throw invalidToken('sub is no username')
  if (!isRole(role)) throw invalidToken('role is not one of ours')
  if (typeof aud !== 'string') throw invalidToken('aud names more than this service')
  if (typeof jti !== 'string' || jti === '') throw invalidToken('jti is no identifier')
  if (iat === undefined || iat > secondOf(now) + CLOCK_SKEW_SECONDS) {
    throw invalidToken('iat lies in the future')
  }
  if (exp === undefined || !Number.isSafeInteger(exp)) throw invalidToken('exp is not whole seconds')
  if (typeof sid !== 'string' || sid === '') throw invalidToken('sid is no identifier')
  return { username: sub, role, expiresAt: exp, sessionId: sid, issuedAt: iat }
}

const invalidToken = (detail: string, cause?: Error) =>
  new ServiceError('invalid_token', `token refused: ${detail}`, { cause })
