import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type ClientMetadata, errors } from 'oidc-provider'
import { vi } from 'vitest'
import { sendForAll } from '../support/http/http.ts'
import { CALLBACK, SECRET } from './clients.ts'

const ORDERS = 'https://orders.example'
const SCOPES = ['openid', 'profile', 'offline_access']
const API_SCOPES = 'orders.read orders.write'

const client = (
  client_id: string,
  token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post' | 'none',
) =>
  ({
    client_id,
    token_endpoint_auth_method,
    ...(token_endpoint_auth_method !== 'none' && { client_secret: SECRET }),
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }) satisfies ClientMetadata

/** What another server does with a request. */
export interface OtherServer {
  /** Sends an authorization request. Returns the response, or the name of the page that asks the user for something. */
  authorize(
    query: string,
    isSignedOut?: boolean,
  ): Promise<{ status: number; location?: string | undefined; asks?: string }>
  token(
    form: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, string> }>
  stop(): void
}

/** Starts oidc-provider with clients as ours, whose users have consented to all. */
export async function startOidcProvider(): Promise<OtherServer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  // It warns of its adapter, which keeps all in memory.
  const warnings = vi.spyOn(console, 'warn').mockReturnValue()
  const provider: Provider = new Provider(url, {
    clients: [
      client('shop', 'client_secret_basic'),
      client('books', 'client_secret_post'),
      client('phone', 'none'),
    ],
    jwks: {
      keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'a' } as never],
    },
    cookies: { keys: ['a key'] },
    scopes: [...SCOPES, 'email'],
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    acrValues: ['aal1', 'aal2'],
    conformIdTokenClaims: true,
    allowOmittingSingleRegisteredRedirectUri: false,
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    rotateRefreshToken: ({ oidc }) => oidc.client?.clientAuthMethod === 'none',
    findAccount: async (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    async loadExistingGrant({ oidc }) {
      const grant = new provider.Grant({
        clientId: String(oidc.client?.clientId),
        accountId: String(oidc.session?.accountId),
      })
      grant.addOIDCScope(SCOPES.join(' '))
      grant.addResourceScope(ORDERS, API_SCOPES)
      await grant.save()
      return grant
    },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => {
          if (resource !== ORDERS) throw new errors.InvalidTarget()
          return { scope: API_SCOPES, audience: resource, accessTokenFormat: 'jwt' }
        },
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_, { prompt }) => `/ask/${prompt.name}` },
  })
  warnings.mockRestore()
  const callback = provider.callback()
  // Signs the user in at once.
  server.on('request', (request, response) => {
    if (request.url === '/ask/login') {
      return provider
        .interactionFinished(request, response, { login: { accountId: 'ada' } })
        .catch(console.error)
    }
    return callback(request, response)
  })
  const cookies = new Map<string, string>()
  const keep = (header: string | undefined) => {
    for (const one of header?.split(/,(?=[^;]+=)/) ?? []) {
      const [, name, value] = /^\s*([^=]+)=([^;]*)/.exec(one) ?? []
      if (name && value !== undefined) cookies.set(name, value)
    }
  }
  return {
    async authorize(query, isSignedOut = false) {
      let next = `${url}/auth${query}`
      for (;;) {
        const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
        const { status, headers } = await sendForAll(next, 'GET', isSignedOut ? {} : { Cookie })
        if (!isSignedOut) keep(headers['set-cookie'])
        const { location } = headers
        if (location === undefined || new URL(location, url).origin !== url) return { status, location }
        const [, asks] = /^\/ask\/(.+)$/.exec(new URL(location, url).pathname) ?? []
        if (asks !== undefined && (isSignedOut || asks !== 'login')) return { status, asks }
        next = new URL(location, url).href
      }
    },
    async token(form, headers) {
      const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const { status, body } = await sendForAll(`${url}/token`, 'POST', { ...type, ...headers }, form)
      return { status, body: JSON.parse(body) }
    },
    stop: () => server.close(),
  }
}
