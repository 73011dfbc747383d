import { awsClient, awsSettings } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { apiHandler, json } from '../../lib/http/handler.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const config = readConfig(['PUBLISHED_KEYS'])
const publicKeys = publicKeyCache(awsClient(awsSettings()), config.PUBLISHED_KEYS)

/** GET /.well-known/jwks.json: the public keys, as a JWK Set (RFC 7517 section 5). */
export const handler = apiHandler(async (_event, deadlineMs) => {
  const trusted = await publicKeys(undefined, new Date(), deadlineMs)
  const keys = [...trusted.values()].map(({ kid, n, e }) => ({
    kty: 'RSA',
    use: 'sig',
    alg: 'RS256',
    kid,
    n,
    e,
  }))
  return json(200, { keys }, { 'Cache-Control': 'public, max-age=300' })
})
