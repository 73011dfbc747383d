import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { partsOf } from './tokens.ts'

// The rules of API Gateway's JWT authorizers, as AWS documents them:
// [1] https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
// [2] https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-jwt-authorizer-create.html

/** The settings of a JWT authorizer, and the keys at the `jwks_uri` of its issuer. */
export interface JwtAuthorizer {
  issuer: string
  audiences: readonly string[]
  keys: readonly (JsonWebKey & { kid?: string })[]
}

/** Returns whether AWS can use an issuer: an absolute https URL without a query or a fragment [2]. */
export function isIssuerForAws(issuer: string): boolean {
  const url = URL.parse(issuer)
  return url !== null && url.protocol === 'https:' && !/[?#]/.test(issuer)
}

/** Returns the name of the first rule that a token breaks, in the documented order, or undefined if it is accepted. */
export function brokenRule(token: string, authorizer: JwtAuthorizer, now: Date): string | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return 'is a JWT'
  const { header, claims } = partsOf(token)
  const key = authorizer.keys.find(({ kid }) => kid === header.kid)
  const isBefore = (seconds: unknown) => Number(seconds) * 1000 < now.getTime()
  // `client_id` is validated only without `aud` [1].
  const audiences = [claims.aud ?? claims.client_id].flat()
  const rules: Record<string, boolean> = {
    // "Currently, only RSA-based algorithms are supported" [1]. The authorizer of DefaultAlgorithms [2] allows RS256.
    alg: header.alg === 'RS256',
    kid: key !== undefined,
    signature: key !== undefined && isSignedBy(key, token),
    iss: claims.iss === authorizer.issuer,
    aud: audiences.some((audience) => authorizer.audiences.includes(String(audience))),
    exp: typeof claims.exp === 'number' && !isBefore(claims.exp),
    nbf: claims.nbf === undefined || isBefore(claims.nbf),
    iat: claims.iat === undefined || isBefore(claims.iat),
  }
  return Object.keys(rules).find((name) => !rules[name])
}

function isSignedBy(key: JsonWebKey, token: string): boolean {
  const end = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  const publicKey = createPublicKey({ key, format: 'jwk' })
  return verify('sha256', Buffer.from(token.slice(0, end)), publicKey, signature)
}
