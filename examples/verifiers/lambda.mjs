import { JwtVerifier } from 'aws-jwt-verify'
import { FetchError, JwtBaseError, JwtInvalidClaimError } from 'aws-jwt-verify/error'
import { SimpleJwksCache } from 'aws-jwt-verify/jwk'

const { ISSUER = 'http://localhost:3000', AUDIENCE = 'serverless-jwt-auth-dev-api' } = process.env

/** Loads keys by http too. */
const fetcher = {
  async fetch(uri) {
    const response = await fetch(uri, { signal: AbortSignal.timeout(1500) })
    if (!response.ok) throw new Error(`${uri} returned ${response.status}`)
    return response.arrayBuffer()
  },
}
function customJwtCheck({ header }) {
  if (header.alg !== 'RS256' || header.typ !== 'at+jwt') throw new JwtInvalidClaimError('no access token')
}
const expected = {
  issuer: ISSUER,
  audience: AUDIENCE,
  jwksUri: `${ISSUER}/.well-known/jwks.json`,
  customJwtCheck,
}
const verifier = JwtVerifier.create(expected, { jwksCache: new SimpleJwksCache({ fetcher }) })
// Loads the keys while the function starts.
await verifier.hydrate()

export async function handler({ headers, rawPath }) {
  const [, token = ''] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? []
  const claims = await verifier.verify(token).catch((error) => {
    const isOutage = error instanceof FetchError || !(error instanceof JwtBaseError)
    if (isOutage) throw error
  })
  if (claims === undefined) return { statusCode: 401, headers: { 'WWW-Authenticate': 'Bearer' } }
  if (rawPath === '/admin' && claims.role !== 'admin') return { statusCode: 403 }
  return { statusCode: 200, body: JSON.stringify({ sub: claims.sub }) }
}
