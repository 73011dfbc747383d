import { sign } from 'node:crypto'
import { secondOf } from '../../time.ts'
import type { Provider } from '../provider.ts'

/** How long Apple may accept a client secret. It allows six months, but each request has a new one. */
const TTL_SECONDS = 300

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/**
 * Returns a client secret for Apple: a JWT that the key of the team signs with ES256.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
 * @param privateKey - The file of Apple, `.p8`: PKCS #8 in PEM.
 * @throws Error if it is no key of P-256.
 */
export function appleClientSecret(
  { appleTeamId, appleKeyId, clientId, issuer }: Provider,
  privateKey: string,
  now: Date,
): string {
  const issuedAt = secondOf(now)
  const claims = { iss: appleTeamId, iat: issuedAt, exp: issuedAt + TTL_SECONDS, aud: issuer, sub: clientId }
  const signed = `${encode({ alg: 'ES256', kid: appleKeyId })}.${encode(claims)}`
  // The default of node:crypto is DER, which is not the form of a JWS (RFC 7518 section 3.4).
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  if (signature.length !== 64) throw new Error('not a key of P-256')
  return `${signed}.${signature.toString('base64url')}`
}
