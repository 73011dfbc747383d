import { isUtf8 } from 'node:buffer'
import { type KeyObject, verify } from 'node:crypto'
import { ServiceError } from '../errors.ts'

/** Members of a JSON object. */
type Members = Readonly<Record<string, unknown>>

/** A compact JWS (RFC 7515 section 3.1) of which nothing is verified. */
export interface UnverifiedJws {
  header: Members
  /** Missing if the payload is no JSON object. */
  payload: Members | undefined
  /** Header and payload in the form that was signed (RFC 7515 section 5.1). */
  signingInput: string
  signature: Buffer
}

const MAX_TOKEN_CHARACTERS = 8_192

/**
 * Parses a compact JWS, without verifying anything.
 *
 * Accepts only the form that this service issues: at most 8 KiB, and three parts. Each part must be the one
 * base64url spelling of its bytes (RFC 4648 section 3.5). The header must have the one JSON spelling of its
 * members. This also rejects repeated members (RFC 8725 section 2.4, RFC 7515 section 4). So a token has no
 * second spelling, which the gateway would cache separately.
 *
 * @throws {@link ServiceError} `invalid_token`.
 */
export function parseJws(compact: string): UnverifiedJws {
  if (compact.length > MAX_TOKEN_CHARACTERS) throw invalidToken('longer than 8 KiB')
  const parts = compact.split('.')
  const [header, payload, signature] = parts.length === 3 ? parts.map(decode) : []
  if (header === undefined || payload === undefined || signature === undefined) {
    throw invalidToken('not a compact JWS')
  }
  const members = parse(header)
  if (members === undefined) throw invalidToken('header is not JSON')
  if (!Buffer.from(JSON.stringify(members)).equals(header))
    throw invalidToken('header is not in canonical form')
  const claims = isUtf8(payload) ? parse(payload) : undefined
  return {
    header: Object(members),
    payload: isObject(claims) ? claims : undefined,
    signingInput: compact.slice(0, compact.lastIndexOf('.')),
    signature,
  }
}

/** Returns the bytes of a part, if it is their one spelling. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Checks the header of an access token, and returns its claims. The signature is not verified.
 *
 * Accepts RS256 only (RFC 8725 section 3.1), and the type of access tokens (RFC 9068 section 2.1). The type
 * may have `application/` and any case (RFC 7515 section 4.1.9). Rejects `crit`: this service understands no
 * extension (RFC 7515 section 4.1.11). `b64` is one (RFC 7797 section 3).
 *
 * @throws {@link ServiceError} `invalid_token`.
 */
export function readUnverifiedClaims({ header, payload }: UnverifiedJws): Members {
  const { alg, typ, crit, b64 } = header
  if (alg !== 'RS256') throw invalidToken('alg is not RS256')
  if (crit !== undefined || b64 !== undefined) throw invalidToken('crit and b64 are not supported')
  if (typeof typ !== 'string' || !/^(?:application\/)?at\+jwt$/i.test(typ)) {
    throw invalidToken('typ is not at+jwt')
  }
  if (payload === undefined) throw invalidToken('payload is not a JSON object')
  return payload
}

/**
 * Verifies the signature of an access token after {@link readUnverifiedClaims}, and returns its claims. Node
 * verifies in this thread: WebCrypto needs four times as long, because it uses another thread.
 *
 * @param key - An RSA key, whose size `publicKeyFromSpki` has checked.
 * @throws {@link ServiceError} `invalid_token`.
 */
export function verifyJws(jws: UnverifiedJws, key: KeyObject): Members {
  const claims = readUnverifiedClaims(jws)
  if (!verify('sha256', Buffer.from(jws.signingInput), key, jws.signature)) {
    throw invalidToken('the signature does not verify')
  }
  return claims
}

/** The failure of a token that must be rejected. */
export const invalidToken = (reason: string) => new ServiceError('invalid_token', `token rejected: ${reason}`)
