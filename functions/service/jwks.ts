import { within } from '../../lib/aws/client.ts'
import type { Config } from '../../lib/config.ts'
import type { ApiRoute, Request } from '../../lib/http/handler.ts'
import { publicJson } from '../../lib/http/responses.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'

const publicKeys = publicKeyCache()

/** GET /.well-known/jwks.json: the public keys, as a JWK Set (RFC 7517 section 5). */
export const route: ApiRoute<Request & { config: Config<'PUBLISHED_KEYS'> }> = async (_event, at) => {
  const { config, deadlineMs, now } = at
  const trusted = await publicKeys(within(deadlineMs), config.PUBLISHED_KEYS, undefined, now)
  const keys = [...trusted.values()].map(({ kid, n, e }) => ({
    kty: 'RSA',
    use: 'sig',
    alg: 'RS256',
    kid,
    n,
    e,
  }))
  return publicJson({ keys })
}
