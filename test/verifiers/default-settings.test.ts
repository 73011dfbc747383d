import { JwtVerifier } from 'aws-jwt-verify'
import { customFetch, discoveryRequest, processDiscoveryResponse, validateJwtAccessToken } from 'oauth4webapi'
import { expect, test } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { AUDIENCE, ISSUER, issueTokens } from './issued.ts'

const TOKENS_OF_EACH = 50
recordLogs([], ['info', 'warn'])
const stores = await useService()
const issued = await issueTokens(stores, TOKENS_OF_EACH)

/** Verifiers with their default settings. Each throws if it refuses a token. */
const VERIFIERS: Record<string, () => Promise<(token: string) => Promise<unknown>>> = {
  oauth4webapi: async () => {
    const options = { [customFetch]: fetchFromIssuer }
    const issuer = new URL(ISSUER)
    const server = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, options))
    return (token) => {
      const request = new Request('https://api.example', { headers: { authorization: `Bearer ${token}` } })
      return validateJwtAccessToken(server, request, AUDIENCE, options)
    }
  },
  'aws-jwt-verify': async () => {
    const verifier = JwtVerifier.create({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri: issued.metadata.jwks_uri ?? '',
    })
    verifier.cacheJwks(issued.jwks as never)
    return (token) => verifier.verify(token)
  },
}

test.each(Object.entries(VERIFIERS))(
  '%s accepts every token with its default settings',
  async (name, start) => {
    const verify = await start()
    for (const [after, tokens] of Object.entries(issued.tokens)) {
      const results = await Promise.allSettled(tokens.map(verify))
      const refused = results.flatMap((result) =>
        result.status === 'rejected' ? [String(result.reason)] : [],
      )
      expect(refused).toEqual([])
      console.log(`${name} after ${after}: ${tokens.length} tokens accepted, ${refused.length} refused`)
    }
  },
)

test.each(Object.entries(VERIFIERS))('%s refuses a token with other claims', async (_name, start) => {
  const verify = await start()
  const [header, , signature] = issued.tokens.login[0]?.split('.') ?? []
  const [, claims] = issued.tokens.refresh[1]?.split('.') ?? []
  await expect(verify(`${header}.${claims}.${signature}`)).rejects.toThrow()
})

test.each(Object.entries(VERIFIERS))(
  '%s refuses the token of an operator who acts as a user',
  async (_, start) => {
    await expect((await start())(issued.act)).rejects.toThrow(/aud/)
  },
)

/** Responds to requests for the issuer's metadata and keys, as the issuer does over https. */
async function fetchFromIssuer(url: string | URL | Request): Promise<Response> {
  const { href } = new URL(url instanceof Request ? url.url : url)
  const published = {
    [`${ISSUER}/.well-known/openid-configuration`]: issued.metadata,
    [`${ISSUER}/.well-known/jwks.json`]: issued.jwks,
  }[href]
  return published ? Response.json(published) : new Response(null, { status: 404 })
}
